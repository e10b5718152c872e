"""What can go wrong, as one tree.

    SpinmarkError
    ├── WeightsError   the model files are missing, damaged or of another taxonomy
    ├── OptionError    an option has no such value
    └── InputError     a file, a row or its text cannot be read

Each error carries its data as attributes and says the numbers in its message.
"""

from pathlib import Path


class SpinmarkError(Exception):
    """Anything that this library raises on purpose."""


class WeightsError(SpinmarkError):
    """The model files cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class OptionError(SpinmarkError):
    """An option has a value that means nothing."""

    def __init__(self, option: str, value: object, expected: str) -> None:
        super().__init__(f"{option} is {value!r}, expected {expected}")
        self.option = option
        self.value = value
        self.expected = expected


class InputError(SpinmarkError):
    """A source of text cannot be read."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
