"""Fit the weights by which `spinmark.voice.contest` tells whether a text disputes a passage, and measure it.

The corpus says of a passage whether its text disputes it, not by which sentence: the likelihood is that of the soft
maximum over the sentences near it, which so finds its own sentence. Sentences and techniques are weighed on the train
part, how far to trust the model's contested head on dev. The head does not know the train part by heart: over marked
passages in speech its average precision was .63 there, .61 on dev and .48 on test.

Six sentences behind the passage are looked at: with the present network precision was .79 at recall .45 on dev and .82 at
.36 on test, with three .77 at .44 and .78 at .35.

With the first network, over the marked passages of the corpus's dev part: weights fitted by hand gave precision .77
at recall .35, these .82 at .43; with the second network .85 at .43, on the test part .87 at .31. What was tried and
brought nothing on dev: words and word pairs of sentence and passage (9,000 features), negation and figures on one
side alone, kinds of source and of time, shares of words taken up again, features times technique or voice, what the
passage itself claims (on five folds of train average precision .66 with and without), the marks on web pages and PTC
(F1 .53 in place of .56), the head's mean beside its highest score. The technique brought most: average precision .72
in place of .60.

A pair head on the frozen encoder's last states was tried: means over passage and sentence, their products and
differences and these features through one hidden layer. On four folds of train, average precision rose from .71 to
.77. Built into the detector it gained nothing on dev, precision .79 at recall .475 in place of .80 at .467, and on
test .77 at .415 in place of .78 at .344: too little, and too unsteady, for a second output of the graph. States of
earlier layers, the most alike words of both and the whole speech gave the same as the last states; longer training learned the texts by heart. A second reader, blind to the
labels of 96 passages of train and dev, agreed with them to F1 .74 at the corpus's frequencies (precision .63, recall
.90): what counts as a dispute is itself in doubt, mostly where facts stand beside a claim without contradicting it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spinmark.detector import speech_of
from spinmark.scorer import Scorer
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark.voice import Speech, SpeechScores, attribute, disputants
from spinmark.voice.contest import (
    FEATURES,
    Candidate,
    HeadWeights,
    Weights,
    head_logit,
    packaged_weights,
    weigh,
)
from spinmark.voice.heads import Heads
from spinmark_training.data import Document, LabelledSpan

PULL = 2.0
"""Pull of each weight to 0, as a normal prior's precision. On five folds of the train part 1 to 4 gave the same."""

PRECISION = 0.82
"""What the passages above a threshold are expected to be right in, by the fitted model itself.

To say that an article disputes what it does not is the worse mistake. On dev .8 gave precision .76 at recall .47, .82
more right for little less, and .85 no more right at recall .38.
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage in somebody's speech: `features` float64 [sentences near it, features]."""

    features: NDArray[np.float64]
    technique: str
    disputed: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over passages, and the three shares in [0, 1] that follow."""

    disputed: int
    said: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.disputed if self.disputed else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.said + self.disputed) if self.said + self.disputed else 0.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} recall {self.recall:.3f} F1 {self.f1:.3f} "
            f"({self.right} of {self.said} said, {self.disputed} disputed)"
        )


def passages(documents: Iterable[Document]) -> list[Passage]:
    """Return the marked passages that somebody says and that have a sentence near them."""
    return [
        Passage(np.stack([c.features for c in candidates]), span.techniques[0], span.contested)
        for span, candidates in _disputable(documents)
    ]


def _disputable(documents: Iterable[Document]) -> Iterator[tuple[LabelledSpan, list[Candidate]]]:
    for document in documents:
        given = [Speech(s.span, s.voice, s.speaker) for s in document.speech or ()]
        spans = [s.span for s in document.spans]
        near = disputants(document.text, spans, given) if spans else []
        yield from ((s, c) for s, c in zip(document.spans, near, strict=True) if c)


def fit_sentences(
    given: Sequence[Passage], pull: float = PULL
) -> tuple[NDArray[np.float64], dict[str, float]]:
    """Return the weights of the features and of the techniques, the latter 0 on these passages' average."""
    x = np.concatenate([p.features for p in given])
    counts = np.array([len(p.features) for p in given])
    of, firsts = np.repeat(np.arange(len(given)), counts), np.cumsum(counts) - counts
    technique = np.array([TECHNIQUE_IDS.index(p.technique) for p in given])
    y = np.array([p.disputed for p in given], float)
    width = x.shape[1]

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, prior = w[:width], w[width:]
        z = x @ weights
        highest = np.maximum.reduceat(z, firsts)
        parts = np.exp(z - highest[of])
        sums = np.add.reduceat(parts, firsts)
        value, slope = _cross_entropy(highest + np.log(sums / counts) + prior[technique], y)
        by_feature = x.T @ (parts / sums[of] * slope[of])
        by_technique = np.bincount(technique, slope, len(TECHNIQUE_IDS))
        return value + pull * float(w @ w) / 2, np.concatenate((by_feature, by_technique)) + pull * w

    fitted = minimise(loss, np.zeros(width + len(TECHNIQUE_IDS)))
    weights, prior = fitted[:width], fitted[width:]
    average = float(prior[technique].mean())
    weights[FEATURES.index("bias")] += average
    seen = sorted(set(technique.tolist()))
    return weights, {TECHNIQUE_IDS[t]: float(prior[t]) - average for t in seen}


def fit_heads(
    scores: NDArray[np.float64], heads: NDArray[np.float64], disputed: NDArray[np.bool_]
) -> HeadWeights:
    """Fit how to join sentences and contested head, both log odds [passages], by maximum likelihood."""
    x = np.stack((scores, heads, np.ones_like(scores)), axis=1)
    y = disputed.astype(float)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = _cross_entropy(x @ w, y)
        return value, x.T @ slope

    fitted = minimise(loss, np.array([1.0, 0.0, 0.0]))
    return HeadWeights(*map(float, fitted), threshold=threshold(x @ fitted))


def _cross_entropy(z: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the summed cross entropy of log odds `z` with answers `y`, and its slope in each."""
    return float((np.logaddexp(0, z) - y * z).sum()), 1 / (1 + np.exp(-z)) - y


def minimise(
    loss: Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]],
    start: NDArray[np.float64],
    steps: int = 500,
) -> NDArray[np.float64]:
    """Return where a smooth function of a few dozen numbers, given with its slope, is lowest near `start`.

    Source: Nocedal and Wright 2006, "Numerical Optimization", algorithm 6.1 (BFGS) with backtracking.
    """
    at = start.copy()
    value, slope = loss(at)
    unit = np.eye(len(at))
    inverse = unit / max(1.0, float(np.linalg.norm(slope)))
    for _ in range(steps):
        if np.linalg.norm(slope, np.inf) < 1e-6:
            break
        direction = -inverse @ slope
        length = 1.0
        while True:
            after, new_slope = loss(at + length * direction)
            if after <= value + 1e-4 * length * float(slope @ direction):
                break
            length /= 2
            if length < 1e-12:  # as low as floating point goes
                return at
        moved, turned = length * direction, new_slope - slope
        bent = float(moved @ turned)
        if bent > 1e-12:
            left = unit - np.outer(moved, turned) / bent
            inverse = left @ inverse @ left.T + np.outer(moved, moved) / bent
        at, value, slope = at + moved, after, new_slope
    return at


def threshold(log_odds: NDArray[np.float64], precision: float = PRECISION) -> float:
    """Return the lowest log odds above which passages are expected to be right in `precision` of the cases.

    By the probabilities themselves, as `calibrate.thresholds` does: with a hundred disputed passages counting would
    chase noise. Infinity where there are none.
    """
    least = float("inf")
    expected = 0.0
    for count, z in enumerate(sorted(map(float, log_odds), reverse=True), start=1):
        expected += 1 / (1 + np.exp(-z))
        if expected / count >= precision:
            least = z
    return least


def fit(documents: Sequence[Document], tokenizer: Tokenizer, scorer: Scorer) -> Weights:
    """Fit the weights to the corpus: sentences and techniques on its train part, the rest on its dev part."""
    features, techniques = fit_sentences(passages(d for d in documents if d.part == "train"))
    rows: list[tuple[float, float, bool]] = []
    for document in documents:
        if document.part == "dev" and document.spans:
            heard = Heads(document.text, speech_scores(document.text, tokenizer, scorer))
            for span, near in _disputable([document]):
                sentences = weigh(near, features)[0] + techniques.get(span.techniques[0], 0.0)
                rows.append((sentences, head_logit(heard.over(span.span).contested), span.contested))
    scores, heads, disputed = (np.array(column) for column in zip(*rows, strict=True))
    return Weights(features, techniques, threshold(scores), fit_heads(scores, heads, disputed))


def speech_scores(text: str, tokenizer: Tokenizer, scorer: Scorer) -> SpeechScores:
    """Return what the model's heads say of a text."""
    return speech_of(scorer.score(tokenizer.windows(text)))


def measure(documents: Iterable[Document], tokenizer: Tokenizer, scorer: Scorer) -> Figures:
    """Return how often the packaged weights are right about marked passages, whoever speaks them."""
    disputed = said = right = 0
    for document in documents:
        if not document.spans:
            continue
        heads = speech_scores(document.text, tokenizer, scorer)
        spans, techniques = [s.span for s in document.spans], [s.techniques[0] for s in document.spans]
        for marked, voice in zip(
            document.spans, attribute(document.text, spans, heads, techniques), strict=True
        ):
            disputed += marked.contested
            said += voice.contested
            right += marked.contested and voice.contested
    return Figures(disputed, said, right)


def write(weights: Weights, path: Path) -> None:
    """Write `contest.toml` and let the library read it anew."""
    heads = weights.heads
    lines = [
        "# Written by `python -m spinmark_training contest`; `spinmark.voice.contest` reads it. All are log odds.",
        f"threshold = {weights.threshold:.3f}",
        "",
        "[heads]",
        *(f"{name} = {getattr(heads, name):.3f}" for name in ("sentences", "contested", "bias", "threshold")),
        "",
        "[features]",
        *(f"{json.dumps(n)} = {w:.3f}" for n, w in zip(FEATURES, weights.features, strict=True)),
        "",
        "[techniques]",
        *(f"{id_} = {w:.3f}" for id_, w in weights.techniques.items()),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    packaged_weights.cache_clear()
