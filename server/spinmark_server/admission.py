"""Who waits for the model, how many, and for how long."""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# One request runs while eight wait: a reader's page with a few checks in a row never meets the bound, and
# the last in the line still waits for seconds, not minutes.
PLACES = 9
# So many windows are scored side by side: two cores share one badly. Of 4 clients' checks, of one window each, two cores
# on a busy machine answered 113 a second so and 77 to 79 one after the other, of 16 clients' 107 to 115 and 76 to 88; a
# client that is alone waits for its window as before. More than two cores were not measured.
TURNS = 2
# Less than the 25 s after which the extension gives up: it shall hear why.
MAX_WAIT_S = 20.0
# A short check takes a hundredth of a second; asking more often than this would slow down those who are in.
MIN_RETRY_S = 0.1
# How much the newest wait counts in their mean: after five others, a long page is forgotten by two thirds.
NEWEST = 0.2
# So long after the time that it was told, one who was refused has its turn in the line: it needs a moment to ask.
GRACE_S = 1.0
# As many refused ones are remembered; the listener takes no more connections.
MAX_REFUSED = 64
# While fewer than these are in work, nobody is kept out for one who may not come back: the model would stand still.
MIN_HELD = 2


class BusyError(Exception):
    """There is no place left, or a turn did not come in time."""


class Admission:
    """Let a bounded number of requests in, and `turns` of them at a time to the model.

    A request keeps its place until it is answered and takes a turn for each window of its texts, some ninety
    words. Turns are given in the order of asking, so a short text never waits for a long one: it passes between
    two of its windows, and each request has one turn at a time.

    Who found no place and asks the same again is let in in the order of the first refusals. So one who asks without a
    pause gains nothing on one who waits as long as it was told: beside twelve of the first kind four of the second got
    .8 checks a second each where those got 4.7, and now 3.3 and 4.2. Of 16 clients that all wait, the slowest hundredth
    of checks took 1.3 to 2.4 s, now .3, at about the same throughput. Programs that flood the server with ever new texts
    are not told from as many readers.
    """

    def __init__(
        self,
        *,
        places: int = PLACES,
        turns: int = TURNS,
        max_wait_s: float = MAX_WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.places = places
        self.max_wait_s = max_wait_s
        self._clock = clock
        self._held = 0
        self._full_since = 0.0
        self._mean_wait_s = 0.0
        # What was asked -> until when its turn is kept, in the order of the first refusals.
        self._refused: OrderedDict[bytes, float] = OrderedDict()
        self._mutex = threading.Lock()
        self._turns_left = turns
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
            return self._retry_s(self._clock())

    @property
    def retry_whole_s(self) -> int:
        """Return the same for HTTP's Retry-After, which knows whole seconds alone.

        Many a client takes its 0 for "not given" and asks on without a pause, so it is never below 1.
        """
        return max(1, math.ceil(self.retry_s))

    @contextmanager
    def place(self, asked: bytes | None = None) -> Iterator[None]:
        """Hold one of the places; `asked` is the same when the same is asked again.

        Raises: BusyError, all places are taken, or kept for those who were refused before.
        """
        with self._mutex:
            if not self._admits(asked):
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

    def _retry_s(self, now: float) -> float:
        full_s = now - self._full_since if self._held == self.places else 0.0
        return min(max(MIN_RETRY_S, self._mean_wait_s, full_s), self.max_wait_s)

    def _admits(self, asked: bytes | None) -> bool:
        """Tell whether one who asks gets a place, and remember one who gets none."""
        now = self._clock()
        for other in [other for other, until in self._refused.items() if until < now]:
            del self._refused[other]
        line = len(self._refused)
        ahead = next((rank for rank, other in enumerate(self._refused) if other == asked), line)
        free = self.places - self._held
        if free > 0 and (ahead < free or self._held < MIN_HELD):
            if asked is not None:
                self._refused.pop(asked, None)
            return True
        if asked is not None and (ahead < line or line < MAX_REFUSED):
            self._refused[asked] = now + math.ceil(self._retry_s(now)) + GRACE_S  # an old one keeps its rank
        return False

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
            if self._turns_left:
                self._turns_left -= 1
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
                self._turns_left += 1
