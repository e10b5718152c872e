"""Names exchanged while training, so that what is flagged depends on what is said and not on whose side it is.

Targets stay as they are: an excuse stays an excuse when another nation makes it. Names are exchanged among the word
pieces, so no offset moves; names of more than one piece stay. `bias` measures the outcome over names of its own, of
which Finland's and the Hindus' are not exchanged here: on them it shows whether more was learned than a list.

Source: Maudslay et al. 2019, "It's All in the Name: Mitigating Gender Bias with Name-Based Counterfactual Data
Substitution".
"""

from collections.abc import Mapping
from random import Random

import torch
from torch import Tensor

KINDS: tuple[tuple[str, ...], ...] = (
    (
        "russia russian russians moscow",
        "ukraine ukrainian - kiev",
        "america american americans washington",
        "china chinese - beijing",
        "israel israeli israelis jerusalem",
        "iran iranian - tehran",
        "turkey turkish turks ankara",
        "india indian indians delhi",
        "germany german germans berlin",
        "france french - paris",
        "britain british - london",
        "japan japanese - tokyo",
        "poland polish poles warsaw",
        "syria syrian - damascus",
        "iraq iraqi - baghdad",
        "cuba cuban - havana",
        "serbia serbian serbs belgrade",
        "greece greek greeks athens",
        "egypt egyptian egyptians cairo",
        "pakistan pakistani - islamabad",
        "italy italian italians rome",
        "spain spanish spaniards madrid",
        "korea korean koreans seoul",
        "venezuela venezuelan - caracas",
    ),
    (
        "islam muslim muslims",
        "christianity christian christians",
        "judaism jewish jews",
    ),
    (
        "democrat democrats liberal liberals",
        "republican republicans conservative conservatives",
    ),
    ("trump", "obama", "clinton", "bush", "reagan", "putin", "sanders", "romney", "mccain"),
)
"""Sides of one kind; the forms of a name stand at the same place in each, `-` where it has none of one piece."""


class Exchange:
    """Gives each window that it is asked about other sides' names."""

    def __init__(self, vocabulary: Mapping[str, int], probability: float, seed: str) -> None:
        """Take word piece -> id and the share of windows to change. Raises: KeyError, a name is not one piece."""
        self._kinds = [
            [[None if form == "-" else vocabulary[form] for form in side.split()] for side in kind]
            for kind in KINDS
        ]
        self._same = torch.arange(max(vocabulary.values()) + 1)
        self._probability = probability
        self._random = Random(seed)

    def __call__(self, ids: Tensor) -> Tensor:
        """Take and return int64 [batch, tokens]; the sides of a window change places, all names of one alike."""
        return torch.stack([self._table()[row] if self._drawn() else row for row in ids])

    def _drawn(self) -> bool:
        return self._random.random() < self._probability

    def _table(self) -> Tensor:
        table = self._same.clone()
        for sides in self._kinds:
            for side, other in zip(sides, self._random.sample(sides, len(sides)), strict=True):
                for form, others in zip(side, other, strict=True):
                    if form is not None and others is not None:
                        table[form] = others
        return table
