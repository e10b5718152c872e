"""How far to trust form and heads where they differ, and each way of finding a speaker.

A way is the form that gave the words to a noun phrase (`verb`, `inverted`, `colon`, …), for a quotation also whether
that stands before or after it, and whether the noun phrase was a pronoun. `spinmark_training.voice_evaluation --ways`
counts how often each is right; `--fit` measures the bounds anew for new weights and writes `trust.toml`.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DOUBTED = frozenset(
    {
        "colon", "headline", "first", "first before, pronoun", "hypothetical", "hypothetical before", "owner", "according",
        "according, pronoun", "view, pronoun", "view before, pronoun", "verb, pronoun", "trailing, pronoun", "shared, pronoun",
    }
)  # fmt: skip
"""Right in less than .7 of the cases on the corpus's train part: believed only where the model's head bears them out."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least means of the model's heads, in [0, 1], at which what they or form say is believed.

    `reported`: of the reported head, words that form leaves to the author are reported after all. `speech`: of the
    quoted and reported heads, below it reported words are the author's after all. `name`: of the speaker head over a
    name that form found, where the head's own choice is another; `alone`: where it has none near; `doubted`: for a
    name found in one of the ways in `DOUBTED`. `found`: over a name that the head alone finds for words that form
    knows to be speech; `heard`: for words that the heads alone know to be speech. A name that form and the head
    both choose stands whatever its score.
    """

    reported: float
    speech: float
    name: float
    alone: float
    doubted: float
    found: float
    heard: float


PACKAGED = Path(__file__).with_suffix(".toml")


@cache
def packaged_bounds() -> Bounds:
    return Bounds(**tomllib.loads(PACKAGED.read_text(encoding="utf-8")))
