"""Sums over texts -> figures, each with its interval.

A figure is a function of sums. It takes those of any number of resamples and gives one figure, or one a class, for
each of them; NaN where nothing stands behind it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from spinmark.evaluation.counts import Counts, Floats

LEVEL = 0.95

Measure = Callable[[Counts], Floats]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the bounds of its interval; None where nothing stands behind it or it was not resampled."""

    value: float | None
    low: float | None = None
    high: float | None = None


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _f1(precision: Floats, recall: Floats) -> Floats:
    """Return F1; without gold it says nothing, without predictions it is 0."""
    p = np.nan_to_num(precision)
    both = p + recall
    return np.where(both == 0, 0.0, 2 * p * recall / np.where(both == 0, 1.0, both))


def _overlap_f1(sums: Floats) -> Floats:
    return _f1(_precision(sums), _recall(sums))


def _precision(sums: Floats) -> Floats:
    return _ratio(sums[..., 0], sums[..., 1])


def _recall(sums: Floats) -> Floats:
    return _ratio(sums[..., 2], sums[..., 3])


def _counted_f1(sums: Floats) -> Floats:
    """Return F1 of counts: both, predicted, gold."""
    return _f1(_ratio(sums[..., 0], sums[..., 1]), _ratio(sums[..., 0], sums[..., 2]))


def _micro_f1(sums: Floats) -> Floats:
    return _counted_f1(sums.sum(axis=-2))


def _macro_f1(sums: Floats) -> Floats:
    """Return the mean F1 of the classes that either side has; without any gold it says nothing."""
    there = (sums[..., 1] > 0) | (sums[..., 2] > 0)
    mean = _ratio(np.where(there, np.nan_to_num(_counted_f1(sums)), 0.0).sum(-1), there.sum(-1).astype(float))
    return np.where(sums[..., 2].sum(-1) > 0, mean, np.nan)


def _calibration_error(bins: Floats) -> Floats:
    return _ratio(np.abs(bins[..., 1] - bins[..., 2]).sum(-1), bins[..., 0].sum(-1))


MEASURES: Mapping[str, Measure] = {
    "typed_span_precision": lambda c: _precision(c.typed.sum(1)),
    "typed_span_recall": lambda c: _recall(c.typed.sum(1)),
    "typed_span_f1": lambda c: _overlap_f1(c.typed.sum(1)),
    "span_identification_precision": lambda c: _precision(c.identified),
    "span_identification_recall": lambda c: _recall(c.identified),
    "span_identification_f1": lambda c: _overlap_f1(c.identified),
    "technique_micro_f1": lambda c: _micro_f1(c.classified),
    "technique_macro_f1": lambda c: _macro_f1(c.classified),
    "document_micro_precision": lambda c: _ratio(c.present[..., 0].sum(1), c.present[..., 1].sum(1)),
    "document_micro_recall": lambda c: _ratio(c.present[..., 0].sum(1), c.present[..., 2].sum(1)),
    "document_micro_f1": lambda c: _micro_f1(c.present),
    "document_macro_f1": lambda c: _macro_f1(c.present),
    "expected_calibration_error": lambda c: _calibration_error(c.bins),
    "false_flags_per_1000_words": lambda c: 1000 * _ratio(c.quiet[:, 0], c.quiet[:, 1]),
    "hard_negatives_clean": lambda c: _ratio(c.hard[:, 0], c.hard[:, 1]),
    "voice_accuracy": lambda c: _ratio(c.voice[:, 0], c.voice[:, 1]),
    "speaker_recall": lambda c: _ratio(c.speaker[:, 0], c.speaker[:, 1]),
    "speaker_wrong": lambda c: _ratio(c.speaker[:, 2], c.speaker[:, 3]),
    "contested_precision": lambda c: _ratio(c.contested[:, 0], c.contested[:, 1]),
    "contested_recall": lambda c: _ratio(c.contested[:, 0], c.contested[:, 2]),
}
"""Figures of some texts, each float64 [n]."""

CLASS_MEASURES: Mapping[str, Measure] = {
    "typed_span_precision": lambda c: _precision(c.typed),
    "typed_span_recall": lambda c: _recall(c.typed),
    "typed_span_f1": lambda c: _overlap_f1(c.typed),
    "technique_f1": lambda c: _counted_f1(c.classified),
    "document_precision": lambda c: _ratio(c.present[..., 0], c.present[..., 1]),
    "document_recall": lambda c: _ratio(c.present[..., 0], c.present[..., 2]),
    "document_f1": lambda c: _counted_f1(c.present),
}
"""Figures of each class, each float64 [n, classes]."""

VOICE_MEASURES: Mapping[str, Measure] = {
    "precision": lambda c: _precision(c.by_voice),
    "recall": lambda c: _recall(c.by_voice),
}
"""Figures of each voice, each float64 [n, voices]."""

BIN_MEASURES: Mapping[str, Measure] = {"correct": lambda c: _ratio(c.bins[..., 2], c.bins[..., 0])}
"""Figures of each range of confidence, each float64 [n, BINS]."""

TITLES: Mapping[str, Mapping[str, str]] = {
    "Passages": {
        "typed_span_f1": "typed span F1",
        "typed_span_precision": "typed span precision",
        "typed_span_recall": "typed span recall",
        "span_identification_f1": "span identification F1",
        "span_identification_precision": "span identification precision",
        "span_identification_recall": "span identification recall",
    },
    "Techniques, where the passages are given": {
        "technique_micro_f1": "technique micro F1",
        "technique_macro_f1": "technique macro F1",
    },
    "Texts": {
        "document_micro_f1": "micro F1",
        "document_macro_f1": "macro F1",
        "document_micro_precision": "micro precision",
        "document_micro_recall": "micro recall",
    },
    "Confidence and silence": {
        "expected_calibration_error": "expected calibration error",
        "false_flags_per_1000_words": "false flags per 1,000 quiet words",
        "hard_negatives_clean": "hard negatives kept clean",
    },
    "Who says it, where the passages are given": {
        "voice_accuracy": "voice right",
        "speaker_recall": "named speaker found",
        "speaker_wrong": "wrong speaker, of passages in speech",
        "contested_precision": "disputed by the text, precision",
        "contested_recall": "disputed by the text, recall",
    },
}
"""What each of `MEASURES` is called, in groups."""


def estimates(
    counts: Counts, measures: Mapping[str, Measure], *, resamples: int, seed: int = 0
) -> dict[str, list[Estimate]]:
    """Return each figure of the texts, a list of as many as the measure gives, with percentile intervals.

    A resample in which a figure says nothing is left out of its interval.

    Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    total = counts.total()
    drawn = counts.resampled(resamples, seed) if resamples and len(counts) > 1 else None
    out = {}
    for name, measure in measures.items():
        values = measure(total).reshape(-1)
        if drawn is None:
            out[name] = [Estimate(_known(v)) for v in values]
            continue
        among = measure(drawn).reshape(len(drawn), -1)
        out[name] = [_interval(v, among[:, i]) for i, v in enumerate(values)]
    return out


def _interval(value: float, among: Floats) -> Estimate:
    among = among[~np.isnan(among)]
    if np.isnan(value) or not len(among):
        return Estimate(_known(value))
    low, high = np.quantile(among, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
