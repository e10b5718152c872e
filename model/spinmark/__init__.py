"""Spinmark: marks passages that resemble propaganda techniques and says who speaks them."""

from importlib.metadata import version

from spinmark.detector import Detector
from spinmark.errors import InputError, OptionError, SpanError, SpinmarkError, UnscoredError, WeightsError
from spinmark.formats.notebook import notebook_view
from spinmark.report import Cue, Explanation, Flag, Model, Report, Span, Voice
from spinmark.taxonomy import TECHNIQUES, Technique

__version__ = version("spinmark")

Report.view = notebook_view

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
