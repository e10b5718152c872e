"""Who waits for the model, how many, and for how long."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

# One request runs while eight wait: a reader's page with a few checks in a row never meets the bound, and
# the last in the line still waits for seconds, not minutes.
PLACES = 9
# Less than the 25 s after which the extension gives up: it shall hear why.
MAX_WAIT_S = 20.0


class BusyError(Exception):
    """There is no place left, or a turn did not come in time."""


class Admission:
    """Let a bounded number of requests in, and one of them at a time to the model.

    A request keeps its place until it is answered and takes a turn for each of its texts. Turns are given in
    the order of asking, so a short text passes between two texts of a long batch.
    """

    def __init__(self, *, places: int = PLACES, max_wait_s: float = MAX_WAIT_S) -> None:
        self.places = places
        self._max_wait_s = max_wait_s
        self._places = threading.BoundedSemaphore(places)
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """Return how many wait for their turn."""
        return len(self._waiting)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places.

        Raises: BusyError, all places are taken.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the model and hold it.

        Raises: BusyError, the turn did not come within `max_wait_s`.
        """
        self._take()
        try:
            yield
        finally:
            self._pass_on()

    def _take(self) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            called = threading.Event()
            self._waiting.append(called)
        if called.wait(self._max_wait_s):
            return
        with self._mutex:
            if called.is_set():  # between the end of the wait and this lock
                return
            self._waiting.remove(called)
        raise BusyError

    def _pass_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
