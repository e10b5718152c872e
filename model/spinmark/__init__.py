"""Spinmark: marks passages that resemble propaganda techniques and says who speaks them."""

from importlib.metadata import version

from spinmark.detector import Detector
from spinmark.errors import InputError, OptionError, SpinmarkError, WeightsError
from spinmark.report import Cue, Flag, Model, Report, Span, Voice
from spinmark.taxonomy import TECHNIQUES, Technique

__version__ = version("spinmark")

__all__ = [
    "TECHNIQUES",
    "Cue",
    "Detector",
    "Flag",
    "InputError",
    "Model",
    "OptionError",
    "Report",
    "Span",
    "SpinmarkError",
    "Technique",
    "Voice",
    "WeightsError",
    "__version__",
]
