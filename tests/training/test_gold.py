"""Held-out documents, written as annotated texts, are read by the library as they were meant."""

import json

import pytest

from spinmark.evaluation.gold import GoldSpan, GoldText, read_gold
from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_training.data import ALL, FURTHER, MERGED, Document, LabelledSpan
from spinmark_training.evaluate import PTC_CLASS
from spinmark_training.gold import gold_lines
from spinmark_training.markup import Speech

TEXT = "Moll said the mill is ours and the others are thieves."


def document(source: str, *marked: LabelledSpan, **more: object) -> Document:
    return Document("1", source, TEXT, marked, **{"labelled": ALL, "part": "dev", **more})


def through(*documents: Document) -> list[GoldText]:
    found = list(read_gold([line.encode() for line in gold_lines(documents)], "gold"))
    assert all(isinstance(one, GoldText) for one in found), found
    return found


def test_an_article_of_ptc_is_judged_in_its_14_classes():
    (gold,) = through(
        document(
            "ptc",
            LabelledSpan(Span(0, 4), ("slogan",)),
            LabelledSpan(Span(5, 9), ("whataboutism", "straw_man", "red_herring")),
            LabelledSpan(Span(10, 18), ("whataboutism",)),
            LabelledSpan(Span(19, 21), ("euphemism",)),
            labelled=frozenset(PTC_CLASS) | FURTHER,
        )
    )
    assert [mark.span for mark in gold.spans] == [Span(0, 4), Span(5, 9), Span(10, 18)]
    assert len(set(gold.classes.values())) == 14
    assert set(gold.classes) == set(PTC_CLASS)
    for members in MERGED.values():
        assert len({gold.classes[id_] for id_ in members}) == 1
    assert gold.classes["whataboutism"] == "straw_man|red_herring|whataboutism"


def test_a_source_is_judged_in_the_techniques_that_it_labels():
    (gold,) = through(
        document("semeval2021", LabelledSpan(Span(0, 4), ("slogan",)), labelled=frozenset({"slogan"}))
    )
    assert gold.classes == {"slogan": "slogan"}
    assert gold.source == "semeval2021"


def test_our_corpus_says_who_speaks_and_what_is_disputed():
    speech = (Speech(Span(10, 53), "reported", Span(0, 4)),)
    (gold,) = through(
        document(
            "corpus",
            LabelledSpan(Span(35, 53), ("name_calling",), contested=True),
            kind="positive",
            genre="letter",
            speech=speech,
        )
    )
    assert gold.spans == (GoldSpan(Span(35, 53), ("name_calling",), "reported", Span(0, 4), True, True),)
    assert set(gold.classes) == set(TECHNIQUE_IDS)
    assert (gold.kind, gold.genre) == ("positive", "letter")


def test_web_articles_say_what_is_disputed_and_nothing_of_voices():
    (gold,) = through(document("web", LabelledSpan(Span(0, 4), ("slogan",))))
    assert gold.spans == (GoldSpan(Span(0, 4), ("slogan",), contested=False),)


@pytest.mark.parametrize("more", [{"whole": "whataboutism"}, {"labelled": frozenset({"whataboutism"})}])
def test_comments_labelled_as_a_whole_are_left_out(more):
    assert list(gold_lines([document("tq", **more)])) == []


def test_a_line_is_one_line_whatever_the_text_holds():
    given = Document("1", "web", "One\u2028two\nthree\x85", (), ALL, "dev")
    (line,) = gold_lines([given])
    assert "\n" not in line
    assert json.loads(line)["text"] == given.text
