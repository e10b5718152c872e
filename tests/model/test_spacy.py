"""The pipeline component, in a blank pipeline."""

import json

import pytest

from spinmark import OptionError

TEXT = "😀 The traitors on the council closed the mill; an inevitable response, said the vermin."


@pytest.fixture(scope="module")
def spacy():
    """Load spaCy in the process whose turn this file is; the others that share the tests read the file as well."""
    import spacy

    return spacy


@pytest.fixture
def nlp(spacy, tiny_weights):
    pipeline = spacy.blank("en")
    pipeline.add_pipe("spinmark", config={"weights": str(tiny_weights)})
    return pipeline


def test_the_flags_become_spans_of_the_document(nlp, tiny_detector):
    doc = nlp(TEXT)
    report = tiny_detector.analyze(TEXT)
    assert doc._.spinmark == report.to_dict()
    assert [(span.text, span.label_) for span in doc.spans["spinmark"]] == [
        (flag.quote, flag.technique) for flag in report.flags
    ]
    assert len(report.flags) == 3
    assert doc.spans["spinmark"].attrs["confidence"] == [round(f.confidence, 4) for f in report.flags]


def test_a_span_holds_whole_tokens(nlp):
    doc = nlp("These arch-traitors! They are all traitorsandliars, I say.")
    for span, flag in zip(doc.spans["spinmark"], doc._.spinmark["flags"], strict=True):
        assert flag["text"] in span.text


def test_a_document_that_is_not_scored_has_its_report(nlp):
    doc = nlp("Hi")
    assert (doc._.spinmark["status"], len(doc.spans["spinmark"])) == ("too_short", 0)


def test_the_settings_choose_what_is_flagged(spacy, tiny_weights):
    nlp = spacy.blank("en")
    nlp.add_pipe(
        "spinmark",
        config={"weights": str(tiny_weights), "techniques": ["name_calling"], "min_confidence": 0.7},
    )
    doc = nlp(TEXT)
    assert [span.text for span in doc.spans["spinmark"]] == ["traitors"]
    nlp = spacy.blank("en")
    nlp.add_pipe("spinmark", config={"weights": str(tiny_weights), "techniques": ["lying"]})
    with pytest.raises(OptionError):
        nlp(TEXT)


def test_reports_survive_a_pipeline_and_its_bytes(spacy, nlp):
    docs = list(nlp.pipe([TEXT, "The mill stands empty now."]))
    assert [len(doc.spans["spinmark"]) for doc in docs] == [3, 0]
    again = spacy.tokens.Doc(nlp.vocab).from_bytes(docs[0].to_bytes())
    assert json.dumps(again._.spinmark) == json.dumps(docs[0]._.spinmark)
    assert [s.label_ for s in again.spans["spinmark"]] == [s.label_ for s in docs[0].spans["spinmark"]]


def test_a_pipeline_is_written_and_read_again(spacy, nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    doc = spacy.load(tmp_path / "pipeline")(TEXT)
    assert len(doc.spans["spinmark"]) == 3
