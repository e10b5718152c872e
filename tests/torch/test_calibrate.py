"""The fit of confidences on made-up candidates, whose right part is known, and the thresholds after it."""

from math import log

import pytest

from spinmark.decode import Candidate
from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_training.calibrate import LEAST, MOST, Fit, Sample, fit, thresholds
from spinmark_training.data import Document
from spinmark_training.release import FOLDS, judge_crosswise

SLOGAN, EUPHEMISM = TECHNIQUE_IDS.index("slogan"), TECHNIQUE_IDS.index("euphemism")


def sample(
    correct: float, technique: int = SLOGAN, score: float = 0.5, words: int = 4, document: int = 0
) -> Sample:
    return Sample(document, Candidate(technique, Span(0, 9), score, score, 0.2, words), correct, 1.0)


def flat(confidence: float) -> Fit:
    """Return a fit that gives each candidate the same confidence."""
    every = len(TECHNIQUE_IDS)
    return Fit((0.0, 0.0, 0.0), (log(confidence / (1 - confidence)),) * every, (0.0,) * every)


def test_the_mean_confidence_is_the_part_that_is_right():
    given = [sample(0.0)] * 60 + [sample(0.5)] * 20 + [sample(1.0)] * 20
    assert fit(given).confidence(given[0].candidate) == pytest.approx(0.3, abs=0.01)


def test_what_is_right_more_often_at_a_higher_score_is_given_more_confidence():
    given = [sample(float(i % 10 < n), score=s) for s, n in ((0.2, 1), (0.8, 7)) for i in range(100)]
    fitted = fit(given)
    low, high = (fitted.confidence(sample(0, score=s).candidate) for s in (0.2, 0.8))
    assert low == pytest.approx(0.1, abs=0.02)
    assert high == pytest.approx(0.7, abs=0.02)


def test_length_counts_for_the_technique_whose_passages_it_tells_apart():
    long_is_right = [sample(float(i % 10 < n), words=w) for w, n in ((1, 2), (16, 7)) for i in range(400)]
    any_length = [sample(float(i % 2), EUPHEMISM, words=w) for w in (1, 16) for i in range(400)]
    fitted = fit([*long_is_right, *any_length])
    assert fitted.lengths[SLOGAN] > 0.5
    assert abs(fitted.lengths[EUPHEMISM]) < 0.05


def test_a_technique_with_few_candidates_stays_near_the_common_confidence():
    given = [sample(float(i % 10 < 3)) for i in range(400)] + [sample(1.0, EUPHEMISM)] * 2
    fitted = fit(given)
    assert 0.3 < fitted.confidence(given[-1].candidate) < 0.5


def test_an_unseen_technique_has_the_common_confidence():
    fitted = fit([sample(float(i % 10 < 3)) for i in range(200)])
    unseen = sample(0, EUPHEMISM).candidate
    assert fitted.confidence(unseen) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(("confidence", "threshold"), [(0.9, MOST), (0.6, 0.6), (0.5, MOST), (0.56, 0.56)])
def test_a_threshold_is_where_the_expected_precision_still_holds(confidence, threshold):
    least = thresholds([sample(1.0)] * 5, flat(confidence), precision=0.55)
    assert least[SLOGAN] == threshold
    assert least[EUPHEMISM] == MOST  # nothing is known of it


def test_a_threshold_is_never_below_the_least():
    assert thresholds([sample(1.0)] * 5, flat(0.2), precision=0.1)[SLOGAN] == LEAST


def test_no_document_is_judged_by_confidences_that_it_helped_to_fit():
    documents = [Document(str(n), "web", "Now or never", (), frozenset({"slogan"}), "dev") for n in range(30)]
    given = [sample(float(n % 3 == 0), document=n) for n in range(30) for _ in range(4)]
    changed = [*given[4:], *[sample(1.0 - s.correct, document=0) for s in given[:4]]]
    before, after = (judge_crosswise(documents, g) for g in (given, changed))
    assert len(before) == len(documents)
    assert [c for _, c in before[0].found] == pytest.approx([c for _, c in after[0].found])
    assert len({round(c, 6) for one in before for _, c in one.found}) <= FOLDS
    assert any(b.found[0][1] != a.found[0][1] for b, a in zip(before[1:], after[1:], strict=True))


def test_a_network_that_finds_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="finds no passage"):
        fit([])
