"""Voice and speakers are counted as the figures say."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spinmark.report import Span, Voice
from spinmark.voice import SpeechScores, naming
from spinmark.voice.trust import PACKAGED, Bounds, packaged_bounds
from spinmark_training.data import Document, LabelledSpan
from spinmark_training.markup import parse
from spinmark_training.naming_fit import Choice, fit_names, fit_person
from spinmark_training.voice_fit import choices, highest, worth, write_bounds, write_names
from spinmark_training.voice_tally import Tally, alike, gold_voice, in_sentences, in_speech, measure, ways


def document(marked: str) -> Document:
    text, spans, speech = parse(marked)
    labelled = tuple(LabelledSpan(s.span, (s.technique,), s.contested) for s in spans)
    return Document("1", "corpus", text, labelled, frozenset(), "train", speech=speech)


SAID = document("“⦃q Petra Moll|⟦slogan:Bread for all⟧⦄,” said Petra Moll. Moll left, and the clerk wept.")


OTHER = document("“⦃q the clerk|⟦slogan:Bread for all⟧⦄,” said Petra Moll. So the clerk had it.")


@pytest.fixture
def heard_of():
    """Return a document with heads that mark one name and hear the passage."""

    def hear(doc: Document, name: str) -> tuple[Document, SpeechScores]:
        spans = [(m.start(), m.end()) for m in re.finditer(r"\w+", doc.text)]
        marked = np.array([doc.text[a:b] in name.split() for a, b in spans], np.float32)
        quiet = np.zeros(len(spans), np.float32)
        return doc, SpeechScores(np.array(spans, np.int64), quiet, quiet, marked, quiet)

    return hear


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


def test_the_bound_that_is_worth_most_is_taken_and_of_equals_the_present_one_stays():
    start = Bounds(reported=0.4, quoted=0.6, speech=0.1, citing=0.5, name=0.67)
    assert highest(start, lambda b: -abs(b.reported - 0.7)) == replace(start, reported=0.7)
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


def test_a_title_and_an_apposition_are_the_same_person():
    text = "The spokesman, Abu Harith, spoke. Mr Colm Asher came. Mr Asher left; Mr Roth stayed."
    at = {
        w: Span(text.index(w), text.index(w) + len(w))
        for w in ("The spokesman", "Abu Harith", "Mr Asher", "Colm Asher", "Mr Roth")
    }
    assert alike(text, at["The spokesman"], at["Abu Harith"])
    assert alike(text, at["Mr Asher"], at["Colm Asher"])
    assert not alike(text, at["Mr Asher"], at["Mr Roth"])


def test_nobody_is_right_where_no_candidate_is_the_speaker(heard_of):
    (choice,) = choices([heard_of(SAID, "Petra Moll")])
    assert choice.right.tolist() == [True] + [False] * (len(choice.right) - 1)
    (choice,) = choices([heard_of(OTHER, "Petra Moll")])
    assert choice.right.tolist() == [False] * (len(choice.right) - 1) + [True]


def test_weights_of_names_that_are_written_are_read_again(tmp_path: Path):
    path = tmp_path / "naming.toml"
    write_names(naming.packaged_weights(), path)
    assert path.read_text(encoding="utf-8") == naming.PACKAGED.read_text(encoding="utf-8")


def test_a_fitted_network_prefers_what_was_right_also_where_no_sum_of_features_tells():
    # The right one of two is the one with exactly one feature: no weights whose sum is compared find it.
    rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    found = []
    for one in (1, 2):
        for other in (0, 3):
            right = np.array([True, False])
            found.append(Choice(rows[[one, other]], right, right))
    person = fit_person(found * 5, decay=0.0)
    log_odds = person.log_odds(rows)
    assert min(log_odds[1], log_odds[2]) > max(log_odds[0], log_odds[3]) + 1
    again = fit_person(found * 5, decay=0.0)
    assert (again.hidden == person.hidden).all(), "a fit depends on its choices alone"


def test_fitted_weights_prefer_what_was_right():
    features = np.array([[1.0, 0.0], [0.0, 1.0]])
    former, latter = np.array([True, False]), np.array([False, True])
    often = [Choice(features, former, former)] * 9 + [Choice(features, latter, latter)]
    first, second = fit_names(often)
    assert first > second
    assert fit_names(often, pull=100.0)[0] < first


def test_the_names_of_the_right_person_are_chosen_among_where_one_is_the_very_name():
    features = np.arange(8.0).reshape(4, 2)
    right = np.array([True, False, True, False])
    one = Choice(features, right, np.array([False, False, True, False])).of_one_person()
    assert one is not None
    assert (one.features.tolist(), one.right.tolist()) == ([[0.0, 1.0], [4.0, 5.0]], [False, True])
    assert Choice(features, right, right).of_one_person() is None
    assert Choice(features, right, np.zeros(4, bool)).of_one_person() is None


def test_passages_of_the_author_are_no_choices_though_the_weights_on_disk_lack_a_feature(
    heard_of, monkeypatch
):
    own = document("The fair was a disgrace: ⟦slogan:Bread for all⟧, and nobody came.")
    monkeypatch.setattr(naming, "packaged_weights", lambda: pytest.fail("weights are what is to be fitted"))
    assert choices([heard_of(own, "fair")]) == []
    assert len(choices([heard_of(SAID, "Petra Moll")])) == 1


def test_all_speech_of_a_text_may_be_its_passages():
    said = in_speech(SAID)
    assert [SAID.text[s.span.start : s.span.end] for s in said.spans] == ["Bread for all"]


def test_sentences_count_where_they_are_wholly_speech_or_wholly_the_authors():
    page = document(
        "The clerk said ⦃r The clerk|he had paid for all of the bread⦄. ⦃r The clerk|Nobody had thanked him for it.⦄ "
        "He wept for a long while.\n\n \n\nSo."
    )
    passages = in_sentences(page)
    texts = [page.text[s.span.start : s.span.end] for s in passages.spans]
    assert texts == ["Nobody had thanked him for it.", "He wept for a long while."]
    kinds = [gold_voice(passages, s.span, False).kind for s in passages.spans]
    assert kinds == ["reported", "author"]


def test_voices_are_counted_over_documents():
    counts = measure([SAID, OTHER], lambda _: None).counts
    assert counts["passages"] == counts["voice right"] == 2
    assert counts["speaker right"] == 1
