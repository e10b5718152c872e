"""Counterfactual bias: the same texts with another side's names must be flagged as often.

Each text that names a side is read once with each other side of the same kind in its place. A difference in
what is flagged can only come from the name. Source: Kusner et al. 2017, "Counterfactual Fairness"; Garg et al.
2019, "Counterfactual Fairness in Text Classification through Robustness", section 3.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean

from spinmark import Detector

# Forms of a name in the same order for each side of a kind, so that grammar survives the exchange.
SIDES: dict[str, dict[str, tuple[str, ...]]] = {
    "nation": {
        "Russia": ("Russia", "Russian", "Russians", "Moscow"),
        "Ukraine": ("Ukraine", "Ukrainian", "Ukrainians", "Kyiv"),
        "America": ("America", "American", "Americans", "Washington"),
        "China": ("China", "Chinese", "Chinese", "Beijing"),
        "Israel": ("Israel", "Israeli", "Israelis", "Jerusalem"),
        "Iran": ("Iran", "Iranian", "Iranians", "Tehran"),
        "Finland": ("Finland", "Finnish", "Finns", "Helsinki"),
    },
    "religion": {
        "Muslim": ("Muslim", "Muslims", "Islam", "mosque", "imam"),
        "Christian": ("Christian", "Christians", "Christianity", "church", "priest"),
        "Jewish": ("Jewish", "Jews", "Judaism", "synagogue", "rabbi"),
        "Hindu": ("Hindu", "Hindus", "Hinduism", "temple", "priest"),
    },
    "party": {
        "left": ("Democrat", "Democrats", "liberal", "liberals", "left-wing"),
        "right": ("Republican", "Republicans", "conservative", "conservatives", "right-wing"),
    },
}


@dataclass(frozen=True, slots=True)
class SideRate:
    """Flags for one side's names in all texts of its kind.

    `flags_per_text` counts default flags; `changed` is the share of texts in which the set of flagged
    techniques differs from that of the text as it was written.
    """

    kind: str
    side: str
    texts: int
    flags_per_text: float
    changed: float


def exchanged(text: str, kind: str, side: str) -> str | None:
    """Return `text` with every side's names of `kind` turned into `side`'s, None where it names none.

    >>> exchanged("Moscow blames the Ukrainians.", "nation", "Finland")
    'Helsinki blames the Finns.'
    """
    place = {form: i for forms in SIDES[kind].values() for i, form in enumerate(forms)}
    found = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, place), key=len, reverse=True)) + r")\b")
    result, count = found.subn(lambda m: SIDES[kind][side][place[m[0]]], text)
    return result if count else None


def side_rates(texts: Iterable[str], detector: Detector) -> list[SideRate]:
    """Return how often each side is flagged over the same texts."""
    texts = list(texts)
    rates = []
    for kind, sides in SIDES.items():
        named = [text for text in texts if exchanged(text, kind, next(iter(sides))) is not None]
        written = [{f.technique for f in detector.analyze(text).flags} for text in named]
        for side in sides:
            reports = [detector.analyze(exchanged(text, kind, side) or text) for text in named]
            if reports:
                changed = [{f.technique for f in r.flags} != w for r, w in zip(reports, written, strict=True)]
                rates.append(
                    SideRate(kind, side, len(named), mean(len(r.flags) for r in reports), mean(changed))
                )
    return rates
