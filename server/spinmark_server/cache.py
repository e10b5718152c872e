"""The reports made last, kept in memory alone."""

import threading
from collections import OrderedDict

# A reader goes back and forth between a few pages; a whole page's report takes some 50 kB.
MAX_ENTRIES = 128
MAX_CHARS = 4_000_000


class ReportCache:
    """Serialised reports under the hash of what was asked; the one not used for longest goes first."""

    def __init__(self, *, max_entries: int = MAX_ENTRIES, max_chars: int = MAX_CHARS) -> None:
        self._max_entries = max_entries
        self._max_chars = max_chars
        self._reports: OrderedDict[bytes, str] = OrderedDict()
        self._chars = 0
        self._mutex = threading.Lock()

    def __len__(self) -> int:
        return len(self._reports)

    def get(self, key: bytes) -> str | None:
        with self._mutex:
            report = self._reports.get(key)
            if report is not None:
                self._reports.move_to_end(key)
            return report

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
