"""Judged texts -> every figure with its interval, overall and by slice; its JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from spinmark.evaluation.counts import BINS, Counts, count, count_passages
from spinmark.evaluation.estimates import (
    BIN_MEASURES,
    CLASS_MEASURES,
    LEVEL,
    MEASURES,
    VOICE_MEASURES,
    Estimate,
    Measure,
    estimates,
)
from spinmark.evaluation.judge import Judged
from spinmark.report import VOICES, Model, json_line
from spinmark.taxonomy import TECHNIQUE_IDS

SCHEMA = "spinmark.evaluation/1"
CURVE = tuple(step / 20 for step in range(20))
"""Least confidences at which the curve is drawn."""

Estimates = Callable[[Counts, Mapping[str, Measure]], dict[str, list[Estimate]]]
"""`estimates`, with the resampling settled."""


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
    estimate = partial(estimates, resamples=resamples, seed=seed)
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
    found = estimate(counts, VOICE_MEASURES)
    sums = counts.by_voice.sum(axis=0)
    return tuple(
        ByVoice(voice, int(sums[i, 3]), int(sums[i, 1]), found["recall"][i], found["precision"][i])
        for i, voice in enumerate(VOICES)
    )


def _bins(counts: Counts, estimate: Estimates) -> tuple[Bin, ...]:
    correct = estimate(counts, BIN_MEASURES)["correct"]
    sums = counts.bins.sum(axis=0)
    return tuple(
        Bin(i / BINS, (i + 1) / BINS, int(n), confidence / n if n else None, correct[i])
        for i, (n, confidence, _) in enumerate(sums.tolist())
    )


def _point(least: float, total: Counts) -> CurvePoint:
    wanted = {name: MEASURES[name] for name in CurvePoint.__dataclass_fields__ if name in MEASURES}
    values = {name: one.value for name, (one,) in estimates(total, wanted, resamples=0).items()}
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
