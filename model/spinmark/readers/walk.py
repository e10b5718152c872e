"""Paths, folders and patterns -> the files that they mean."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from spinmark.errors import InputError
from spinmark.readers.kinds import SUFFIXES, announced
from spinmark.readers.opening import STDIN

_OF_A_FORMAT = f" whose name ends in {', '.join(SUFFIXES)}; --input-format takes all and says what they are"


def expand(paths: Iterable[Path], every: bool = False) -> Iterator[Path | InputError]:
    """Yield the files meant by `paths`, in their order, those of a folder in the order of their names.

    In a folder, and below it, names that begin with a dot are passed over, and so are files whose name
    announces no format, unless `every` takes them. A link to a folder is not followed. A path that names
    nothing is tried as a pattern, in which `**` stands for any folders.
    """
    for path in paths:
        if path == STDIN:
            yield path
        elif path.is_dir():
            yield from _some(path, _below(path, every), every)
        elif not os.path.lexists(path) and glob.has_magic(str(path)):
            yield from _matching(str(path), every)
        else:
            yield path


def is_many(path: Path) -> bool:
    """Return whether the path may mean more than one file."""
    return path != STDIN and (path.is_dir() or (not os.path.lexists(path) and glob.has_magic(str(path))))


def _some(folder: Path, files: Iterator[Path | InputError], every: bool) -> Iterator[Path | InputError]:
    first = next(files, None)
    if first is None:
        yield InputError(str(folder), "is a folder without a file" + ("" if every else _OF_A_FORMAT))
        return
    yield first
    yield from files


def _below(folder: Path, every: bool) -> Iterator[Path | InputError]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield InputError(str(folder), error.strerror or type(error).__name__)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _below(path, every)
        elif entry.is_file() and (every or announced(path) is not None):
            yield path


def _matching(pattern: str, every: bool) -> Iterator[Path | InputError]:
    found = False
    for name in sorted(glob.glob(pattern, recursive=True)):
        path = Path(name)
        if path.is_dir():
            if not pattern.endswith("**"):
                for inner in _below(path, every):
                    found = True
                    yield inner
        else:
            found = True
            yield path
    if not found:
        yield InputError(pattern, "no file has this name or matches it as a pattern")
