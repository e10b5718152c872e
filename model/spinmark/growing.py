"""What is written beside its target until it is whole; what a killed run left there is removed by the next."""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RANDOM_BYTES = 4


@contextmanager
def growing(target: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    """Give a hidden path beside `target`, a file or folder by `make`, to be moved to its place once it is whole.

    Where it was not moved it is gone at the end. While it is there it is locked, which tells it from what nobody
    writes any more. Raises: OSError.
    """
    _remove_left_behind(target)
    path, lock = _made(target, make)
    try:
        yield path
    finally:
        if lock is not None:
            os.close(lock)
        _remove(path)


def _made(target: Path, make: Callable[[Path], object]) -> tuple[Path, int | None]:
    while True:
        path = target.with_name(f".{target.name}.{secrets.token_hex(_RANDOM_BYTES)}")
        make(path)
        try:
            lock = _locked(path)
        except OSError:
            lock = None  # a file system without locks
        if path.exists():  # else another run took it for left behind, just before the lock
            return path, lock
        if lock is not None:
            os.close(lock)


def _remove_left_behind(target: Path) -> None:
    if sys.platform == "win32":
        return  # cannot tell what is still being written
    name = re.compile(re.escape(f".{target.name}.") + f"[0-9a-f]{{{2 * _RANDOM_BYTES}}}")
    try:
        found = [Path(entry.path) for entry in os.scandir(target.parent) if name.fullmatch(entry.name)]
    except OSError:
        return  # where nothing can be read; that nothing can be written is said by who tries
    for path in found:
        with suppress(OSError):
            lock = _locked(path)
            if lock is not None:
                _remove(path)
                os.close(lock)


def _locked(path: Path) -> int | None:
    """Lock a file or folder and return the descriptor that holds it; None on a system where that is not done.

    Raises: BlockingIOError where another holds it; OSError.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
