"""Scores -> hits: passages with a technique and a calibrated confidence."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spinmark.card import Card
from spinmark.report import Span
from spinmark.scorer import Scores
from spinmark.taxonomy import TECHNIQUE_IDS

Floats = npt.NDArray[np.float32]

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

    `peak` and `mean` are of the technique's scores in it, `any` is the highest score of the any-technique
    output; all in [0, 1].
    """

    technique: int
    span: Span
    peak: float
    mean: float
    any: float


def decode(text: str, scores: Scores, card: Card) -> list[Hit]:
    """Return every candidate as a hit, in reading order, then by confidence; nothing is held back here."""
    hits = [
        Hit(TECHNIQUE_IDS[c.technique], c.span, confidence(c, card))
        for c in candidates(text, scores, card.decoding.candidate_score, card.decoding.edge_ratio)
    ]
    return sorted(hits, key=lambda h: (h.span.start, -h.confidence, h.span.end, h.technique))


def candidates(text: str, scores: Scores, candidate_score: float, edge_ratio: float) -> list[Candidate]:
    """Find runs of tokens above `candidate_score` and cut each to where it stays above a part of its peak.

    A run's edges are tokens with at least `edge_ratio` of its highest score, so that a passage found with
    certainty keeps sharp edges and a faint one is not torn. A single token below does not end a run. Edges
    then move to whole words, without quotation marks and punctuation around them.
    """
    found: list[Candidate] = []
    anything = scores.of("any")
    techniques = scores.techniques
    for technique in np.flatnonzero((techniques >= candidate_score).any(axis=0)):
        column = techniques[:, technique]
        for first, last in _runs(column >= candidate_score):
            run = column[first:last]
            kept = np.flatnonzero(run >= edge_ratio * run.max())
            first, last = first + int(kept[0]), first + int(kept[-1]) + 1
            span = _trim(text, Span(int(scores.spans[first, 0]), int(scores.spans[last - 1, 1])))
            if len(span):
                run = column[first:last]
                found.append(
                    Candidate(
                        int(technique),
                        span,
                        float(run.max()),
                        float(run.mean()),
                        float(anything[first:last].max()),
                    )
                )
    return found


def confidence(candidate: Candidate, card: Card) -> float:
    """Return the calibrated probability that the passage is one."""
    c = card.calibrations[candidate.technique]
    z = (
        c.bias
        + c.slope_peak * _logit(candidate.peak)
        + c.slope_mean * _logit(candidate.mean)
        + c.slope_any * _logit(candidate.any)
    )
    return float(1 / (1 + np.exp(-z)))


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return float(np.log(p / (1 - p)))


def _runs(above: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the half-open runs of True; a single False between two runs joins them."""
    closed = above.copy()
    closed[1:-1] |= above[:-2] & above[2:]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], closed, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _trim(text: str, span: Span) -> Span:
    """Move the edges out to whole words, then in past quotation marks, brackets and punctuation."""
    start, end = span.start, span.end
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    while start < end and text[start] in _EDGE:
        start += 1
    while start < end and text[end - 1] in _EDGE:
        end -= 1
    return Span(start, end)
