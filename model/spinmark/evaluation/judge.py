"""Annotated text -> what the model says of it, beside what the annotators said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinmark.detector import Detector, speech_of
from spinmark.evaluation.gold import GoldText
from spinmark.evaluation.measures import Labelled, covered, merged
from spinmark.report import Flag, Span, Status, Voice
from spinmark.scorer import Scorer, Scores
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark.voice import attribute


@dataclass(frozen=True, slots=True)
class Judged:
    """One text with both sides.

    `flags` are all candidates of any confidence whose technique the annotators looked for; `correct` is, for
    each, the part of it that marks of its class cover, in [0, 1]. `ranked` and `voices` are, for each mark,
    its classes from the likeliest down and the voice that the library gives it.
    """

    gold: GoldText
    status: Status
    flags: tuple[Flag, ...]
    correct: tuple[float, ...]
    ranked: tuple[tuple[str, ...], ...]
    voices: tuple[Voice, ...]

    def shown(self, least: Mapping[str, float]) -> list[int]:
        """Return which flags have at least the confidence that their technique needs."""
        return [i for i, flag in enumerate(self.flags) if flag.confidence >= least[flag.technique]]

    def predicted(self, shown: Sequence[int]) -> list[Labelled]:
        """Return these flags as passages with a class."""
        return [(self.flags[i].span, self.gold.classes[self.flags[i].technique]) for i in shown]


class Judge:
    """Reads annotated texts with one model."""

    def __init__(self, tokenizer: Tokenizer, scorer: Scorer) -> None:
        self._tokenizer = tokenizer
        self._scorer = scorer
        self._detector = Detector(tokenizer, scorer)

    def thresholds(self, min_confidence: float | None = None) -> dict[str, float]:
        """Return the least confidence that is shown, by technique; `min_confidence` replaces them all."""
        calibrations = self._scorer.card.calibrations
        return {
            id_: calibration.threshold if min_confidence is None else min_confidence
            for id_, calibration in zip(TECHNIQUE_IDS, calibrations, strict=True)
        }

    def read(self, gold: GoldText) -> Judged:
        """Return the text judged. Where it has marks, it is scored a second time to see inside them."""
        report = self._detector.analyze(gold.text, min_confidence=0.0)
        flags = tuple(flag for flag in report.flags if flag.technique in gold.classes)
        ranked: tuple[tuple[str, ...], ...] = ()
        voices: tuple[Voice, ...] = ()
        if gold.spans:
            scores = self._scorer.score(self._tokenizer.windows(gold.text))
            ranked = tuple(_ranked(scores, mark.span, gold.classes) for mark in gold.spans)
            if any(mark.voice is not None or mark.contested is not None for mark in gold.spans):
                # One of several techniques is as good as another to tell whether the claim is disputed.
                techniques = [mark.techniques[0] for mark in gold.spans]
                spans = [mark.span for mark in gold.spans]
                voices = tuple(attribute(gold.text, spans, speech_of(scores), techniques))
        return Judged(gold, report.status, flags, _correct(gold, flags), ranked, voices)


def resolved(gold: GoldText, predicted: Sequence[Labelled]) -> list[Labelled]:
    """Return each mark with one class: of several, the one that the predictions cover most of it, else the first.

    So a passage that is "one of" several techniques is right when any of them is found.
    """
    spans: dict[str, list[Span]] = {}
    out: list[Labelled] = []
    for mark in gold.spans:
        classes = list(dict.fromkeys(gold.classes[t] for t in mark.techniques))
        if len(classes) > 1 and not spans:
            for span, name in merged(predicted):
                spans.setdefault(name, []).append(span)
        out.append((mark.span, max(classes, key=lambda c: covered(mark.span, spans.get(c, ())))))
    return out


def _correct(gold: GoldText, flags: Sequence[Flag]) -> tuple[float, ...]:
    marks: dict[str, list[Span]] = {}
    for span, name in merged(
        (mark.span, class_) for mark in gold.spans for class_ in {gold.classes[t] for t in mark.techniques}
    ):
        marks.setdefault(name, []).append(span)
    return tuple(
        covered(flag.span, marks.get(gold.classes[flag.technique], ())) / len(flag.span) for flag in flags
    )


def _ranked(scores: Scores, span: Span, classes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the classes from the likeliest down, by a technique's mean score over the tokens in `span`.

    A class of several techniques counts as the likeliest of them. No token, no ranking.
    """
    inside: npt.NDArray[np.bool_] = (scores.spans[:, 0] < span.end) & (scores.spans[:, 1] > span.start)
    if not inside.any():
        return ()
    means = scores.techniques[inside].mean(axis=0)
    best: dict[str, float] = {}
    for technique, class_ in classes.items():
        mean = float(means[TECHNIQUE_IDS.index(technique)])
        best[class_] = max(best.get(class_, 0.0), mean)
    return tuple(sorted(best, key=lambda c: -best[c]))
