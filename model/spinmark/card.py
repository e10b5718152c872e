"""`card.toml`: what the weights are, and the numbers that turn their scores into confidences."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinmark.errors import WeightsError
from spinmark.report import Model
from spinmark.taxonomy import TECHNIQUE_IDS

VOICE_OUTPUTS = ("quoted", "reported", "speaker", "contested", "any")
OUTPUTS = (*TECHNIQUE_IDS, *VOICE_OUTPUTS)
"""The model's outputs for each token, in this order."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How scores become passages: see `spinmark.decode`."""

    candidate_score: float
    edge_ratio: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model of a passage's confidence, and the least confidence that is shown by default.

    confidence = sigmoid(bias + slope_length log(words) + slope_peak logit(peak) + slope_mean logit(mean)
                         + slope_others log(others + .001))

    The names are those of `spinmark.decode.Candidate`. Bias and `slope_length` are each technique's own.
    """

    threshold: float
    bias: float
    slope_length: float
    slope_peak: float
    slope_mean: float
    slope_others: float


@dataclass(frozen=True, slots=True)
class Card:
    """One set of weights; `calibrations` follow the order of the techniques."""

    model: Model
    tokenizer_sha256: str
    decoding: Decoding
    calibrations: tuple[Calibration, ...]


def read_card(path: Path) -> Card:
    """Read `card.toml`. Raises: WeightsError where it is missing, unreadable or of another taxonomy."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(path, f"cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(path, f"is not TOML ({error})") from error
    try:
        return _card(path, table)
    except (KeyError, TypeError, AttributeError) as error:
        raise WeightsError(path, f"lacks or misnames an entry ({error})") from error


def _card(path: Path, table: dict[str, Any]) -> Card:
    if tuple(table["outputs"]) != OUTPUTS:
        raise WeightsError(path, f"lists {len(table['outputs'])} outputs in another order than this taxonomy")
    slopes = table["calibration"]
    calibrations = table["technique"]
    if not isinstance(calibrations, dict) or tuple(calibrations) != TECHNIQUE_IDS:
        raise WeightsError(
            path,
            f"calibrates {len(calibrations)} techniques in another order than this taxonomy, "
            f"which has {len(TECHNIQUE_IDS)}",
        )
    model = table["model"]
    strings = [model[name] for name in ("name", "version", "sha256", "tokenizer_sha256")]
    if not all(isinstance(value, str) for value in strings):
        raise WeightsError(path, f"names the model with {strings!r}, expected strings")
    return Card(
        model=Model(*strings[:3]),
        tokenizer_sha256=strings[3],
        decoding=Decoding(**_numbers(path, table["decoding"])),
        calibrations=tuple(
            Calibration(**_numbers(path, {**slopes, **entry})) for entry in calibrations.values()
        ),
    )


def _numbers(path: Path, entries: dict[str, Any]) -> dict[str, float]:
    for name, value in entries.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WeightsError(path, f"{name} is {value!r}, expected a number")
    return entries
