"""Fit confidences and thresholds on development documents, with the very graph that is shipped."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from spinmark.card import Calibration
from spinmark.decode import Candidate, candidates, confidence, logit
from spinmark.scorer import Scorer, Scores
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark_training.data import Document
from spinmark_training.evaluate import classes_of, gold_passages

SOURCE_WEIGHT = {"web": 1.0, "ptc": 0.5, "corpus": 0.5, "semeval2021": 0.25}
"""Confidences should hold on the web pages that readers meet; the other sources steady the rare techniques."""

PRIOR = 3.0
"""Pull of each technique's bias to the common one, in candidates' worth of evidence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A candidate of a development document and the part of it that the document's marks cover, in [0, 1]."""

    document: int
    candidate: Candidate
    correct: float
    weight: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters of `card.Calibration`: slopes for peak, mean and any, and a bias for each technique."""

    slopes: tuple[float, float, float]
    biases: tuple[float, ...]

    def calibration(self, technique: int, threshold: float = 0.0) -> Calibration:
        """Return what the card says of the technique with this index."""
        return Calibration(threshold, self.biases[technique], *self.slopes)

    def confidence(self, candidate: Candidate) -> float:
        """Return the confidence that the library will give."""
        return confidence(candidate, self.calibration(candidate.technique))


def score_documents(documents: Sequence[Document], tokenizer: Tokenizer, scorer: Scorer) -> list[Scores]:
    """Return the scores of each document."""
    return [scorer.score(tokenizer.windows(document.text)) for document in documents]


def samples(
    documents: Sequence[Document], scores: Sequence[Scores], candidate_score: float, edge_ratio: float
) -> list[Sample]:
    """Return all candidates of techniques that their document's source labels."""
    out = []
    for number, (document, document_scores) in enumerate(zip(documents, scores, strict=True)):
        name = classes_of(document)
        gold = gold_passages(document)
        for candidate in candidates(document.text, document_scores, candidate_score, edge_ratio):
            class_ = name(TECHNIQUE_IDS[candidate.technique])
            if class_ is None:
                continue
            covered = np.zeros(len(candidate.span), np.bool_)
            for span, gold_class in gold:
                if gold_class == class_:
                    start = max(0, span.start - candidate.span.start)
                    covered[start : max(start, span.end - candidate.span.start)] = True
            weight = SOURCE_WEIGHT.get(document.source, 0.0)
            out.append(Sample(number, candidate, float(covered.mean()), weight))
    return out


def fit(given: Sequence[Sample]) -> Fit:
    """Fit the logistic calibration by maximum likelihood with a normal prior on the biases' spread.

    Source: Platt 1999, with partial correctness as a soft target.
    """
    x = torch.tensor(np.array([_features(s.candidate) for s in given]), dtype=torch.float64)
    y = torch.tensor([s.correct for s in given], dtype=torch.float64)
    w = torch.tensor([s.weight for s in given], dtype=torch.float64)
    technique = torch.tensor([s.candidate.technique for s in given])
    slopes = torch.tensor([0.5, 0.3, 0.1], dtype=torch.float64, requires_grad=True)
    common = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    spread = torch.zeros(len(TECHNIQUE_IDS), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([slopes, common, spread], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        z = x @ slopes.clamp(min=0) + common + spread[technique]
        each = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
        total = (each * w).sum() + PRIOR * spread.square().sum() / 2
        total.backward()
        return total

    optimiser.step(loss)
    kept = slopes.detach().clamp(min=0)
    return Fit(
        (float(kept[0]), float(kept[1]), float(kept[2])), tuple(float(b) for b in (common + spread).detach())
    )


def _features(candidate: Candidate) -> tuple[float, float, float]:
    return logit(candidate.peak), logit(candidate.mean), logit(candidate.any)


def thresholds(given: Sequence[Sample], fitted: Fit, precision: float = 0.6) -> list[float]:
    """Return each technique's least confidence for a reader.

    It is the lowest at which the passages above it are expected to be right in `precision` of their length,
    by the calibration itself: with so few passages of most techniques, counting would chase noise. It stays
    between .3 and .8, so that one technique's few good candidates do not open or close it altogether.

    .6 was chosen on the development parts: at .5 our neutral texts had .73 false flags per 1,000 words and web
    pages a shown precision of .33; at .6 it is .12 and .42, and .99 of the hard negatives are clean; at .7 it is
    0 and .56, but web recall falls from .09 to .04.
    """
    out = []
    for technique in range(len(TECHNIQUE_IDS)):
        descending = sorted(
            ((fitted.confidence(s.candidate), s.weight) for s in given if s.candidate.technique == technique),
            reverse=True,
        )
        least, right, total = 0.8, 0.0, 0.0
        for expected, weight in descending:
            right += expected * weight
            total += weight
            if total and right / total >= precision:
                least = expected
        out.append(round(min(0.8, max(0.3, least)), 2))
    return out
