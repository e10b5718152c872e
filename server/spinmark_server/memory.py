"""Hand memory back to the system after work that took much of it.

A C library keeps what was freed for the next time. On a desktop the next long page may come tomorrow: after one text
of 200,000 characters the process held 164 MB, 134 right after loading; trimming brought it to 148, in 60 ms. What is
left is onnxruntime's arena and its threads' stacks. Without the arena (`enable_cpu_mem_arena`) or with
`memory.enable_memory_arena_shrinkage` it was 4 MB less and 10 more at the height, so both stay as they are.
"""

import ctypes
import sys
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AFTER_BYTES = 100_000
"""So much text is trimmed after, in one request or in several; trimming takes a fiftieth of the time to check it."""


ARENAS = 2
"""As many heaps as the C library may keep for all threads. By default it gives nearly each of the server's twelve one
of its own, and none of them back: after 250 mixed requests of 8 clients the process held 279 to 341 MB, with two heaps
207 to 217, with one 206. The model leaves Python's lock for most of its time, so two do not slow it down.
"""

_M_ARENA_MAX = -8  # glibc's malloc.h


class Trimmed:
    """WSGI middleware that trims once the answer has gone, so that nobody waits for it."""

    def __init__(
        self, app: "WSGIApplication", trim: Callable[[], object], *, after_bytes: int = AFTER_BYTES
    ) -> None:
        self._app = app
        self._trim = trim
        self._after_bytes = after_bytes
        self._mutex = threading.Lock()
        self._bytes = 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = self._app(environ, start_response)
        with self._mutex:
            self._bytes += int(environ.get("CONTENT_LENGTH") or 0)
            if self._bytes < self._after_bytes:
                return response
            self._bytes = 0
        return ClosingIterator(response, self._end)

    def _end(self) -> None:
        self._trim()


def bound_heaps(number: int = ARENAS) -> bool:
    """Bound the C library's heaps, before threads begin to use them; False where it has no such bound."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform.startswith("linux") else None
    if mallopt is None or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        return False
    return bool(mallopt(_M_ARENA_MAX, number))


def trim() -> bool:
    """Give back what the C library keeps free; False where it has no such call, or nothing was free."""
    library = ctypes.CDLL(None) if sys.platform != "win32" else None
    give_back = getattr(library, "malloc_trim", None)  # glibc
    if give_back is not None:
        return bool(give_back(0))
    relieve = getattr(library, "malloc_zone_pressure_relief", None)  # macOS
    if relieve is not None:
        relieve.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        relieve.restype = ctypes.c_size_t
        return bool(relieve(None, 0))
    return False
