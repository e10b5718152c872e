"""The measures against cases computed by hand."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.evaluation.measures import (
    Figures,
    calibration_bins,
    expected_calibration_error,
    merged,
    presence_f1,
    span_figures,
)
from spinmark.report import Span


def passages(*triples: tuple[int, int, str]) -> list[tuple[Span, str]]:
    return [(Span(start, end), name) for start, end, name in triples]


def spans(*pairs: tuple[int, int]) -> list[tuple[Span, str]]:
    return passages(*((start, end, "x") for start, end in pairs))


@pytest.mark.parametrize(
    ("predicted", "gold", "precision", "recall"),
    [
        # exact
        (spans((0, 10)), spans((0, 10)), 1, 1),
        # half of the prediction is right and half of one of two golds is found: 5/10, (5/10 + 0)/2
        (spans((5, 15)), spans((0, 10), (20, 30)), 1 / 2, 1 / 4),
        # two predictions share a gold: (1 + 1)/2, (4/10 + 6/10)/1
        (spans((0, 4), (4, 10)), spans((0, 10)), 1, 1),
        # one prediction over two golds and the gap between: (10/30 + 10/30)/1, (1 + 1)/2
        (spans((0, 30)), spans((0, 10), (20, 30)), 2 / 3, 1),
        # a long gold found in a small part: 1, 2/40
        (spans((10, 12)), spans((0, 40)), 1, 1 / 20),
        # neighbours that touch share nothing
        (spans((0, 5)), spans((5, 10)), 0, 0),
        (spans((0, 5)), [], 0, 0),
        ([], spans((0, 5)), 0, 0),
        ([], [], 0, 0),
    ],
)
def test_partial_overlap_earns_its_part(predicted, gold, precision, recall):
    for typed in (False, True):
        figures = span_figures([(predicted, gold)], typed)
        assert isclose(figures.precision, precision)
        assert isclose(figures.recall, recall)


def test_a_class_of_its_own_counts_only_where_classes_are_asked_for():
    predicted, gold = passages((0, 10, "a")), passages((0, 10, "b"))
    assert span_figures([(predicted, gold)], typed=True).f1 == 0
    assert span_figures([(predicted, gold)], typed=False).f1 == 1


def test_overlapping_passages_of_different_classes_are_one_where_classes_are_ignored():
    predicted, gold = passages((0, 10, "a"), (5, 15, "b")), passages((0, 15, "c"))
    assert span_figures([(predicted, gold)], typed=False) == Figures(1, 1, 1, 1)
    # typed: a earns 10/10, b earns 5/10 of its own; both golds are found whole and in half
    typed = span_figures([(predicted, passages((0, 10, "a"), (5, 10, "b")))], typed=True)
    assert (typed.precision, typed.recall) == (3 / 4, 1)


def test_all_documents_count_together_and_not_each_by_itself():
    pairs = [(spans((0, 10)), spans((0, 10))), (spans((0, 10), (20, 30), (40, 50)), spans((60, 70)))]
    figures = span_figures(pairs, typed=True)
    assert (figures.precision, figures.recall) == (1 / 4, 1 / 2)
    assert (figures.predicted, figures.gold) == (4, 2)
    assert isclose(figures.f1, 2 * (1 / 4) * (1 / 2) / (3 / 4))


@pytest.mark.parametrize(
    ("given_", "joined"),
    [
        ([], []),
        (spans((0, 5), (5, 9)), spans((0, 5), (5, 9))),
        (spans((3, 9), (0, 5)), spans((0, 9))),
        (spans((0, 9), (2, 3), (8, 12)), spans((0, 12))),
        (passages((0, 5, "a"), (3, 9, "b")), passages((0, 5, "a"), (3, 9, "b"))),
    ],
)
def test_only_overlapping_passages_of_one_class_are_joined(given_, joined):
    assert merged(given_) == joined


some_passages = st.lists(
    st.builds(
        lambda start, length, name: (Span(start, start + length), name),
        st.integers(0, 60),
        st.integers(1, 20),
        st.sampled_from("ab"),
    ),
    max_size=6,
)


@given(st.lists(st.tuples(some_passages, some_passages), max_size=4), st.booleans())
def test_figures_lie_between_0_and_1_and_turn_with_the_sides(pairs, typed):
    figures = span_figures(pairs, typed)
    turned = span_figures([(gold, predicted) for predicted, gold in pairs], typed)
    assert 0 <= figures.precision <= 1 + 1e-9
    assert 0 <= figures.recall <= 1 + 1e-9
    assert isclose(figures.precision, turned.recall, abs_tol=1e-9)
    assert isclose(figures.f1, turned.f1, abs_tol=1e-9)
    assert figures.predicted == turned.gold


@given(st.lists(some_passages, max_size=4), st.booleans())
def test_the_gold_itself_is_perfect(gold, typed):
    figures = span_figures([(g, g) for g in gold], typed)
    expected = 1 if any(gold) else 0
    assert isclose(figures.f1, expected)


def test_presence_counts_each_class_once_a_document():
    pairs = [
        (passages((0, 5, "a"), (7, 9, "a"), (0, 5, "b")), passages((40, 50, "a"))),
        (passages((0, 5, "b")), passages((0, 5, "b"), (0, 5, "c"))),
    ]
    # hits a 1, b 1, c 0; predicted a 1, b 2; gold a 1, b 1, c 1
    micro, macro, each = presence_f1(pairs, "abcd")
    assert isclose(micro, 2 / 3)
    assert isclose(macro, (1 + 2 / 3 + 0) / 3)
    assert set(each) == {"a", "b", "c"}
    assert each["b"] == Figures(1 / 2, 1, 2, 1)
    assert each["c"] == Figures(0, 0, 0, 1)


def test_presence_of_nothing_is_0():
    assert presence_f1([], "ab") == (0.0, 0.0, {})


@pytest.mark.parametrize(
    ("confidences", "correct", "error"),
    [
        ([], [], 0),
        ([1.0, 1.0], [1, 1], 0),
        ([0.95, 0.95], [1, 0], 0.45),
        # two bins: |.85 - 1| on one of three, |.15 - 0| on two of three
        ([0.85, 0.15, 0.15], [1, 0, 0], 0.15),
        # within a bin errors cancel, between bins they do not
        ([0.52, 0.58], [0, 1], 0.05),
        ([0.45, 0.55], [1, 0], 0.55),
        ([0.0, 1.0], [0.25, 0.75], 0.25),
    ],
)
def test_calibration_error_is_the_weighted_distance_of_the_bins(confidences, correct, error):
    assert isclose(expected_calibration_error(confidences, correct), error, abs_tol=1e-9)


def by_the_paper(predicted, gold) -> tuple[float, float]:
    """Return precision and recall as equations 1 to 3 of the SemEval-2020 Task 11 paper state them.

    C(s, t, h) = |s ∩ t| / h · δ(l(s), l(t)); P = Σ C(s, t, |s|) / |S|; R = Σ C(s, t, |t|) / |T|,
    with S and T of all documents together and 0 where S or T is empty.
    """
    characters = {
        (d, side, i): (set(range(span.start, span.end)), name)
        for d, pair in enumerate(zip(predicted, gold, strict=True))
        for side in (0, 1)
        for i, (span, name) in enumerate(pair[side])
    }
    p = r = 0.0
    for (d, side, _), (s, s_name) in characters.items():
        for (d2, side2, _), (t, t_name) in characters.items():
            if (side, side2) == (0, 1) and d == d2 and s_name == t_name:
                p += len(s & t) / len(s)
                r += len(s & t) / len(t)
    size_s, size_t = sum(map(len, predicted)), sum(map(len, gold))
    return (p / size_s if size_s else 0.0, r / size_t if size_t else 0.0)


@given(st.lists(st.tuples(some_passages, some_passages), max_size=4))
def test_the_figures_are_those_of_the_official_definition(pairs):
    predicted, gold = [merged(p) for p, _ in pairs], [merged(g) for _, g in pairs]
    figures = span_figures(pairs, typed=True)
    precision, recall = by_the_paper(predicted, gold)
    assert isclose(figures.precision, precision, abs_tol=1e-9)
    assert isclose(figures.recall, recall, abs_tol=1e-9)


def test_a_bin_holds_its_lower_edge_and_the_last_one_holds_1():
    # .25 begins the second of four bins, .999 and 1 end the last
    bins = calibration_bins([0.0, 0.25, 0.999, 1.0], [0, 0.5, 1, 0], bins=4)
    assert bins[:, 0].tolist() == [1, 1, 0, 2]
    assert bins[1].tolist() == [1, 0.25, 0.5]
    assert bins[3, 2] == 1
