"""Judged texts -> every figure with its interval, overall and by slice; its JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from spinmark.evaluation.counts import BINS, Counts, Floats, count, count_passages
from spinmark.evaluation.judge import Judged
from spinmark.report import VOICES, Model, json_line
from spinmark.taxonomy import TECHNIQUE_IDS

SCHEMA = "spinmark.evaluation/1"
LEVEL = 0.95
CURVE = tuple(step / 20 for step in range(20))
"""Least confidences at which the curve is drawn."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the bounds of its interval; None where nothing stands behind it or it was not resampled."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the texts, with the figures that can be told of them; keys are those of `MEASURES`."""

    name: str
    texts: int
    words: int
    passages: int
    flags: int
    quiet_words: int
    false_flags: int
    hard_negatives: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class ByClass:
    """One technique, or a group that the annotators did not tell apart; keys are those of `CLASS_MEASURES`.

    `passages` and `flags` are counted with overlapping ones of this class joined.
    """

    name: str
    passages: int
    flags: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class ByVoice:
    """Passages by who says them: recall of those marked with a voice, precision of those given it."""

    name: str
    passages: int
    flags: int
    recall: Estimate
    precision: Estimate


@dataclass(frozen=True, slots=True)
class Bin:
    """Flags of a range of confidence: their mean confidence, and the part of them that is right."""

    least: float
    most: float
    flags: int
    confidence: float | None
    correct: Estimate


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What is right and found when one least confidence holds for all techniques."""

    min_confidence: float
    flags: int
    typed_span_precision: float | None
    typed_span_recall: float | None
    typed_span_f1: float | None
    span_identification_precision: float | None
    span_identification_recall: float | None
    span_identification_f1: float | None
    document_micro_f1: float | None
    document_macro_f1: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that was measured."""

    model: Model
    files: tuple[str, ...]
    min_confidence: float | None
    resamples: int
    seed: int
    unread: Mapping[str, int]
    overall: Slice
    techniques: tuple[ByClass, ...]
    voices: tuple[ByVoice, ...]
    slices: Mapping[str, tuple[Slice, ...]]
    bins: tuple[Bin, ...]
    curve: tuple[CurvePoint, ...]

    @property
    def best(self) -> CurvePoint | None:
        """Return the point with the highest typed span F1; it was chosen on these very texts."""
        known = [point for point in self.curve if point.typed_span_f1 is not None]
        return max(known, key=lambda point: point.typed_span_f1 or 0.0, default=None)

    def to_json(self) -> str:
        """Return the evaluation as one line of JSON, without a line break; numbers have four decimals."""
        best = self.best
        table: dict[str, object] = {
            "schema": SCHEMA,
            "model": asdict(self.model),
            "files": list(self.files),
            "min_confidence": self.min_confidence,
            "interval": {"level": LEVEL, "resamples": self.resamples, "seed": self.seed},
            "unread": dict(self.unread),
            "overall": asdict(self.overall),
            "by_technique": [asdict(one) | {"techniques": one.name.split("|")} for one in self.techniques],
            "by_voice": [asdict(one) for one in self.voices],
            **{f"by_{name}": [asdict(one) for one in some] for name, some in self.slices.items()},
            "calibration": [asdict(one) for one in self.bins],
            "curve": [asdict(point) for point in self.curve],
            "best_of_curve": None if best is None else asdict(best),
        }
        return json_line(_rounded(table))


def evaluate(
    judged: Sequence[Judged],
    model: Model,
    thresholds: Callable[[float | None], Mapping[str, float]],
    *,
    files: Iterable[str] = (),
    min_confidence: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Measure what is shown at `min_confidence`, or at each technique's own threshold where it is None.

    `thresholds` is `Judge.thresholds`. Intervals hold 95 % of `resamples` resamples of the texts; with none, or
    with a single text, there are none. At least one text is needed.
    """
    classes = _classes(judged)
    counts = count(judged, classes, thresholds(min_confidence))
    estimate = partial(_estimates, resamples=resamples, seed=seed)
    unread: dict[str, int] = {}
    for one in judged:
        if one.status != "ok":
            unread[one.status] = unread.get(one.status, 0) + 1
    slices = {}
    for name in ("source", "genre", "kind"):
        rows: dict[str, list[int]] = {}
        for row, one in enumerate(judged):
            rows.setdefault(getattr(one.gold, name), []).append(row)
        if set(rows) != {""}:
            slices[name] = tuple(_slice(value, counts.of(rows[value]), estimate) for value in sorted(rows))
        else:
            slices[name] = ()
    curve = [_point(least, count_passages(judged, classes, thresholds(least)).total()) for least in CURVE]
    return Evaluation(
        model=model,
        files=tuple(files),
        min_confidence=min_confidence,
        resamples=resamples,
        seed=seed,
        unread=unread,
        overall=_slice("", counts, estimate),
        techniques=_techniques(counts, classes, estimate),
        voices=_voices(counts, estimate),
        slices=slices,
        bins=_bins(counts, estimate),
        curve=tuple(curve),
    )


# Figures as functions of sums. Each takes the sums of any number of resamples and gives one figure, or one a
# class, for each of them; NaN where nothing stands behind it.


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


MEASURES: Mapping[str, Callable[[Counts], Floats]] = {
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

CLASS_MEASURES: Mapping[str, Callable[[Counts], Floats]] = {
    "typed_span_precision": lambda c: _precision(c.typed),
    "typed_span_recall": lambda c: _recall(c.typed),
    "typed_span_f1": lambda c: _overlap_f1(c.typed),
    "technique_f1": lambda c: _counted_f1(c.classified),
    "document_precision": lambda c: _ratio(c.present[..., 0], c.present[..., 1]),
    "document_recall": lambda c: _ratio(c.present[..., 0], c.present[..., 2]),
    "document_f1": lambda c: _counted_f1(c.present),
}
"""Figures of each class, each float64 [n, classes]."""

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

Measure = Callable[[Counts], Floats]
Estimates = Callable[[Counts, Mapping[str, Measure]], dict[str, list[Estimate]]]


def _estimates(
    counts: Counts, measures: Mapping[str, Measure], resamples: int, seed: int
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


def _slice(name: str, counts: Counts, estimate: Estimates) -> Slice:
    texts, words, passages, flags = (int(number) for number in counts.size.sum(axis=0))
    false_flags, quiet_words = (int(number) for number in counts.quiet.sum(axis=0))
    found = estimate(counts, MEASURES)
    return Slice(
        name=name,
        texts=texts,
        words=words,
        passages=passages,
        flags=flags,
        quiet_words=quiet_words,
        false_flags=false_flags,
        hard_negatives=int(counts.hard[:, 1].sum()),
        figures={key: one for key, (one,) in found.items()},
    )


def _techniques(counts: Counts, classes: Sequence[str], estimate: Estimates) -> tuple[ByClass, ...]:
    found = estimate(counts, CLASS_MEASURES)
    typed = counts.typed.sum(axis=0)
    return tuple(
        ByClass(name, int(typed[i, 3]), int(typed[i, 1]), {key: some[i] for key, some in found.items()})
        for i, name in enumerate(classes)
        if typed[i, 1] or typed[i, 3]
    )


def _voices(counts: Counts, estimate: Estimates) -> tuple[ByVoice, ...]:
    found = estimate(
        counts, {"precision": lambda c: _precision(c.by_voice), "recall": lambda c: _recall(c.by_voice)}
    )
    sums = counts.by_voice.sum(axis=0)
    return tuple(
        ByVoice(voice, int(sums[i, 3]), int(sums[i, 1]), found["recall"][i], found["precision"][i])
        for i, voice in enumerate(VOICES)
    )


def _bins(counts: Counts, estimate: Estimates) -> tuple[Bin, ...]:
    correct = estimate(counts, {"correct": lambda c: _ratio(c.bins[..., 2], c.bins[..., 0])})["correct"]
    sums = counts.bins.sum(axis=0)
    return tuple(
        Bin(i / BINS, (i + 1) / BINS, int(n), confidence / n if n else None, correct[i])
        for i, (n, confidence, _) in enumerate(sums.tolist())
    )


def _point(least: float, total: Counts) -> CurvePoint:
    names = [name for name in CurvePoint.__dataclass_fields__ if name in MEASURES]
    values = {name: _known(MEASURES[name](total)[0]) for name in names}
    return CurvePoint(least, int(total.size[0, 3]), **values)


def _classes(judged: Iterable[Judged]) -> list[str]:
    """Return every class that the texts are judged in, in the order of the taxonomy."""
    found = {class_ for one in judged for class_ in one.gold.classes.values()}
    return sorted(found, key=lambda class_: [TECHNIQUE_IDS.index(id_) for id_ in class_.split("|")])


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value
