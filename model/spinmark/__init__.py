"""Spinmark: marks passages that resemble propaganda techniques and says who speaks them."""

from typing import TYPE_CHECKING

from spinmark.errors import InputError, OptionError, SpanError, SpinmarkError, UnscoredError, WeightsError
from spinmark.report import Cue, Explanation, Flag, Model, Report, Span, Voice
from spinmark.taxonomy import TECHNIQUES, Technique

if TYPE_CHECKING:
    from spinmark.detector import Detector

__version__: str


def _notebook_view(report: Report) -> str:
    from spinmark.formats.notebook import notebook_view

    return notebook_view(report)


Report.view = _notebook_view

__all__ = [
    "TECHNIQUES",
    "Cue",
    "Detector",
    "Explanation",
    "Flag",
    "InputError",
    "Model",
    "OptionError",
    "Report",
    "Span",
    "SpanError",
    "SpinmarkError",
    "Technique",
    "UnscoredError",
    "Voice",
    "WeightsError",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Look up what is asked for seldom or late, and costs.

    The detector's libraries took most of the time of `import`, and then half of what was left went to the mail and
    archive modules behind the installed version's number.
    """
    if name == "Detector":
        from spinmark.detector import Detector

        return Detector
    if name == "__version__":
        from importlib.metadata import version

        return version("spinmark")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
