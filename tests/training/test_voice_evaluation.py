"""Voice and speakers are counted as the figures say."""

from dataclasses import replace
from pathlib import Path

from spinmark.report import Span, Voice
from spinmark.voice.trust import PACKAGED, Bounds, packaged_bounds
from spinmark_training.data import Document, LabelledSpan
from spinmark_training.markup import parse
from spinmark_training.voice_evaluation import Tally, alike, gold_voice, highest, ways, worth, write_bounds


def document(marked: str) -> Document:
    text, spans, speech = parse(marked)
    labelled = tuple(LabelledSpan(s.span, (s.technique,), s.contested) for s in spans)
    return Document("1", "corpus", text, labelled, frozenset(), "train", speech=speech)


SAID = document("“⦃q Petra Moll|⟦slogan:Bread for all⟧⦄,” said Petra Moll. Moll left, and the clerk wept.")


def tally(name: str | None) -> Tally:
    """Return the counts of one passage whose speaker is found to be `name`, where it last stands."""
    counts = Tally()
    start = SAID.text.rindex(name) if name is not None else 0
    found = Voice("quoted", None if name is None else Span(start, start + len(name)))
    counts.add(SAID.text, gold_voice(SAID, SAID.spans[0].span, False), found)
    return counts


def test_another_name_of_the_same_person_is_wrong_but_no_other_person():
    counts = tally("Moll").counts
    assert (counts["speaker right"], counts["speaker named alike"]) == (0, 1)
    assert (counts["speaker wrong"], counts["person wrong"]) == (1, 0)


def test_another_person_is_wrong_twice_and_nobody_is_not_wrong():
    assert tally("the clerk").counts["person wrong"] == tally("the clerk").counts["speaker wrong"] == 1
    nobody = tally(None).counts
    assert (nobody["named"], nobody["speaker right"], nobody["speaker wrong"]) == (1, 0, 0)


def test_each_way_to_a_speaker_is_counted_with_what_it_got_right():
    wrong = document("“⦃q the clerk|⟦slogan:Bread for all⟧⦄,” said Petra Moll. So the clerk would have it.")
    assert ways([SAID, wrong]) == {"inverted after": (1, 2)}


def test_a_speaker_whom_the_corpus_gives_a_pronoun_is_not_counted_among_the_ways():
    assert ways([document("Petra Moll rose. “⦃q she|⟦slogan:Bread for all⟧⦄,” she said.")]) == {}


def test_bounds_climb_to_where_they_are_worth_most_and_equals_stay():
    start = Bounds(0.4, 0.1, 0.1, 0.3, 0.5, 0.8, 0.6)
    assert highest(start, lambda b: -abs(b.reported - 0.7) - abs(b.name - 0.2)) == replace(
        start, reported=0.7, name=0.2
    )
    assert highest(start, lambda _: 0.0) == start


def test_bounds_that_are_written_are_read_again(tmp_path: Path):
    path = tmp_path / "trust.toml"
    write_bounds(packaged_bounds(), path)
    assert path.read_text(encoding="utf-8") == PACKAGED.read_text(encoding="utf-8")


def test_a_wrong_name_costs_more_than_a_right_one_is_worth():
    assert worth(tally("Petra Moll")) > worth(tally(None)) > worth(tally("the clerk"))


def test_a_role_that_the_text_gives_to_a_name_is_the_same_person():
    text = "The mayor, Ilse Brandt, came late. Hans Roth did not. The mayor spoke."
    role, name, other = (
        Span(start := text.rindex(words), start + len(words))
        for words in ("The mayor", "Ilse Brandt", "Hans Roth")
    )
    assert alike(text, role, name)
    assert not alike(text, role, other)
