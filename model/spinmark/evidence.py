"""Passage and technique -> cues: which words moved the confidence, found by hiding them one after the other.

A word is hidden behind [MASK], not taken out: the sentence keeps its shape and the passage its tokens, so that a
passage of a single word can be asked about as well. On invented flags the weights of function words, which
should be near nothing, were a fifth smaller so (.052 against .064), those of the words that a reader would name
the same. The order of reading is kept and each window is scored by itself, as `Scorer` says why.

Source: Zeiler and Fergus 2014, section 3 (occlusion); Li, Monroe and Jurafsky 2016 (erasure, for words).
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from spinmark.card import Card
from spinmark.decode import Candidate, confidence, decode
from spinmark.report import Cue, Span
from spinmark.scorer import Scores
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokens

MAX_INSIDE = 24
"""The most parts that a passage is hidden in; a longer one goes in groups of neighbouring words."""

MAX_BESIDE = 8
"""The words on either side of a passage that are hidden as well. A call to name, a conjunction or a "said" that
turns a reading stands close; with what is inside, a passage costs at most some forty windows."""

MIN_WEIGHT = 0.005
"""What moves a confidence by less would be shown as 0.00, and is left out."""

# A dash or a slash parts words, a hyphen and an apostrophe do not.
_WORD = re.compile(r"[^\s—–/]+")


class Evidence:
    """One text's windows, ready to be asked about its passages."""

    def __init__(
        self, text: str, windows: Sequence[Tokens], score: Callable[[Tokens], Scores], card: Card, mask: int
    ) -> None:
        """Take `score`, which scores one window, and `mask`, the id of the token that hides.

        `score` is called once for each window that a question needs, and once for each part that is hidden in it.
        """
        self._text = text
        self._windows = windows
        self._score = score
        self._card = card
        self._mask = mask
        self._starts = [int(w.spans[w.core[0], 0]) for w in windows]
        self._known: dict[int, Scores] = {}

    def confidence(self, span: Span, technique: str) -> float | None:
        """Return a flag's own confidence, else that over the tokens of `span`; None where it has no token."""
        # A flag may begin or end with a mark that its passage leaves out, so its run of tokens is looked up.
        answering = self._answering(span)
        if not answering:
            return None
        around = range(max(0, answering.start - 1), min(len(self._windows), answering.stop + 1))
        scores = [self._scored(i) for i in around]
        joined = Scores(
            np.concatenate([s.spans for s in scores]), np.concatenate([s.outputs for s in scores])
        )
        for hit in decode(self._text, joined, self._card):
            if hit.span == span and hit.technique == technique:
                return hit.confidence
        return self._measure(scores, span, technique)

    def cues(self, span: Span, technique: str) -> tuple[Cue, ...]:
        """Return the words in and near `span` that move its confidence, in reading order."""
        answering = self._answering(span)
        windows = [self._windows[i] for i in answering]
        scores = [self._scored(i) for i in answering]
        before = self._measure(scores, span, technique)
        if before is None:
            return ()
        found: list[Cue] = []
        for part in _parts(self._text, span, windows):
            changed = list(scores)
            for i, window in enumerate(windows):
                hidden = _overlapping(window.spans, part)
                if hidden.any():
                    changed[i] = self._score(replace(window, ids=np.where(hidden, self._mask, window.ids)))
            after = self._measure(changed, span, technique)
            if after is not None and abs(before - after) >= MIN_WEIGHT:
                found.append(Cue(part, before - after))
        return tuple(found)

    def _answering(self, span: Span) -> range:
        """Return which windows answer for a token of `span`."""
        first = max(0, bisect_right(self._starts, span.start) - 1)
        met = [
            i
            for i in range(first, bisect_left(self._starts, span.end))
            if _overlapping(_core(self._windows[i]), span).any()
        ]
        return range(met[0], met[-1] + 1) if met else range(0)

    def _scored(self, index: int) -> Scores:
        if index not in self._known:
            self._known[index] = self._score(self._windows[index])
        return self._known[index]

    def _measure(self, scores: Sequence[Scores], span: Span, technique: str) -> float | None:
        parts = [s.outputs[_overlapping(s.spans, span)] for s in scores]
        if not any(map(len, parts)):
            return None
        rows = np.concatenate(parts)[:, : len(TECHNIQUE_IDS)]
        column = TECHNIQUE_IDS.index(technique)
        candidate = Candidate.measured(self._text, column, span, rows)
        return confidence(candidate, self._card.calibrations[column])


def _core(window: Tokens) -> npt.NDArray[np.int64]:
    return window.spans[window.core[0] : window.core[1]]


def _parts(text: str, span: Span, windows: Sequence[Tokens]) -> list[Span]:
    """Return what is hidden, in reading order: words around the passage, and those in it, in groups if many."""
    seen = Span(
        min(int(w.spans[1, 0]) for w in windows),
        max(int(w.spans[-2, 1]) for w in windows),
    )
    words = _words(text, seen)
    inside = [w for w in words if w.overlap(span)]
    before = [w for w in words if w.end <= span.start]
    after = [w for w in words if w.start >= span.end]
    return [*before[-MAX_BESIDE:], *_grouped(inside, MAX_INSIDE), *after[:MAX_BESIDE]]


def _words(text: str, within: Span) -> list[Span]:
    """Return the words of a part of the text, without the punctuation around them; none is cut at its edges."""
    found: list[Span] = []
    for match in _WORD.finditer(text, within.start, within.end):
        start, end = match.span()
        if _WORD.match(text, max(0, start - 1), start) or _WORD.match(text, end, end + 1):
            continue
        while start < end and not text[start].isalnum():
            start += 1
        while start < end and not (text[end - 1].isalnum() or unicodedata.category(text[end - 1])[0] == "M"):
            end -= 1
        # What has no letter may carry a passage all the same: an exclamation, an emoji.
        found.append(Span(start, end) if start < end else Span(*match.span()))
    return found


def _grouped(words: Sequence[Span], most: int) -> list[Span]:
    """Join neighbouring words into at most `most` groups of nearly the same number."""
    groups = np.array_split(np.arange(len(words)), min(most, len(words))) if words else []
    return [Span(words[int(g[0])].start, words[int(g[-1])].end) for g in groups]


def _overlapping(spans: npt.NDArray[np.int64], span: Span) -> npt.NDArray[np.bool_]:
    """Return which tokens share a code point with `span`, bool [tokens]; the special ones never do."""
    overlapping: npt.NDArray[np.bool_] = (spans[:, 1] > span.start) & (spans[:, 0] < span.end)
    return overlapping
