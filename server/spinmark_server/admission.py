"""Who waits for the model, how many, and for how long."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# One request runs while eight wait: a reader's page with a few checks in a row never meets the bound, and
# the last in the line still waits for seconds, not minutes.
PLACES = 9
# Less than the 25 s after which the extension gives up: it shall hear why.
MAX_WAIT_S = 20.0
# A short check takes a hundredth of a second; asking more often than this would slow down those who are in.
MIN_RETRY_S = 0.1
# How much the newest wait counts in their mean: after five others, a long page is forgotten by two thirds.
NEWEST = 0.2


class BusyError(Exception):
    """There is no place left, or a turn did not come in time."""


class Admission:
    """Let a bounded number of requests in, and one of them at a time to the model.

    A request keeps its place until it is answered and takes a turn for each window of its texts, some ninety
    words. Turns are given in the order of asking, so a short text never waits for a long one: it passes between
    two of its windows.
    """

    def __init__(
        self,
        *,
        places: int = PLACES,
        max_wait_s: float = MAX_WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.places = places
        self.max_wait_s = max_wait_s
        self._clock = clock
        self._held = 0
        self._full_since = 0.0
        self._mean_wait_s = 0.0
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    @property
    def held(self) -> int:
        """Return how many places are held."""
        return self._held

    @property
    def waiting(self) -> int:
        """Return how many wait for their turn."""
        return len(self._waiting)

    @property
    def retry_s(self) -> float:
        """Return after how long one who found no place should ask again, in seconds.

        It is as long as it has taken of late, once all places were held, until one came free; or as long as they
        are all held now, where that is longer. So it grows with every refusal while nothing moves.
        """
        with self._mutex:
            full_s = self._clock() - self._full_since if self._held == self.places else 0.0
            return min(max(MIN_RETRY_S, self._mean_wait_s, full_s), self.max_wait_s)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places.

        Raises: BusyError, all places are taken.
        """
        with self._mutex:
            if self._held == self.places:
                raise BusyError
            self._held += 1
            if self._held == self.places:
                self._full_since = self._clock()
        try:
            yield
        finally:
            with self._mutex:
                if self._held == self.places:
                    self._mean_wait_s += NEWEST * (self._clock() - self._full_since - self._mean_wait_s)
                self._held -= 1

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
        if called.wait(self.max_wait_s):
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
