"""The card's figures on made-up documents, computed by hand."""

import pytest

from spinmark.decode import Candidate
from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_training.calibrate import Sample
from spinmark_training.data import ALL, Document, LabelledSpan
from spinmark_training.release import Judged, measure

EVERY = dict.fromkeys(TECHNIQUE_IDS, 0.5)


def judged(name: str, marks: list[tuple[int, int, str]], found: list[tuple[int, int, str, float]]) -> Judged:
    """Return a document of 100 characters with its marks, and passages with their confidences."""
    spans = tuple(LabelledSpan(Span(start, end), (technique,)) for start, end, technique in marks)
    document = Document(name, "web", "w " * 50, spans, ALL, "dev")
    return Judged(
        document,
        tuple(
            (
                Sample(0, Candidate(TECHNIQUE_IDS.index(t), Span(start, end), 0.5, 0.5, 0.0, 3), 0.0, 1.0),
                confidence,
            )
            for start, end, t, confidence in found
        ),
    )


def test_a_text_is_judged_at_a_confidence_of_its_own():
    # The faint passages stand in the wrong place of the right texts: they cost span F1 and earn text F1.
    texts = [
        judged("a", [(0, 10, "slogan")], [(0, 10, "slogan", 0.6)]),
        judged("b", [(0, 10, "euphemism")], [(40, 50, "euphemism", 0.28)]),
        judged("c", [(0, 10, "euphemism")], [(40, 50, "euphemism", 0.28)]),
    ]
    figures = measure(texts, EVERY)["web_dev"]
    assert figures["documents"] == figures["spans"] == 3
    assert 0.28 < figures["best_f1_confidence"] <= 0.6
    assert figures["best_f1_typed_f1"] == figures["reader_typed_f1"] == pytest.approx(2 * 1 / 3 / (4 / 3))
    assert figures["reader_document_micro_f1"] == pytest.approx(2 * 1 / (1 + 3))
    assert figures["best_document_confidence"] <= 0.28
    assert figures["best_document_micro_f1"] == figures["best_document_macro_f1"] == 1.0


def test_what_is_shown_is_what_reaches_the_threshold_of_its_technique():
    texts = [judged("a", [(0, 10, "slogan")], [(0, 20, "slogan", 0.6), (50, 60, "euphemism", 0.6)])]
    figures = measure(texts, EVERY | {"euphemism": 0.7})["web_dev"]
    assert figures["reader_typed_precision"] == 0.5
    assert figures["reader_typed_recall"] == 1.0
    assert figures["reader_document_micro_f1"] == 1.0


def test_false_flags_are_those_in_texts_without_a_mark():
    texts = [
        judged("quiet", [], [(0, 10, "slogan", 0.6), (20, 30, "slogan", 0.4)]),
        judged("marked", [(0, 10, "slogan")], [(50, 60, "slogan", 0.9)]),
    ]
    figures = measure(texts, EVERY)["web_dev"]
    assert figures["quiet_words"] == 50
    assert figures["false_flags_per_1000_quiet_words"] == 20
