"""Measures of span detection: the definitions of SemEval-2020 and what a reader would count.

Everything here works on passages with a class; what the classes are (26 techniques, the 14 of the Propaganda
Techniques Corpus) is the caller's choice.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spinmark.report import Span

Labelled = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall and how many passages stand behind each; all in [0, 1] but the counts."""

    precision: float
    recall: float
    predicted: int
    gold: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Overlap(NamedTuple):
    """What passages earn by partial overlap; precision is earned / predicted and recall found / gold."""

    earned: float = 0.0
    predicted: float = 0.0
    found: float = 0.0
    gold: float = 0.0


def merged(passages: Iterable[Labelled]) -> list[Labelled]:
    """Join overlapping passages of the same class, so that no character counts twice."""
    return [(span, name) for name, spans in _by_class(passages).items() for span in spans]


def covered(span: Span, apart: Iterable[Span]) -> int:
    """Return how many code points of `span` the others hold, which do not overlap each other."""
    return sum(span.overlap(other) for other in apart)


def overlaps(predicted: Iterable[Labelled], gold: Iterable[Labelled]) -> dict[str, Overlap]:
    """Return what the passages of one document earn, by class.

    A passage earns the part of it that passages of its class on the other side cover. Overlapping passages of
    one class and side are joined first.

    Source: Da San Martino et al. 2020, "SemEval-2020 Task 11", section 5, equations 1 to 3.
    """
    ours, theirs = _by_class(predicted), _by_class(gold)
    return {
        name: Overlap(
            sum(covered(span, theirs.get(name, ())) / len(span) for span in ours.get(name, ())),
            len(ours.get(name, ())),
            sum(covered(span, ours.get(name, ())) / len(span) for span in theirs.get(name, ())),
            len(theirs.get(name, ())),
        )
        for name in {**ours, **theirs}
    }


def without_class(passages: Iterable[Labelled]) -> list[Labelled]:
    """Return the passages as all of one class, for span identification."""
    return [(span, "") for span, _ in passages]


def span_figures(pairs: Iterable[tuple[Sequence[Labelled], Sequence[Labelled]]], typed: bool) -> Figures:
    """Return partial-overlap precision and recall over (predicted, gold) of all documents together.

    With `typed` only passages of the same class earn; without, classes are ignored. See `overlaps`.
    """
    total = np.zeros(4)
    for predicted, gold in pairs:
        if not typed:
            predicted, gold = without_class(predicted), without_class(gold)
        for one in overlaps(predicted, gold).values():
            total += one
    earned, ours, found, theirs = (float(number) for number in total)
    return Figures(earned / ours if ours else 0.0, found / theirs if theirs else 0.0, int(ours), int(theirs))


def presence_f1(
    pairs: Iterable[tuple[Iterable[Labelled], Iterable[Labelled]]], classes: Iterable[str]
) -> tuple[float, float, dict[str, Figures]]:
    """Return micro and macro F1 of which classes occur in each document, and the figures of each class.

    A class without gold and without predictions is left out of the macro average.
    """
    hits: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    for ours, theirs in pairs:
        a, b = {name for _, name in ours}, {name for _, name in theirs}
        hits.update(a & b)
        predicted.update(a)
        gold.update(b)
    each = {
        name: Figures(
            hits[name] / predicted[name] if predicted[name] else 0.0,
            hits[name] / gold[name] if gold[name] else 0.0,
            predicted[name],
            gold[name],
        )
        for name in classes
        if predicted[name] or gold[name]
    }
    total = Figures(
        sum(hits.values()) / max(1, sum(predicted.values())),
        sum(hits.values()) / max(1, sum(gold.values())),
        sum(predicted.values()),
        sum(gold.values()),
    )
    return total.f1, sum(f.f1 for f in each.values()) / max(1, len(each)), each


def calibration_bins(
    confidences: Sequence[float], correct: Sequence[float], bins: int = 10
) -> npt.NDArray[np.float64]:
    """Return number, sum of confidences and sum of `correct` in equally wide bins, float64 [bins, 3].

    Confidences lie in [0, 1], 1 in the last bin; `correct` in [0, 1] may be partial.
    """
    sums = np.zeros((bins, 3))
    for confidence, right in zip(confidences, correct, strict=True):
        sums[min(bins - 1, int(confidence * bins))] += (1.0, confidence, right)
    return sums


def expected_calibration_error(
    confidences: Sequence[float], correct: Sequence[float], bins: int = 10
) -> float:
    """Return the mean distance of confidence and accuracy over the bins, weighted by their size.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks". See `calibration_bins`.
    """
    sums = calibration_bins(confidences, correct, bins)
    return float(np.abs(sums[:, 1] - sums[:, 2]).sum() / max(1, len(confidences)))


def _by_class(passages: Iterable[Labelled]) -> dict[str, list[Span]]:
    """Return each class's passages in reading order, overlapping ones joined."""
    by_class: dict[str, list[Span]] = defaultdict(list)
    for span, name in passages:
        by_class[name].append(span)
    return {name: _joined(spans) for name, spans in by_class.items()}


def _joined(spans: Iterable[Span]) -> list[Span]:
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start < out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out
