"""Judged texts -> the sums from which every figure follows, of the texts themselves and of resamples of them.

Each text is counted once. A figure is a function of sums over texts, so a bootstrap resample is a matrix product
of how often each text was drawn with what it counts, and a thousand resamples of a thousand texts take seconds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from spinmark.evaluation.gold import GoldSpan
from spinmark.evaluation.judge import Judged, resolved
from spinmark.evaluation.measures import (
    calibration_bins,
    covered,
    merged,
    overlaps,
    without_class,
)
from spinmark.report import VOICES, Span, Voice

Floats = npt.NDArray[np.float64]

BINS = 10
"""Equally wide bins of confidence."""

RESAMPLE_NUMBERS = 4_000_000
"""How many numbers of draws are held in memory at once: 32 MB."""

_PRONOUN = re.compile(r"he|she|they|it|you|we|i|me", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums; the first axis of each is texts, or resamples of them, and the last is named here.

    `identified` [n, 4] and `typed` [n, classes, 4]: earned, predicted, found, gold, see `measures.Overlap`.
    `present` [n, classes, 3]: texts with the class on both sides, predicted, gold.
    `classified` [n, classes, 3]: marks rightly named, named so, marked so; the marks' places are given.
    `bins` [n, BINS, 3]: see `measures.calibration_bins`.
    `quiet` [n, 2]: flags and words of quiet texts. `hard` [n, 2]: hard negatives kept clean, all of them.
    `by_voice` [n, voices, 4]: earned and number of flags that the model gives this voice; found and number of
    marks that the annotators give it.
    `voice` [n, 2]: marks whose voice is right, marks with a voice.
    `speaker` [n, 4]: marks whose named speaker is right, marks with one; wrong speakers, marks in speech.
    `contested` [n, 3]: disputed on both sides, by the model, by the annotators.
    `size` [n, 4]: texts, words, marks, flags shown.
    """

    identified: Floats
    typed: Floats
    present: Floats
    classified: Floats
    bins: Floats
    quiet: Floats
    hard: Floats
    by_voice: Floats
    voice: Floats
    speaker: Floats
    contested: Floats
    size: Floats

    @classmethod
    def empty(cls, texts: int, classes: int) -> "Counts":
        shapes = {
            "identified": (4,), "typed": (classes, 4), "present": (classes, 3), "classified": (classes, 3),
            "bins": (BINS, 3), "quiet": (2,), "hard": (2,), "by_voice": (len(VOICES), 4), "voice": (2,),
            "speaker": (4,), "contested": (3,), "size": (4,),
        }  # fmt: skip
        return cls(**{name: np.zeros((texts, *shape)) for name, shape in shapes.items()})

    def __len__(self) -> int:
        return len(self.size)

    def of(self, rows: Sequence[int]) -> "Counts":
        """Return the counts of some of the texts."""
        return Counts(**{f.name: getattr(self, f.name)[list(rows)] for f in fields(self)})

    def total(self) -> "Counts":
        """Return the sums over all texts, with a first axis of one."""
        return self._weighted(np.ones((1, len(self))))

    def resampled(self, resamples: int, seed: int) -> "Counts":
        """Return the sums over `resamples` draws of as many texts as there are, with replacement."""
        random = np.random.default_rng(seed)
        texts = len(self)
        at_once = max(1, RESAMPLE_NUMBERS // max(1, texts))
        parts = [
            self._weighted(random.multinomial(texts, np.full(texts, 1 / texts), size).astype(np.float64))
            for size in _parts(resamples, at_once)
        ]
        return Counts(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(self)})

    def _weighted(self, weights: Floats) -> "Counts":
        return Counts(**{f.name: np.tensordot(weights, getattr(self, f.name), axes=1) for f in fields(self)})


def count(judged: Sequence[Judged], classes: Sequence[str], least: Mapping[str, float]) -> Counts:
    """Return the counts of each text, with the flags shown that have at least their technique's confidence."""
    counts = count_passages(judged, classes, least)
    column = {name: i for i, name in enumerate(classes)}
    for row, one in enumerate(judged):
        shown = one.shown(least)
        for name, right, named, marked in _classified(one):
            counts.classified[row, column[name]] += (right, named, marked)
        counts.bins[row] = calibration_bins([flag.confidence for flag in one.flags], one.correct, BINS)
        _count_silence(counts, row, one, shown)
        _count_voices(counts, row, one, shown)
    return counts


def count_passages(judged: Sequence[Judged], classes: Sequence[str], least: Mapping[str, float]) -> Counts:
    """Return `identified`, `typed`, `present` and `size` alone: what depends on how much is shown."""
    counts = Counts.empty(len(judged), len(classes))
    column = {name: i for i, name in enumerate(classes)}
    for row, one in enumerate(judged):
        predicted = one.predicted(one.shown(least))
        gold = resolved(one.gold, predicted)
        for earned in overlaps(without_class(predicted), without_class(gold)).values():
            counts.identified[row] = earned
        for name, earned in overlaps(predicted, gold).items():
            counts.typed[row, column[name]] = earned
            here, there = earned.predicted > 0, earned.gold > 0
            counts.present[row, column[name]] = (here and there, here, there)
        counts.size[row] = (1, one.gold.words, len(one.gold.spans), len(predicted))
    return counts


def _parts(total: int, most: int) -> Iterator[int]:
    while total > 0:
        yield min(total, most)
        total -= most


def _classified(one: Judged) -> Iterator[tuple[str, int, int, int]]:
    """Yield class, rightly named, named so, marked so, for the marks of a text, their places given.

    Where k marks share one place, the k likeliest classes are named, and each can be right once.

    Source: the scorer of SemEval-2020 Task 11, technique classification.
    """
    places: dict[Span, list[int]] = {}
    for i, mark in enumerate(one.gold.spans):
        places.setdefault(mark.span, []).append(i)
    for marks in places.values():
        sides = [
            list(dict.fromkeys(one.gold.classes[t] for t in one.gold.spans[i].techniques)) for i in marks
        ]
        named = list(one.ranked[marks[0]][: len(marks)])
        for classes in sorted(sides, key=len):  # a mark of one class has no other to be right by
            right = next((class_ for class_ in named if class_ in classes), None)
            if right is None:
                yield classes[0], 0, 0, 1
            else:
                named.remove(right)
                yield right, 1, 1, 1
        for class_ in named:
            yield class_, 0, 1, 0


def _count_silence(counts: Counts, row: int, one: Judged, shown: Sequence[int]) -> None:
    gold = one.gold
    if gold.quiet:
        counts.quiet[row] = (len(shown), gold.words)
    if gold.kind == "hard_negative":
        marked = {gold.classes[t] for mark in gold.spans for t in mark.techniques}
        counts.hard[row] = ({name for _, name in one.predicted(shown)} <= marked, 1)


def _count_voices(counts: Counts, row: int, one: Judged, shown: Sequence[int]) -> None:
    for i in shown:
        counts.by_voice[row, VOICES.index(one.flags[i].voice.kind), :2] += (one.correct[i], 1)
    predicted = one.predicted(shown)
    joined = merged(predicted)
    for (span, name), mark in zip(resolved(one.gold, predicted), one.gold.spans, strict=True):
        if mark.voice is not None:
            found = covered(span, (other for other, other_name in joined if other_name == name))
            counts.by_voice[row, VOICES.index(mark.voice), 2:] += (found / len(span), 1)
    for mark, voice in zip(one.gold.spans, one.voices, strict=False):  # none where no voice is marked
        if mark.voice is not None:
            counts.voice[row] += (mark.voice == voice.kind, 1)
        if mark.contested is not None:
            counts.contested[row] += (mark.contested and voice.contested, voice.contested, mark.contested)
        if mark.speaker_marked:
            counts.speaker[row] += _speaker(one.gold.text, mark, voice)


def _speaker(text: str, mark: GoldSpan, voice: Voice) -> tuple[int, int, int, int]:
    if mark.speaker is not None and _PRONOUN.fullmatch(text[mark.speaker.start : mark.speaker.end]):
        return 0, 0, 0, 0  # nobody is named there: whether our name is the right one cannot be counted
    right = (
        mark.speaker is not None
        and voice.speaker is not None
        and same_speaker(text, mark.speaker, voice.speaker)
    )
    in_speech = mark.voice in ("quoted", "reported") or voice.kind != "author"
    return right, mark.speaker is not None, in_speech and voice.speaker is not None and not right, in_speech


def same_speaker(text: str, a: Span, b: Span) -> bool:
    """Say whether two spans name one speaker: they overlap or read the same."""
    return a.overlap(b) > 0 or text[a.start : a.end].lower() == text[b.start : b.end].lower()
