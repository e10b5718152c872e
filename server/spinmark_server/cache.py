"""The answers made last, kept in memory alone."""

import threading
from collections import OrderedDict
from collections.abc import Callable

# A reader goes back and forth between a few pages; a whole page's report takes some 50 kB.
MAX_ENTRIES = 128
MAX_CHARS = 4_000_000


class ReportCache:
    """Serialised reports under the hash of what was asked; the one not used for longest goes first."""

    def __init__(self, *, max_entries: int = MAX_ENTRIES, max_chars: int = MAX_CHARS) -> None:
        self._max_entries = max_entries
        self._max_chars = max_chars
        self._reports: OrderedDict[bytes, str] = OrderedDict()
        self._making: dict[bytes, threading.Event] = {}
        self._chars = 0
        self._mutex = threading.Lock()

    def __len__(self) -> int:
        return len(self._reports)

    def get(self, key: bytes) -> str | None:
        with self._mutex:
            return self._get(key)

    def put(self, key: bytes, report: str) -> None:
        """Keep a report, unless it alone is larger than the whole cache may be."""
        if len(report) > self._max_chars:
            return
        with self._mutex:
            self._chars += len(report) - len(self._reports.pop(key, ""))
            self._reports[key] = report
            while len(self._reports) > self._max_entries or self._chars > self._max_chars:
                _, oldest = self._reports.popitem(last=False)
                self._chars -= len(oldest)

    def once(self, key: bytes, make: Callable[[], str], *, max_wait_s: float) -> str:
        """Return the report under `key`, made now if need be; who asks while it is being made gets the same.

        Where the first fails, or is given up, the next makes its own. Raises: TimeoutError, the other one took
        longer than `max_wait_s`; what `make` raises.
        """
        while True:
            with self._mutex:
                known = self._get(key)
                if known is not None:
                    return known
                made = self._making.get(key)
                if made is None:
                    mine = self._making[key] = threading.Event()
                    break
            if not made.wait(max_wait_s):
                raise TimeoutError
        try:
            report = make()
            self.put(key, report)
            return report
        finally:
            with self._mutex:
                del self._making[key]
            mine.set()

    def _get(self, key: bytes) -> str | None:
        report = self._reports.get(key)
        if report is not None:
            self._reports.move_to_end(key)
        return report
