"""Fit the weights by which `spinmark.voice.naming` tells who says a passage.

The likelihood is that of a conditional logit over each passage's candidates, nobody among them; where several are right
their probabilities add up. Log odds are a linear function of the features for a person's names, and a network of one
hidden layer for the person. Fitted to the train parts of our corpus and of the texts of others whose speech we marked,
that network named .708 of the speakers on held-out web pages rightly and .079 of the passages wrongly, where linear log
odds named .704 and .080; on our dev part .874 and .016, .860 and .018 (at a probability of .75, of the passages that are
heard as speech, other names of one person apart). Mean negative log likelihood: .550 and .563, .178 and .186. Eight
units gave .560 and .177; half the decay .558 and .184.

The train part serves although the network has learned from it: the name that its speaker head marks nearest was right
in .764 of the cases there and in .758 on the dev part.

Which name of the right person the corpus gives is a second choice, fitted to the passages that have several: of 521 on
the train part the first weights gave the very name in .77, those fitted to it in .92; of 80 on the dev part .84 and .89.
What was tried: one fit to the very name alone, which found .008 fewer people on both parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinmark.voice.naming import Person
from spinmark_training.contest_fit import minimise

PULL = 1.0
"""Pull of each weight of a person's names to 0, as a normal prior's precision."""

UNITS = 16
STEPS = 500
RATE = 0.01
DECAY = 0.4


@dataclass(frozen=True, slots=True)
class Choice:
    """A passage's candidates: `features` float64 [candidates, features], `right` bool [candidates], one at least.

    `exact`, bool [candidates], marks those of the right ones that bear the very name which the corpus gives.
    """

    features: NDArray[np.float64]
    right: NDArray[np.bool_]
    exact: NDArray[np.bool_]

    def of_one_person(self) -> "Choice | None":
        """Return the names of the right person alone, where there is one of them to choose."""
        if not self.exact.any() or self.exact[self.right].all():
            return None
        return Choice(self.features[self.right], self.exact[self.right], self.exact[self.right])


class _Likelihood:
    """The negative log likelihood of choices as a function of their candidates' log odds."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.features = np.concatenate([c.features for c in choices])
        self._right = np.concatenate([c.right for c in choices]).astype(float)
        counts = np.array([len(c.right) for c in choices])
        self._of, self._firsts = np.repeat(np.arange(len(counts)), counts), np.cumsum(counts) - counts

    def at(self, log_odds: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return it, summed over the choices, and its slope by each candidate's log odds."""
        parts = np.exp(log_odds - np.maximum.reduceat(log_odds, self._firsts)[self._of])
        rights = np.add.reduceat(parts * self._right, self._firsts)
        sums = np.add.reduceat(parts, self._firsts)
        slope = parts / sums[self._of] - parts * self._right / rights[self._of]
        return float(np.log(sums / rights).sum()), slope


def fit_names(choices: Sequence[Choice], pull: float = PULL) -> NDArray[np.float64]:
    """Return the weights, float64 [features], of highest likelihood."""
    likelihood = _Likelihood(choices)
    x = likelihood.features

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = likelihood.at(x @ w)
        return value + pull * float(w @ w) / 2, x.T @ slope + pull * w

    return minimise(loss, np.zeros(x.shape[1]))


def fit_person(choices: Sequence[Choice], steps: int = STEPS, decay: float = DECAY, seed: int = 0) -> Person:
    """Return a network of high likelihood, by full-batch AdamW.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    """
    likelihood = _Likelihood(choices)
    x = likelihood.features
    random = np.random.default_rng(seed)
    parts = [
        random.normal(0, 1 / np.sqrt(x.shape[1]), (x.shape[1], UNITS)),
        np.zeros(UNITS),
        random.normal(0, 1 / np.sqrt(UNITS), UNITS),
    ]
    first, second = ([np.zeros_like(p) for p in parts] for _ in range(2))
    for step in range(1, steps + 1):
        hidden, bias, out = parts
        units = np.tanh(x @ hidden + bias)
        slope = likelihood.at(units @ out)[1] / len(choices)
        inner = np.outer(slope, out) * (1 - units**2)
        for i, gradient in enumerate((x.T @ inner, inner.sum(0), units.T @ slope)):
            first[i] += (1 - 0.9) * (gradient - first[i])
            second[i] += (1 - 0.999) * (gradient**2 - second[i])
            moved = first[i] / (1 - 0.9**step) / (np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8)
            parts[i] = parts[i] * (1 - RATE * decay) - RATE * moved
    return Person(*parts)
