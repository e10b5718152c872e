"""Errors carry their data, also from one process to another."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from spinmark import errors
from spinmark.errors import (
    ClusterError,
    InputError,
    OptionError,
    ResourceError,
    ResumeError,
    SpanError,
    SpinmarkError,
    UnscoredError,
    WeightsError,
    WorkerError,
    installing,
)

ERRORS = [
    SpinmarkError("why"),
    WeightsError(Path("card.toml"), "is missing"),
    OptionError("voice", "nobody", "one of author, quoted"),
    SpanError(3, 99, 40),
    UnscoredError(3, 9, "it is white space"),
    SpanError(5, 3, 10),
    UnscoredError(3, 5, "nothing in it can be read"),
    InputError("a.txt", "is a directory"),
    ResourceError("No space left on device"),
    WorkerError(3, -9),
    ClusterError("ActorDiedError"),
    ResumeError(Path("out.jsonl"), "was begun with another model"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_that_was_pickled_is_the_same_error(error, protocol):
    again = pickle.loads(pickle.dumps(error, protocol))
    assert type(again) is type(error)
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def test_every_error_of_the_tree_is_tried():
    tree = {c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, SpinmarkError)}
    assert {type(error) for error in ERRORS} == tree
    assert all(c.__name__ in errors.__doc__ for c in tree)


def test_what_installs_an_extra_names_this_interpreter():
    assert installing("html") == f'{sys.executable} -m pip install "spinmark[html]"'


def test_where_there_is_no_pip_uv_installs_an_extra():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from errors import installing; print(installing('pdf'))"
    )
    said = subprocess.run(  # without the installed packages, and so without pip
        [sys.executable, "-S", "-c", program, Path(errors.__file__).parent],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert said == f'uv pip install --python {sys.executable} "spinmark[pdf]"\n'
