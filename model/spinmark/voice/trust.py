"""How far to believe the heads where they and form differ, and how likely a name must be.

`spinmark_training.voice_evaluation --fit` measures the bounds anew for new weights and writes `trust.toml`.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least values, in [0, 1], at which what is said of a passage is believed.

    `reported`: mean of the reported head, from which words that form leaves to the author are reported after all.
    `quoted`: the same of the quoted head, as for a block quote that has lost its form.
    `speech`: sum of the means of the quoted and reported heads, below which words that form reports are the
    author's after all. `citing`: the same for a passage that itself says who says it. `name`: probability of a name, see `naming`.
    """

    reported: float
    quoted: float
    speech: float
    citing: float
    name: float


PACKAGED = Path(__file__).with_suffix(".toml")


@cache
def packaged_bounds() -> Bounds:
    return Bounds(**tomllib.loads(PACKAGED.read_text(encoding="utf-8")))
