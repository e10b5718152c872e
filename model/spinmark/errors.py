"""What can go wrong, as one tree.

    SpinmarkError
    ├── WeightsError   the model files are missing, damaged or of another taxonomy
    ├── OptionError    an option has no such value
    │   ├── SpanError      a passage is none of the text
    │   └── UnscoredError  the model gives a passage no score
    ├── InputError     a file, a row or its text cannot be read
    ├── ResourceError  the machine lacks what an analysis needs, such as room on a disk
    ├── WorkerError    the processes that share the work do not start
    ├── ClusterError   a Ray cluster gives a run up
    └── ResumeError    a run that broke off cannot be taken up again

Each error carries its data as attributes and says the numbers in its message. All of them survive pickling, and
so the way from one process to another.
"""

import copyreg
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def installing(extra: str) -> str:
    """Return the command that installs an extra beside the Spinmark that runs.

    It names the interpreter: the `pip` of the PATH may be another's, which the system does not let install anything.
    """
    interpreter = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    if find_spec("pip") is None:  # as in what uv makes
        return f'uv pip install --python {interpreter} "spinmark[{extra}]"'
    return f'{interpreter} -m pip install "spinmark[{extra}]"'


class SpinmarkError(Exception):
    """Anything that this library raises on purpose."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        # Exceptions unpickle by calling their class with the message, which ours are not made from.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


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


class SpanError(OptionError):
    """A passage does not lie in the text."""

    def __init__(self, start: int, end: int, length: int) -> None:
        super().__init__("span", f"{start}:{end}", f"0 <= start < end <= {length}, the length of the text")
        self.start = start
        self.end = end
        self.length = length


class UnscoredError(OptionError):
    """The model gives a passage no score, so there is nothing to explain."""

    def __init__(self, start: int, end: int, reason: str) -> None:
        super().__init__("span", f"{start}:{end}", f"a passage that the model reads: {reason}")
        self.start = start
        self.end = end
        self.reason = reason


class InputError(SpinmarkError):
    """A source of text cannot be read."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class ResourceError(SpinmarkError):
    """A text cannot be analysed for want of something that the machine lacks, which is no fault of the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the machine cannot analyse any further: {reason}")
        self.reason = reason


class WorkerError(SpinmarkError):
    """Worker processes end before they have loaded what they need."""

    def __init__(self, starts: int, exit_code: int | None) -> None:
        super().__init__(
            f"worker processes end while they start ({starts} of {starts}, exit code {exit_code})"
        )
        self.starts = starts
        self.exit_code = exit_code


class ClusterError(SpinmarkError):
    """A Ray cluster cannot be reached or gives a run up; `reason` names Ray's own error."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the Ray cluster cannot be reached or gave the run up ({reason})")
        self.reason = reason


class ResumeError(SpinmarkError):
    """What is left of a broken-off run does not belong to this one."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
