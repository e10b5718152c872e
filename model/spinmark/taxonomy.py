"""The 26 techniques, in the order of the model's outputs."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Group = Literal["attack", "justification", "simplification", "distraction", "call", "wording"]
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique, with all that a reader may want to know of it.

    `names` maps a published inventory (`ptc-18`, `semeval-2020`, `semeval-2021`, `semeval-2023`) to the
    name used there; an inventory that lacks the technique lacks the key.
    """

    id: str
    name: str
    group: Group
    definition: str
    effect: str
    question: str
    legitimate: str
    examples: tuple[str, ...]
    names: dict[str, str]


@cache
def techniques() -> tuple[Technique, ...]:
    """Return all techniques, read once; their order is the order of the model's outputs."""
    table = tomllib.loads(files("spinmark").joinpath("taxonomy.toml").read_text(encoding="utf-8"))
    return tuple(Technique(**{**entry, "examples": tuple(entry["examples"])}) for entry in table["technique"])


TECHNIQUES: tuple[Technique, ...] = techniques()
TECHNIQUE_IDS: tuple[str, ...] = tuple(t.id for t in TECHNIQUES)
BY_ID: dict[str, Technique] = {t.id: t for t in TECHNIQUES}
