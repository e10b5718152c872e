"""Scores -> hits: passages with a technique and a calibrated confidence."""

import math
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spinmark.card import Calibration, Card
from spinmark.report import Span
from spinmark.scorer import Scores
from spinmark.taxonomy import TECHNIQUE_IDS

MAX_WORD = 64
"""How far an edge moves to reach the end of its word; it keeps the cost linear on text without spaces."""

# What joins the letters on both sides of it to one word, and is no word character itself.
_JOINER = "'’\u00ad\u200c\u200d"

# Marks that open or close a passage without being part of it.
_EDGE = " \t\r\n\u00a0\"'“”‘’„«»‹›()[]{}*_—–-,;:.!?…"


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that resembles a technique, with its calibrated confidence in [0, 1]."""

    technique: str
    span: Span
    confidence: float


class Candidate(NamedTuple):
    """A passage before calibration.

    `peak` and `mean` are of the technique's scores in it, in [0, 1]; `others` is the sum of the other
    techniques' mean scores, in [0, 25]; `words` counts its words, at least 1.
    """

    technique: int
    span: Span
    peak: float
    mean: float
    others: float
    words: int

    @classmethod
    def measured(cls, text: str, technique: int, span: Span, scores: npt.NDArray[np.float32]) -> "Candidate":
        """Take the scores of the passage's own tokens, float32 [tokens, 26], and nothing from around it.

        So a passage has one confidence in a stream, in its page and as a selection whose scores are the same.
        """
        means = scores.mean(axis=0)
        mean = float(means[technique])
        return cls(
            technique,
            span,
            float(scores[:, technique].max()),
            mean,
            max(0.0, float(means.sum()) - mean),
            max(1, len(text[span.start : span.end].split())),
        )


def decode(text: str, scores: Scores, card: Card) -> list[Hit]:
    """Return every candidate as a hit, in reading order, then by confidence; nothing is held back here."""
    hits = [
        Hit(TECHNIQUE_IDS[c.technique], c.span, confidence(c, card.calibrations[c.technique]))
        for c in candidates(text, scores, card.decoding.candidate_score, card.decoding.edge_ratio)
    ]
    return sorted(hits, key=lambda h: (h.span.start, -h.confidence, h.span.end, h.technique))


def candidates(text: str, scores: Scores, candidate_score: float, edge_ratio: float) -> list[Candidate]:
    """Find runs of tokens above `candidate_score` and cut each to where it stays above a part of its peak.

    A run's edges are tokens with at least `edge_ratio` of its highest score, so that a passage found with
    certainty keeps sharp edges and a faint one is not torn. A single token below does not end a run. Edges
    then move to whole words, without quotation marks and punctuation around them; where two runs reach into
    the same word, they are one candidate.
    """
    found: list[Candidate] = []
    techniques = scores.techniques
    above = techniques >= candidate_score
    for technique in np.flatnonzero(above.any(axis=0)).tolist():
        column = techniques[:, technique]
        first_before, span_before = 0, Span(0, 0)
        for first, last in _runs(above[:, technique]):
            run = column[first:last]
            kept = np.flatnonzero(run >= edge_ratio * run.max())
            first, last = first + int(kept[0]), first + int(kept[-1]) + 1
            span = _trim(text, Span(int(scores.spans[first, 0]), int(scores.spans[last - 1, 1])))
            if len(span):
                if span.start < span_before.end:
                    found.pop()
                    first, span = first_before, Span(span_before.start, max(span.end, span_before.end))
                first_before, span_before = first, span
                found.append(Candidate.measured(text, technique, span, techniques[first:last]))
    return found


def confidence(candidate: Candidate, calibration: Calibration) -> float:
    """Return the calibrated probability that the passage is one, by its technique's calibration."""
    z = (
        calibration.bias
        + calibration.slope_length * math.log(candidate.words)
        + calibration.slope_peak * logit(candidate.peak)
        + calibration.slope_mean * logit(candidate.mean)
        + calibration.slope_others * log_others(candidate.others)
    )
    return 1 / (1 + math.exp(-z))


def logit(p: float) -> float:
    """Return the log odds of `p`, which is first kept off 0 and 1 by a millionth."""
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def log_others(others: float) -> float:
    """Return the logarithm of the other techniques' sum, which a thousandth keeps off 0."""
    return math.log(others + 1e-3)


def _runs(above: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the half-open runs of True; a single False between two runs joins them."""
    runs: list[tuple[int, int]] = []
    for position in np.flatnonzero(above).tolist():
        if runs and position <= runs[-1][1] + 1:
            runs[-1] = runs[-1][0], position + 1
        else:
            runs.append((position, position + 1))
    return runs


def _trim(text: str, span: Span) -> Span:
    """Move the edges out to whole words, then in past quotation marks, brackets and punctuation."""
    start, end = span.start, span.end
    least, most = max(0, start - MAX_WORD), min(len(text), end + MAX_WORD)
    while start > least and _inside_word(text, start):
        start -= 1
    while end < most and _inside_word(text, end):
        end += 1
    while start < end and text[start] in _EDGE:
        start += 1
    while start < end and text[end - 1] in _EDGE:
        end -= 1
    return Span(start, end)


def _inside_word(text: str, position: int) -> bool:
    """Say whether the edge before `text[position]` would cut a word or a letter from its combining marks."""
    before, after = text[position - 1], text[position]
    if unicodedata.category(after)[0] == "M" or before == "\u200d" or after == "\u200d":
        return True
    if after in _JOINER:
        return before.isalnum() and text[position + 1 : position + 2].isalnum()
    if before in _JOINER:
        return after.isalnum() and position >= 2 and _of_word(text[position - 2])
    return after.isalnum() and _of_word(before)


def _of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"
