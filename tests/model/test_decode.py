from dataclasses import replace
from itertools import pairwise
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.card import OUTPUTS, Calibration
from spinmark.decode import MAX_WORD, Candidate, _runs, candidates, confidence, decode
from spinmark.report import Span
from spinmark.scorer import Scores
from spinmark.taxonomy import TECHNIQUE_IDS

SLOGAN = TECHNIQUE_IDS.index("slogan")


def passages(text: str, scores: Scores, least: float = 0.2, edge: float = 0.5) -> list[str]:
    return [text[c.span.start : c.span.end] for c in candidates(text, scores, least, edge)]


@pytest.mark.parametrize(
    ("above", "runs"),
    [
        ("", []),
        (".", []),
        ("x", [(0, 1)]),
        ("..x..", [(2, 3)]),
        ("xxx", [(0, 3)]),
        ("x.x", [(0, 3)]),
        ("x..x", [(0, 1), (3, 4)]),
        ("x.x.x", [(0, 5)]),
        (".x.", [(1, 2)]),
        ("x.", [(0, 1)]),
        (".x", [(1, 2)]),
        ("xx..xx.x", [(0, 2), (4, 8)]),
    ],
)
def test_a_run_survives_one_token_below_and_no_more(above, runs):
    assert _runs(np.array([c == "x" for c in above], bool)) == runs


@given(st.lists(st.booleans(), max_size=60))
def test_runs_hold_every_token_above_and_begin_and_end_with_one(above):
    runs = _runs(np.array(above, bool))
    inside = {i for first, last in runs for i in range(first, last)}
    assert {i for i, high in enumerate(above) if high} <= inside
    assert all(above[first] and above[last - 1] for first, last in runs)
    assert all(b[0] - a[1] >= 2 for a, b in pairwise(runs))


def test_no_tokens_give_no_passages(make_scores, plain_card):
    assert decode("", make_scores(""), plain_card) == []
    assert decode("\u200b \u200b", make_scores("", []), plain_card) == []


@pytest.mark.parametrize("place", [0, 3])
def test_a_passage_may_be_the_first_or_the_last_word(make_scores, place):
    column = [0.1] * 4
    column[place] = 0.9
    text = "one two three four"
    assert passages(text, make_scores(text, slogan=column)) == [text.split()[place]]


def test_a_score_at_the_bound_counts(make_scores):
    text = "one two three"
    assert passages(text, make_scores(text, slogan=[0, 0.25, 0]), least=0.25) == ["two"]
    assert passages(text, make_scores(text, slogan=[0, 0.2499, 0]), least=0.25) == []


def test_faint_edges_of_a_strong_passage_are_cut(make_scores):
    text = "one two three four five"
    column = [0.3, 0.9, 0.8, 0.3, 0.3]
    assert passages(text, make_scores(text, slogan=column)) == ["two three"]


def test_a_faint_passage_is_kept_whole(make_scores):
    text = "one two three four five"
    column = [0.3, 0.4, 0.35, 0.3, 0.3]
    assert passages(text, make_scores(text, slogan=column)) == [text]


def test_the_faint_middle_of_a_passage_stays(make_scores):
    text = "one two three four five"
    column = [0.9, 0.3, 0.3, 0.3, 0.9]
    assert passages(text, make_scores(text, slogan=column)) == [text]


def test_a_candidate_carries_the_scores_of_its_own_tokens(make_scores):
    text = "one two three four five"
    scores = make_scores(text, slogan=[0.3, 0.9, 0.1, 0.6, 0.3], euphemism=[1, 0, 0.03, 0.06, 1], any=[1] * 5)
    found = next(c for c in candidates(text, scores, 0.2, 0.5) if c.technique == SLOGAN)
    assert text[found.span.start : found.span.end] == "two three four"
    assert isclose(found.peak, 0.9, rel_tol=1e-6)
    assert isclose(found.mean, (0.9 + 0.1 + 0.6) / 3, rel_tol=1e-6)
    assert isclose(found.others, (0 + 0.03 + 0.06) / 3, rel_tol=1e-5)
    assert found.words == 3


def test_passages_of_different_techniques_may_overlap(make_scores, plain_card):
    text = "one two three four"
    scores = make_scores(text, slogan=[0.9, 0.9, 0.9, 0], euphemism=[0, 0.8, 0.8, 0.8])
    found = [(h.technique, text[h.span.start : h.span.end]) for h in decode(text, scores, plain_card)]
    assert found == [("slogan", "one two three"), ("euphemism", "two three four")]


def test_the_voice_outputs_are_no_techniques(make_scores, plain_card):
    text = "one two"
    voice = {name: [1.0, 1.0] for name in OUTPUTS[len(TECHNIQUE_IDS) :]}
    assert decode(text, make_scores(text, **voice), plain_card) == []


def test_hits_stand_in_reading_order_then_by_confidence(make_scores, plain_card):
    text = "one two three four five six"
    scores = make_scores(
        text,
        slogan=[0.6, 0, 0, 0, 0.9, 0],
        euphemism=[0.8, 0.8, 0, 0, 0, 0],
        repetition=[0.7, 0, 0, 0.3, 0, 0],
    )
    found = [(h.technique, h.span.start) for h in decode(text, scores, plain_card)]
    assert found == [("euphemism", 0), ("repetition", 0), ("slogan", 0), ("repetition", 14), ("slogan", 19)]


@pytest.mark.parametrize(
    ("text", "token", "passage"),
    [
        ("a traitor here", "trait", "traitor"),
        ("a traitor here", "aito", "traitor"),
        ("a traitor here", "or", "traitor"),
        ("cafe\u0301s there", "cafe", "cafe\u0301s"),
        ("the cafe\u0301 is", "cafe", "cafe\u0301"),
        ("we don't know", "don", "don't"),
        ("we don’t know", "t", "don’t"),
        ("O'Neill's lies", "Neill", "O'Neill's"),
        ("pro\xadpaganda now", "pro", "pro\xadpaganda"),
        ("see 👩‍🚀 fly", "👩", "👩‍🚀"),
        ("see 👩‍🚀 fly", "🚀", "👩‍🚀"),
        ("love ❤️ now", "❤", "❤️"),
        ("“vermin”, he said", "“vermin”,", "vermin"),
        ("(vermin) left", "(vermin)", "vermin"),
        ("'vermin' left", "vermin'", "vermin"),
        ("the workers' hall", "workers'", "workers"),
        ("rat–vermin left", "vermin", "vermin"),
        ("A. Vermin!", "Vermin!", "Vermin"),
        ("漢字 left", "漢", "漢字"),
    ],
)
def test_edges_move_to_whole_words_without_the_marks_around_them(make_scores, text, token, passage):
    start = text.index(token)
    scores = make_scores(text, [(start, start + len(token))], slogan=[0.9])
    assert passages(text, scores) == [passage]


def test_marks_inside_a_passage_stay(make_scores):
    text = "He said: “now, or never!” and left"
    start, end = text.index("“"), text.index("”") + 1
    assert passages(text, make_scores(text, [(start, end)], slogan=[0.9])) == ["now, or never"]


def test_a_passage_of_marks_alone_is_none(make_scores):
    text = "well … — ” then"
    scores = make_scores(text, slogan=[0, 0.9, 0.9, 0.9, 0])
    assert passages(text, scores) == []


def test_two_runs_in_one_word_are_one_passage(make_scores):
    text = "an antidisestablishmentarian lot"
    pieces = [(3, 7), (7, 10), (10, 14), (14, 18), (18, 28)]
    scores = make_scores(text, pieces, slogan=[0.9, 0.1, 0.1, 0.1, 0.8], euphemism=[0.1] * 5)
    (found,) = candidates(text, scores, 0.2, 0.5)
    assert text[found.span.start : found.span.end] == "antidisestablishmentarian"
    assert isclose(found.peak, 0.9, rel_tol=1e-6)
    assert isclose(found.mean, 2.0 / 5, rel_tol=1e-6)
    assert isclose(found.others, 0.1, rel_tol=1e-5)
    assert found.words == 1


def test_an_edge_moves_only_so_far_in_a_word_without_end(make_scores):
    text = "x" * 1000
    (found,) = candidates(text, make_scores(text, [(500, 501)], slogan=[0.9]), 0.2, 0.5)
    assert found.span == Span(500 - MAX_WORD, 501 + MAX_WORD)


@given(data=st.data())
def test_passages_of_one_technique_never_overlap_whatever_the_scores(tokenizer, any_text, data):
    text = data.draw(any_text)
    windows = tokenizer.windows(text)
    spans = [tuple(map(int, s)) for w in windows for s in w.spans[w.core[0] : w.core[1]]]
    score = st.sampled_from([0.0, 0.1, 0.3, 0.6, 0.9, 1.0])
    outputs = np.zeros((len(spans), len(OUTPUTS)), np.float32)
    for column in (0, SLOGAN):
        outputs[:, column] = data.draw(st.lists(score, min_size=len(spans), max_size=len(spans)))
    scores = Scores(np.array(spans, np.int64).reshape(-1, 2), outputs)
    found = candidates(text, scores, 0.2, 0.5)
    for technique in (0, SLOGAN):
        mine = [c for c in found if c.technique == technique]
        assert all(0 <= c.span.start < c.span.end <= len(text) for c in mine)
        assert all(a.span.end <= b.span.start for a, b in pairwise(mine))
        assert all(0 < c.mean <= c.peak + 1e-6 <= 1 + 1e-6 for c in mine)


def test_confidence_is_the_logistic_of_the_weighted_logits(plain_card):
    calibration = Calibration(
        threshold=0.5, bias=-0.5, slope_length=-0.25, slope_peak=0.75, slope_mean=0.5, slope_others=0.1
    )
    calibrations = tuple(calibration if i == SLOGAN else c for i, c in enumerate(plain_card.calibrations))
    card = replace(plain_card, calibrations=calibrations)
    candidate = Candidate(SLOGAN, Span(0, 1), peak=0.8, mean=0.6, others=0.499, words=3)
    # log(3) = 1.098612, logit(.8) = 1.386294, logit(.6) = .405465, log(.5) = -.693147
    z = -0.5 - 0.25 * 1.098612 + 0.75 * 1.386294 + 0.5 * 0.405465 - 0.1 * 0.693147
    assert isclose(confidence(candidate, card.calibrations[SLOGAN]), 1 / (1 + np.exp(-z)), rel_tol=1e-5)


@pytest.mark.parametrize("score", [0.0, 1e-9, 0.5, 1.0])
def test_confidence_of_a_certain_score_is_a_number_from_0_to_1(plain_card, score):
    assert 0 <= confidence(Candidate(0, Span(0, 1), score, score, score, 1), plain_card.calibrations[0]) <= 1


def test_more_score_gives_no_less_confidence(plain_card):
    grid = [
        confidence(Candidate(0, Span(0, 1), p, p, p, 1), plain_card.calibrations[0])
        for p in np.linspace(0, 1, 21)
    ]
    assert grid == sorted(grid)
