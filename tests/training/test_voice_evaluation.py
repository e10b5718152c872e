"""Voice and speakers are counted as the figures say."""

from spinmark.report import Span, Voice
from spinmark_training.data import Document, LabelledSpan
from spinmark_training.markup import parse
from spinmark_training.voice_evaluation import Tally, gold_voice, ways


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
