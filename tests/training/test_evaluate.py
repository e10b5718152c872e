"""How the sources of training texts name their classes."""

from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_training.data import ALL, MERGED, Document, LabelledSpan
from spinmark_training.evaluate import PTC_CLASS, classes_of, gold_passages


def passages(*triples: tuple[int, int, str]) -> list[tuple[Span, str]]:
    return [(Span(start, end), name) for start, end, name in triples]


def test_the_classes_of_ptc_are_its_14():
    assert len(set(PTC_CLASS.values())) == 14
    for name, members in MERGED.items():
        assert {PTC_CLASS[member] for member in members} == {name}


def document(source: str, labelled: frozenset[str], *marked: LabelledSpan) -> Document:
    return Document("1", source, "x" * 50, marked, labelled, "dev")


def test_a_document_of_ptc_is_measured_in_its_own_classes():
    given_ = document(
        "ptc",
        ALL,
        LabelledSpan(Span(0, 5), ("slogan",)),
        LabelledSpan(Span(6, 9), ("whataboutism", "straw_man", "red_herring")),
        LabelledSpan(Span(10, 12), ("euphemism",)),
    )
    name = classes_of(given_)
    assert name("straw_man") == name("red_herring") == "Whataboutism,Straw_Men,Red_Herring"
    assert name("euphemism") is None
    assert gold_passages(given_) == passages((0, 5, "Slogans"), (6, 9, "Whataboutism,Straw_Men,Red_Herring"))


def test_other_documents_are_measured_in_the_techniques_that_they_label():
    given_ = document("web", frozenset({"slogan"}), LabelledSpan(Span(0, 5), ("slogan",)))
    assert [t for t in TECHNIQUE_IDS if classes_of(given_)(t)] == ["slogan"]
    assert gold_passages(given_) == passages((0, 5, "slogan"))
