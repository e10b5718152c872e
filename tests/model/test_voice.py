"""Golden cases: `tests/cases/voice/<name>/`, one construction each, and what holds for any text."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.detector import WEIGHTS, speech_of
from spinmark.report import Span, Voice
from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer
from spinmark.voice import SpeechScores, attribute, speech
from spinmark.voice.trust import Bounds


@pytest.fixture(autouse=True, scope="module")
def fixed_bounds() -> Iterator[None]:
    """Hold the bounds still: those that ship are measured anew with each model."""
    with pytest.MonkeyPatch.context() as patch:
        bounds = Bounds(reported=0.4, quoted=0.6, speech=0.1, citing=0.5, name=0.67)
        patch.setattr("spinmark.voice.packaged_bounds", lambda: bounds)
        yield


CASES = sorted((Path(__file__).parent.parent / "cases" / "voice").iterdir())
HEARD = sorted((Path(__file__).parent.parent / "cases" / "voice-heard").iterdir())
"""What form alone cannot tell, so that the shipped network's heads are asked as well."""


def words(text: str, span: Span | None) -> str | None:
    return None if span is None else text[span.start : span.end]


def check(folder: Path, scores: Callable[[str], SpeechScores | None]) -> None:
    """Compare the passages of a case with what is found, names and disputes included where the case says them."""
    text = (folder / "text.txt").read_text(encoding="utf-8")
    expected: list[dict[str, Any]] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))[
        "passages"
    ]
    assert expected
    starts = [text.index(passage["text"]) for passage in expected]
    spans = [
        Span(start, start + len(passage["text"])) for start, passage in zip(starts, expected, strict=True)
    ]

    for passage, voice in zip(expected, attribute(text, spans, scores(text)), strict=True):
        assert voice.kind == passage["voice"]
        assert words(text, voice.speaker) == passage["speaker"]
        if "contested_by" in passage:
            assert words(text, voice.contested_by) == passage["contested_by"]
            assert voice.contested == (passage["contested_by"] is not None)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_passage_has_the_voice_that_the_case_expects(folder: Path) -> None:
    check(folder, lambda _: None)


@pytest.fixture(scope="module")
def heads() -> Callable[[str], SpeechScores]:
    """Return what the shipped network's heads say of a text."""
    tokenizer, scorer = Tokenizer(WEIGHTS / "tokenizer.json"), Scorer(WEIGHTS)

    def hear(text: str) -> SpeechScores:
        return speech_of(scorer.score(tokenizer.windows(text)))

    return hear


@pytest.mark.parametrize("folder", HEARD, ids=lambda folder: folder.name)
def test_a_passage_that_form_cannot_tell_has_the_voice_that_the_case_expects(
    folder: Path, heads: Callable[[str], SpeechScores]
) -> None:
    check(folder, heads)


def test_there_are_at_least_sixty_constructions() -> None:
    assert len(CASES) >= 60


def test_no_passages_give_no_voices() -> None:
    assert attribute("“Nobody asked you,” said the clerk.", []) == []


def test_a_passage_half_inside_a_quotation_is_quoted_and_less_is_not() -> None:
    text = "Said aloud “abcdefghij” it was."
    inside = text.index("abcdefghij")
    half, less = Span(inside - 10, inside + 10), Span(inside - 11, inside + 9)
    assert [v.kind for v in attribute(text, [half, less])] == ["quoted", "author"]


def test_order_of_passages_does_not_change_their_voices() -> None:
    text = "“They lied,” said Ada Krohl. The clerk said that nobody had lied. Thieves, all of them."
    spans = [Span(text.index(w), text.index(w) + len(w)) for w in ("They lied", "nobody had lied", "Thieves")]
    assert attribute(text, spans[::-1]) == attribute(text, spans)[::-1]


MARKED = st.text(alphabet="aB ,.!?:\n“”‘’'\"«»„–—-()@é😀\u0301\r\t", max_size=200)


@given(MARKED)
def test_speech_lies_inside_any_text(text: str) -> None:
    for region in speech(text):
        assert 0 <= region.span.start < region.span.end <= len(text)
        if region.speaker is not None:
            assert text[region.speaker.start : region.speaker.end].strip()


@given(MARKED, st.integers(0, 200), st.integers(1, 60))
def test_an_author_has_no_speaker_and_only_a_contested_passage_a_contesting_one(
    text: str, start: int, length: int
) -> None:
    start = min(start, len(text))
    span = Span(start, min(len(text), start + length))
    for voice in attribute(text, [span] if len(span) else []):
        assert voice.kind != "author" or voice == Voice()
        assert voice.contested == (voice.contested_by is not None)


def calls_for(paragraphs: int) -> int:
    """Return how many calls a text of so many paragraphs with a passage in each takes."""
    paragraph = (
        "“We were forced,” said Ada Krohl. The clerk said that ‘she’ was wrong – in reality nobody was.\n"
    )
    passages = [Span(i * len(paragraph) + 1, i * len(paragraph) + 15) for i in range(paragraphs)]
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        attribute(paragraph * paragraphs, passages)
    finally:
        sys.setprofile(None)
    return calls


def test_cost_grows_no_faster_than_the_text() -> None:
    calls_for(4)  # what is compiled once
    assert calls_for(80) < 2.2 * calls_for(40)


def scores_for(text: str, **columns: tuple[str, float]) -> SpeechScores:
    """Return heads of one token a word that give each column's value to the words named and 0 elsewhere."""
    spans = [(m.start(), m.end()) for m in re.finditer(r"\S+", text)]
    heads = {
        name: np.zeros(len(spans), np.float32) for name in ("quoted", "reported", "speaker", "contested")
    }
    for name, (words_, value) in columns.items():
        start = text.index(words_)
        for row, (left, right) in enumerate(spans):
            if left < start + len(words_) and right > start:
                heads[name][row] = value
    return SpeechScores(np.array(spans, np.int64).reshape(-1, 2), **heads)


def test_heads_hear_reported_speech_that_no_verb_marks() -> None:
    text = "The minister rose. The growers had done it to themselves, every one of them."
    said = "The growers had done it to themselves"
    passage = Span(text.index(said), text.index(said) + len(said))
    scores = scores_for(text, reported=(said, 0.9), speaker=("The minister", 0.8))
    (voice,) = attribute(text, [passage], scores)
    assert attribute(text, [passage])[0].kind == "author"
    assert (voice.kind, words(text, voice.speaker)) == ("reported", "The minister")


def test_heads_take_back_reported_speech_that_they_do_not_hear() -> None:
    text = "The clerk said that the growers had done it to themselves."
    said = "the growers had done it to themselves"
    passage = Span(text.index(said), text.index(said) + len(said))
    assert attribute(text, [passage], scores_for(text))[0] == Voice()


def test_heads_do_not_take_back_what_quotation_marks_say() -> None:
    text = "“The growers had done it to themselves,” said the clerk."
    assert attribute(text, [Span(1, 30)], scores_for(text))[0].kind == "quoted"


def test_a_high_contested_head_and_a_sentence_that_disputes_make_a_contest() -> None:
    text = (
        "The mayor said that the mill closed for want of trade. The mill's own order book was full until May."
    )
    said = "the mill closed for want of trade"
    passage = Span(text.index(said), text.index(said) + len(said))
    low, high = (
        attribute(
            text,
            [passage],
            scores_for(text, reported=(said, 0.9), speaker=("The mayor", 0.9), contested=(said, c)),
        )[0]
        for c in (0.0, 0.9)
    )
    assert not low.contested
    assert words(text, high.contested_by) == "The mill's own order book was full until May."


def test_heads_without_tokens_change_nothing_that_form_quotes() -> None:
    text = "“They lied,” said Ada Krohl."
    empty = SpeechScores(np.zeros((0, 2), np.int64), *(np.zeros(0, np.float32) for _ in range(4)))
    assert attribute(text, [Span(1, 10)], empty)[0].kind == "quoted"


def test_a_name_that_reaches_into_a_passage_is_near_it() -> None:
    text = "The mill was shut by the Krohl family on Friday, it is said."
    passage = Span(text.index("family"), text.index(","))
    heads = scores_for(text, reported=("family on Friday", 0.9), speaker=("the Krohl family", 0.9))
    voice = attribute(text, [passage], heads)[0]
    assert (voice.kind, words(text, voice.speaker)) == ("reported", "the Krohl family")


PLANT = "The plant fell silent. “They had it coming,” growled old Ottokar, and nobody in the yard spoke."
THEIR_WORDS = "They had it coming"


def said_by(text: str, said: str) -> str | None:
    """Return whom form alone gives these words to."""
    start = text.index(said)
    return words(text, attribute(text, [Span(start, start + len(said))])[0].speaker)


def test_a_clause_with_a_pronoun_in_front_is_no_name() -> None:
    text = "Fiona Glaze came late. She described the loss of 214 posts as “giving colleagues back”."
    assert said_by(text, "giving colleagues back") == "Fiona Glaze"


def test_a_sentence_of_the_author_ends_what_a_quotation_goes_on_with() -> None:
    text = "“It is late,” the violinist said. The hall was cold. Nine million stood under “alignment”."
    assert said_by(text, "alignment") is None


def test_a_writer_who_says_i_is_no_name() -> None:
    text = "My landlord after I asked about the mould: “you throw parties”, and then nothing."
    assert said_by(text, "you throw parties") != "I"


def speaker_of(text: str, said: str, scores: SpeechScores) -> str | None:
    start = text.index(said)
    return words(text, attribute(text, [Span(start, start + len(said))], scores)[0].speaker)


def test_a_plain_name_of_form_stands_though_the_head_hardly_marks_it() -> None:
    assert speaker_of(PLANT, THEIR_WORDS, scores_for(PLANT, speaker=("old Ottokar", 0.2))) == "old Ottokar"


def test_the_head_alone_names_a_speaker_of_a_quotation_only_when_it_is_sure() -> None:
    text = "The board met in May.\n\n“They had it coming.”\n\nThe vote was taken at noon."
    sure, unsure = (scores_for(text, speaker=("The board", score)) for score in (0.9, 0.45))
    assert speaker_of(text, THEIR_WORDS, sure) == "The board"
    assert speaker_of(text, THEIR_WORDS, unsure) is None


def test_a_doubtful_way_to_a_name_needs_a_head_that_bears_it_out() -> None:
    text = "On the gate they have painted a line, a yard high: “They had it coming!” The mill owner saw it."
    assert speech(text)[0].speaker is not None
    assert speaker_of(text, THEIR_WORDS, scores_for(text, speaker=("The mill owner", 0.45))) is None


def test_a_name_in_the_next_sentence_is_not_who_spoke() -> None:
    text = "Dray wrote to the tenants. The fault was theirs alone, Dray said. The report names one person."
    said = "The fault was theirs alone"
    heads = scores_for(text, reported=(said, 0.9), speaker=("The report", 0.6))
    heads.speaker[text[: text.index("Dray said")].count(" ")] = 0.3
    assert speaker_of(text, said, heads) == "Dray"


def test_what_a_sentence_is_about_is_its_speaker_only_where_the_head_says_so() -> None:
    text = "The airline put the delay down to “unreasonable crews”, who had refused a fifth night."
    assert said_by(text, "unreasonable crews") is None
    heads = scores_for(text, quoted=("“unreasonable crews”,", 0.9), speaker=("The airline", 0.9))
    assert speaker_of(text, "unreasonable crews", heads) == "The airline"


def test_a_name_that_the_head_heard_is_cut_off_its_verb() -> None:
    text = "They had it coming, all of them, said Ada Krohl there."
    scores = scores_for(text, reported=(THEIR_WORDS, 0.9), speaker=("said Ada Krohl", 0.9))
    assert speaker_of(text, THEIR_WORDS, scores) == "Ada Krohl"


def test_a_passage_that_cites_somebody_is_the_authors_where_the_head_hears_no_report_in_it() -> None:
    text = "Every expert says the dam is safe, and they know best."
    cited, said = "Every expert says the dam is safe", "the dam is safe"
    whole, words_alone = (Span(text.index(w), text.index(w) + len(w)) for w in (cited, said))
    heads = scores_for(text, reported=(said, 0.9), speaker=("Every expert", 0.9))
    heads.reported[: len(cited.split())] *= 0.45
    assert [v.kind for v in attribute(text, [whole, words_alone], heads)] == ["author", "reported"]
    heads.reported[: len(cited.split())] = 0.9
    assert attribute(text, [whole], heads)[0].kind == "reported"


def test_a_pronoun_that_the_head_marks_stands_for_the_name_before_it() -> None:
    text = (
        "The mayor, Hans Roth, came late. He rose. The growers had done it to themselves, every one of them."
    )
    said = "The growers had done it to themselves"
    heads = scores_for(text, reported=(said, 0.9), speaker=("He", 0.95))
    assert speaker_of(text, said, heads) in ("Hans Roth", None)
    assert speaker_of(text, said, heads) != "He"


def test_a_pronoun_that_nobody_is_meant_by_is_no_name() -> None:
    text = "It rained. They say so: the growers had done it to themselves, every one of them."
    said = "the growers had done it to themselves"
    heads = scores_for(text, reported=(said, 0.9), speaker=("They", 0.95))
    assert speaker_of(text, said, heads) is None


def test_the_place_where_a_report_was_written_and_who_was_told_are_no_speakers() -> None:
    said = "the mill had been shut from abroad"
    for text, name in (
        (f"VARSK – In a note of Friday it stands that {said}.", "VARSK"),
        (f"Union leaders were told at noon that {said}.", "Union leaders"),
    ):
        assert speaker_of(text, said, scores_for(text, reported=(said, 0.9), speaker=(name, 0.95))) is None
