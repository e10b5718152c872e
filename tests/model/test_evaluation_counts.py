"""Judged texts, written by hand, against figures worked out by hand in the comments."""

from collections.abc import Sequence
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.evaluation.counts import count
from spinmark.evaluation.estimates import MEASURES, estimates
from spinmark.evaluation.gold import GoldSpan, GoldText, classes_of
from spinmark.evaluation.judge import Judged, resolved
from spinmark.evaluation.measures import expected_calibration_error, presence_f1, span_figures
from spinmark.evaluation.summary import Evaluation, evaluate
from spinmark.report import Flag, Model, Span, Voice
from spinmark.taxonomy import TECHNIQUE_IDS

TEXT = "word " * 20  # 100 characters, 20 words
MODEL = Model("tiny", "1", "0" * 64)
ALL = classes_of(TECHNIQUE_IDS)


def mark(start: int, end: int, *techniques: str, **more: object) -> GoldSpan:
    return GoldSpan(Span(start, end), techniques, **more)


def flag(start: int, end: int, technique: str, confidence: float = 0.9, voice: Voice | None = None) -> Flag:
    return Flag(technique, Span(start, end), TEXT[start:end], confidence, voice or Voice())


def judged(
    marks: Sequence[GoldSpan] = (),
    flags: Sequence[Flag] = (),
    correct: Sequence[float] | None = None,
    ranked: Sequence[tuple[str, ...]] | None = None,
    voices: Sequence[Voice] = (),
    **more: object,
) -> Judged:
    """Return a judged text; each mark's own technique is ranked first where nothing else is said."""
    gold = GoldText("a", TEXT, tuple(marks), **{"classes": ALL, **more})
    right = tuple(correct) if correct is not None else (1.0,) * len(flags)
    order = tuple(ranked) if ranked is not None else tuple((m.techniques[0],) for m in marks)
    return Judged(gold, "ok", tuple(flags), right, order, tuple(voices))


def thresholds(min_confidence: float | None) -> dict[str, float]:
    return dict.fromkeys(TECHNIQUE_IDS, 0.5 if min_confidence is None else min_confidence)


def figures_of(*texts: Judged, **options: object) -> Evaluation:
    return evaluate(texts, MODEL, thresholds, **{"resamples": 0, **options})


def value(evaluation: Evaluation, name: str) -> float | None:
    return evaluation.overall.figures[name].value


def test_span_figures_of_two_texts_are_counted_together():
    # text 1: the slogan flag 0–10 covers half of the mark 0–20; all of the flag is right, half of the mark found
    # text 2: a flag of another technique on the mark 0–10; nothing typed, all of it identified
    evaluation = figures_of(
        judged([mark(0, 20, "slogan")], [flag(0, 10, "slogan")]),
        judged([mark(0, 10, "straw_man")], [flag(0, 10, "slogan")], correct=[0.0]),
    )
    assert value(evaluation, "typed_span_precision") == 1 / 2  # (10/10 + 0) / 2 flags
    assert value(evaluation, "typed_span_recall") == 1 / 4  # (10/20 + 0) / 2 marks
    assert isclose(value(evaluation, "typed_span_f1"), 2 * (1 / 2) * (1 / 4) / (3 / 4))
    assert value(evaluation, "span_identification_precision") == 1  # (10/10 + 10/10) / 2
    assert value(evaluation, "span_identification_recall") == 3 / 4  # (10/20 + 10/10) / 2
    assert isclose(value(evaluation, "span_identification_f1"), 2 * 1 * (3 / 4) / (7 / 4))


def test_texts_are_counted_by_the_techniques_that_occur_in_them():
    evaluation = figures_of(
        judged([mark(0, 9, "slogan")], [flag(80, 90, "slogan"), flag(0, 9, "straw_man")]),
        judged([mark(0, 9, "slogan"), mark(20, 29, "repetition")], []),
    )
    # both 1 (slogan, wherever it stands), predicted 2, gold 3
    assert value(evaluation, "document_micro_precision") == 1 / 2
    assert value(evaluation, "document_micro_recall") == 1 / 3
    assert isclose(value(evaluation, "document_micro_f1"), 2 / 5)
    # slogan: P 1/1, R 1/2, F1 2/3; straw_man: no gold, 0; repetition: not found, 0
    assert isclose(value(evaluation, "document_macro_f1"), (2 / 3 + 0 + 0) / 3)
    assert [one.name for one in evaluation.techniques] == ["straw_man", "slogan", "repetition"]


def test_only_flags_of_enough_confidence_are_shown():
    text = judged([mark(0, 10, "slogan")], [flag(0, 10, "slogan", 0.5), flag(30, 40, "slogan", 0.49)], [1, 0])
    assert figures_of(text).overall.flags == 1
    assert value(figures_of(text), "typed_span_precision") == 1
    assert value(figures_of(text, min_confidence=0.3), "typed_span_precision") == 1 / 2
    assert figures_of(text, min_confidence=0.6).overall.flags == 0


def test_the_curve_lowers_one_confidence_for_all_techniques():
    evaluation = figures_of(
        judged([mark(0, 10, "slogan")], [flag(0, 10, "slogan", 0.5), flag(30, 40, "straw_man", 0.2)], [1, 0])
    )
    flags = {point.min_confidence: point.flags for point in evaluation.curve}
    assert (flags[0.0], flags[0.2], flags[0.25], flags[0.5], flags[0.55]) == (2, 2, 1, 1, 0)
    assert evaluation.best is not None
    assert (evaluation.best.min_confidence, evaluation.best.typed_span_f1) == (0.25, 1)


def test_a_technique_given_its_passage_is_right_when_it_is_ranked_first():
    evaluation = figures_of(
        judged(
            [mark(0, 9, "slogan"), mark(10, 19, "slogan"), mark(20, 29, "repetition")],
            ranked=[("slogan", "repetition"), ("repetition", "slogan"), ("repetition", "slogan")],
        )
    )
    # 2 of 3 are right; slogan: named once, rightly, of 2: F1 2/3; repetition: named twice, once rightly: F1 2/3
    assert isclose(value(evaluation, "technique_micro_f1"), 2 / 3)
    assert isclose(value(evaluation, "technique_macro_f1"), 2 / 3)


def test_marks_that_share_a_place_are_named_by_as_many_techniques():
    both = [mark(0, 9, "slogan"), mark(0, 9, "repetition")]
    # the two likeliest are repetition and slogan: both right, though neither mark alone would be by the first
    assert (
        value(
            figures_of(judged(both, ranked=[("repetition", "slogan", "straw_man")] * 2)), "technique_micro_f1"
        )
        == 1
    )
    # the two likeliest are straw_man and slogan: one of two
    assert (
        value(
            figures_of(judged(both, ranked=[("straw_man", "slogan", "repetition")] * 2)), "technique_micro_f1"
        )
        == 1 / 2
    )


def test_one_of_several_techniques_is_right_when_any_is():
    one_of = mark(0, 10, "straw_man", "red_herring")
    evaluation = figures_of(judged([one_of], [flag(0, 10, "red_herring")], ranked=[("red_herring",)]))
    for name in ("typed_span_f1", "technique_micro_f1", "document_micro_f1"):
        assert value(evaluation, name) == 1
    other = figures_of(judged([one_of], [flag(0, 10, "slogan")], [0.0], ranked=[("slogan",)]))
    for name in ("typed_span_f1", "technique_micro_f1", "document_micro_f1"):
        assert value(other, name) == 0


def test_a_mark_of_several_is_the_one_that_flags_cover_most_else_the_first():
    gold = GoldText("a", TEXT, (mark(0, 10, "straw_man", "red_herring"),), ALL)
    span = Span(0, 10)
    assert resolved(gold, []) == [(span, "straw_man")]
    assert resolved(gold, [(Span(0, 3), "straw_man"), (Span(2, 9), "red_herring")]) == [(span, "red_herring")]
    # twice the same four characters are four: fewer than five
    twice = [(Span(0, 4), "straw_man"), (Span(0, 4), "straw_man"), (Span(5, 10), "red_herring")]
    assert resolved(gold, twice) == [(span, "red_herring")]


def test_a_member_of_a_merged_group_counts_as_any_other():
    classes = classes_of(["straw_man", "red_herring", "slogan"], [["straw_man", "red_herring"]])
    evaluation = figures_of(
        judged(
            [mark(0, 10, "straw_man")],
            [flag(0, 6, "red_herring"), flag(4, 10, "straw_man")],
            ranked=[("straw_man|red_herring", "slogan")],
            classes=classes,
        )
    )
    assert value(evaluation, "typed_span_f1") == 1  # the two flags overlap and are one of its class
    assert value(evaluation, "technique_micro_f1") == 1
    (one,) = evaluation.techniques
    assert (one.name, one.flags) == ("straw_man|red_herring", 1)


def test_calibration_is_taken_over_all_candidates():
    evaluation = figures_of(
        judged([], [flag(0, 9, "slogan", 0.95), flag(9, 19, "slogan", 0.15)], correct=[0.5, 0.25])
    )
    # |.95 − .5| and |.15 − .25|, a half each
    assert isclose(value(evaluation, "expected_calibration_error"), (0.45 + 0.10) / 2)
    assert [b.flags for b in evaluation.bins] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert evaluation.bins[9].confidence == 0.95
    assert evaluation.bins[9].correct.value == 0.5
    assert evaluation.bins[0].confidence is None


def test_false_flags_are_counted_in_quiet_texts_and_hard_negatives_apart():
    evaluation = figures_of(
        judged([], [flag(0, 9, "slogan"), flag(20, 29, "slogan", 0.1)], [0, 0]),  # one shown in 20 words
        judged([], []),  # 20 words more
        judged([mark(0, 9, "slogan")], [flag(50, 59, "slogan")], [0]),  # marked, so not quiet
        judged([], [flag(0, 9, "slogan")], [0], kind="hard_negative"),  # flagged
        judged(
            [mark(0, 9, "slogan")], [flag(0, 9, "slogan")], kind="hard_negative"
        ),  # its own mark is no fault
        judged([], [], kind="hard_negative"),  # clean
    )
    assert value(evaluation, "false_flags_per_1000_words") == 1000 * 1 / 40
    assert isclose(value(evaluation, "hard_negatives_clean"), 2 / 3)
    assert (evaluation.overall.quiet_words, evaluation.overall.false_flags) == (40, 1)
    assert evaluation.overall.hard_negatives == 3


def test_voice_speaker_and_contest_are_counted_where_they_are_marked():
    named, other = Span(0, 4), Span(45, 49)
    marks = [
        mark(10, 20, "slogan", voice="quoted", speaker=named, speaker_marked=True, contested=True),
        mark(20, 30, "slogan", voice="reported", speaker=None, speaker_marked=True, contested=False),
        mark(30, 40, "slogan", voice="author", speaker=None, speaker_marked=True, contested=True),
        mark(40, 50, "slogan"),
    ]
    voices = [
        Voice("quoted", named, True, other),  # all right
        Voice("quoted", other, True, named),  # wrong voice, a speaker where none is named, wrongly disputed
        Voice("author"),  # right, and the dispute is overlooked
        Voice("quoted", other, True, named),  # nobody marked this one
    ]
    evaluation = figures_of(judged(marks, [], voices=voices))
    assert isclose(value(evaluation, "voice_accuracy"), 2 / 3)
    assert value(evaluation, "speaker_recall") == 1  # of one named
    assert value(evaluation, "speaker_wrong") == 1 / 2  # of two in speech
    assert value(evaluation, "contested_precision") == 1 / 2
    assert value(evaluation, "contested_recall") == 1 / 2


def test_recall_is_told_by_the_marked_voice_and_precision_by_the_found_one():
    marks = [mark(0, 10, "slogan", voice="quoted"), mark(20, 30, "slogan", voice="author")]
    flags = [flag(0, 5, "slogan", voice=Voice("reported")), flag(50, 60, "slogan", voice=Voice("quoted"))]
    evaluation = figures_of(judged(marks, flags, correct=[1.0, 0.0]))
    author, quoted, reported = evaluation.voices
    assert (author.recall.value, author.precision.value) == (0, None)
    assert (quoted.recall.value, quoted.precision.value) == (1 / 2, 0)
    assert (reported.recall.value, reported.precision.value) == (None, 1)


def test_nothing_is_said_where_nothing_stands_behind_it():
    evaluation = figures_of(judged())
    assert {name for name, one in evaluation.overall.figures.items() if one.value is not None} == {
        "false_flags_per_1000_words"
    }
    assert evaluation.best is None
    # flags without any mark: wrong ones, but no F1, which speaks of marks
    flagged = figures_of(judged([], [flag(0, 9, "slogan")], [0]))
    assert value(flagged, "typed_span_precision") == 0
    assert value(flagged, "typed_span_f1") is None


def test_slices_are_told_by_source_genre_and_kind_where_rows_have_them():
    evaluation = figures_of(
        judged([mark(0, 9, "slogan")], [flag(0, 9, "slogan")], source="b", genre="letter"),
        judged([mark(0, 9, "slogan")], [], source="a"),
    )
    assert [(one.name, one.texts) for one in evaluation.slices["source"]] == [("a", 1), ("b", 1)]
    assert [one.name for one in evaluation.slices["genre"]] == ["", "letter"]
    assert evaluation.slices["kind"] == ()
    a, b = (one.figures["typed_span_f1"].value for one in evaluation.slices["source"])
    assert (a, b) == (0, 1)


some_marks = st.lists(
    st.builds(
        lambda start, length, name: (Span(start, start + length), name),
        st.integers(0, 60),
        st.integers(1, 20),
        st.sampled_from(("slogan", "straw_man", "repetition")),
    ),
    max_size=4,
)


@given(st.lists(st.tuples(some_marks, some_marks), min_size=1, max_size=5), st.integers(0, 99))
def test_figures_are_those_of_the_plain_measures_and_lie_within_their_resamples_range(pairs, seed):
    texts = [
        judged([GoldSpan(s, (t,)) for s, t in gold], [flag(s.start, s.end, t) for s, t in ours])
        for ours, gold in pairs
    ]
    evaluation = figures_of(*texts, resamples=20, seed=seed)
    micro, macro, _ = presence_f1(pairs, TECHNIQUE_IDS)
    expected = {
        "typed_span_f1": span_figures(pairs, typed=True).f1,
        "span_identification_f1": span_figures(pairs, typed=False).f1,
        "document_micro_f1": micro,
        "document_macro_f1": macro,
    }
    if any(gold for _, gold in pairs):
        for name, plain in expected.items():
            assert isclose(value(evaluation, name), plain, abs_tol=1e-9)
    flags = [f for text in texts for f in text.flags]
    if flags:
        plain = expected_calibration_error([f.confidence for f in flags], [1.0] * len(flags))
        assert isclose(value(evaluation, "expected_calibration_error"), plain, abs_tol=1e-9)
    for one in evaluation.overall.figures.values():
        if one.low is not None:
            assert 0 <= one.low <= one.high


@pytest.mark.parametrize("resamples", [1, 7, 500])
def test_the_same_seed_gives_the_same_intervals_and_equal_texts_no_width(resamples):
    alike = [judged([mark(0, 20, "slogan")], [flag(0, 10, "slogan")]) for _ in range(6)]
    same = figures_of(*alike, resamples=resamples).overall.figures["typed_span_recall"]
    assert (same.low, same.value, same.high) == (1 / 2, 1 / 2, 1 / 2)
    mixed = [*alike, judged([mark(0, 20, "slogan")], [])]
    first, again = (figures_of(*mixed, resamples=resamples).to_json() for _ in range(2))
    assert first == again


def test_an_interval_is_that_of_resampling_one_text_at_a_time():
    # Ten texts with one mark each, six found whole. A resample of ten draws finds Binomial(10, .6) / 10, whose
    # 2.5th and 97.5th percentiles are .3 and .9: P(X ≤ 2) = .012, P(X ≤ 3) = .055, P(X ≤ 8) = .954, P(X ≤ 9) = .994.
    found = judged([mark(0, 10, "slogan")], [flag(0, 10, "slogan")])
    missed = judged([mark(0, 10, "slogan")], [])
    counts = count([found] * 6 + [missed] * 4, ["slogan"], thresholds(None))
    wanted = {"recall": MEASURES["typed_span_recall"]}
    (recall,) = estimates(counts, wanted, resamples=20_000)["recall"]
    assert isclose(recall.value, 0.6)
    assert isclose(recall.low, 0.3)
    assert isclose(recall.high, 0.9)


def test_one_text_and_no_resamples_have_no_intervals():
    text = judged([mark(0, 20, "slogan")], [flag(0, 10, "slogan")])
    for evaluation in (figures_of(text, resamples=100), figures_of(text, text, resamples=0)):
        assert evaluation.overall.figures["typed_span_recall"].low is None
