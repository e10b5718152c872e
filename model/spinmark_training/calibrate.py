"""Fit confidences and thresholds on development documents, with the very graph that is shipped.

What was tried on the development parts, as web average precision (typed, partial overlap) over 16 random halvings,
with the 95 % interval of the difference where web documents are drawn again:

| features of a passage | average precision | difference |
|---|---|---|
| peak and mean, a bias for each technique | .154 | |
| + the other techniques' sum | .157 | +.003, .001 to .006 |
| + a slope for its length in words, for each technique | .161 | +.006, .002 to .010 |
| + a stronger prior on biases, less weight on PTC and the corpus (kept) | .162 | +.007, .002 to .011 |
| + how far it is quoted | .162 | +.007, .003 to .010, before the priors; more false flags on our texts |

In five parts (six random divisions) the kept fit has .164 against .156, +.008, .003 to .013; at the default thresholds
web pages show a precision of .54 and a recall of .122, before .54 and .113. Some forty variants were compared on the same
documents, so the intervals flatter what was chosen.

Over 4 to 8 halvings, no gain or a loss: the highest any-technique score beside the others' sum; the best other technique
and its rank; reported or contested speech; the mean score around the passage or before it; its place; its part of the
sentence; capitals, exclamation, question and quotation marks, digits, superlatives; the scores just outside; a slope of
the mean for each technique; all of these together; a correction of 26 by 26 (+.004, but precision as shown fell);
boosted trees. The text's length gained .001, and a selection would not score like its page.
Of decoding: an edge ratio of .2, .3, .5 or .6, or by technique, lost .004 to .007; candidates from a score of .06
gained .005 in the tail alone; joining runs two or four tokens apart gained .002 to .003 on web pages and lost .015 to .04
on SemEval-2021; sentences as passages of what is mostly marked so gained nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from spinmark.card import Calibration
from spinmark.decode import Candidate, candidates, confidence, log_others, logit
from spinmark.scorer import Scorer, Scores
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark_training.data import Document
from spinmark_training.evaluate import classes_of, gold_passages

SOURCE_WEIGHT = {"web": 1.0, "ptc": 0.35, "corpus": 0.35, "semeval2021": 0.25}
"""Confidences should hold on the web pages that readers meet; the other sources steady the rare techniques."""

PRIOR = 6.0
"""Pull of each technique's bias to the common one: the precision of a normal prior on their difference."""

LENGTH_PRIOR = 10.0
"""Pull of each technique's slope for length to none: the precision of a normal prior on it."""

LEAST = 0.42
MOST = 0.8
"""Where the thresholds lie, so that a technique's few good candidates neither open nor close it altogether.

At the same expected precision a higher `LEAST` shows less of the faintest: with .3 and `precision` .6, web pages showed
.54 at a recall of .113 (five parts) and our neutral development texts had .5 false flags per 1,000 words (halvings);
with .42 and .55 it is .54 at .122, and .3.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A candidate of a development document and the part of it that the document's marks cover, in [0, 1]."""

    document: int
    candidate: Candidate
    correct: float
    weight: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters of `card.Calibration`: slopes for peak, mean and others; biases and length slopes by technique."""

    slopes: tuple[float, float, float]
    biases: tuple[float, ...]
    lengths: tuple[float, ...]

    def calibration(self, technique: int, threshold: float = 0.0) -> Calibration:
        """Return what the card says of the technique with this index."""
        return Calibration(threshold, self.biases[technique], self.lengths[technique], *self.slopes)

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
    """Fit the logistic calibration by maximum likelihood, with normal priors on what each technique has of its own.

    Source: Platt 1999, with partial correctness as a soft target. Raises: ValueError, there is nothing to fit.
    """
    if not given:
        raise ValueError("the network finds no passage in the development parts: train it longer")
    x = torch.tensor(np.array([_features(s.candidate) for s in given]), dtype=torch.float64)
    y = torch.tensor([s.correct for s in given], dtype=torch.float64)
    w = torch.tensor([s.weight for s in given], dtype=torch.float64)
    technique = torch.tensor([s.candidate.technique for s in given])
    length = torch.tensor([math.log(s.candidate.words) for s in given], dtype=torch.float64)
    centre = length.mean()  # so that the prior on a length's slope does not move the bias
    slopes = torch.tensor([0.5, 0.3, 0.1], dtype=torch.float64, requires_grad=True)
    common = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    spread = torch.zeros(len(TECHNIQUE_IDS), dtype=torch.float64, requires_grad=True)
    lengths = torch.zeros(len(TECHNIQUE_IDS), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [slopes, common, spread, lengths], max_iter=200, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        z = x @ slopes.clamp(min=0) + common + spread[technique] + lengths[technique] * (length - centre)
        each = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
        prior = PRIOR * spread.square().sum() + LENGTH_PRIOR * lengths.square().sum()
        total = (each * w).sum() + prior / 2
        total.backward()
        return total

    optimiser.step(loss)
    kept = slopes.detach().clamp(min=0)
    biases = (common + spread - lengths * centre).detach()
    return Fit(
        (float(kept[0]), float(kept[1]), float(kept[2])),
        tuple(float(b) for b in biases),
        tuple(float(s) for s in lengths.detach()),
    )


def _features(candidate: Candidate) -> tuple[float, float, float]:
    return logit(candidate.peak), logit(candidate.mean), log_others(candidate.others)


def thresholds(given: Sequence[Sample], fitted: Fit, precision: float = 0.55) -> list[float]:
    """Return each technique's least confidence for a reader.

    It is the lowest at which the passages above it are expected to be right in `precision` of their length,
    by the calibration itself: with so few passages of most techniques, counting would chase noise. It stays
    between `LEAST` and `MOST`.
    """
    out = []
    for technique in range(len(TECHNIQUE_IDS)):
        descending = sorted(
            ((fitted.confidence(s.candidate), s.weight) for s in given if s.candidate.technique == technique),
            reverse=True,
        )
        least, right, total = MOST, 0.0, 0.0
        for expected, weight in descending:
            right += expected * weight
            total += weight
            if total and right / total >= precision:
                least = expected
        out.append(round(min(MOST, max(LEAST, least)), 2))
    return out
