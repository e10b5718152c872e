"""What the model's heads add to form: a mean over a passage, and the runs of tokens that name a speaker."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spinmark.report import Span

RUN_SCORE = 0.4
"""Least score of a token inside a speaker's name. On the dev part names found by form, else by this head, were
right for .84 of the passages with a named speaker at .3 and .4, .82 at .5, and more often wrong at .3."""

_DISTANCE_COST = 0.003
"""What each character between a name and the words costs its score; .0005 to .003 found ever more right names."""


_LEAST_WORTH = -0.5
"""What a name must be worth to be a passage's speaker."""

REACH_CHARS = int((1 - _LEAST_WORTH) / _DISTANCE_COST) + 1
"""A name further away than this is never worth that much, whatever its score."""


_LEADING_VERB = re.compile(r"(?:said|says|told|tells|asked|wrote|adds?|added|does|do|did|and|but|from|by)\s+")
_TRAILING_VERB = re.compile(
    r"\s+(?:(?:who|is|are|was|were|does|did|will|would|likes?|has|had|have|said|says|told|tells|asked|wrote|adds?|added)\b.*)$",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class SpeechScores:
    """What the model's heads say of a text: a row a token, in reading order.

    `spans` is int64 [tokens, 2] in code points; the others are float32 [tokens] in [0, 1].
    """

    spans: npt.NDArray[np.int64]
    quoted: npt.NDArray[np.float32]
    reported: npt.NDArray[np.float32]
    speaker: npt.NDArray[np.float32]
    contested: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PassageScores:
    """Means over a passage's tokens, in [0, 1]; `contested` is the highest of them."""

    quoted: float
    reported: float
    contested: float


class Heads:
    """The heads' scores of one text, ready to be asked about its passages."""

    def __init__(self, text: str, scores: SpeechScores) -> None:
        self._text = text
        self._scores = scores
        self._runs = self._speaker_runs(0)
        self._run_starts = [span.start for span, _ in self._runs]

    def extend(self, scores: SpeechScores) -> None:
        """Take the scores of a longer part of the text, whose beginning is what was known.

        No name may reach over the old end: the last two tokens before it are below `RUN_SCORE`.
        """
        known = len(self._scores.spans)
        self._scores = scores
        runs = self._speaker_runs(known)
        self._runs += runs
        self._run_starts += [span.start for span, _ in runs]

    def over(self, passage: Span) -> PassageScores:
        tokens = self._tokens(passage)
        if tokens.start >= tokens.stop:
            return PassageScores(0.0, 0.0, 0.0)
        s = self._scores
        return PassageScores(
            _mean(s.quoted[tokens]), _mean(s.reported[tokens]), float(np.maximum.reduce(s.contested[tokens]))
        )

    def names(self, span: Span) -> float:
        """Return the mean speaker score of `span`."""
        tokens = self._tokens(span)
        return _mean(self._scores.speaker[tokens]) if tokens.start < tokens.stop else 0.0

    def speaker_near(self, passage: Span) -> tuple[Span, float] | None:
        """Return the name near a passage that the speaker head holds for its speaker's, and the head's mean there."""
        place = bisect_left(self._run_starts, passage.start)
        best: tuple[float, Span, float] | None = None
        for span, score in self._runs[max(0, place - 4) : place + 3]:
            if span.overlap(passage) * 2 > len(span):
                continue
            between = Span(min(span.end, passage.end), max(span.start, passage.start))
            worth = score - _DISTANCE_COST * max(0, between.end - between.start)  # they may overlap
            worth -= 0.05 * self._text.count("\n", between.start, between.end)
            if best is None or worth > best[0]:
                best = (worth, span, score)
        return best[1:] if best is not None and best[0] > _LEAST_WORTH else None

    def speakers_around(self, passage: Span) -> list[Span]:
        """Return the names that the speaker head marks within `REACH_CHARS` of a passage, the nearest few."""
        place = bisect_left(self._run_starts, passage.start)
        return [
            span
            for span, _ in self._runs[max(0, place - 5) : place + 3]
            if span.overlap(passage) * 2 <= len(span)
            and passage.start - span.end < REACH_CHARS
            and span.start - passage.end < REACH_CHARS
        ]

    def _without_verbs(self, start: int, end: int) -> tuple[int, int]:
        """Return a name without the verb that the head took in with it: `said Ada Krohl`, `the clerk tells`."""
        lead = _LEADING_VERB.match(self._text, start, end)
        if lead is not None:
            start = lead.end()
        tail = _TRAILING_VERB.search(self._text, start, end)
        return start, end if tail is None else tail.start()

    def _tokens(self, span: Span) -> slice:
        """Return which tokens overlap `span`."""
        spans = self._scores.spans
        first = int(np.searchsorted(spans[:, 1], span.start, side="right"))
        return slice(first, max(first, int(np.searchsorted(spans[:, 0], span.end, side="left"))))

    def _speaker_runs(self, first: int) -> list[tuple[Span, float]]:
        """Return the runs of tokens above `RUN_SCORE` from token `first` on, widened to words, with their means."""
        runs: list[tuple[Span, float]] = []
        named: list[int] = (np.flatnonzero(self._scores.speaker[first:] >= RUN_SCORE) + first).tolist()
        cuts = [0, *(i for i in range(1, len(named)) if named[i] - named[i - 1] > 2), len(named)]
        for left, right in pairwise(cuts if named else ()):
            run = named[left:right]
            start, end = int(self._scores.spans[run[0], 0]), int(self._scores.spans[run[-1], 1])
            while start > 0 and self._text[start - 1].isalnum():
                start -= 1
            while end < len(self._text) and self._text[end].isalnum():
                end += 1
            while end > start and not self._text[end - 1].isalnum():
                end -= 1
            start, end = self._without_verbs(start, end)
            if end > start:
                runs.append((Span(start, end), _mean(self._scores.speaker[run])))
        return runs


def _mean(values: npt.NDArray[np.float32]) -> float:
    """Return the mean of a few values: numpy's own takes four times as long to begin."""
    return float(np.add.reduce(values)) / len(values)
