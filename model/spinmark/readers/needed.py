"""A format's library that is not installed is an InputError which says what to install."""

from collections.abc import Iterator
from contextlib import contextmanager

from spinmark.errors import InputError, installing


@contextmanager
def needed(name: str, extra: str) -> Iterator[None]:
    """Translate a failed import. Raises: InputError."""
    try:
        yield
    except ImportError as error:
        library = f"the library {error.name}, which is not installed" if error.name else "a library"
        raise InputError(name, f"needs {library}: {installing(extra)}") from error
