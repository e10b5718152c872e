"""How far a run got, on stderr: a bar on a terminal, plain lines where they are asked for, else nothing."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, TextIO, TypeVar, get_args

import click

from spinmark.run import Tally

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")

Kind = Literal["bar", "log", "none"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LOG_INTERVAL_S = 10.0
BAR_INTERVAL_S = 0.2

UNKNOWN_COLUMNS, UNKNOWN_ROWS = 79, 24
"""The size of a terminal that does not know its own."""


def kind_for(wanted: Kind | None, *, results_on_terminal: bool) -> Kind:
    """Return what is shown: a bar only on a terminal, and by default only on one that is not the results' own."""
    if wanted == "bar" or (wanted is None and not results_on_terminal):
        return "bar" if sys.stderr is not None and sys.stderr.isatty() else "none"
    return wanted or "none"


class Progress:
    """Tells the rows done, their rate and, by the share of the input's bytes behind them, the time left."""

    def __init__(
        self,
        kind: Kind,
        total_bytes: int | None,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin. `total_bytes` is None where nobody knows, as with a pipe: then no time left is told."""
        self._kind = kind
        self._total = total_bytes or None
        self._stream = stream or sys.stderr
        self._clock = clock
        self._begun = self._told = clock()
        self._read = 0  # bytes, by the reader, which is ahead
        self._marks: deque[int] = deque()  # the bytes read up to each item that is not yet done
        self._rows = 0
        self._bytes = 0  # up to the last row that is done
        self._rows_before = self._bytes_before = 0  # what an earlier run did
        self._bar = _bar(self._total, self._stream) if kind == "bar" else None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def count(self, bytes_read: int) -> None:
        """Take note that so many more bytes of the input were read."""
        self._read += bytes_read

    def watch(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, and note where in the input each of them stands."""
        for item in items:
            self._marks.append(self._read)
            yield item

    def update(self, tally: Tally) -> None:
        """Take note that the rows of `tally` are done, and tell it when it is time."""
        resumed = self._rows == 0 and tally.rows > 1
        for row in range(self._rows, tally.rows):
            if resumed and row == tally.rows - 1:
                self._rows_before, self._bytes_before = row, self._bytes
            if self._marks:
                self._bytes = self._marks.popleft()
        self._rows = tally.rows
        if self._kind == "none":
            return
        now = self._clock()
        if now - self._told >= (BAR_INTERVAL_S if self._kind == "bar" else LOG_INTERVAL_S):
            self._told = now
            self._tell(tally, now - self._begun)

    def say(self, sentence: str) -> None:
        """Write a line that stays."""
        if self._bar is not None:
            self._bar.write(sentence, file=self._stream)
        else:
            click.echo(sentence, file=self._stream)

    def finish(self, tally: Tally) -> None:
        """Tell at the end how long all of it took, but on a terminal only where that was long enough to look away."""
        elapsed_s = self._clock() - self._begun
        if self._kind == "log" or (self._kind == "bar" and elapsed_s >= LOG_INTERVAL_S):
            rows, rate = self._pace(tally, elapsed_s)
            self.say(f"spinmark: {rows} in {_clock_time(elapsed_s)}, {rate}")

    def _pace(self, tally: Tally, elapsed_s: float) -> tuple[str, str]:
        rate = (tally.rows - self._rows_before) / max(elapsed_s, 1e-3)
        return (
            f"{tally.rows:,} row{'' if tally.rows == 1 else 's'}",
            f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.1f} a second",
        )

    def _tell(self, tally: Tally, elapsed_s: float) -> None:
        parts = [*self._pace(tally, elapsed_s)]
        if tally.failed:
            parts.append(f"{tally.failed:,} failed")
        if self._bar is not None:
            self._bar.initial, self._bar.n = self._bytes_before, min(self._bytes, self._total or 0)
            self._bar.set_description_str(", ".join(parts) + " ", refresh=False)
            self._bar.refresh()
            return
        done = self._bytes - self._bytes_before
        if self._total is not None and done:
            left_s = max(0, self._total - self._bytes) * elapsed_s / done
            share = min(1.0, self._bytes / self._total)
            parts.append(f"{100 * share:.0f} %, {_clock_time(left_s)} left")
        click.echo("spinmark: " + ", ".join(parts), file=self._stream)


def _bar(total: int | None, stream: TextIO) -> "tqdm[object]":
    from tqdm import tqdm  # takes as long to load as a short text to score

    tqdm.monitor_interval = 0  # no thread of its own
    # A terminal that does not know its size says 0, for which tqdm draws nothing.
    known = all(os.get_terminal_size(stream.fileno()))
    return tqdm(
        total=total,
        file=stream,
        bar_format="{desc}{percentage:3.0f} %|{bar}| {remaining} left" if total else "{desc}",
        leave=False,
        dynamic_ncols=known,
        ncols=None if known else UNKNOWN_COLUMNS,
        nrows=None if known else UNKNOWN_ROWS,
    )


def _clock_time(seconds: float) -> str:
    """Return hours, minutes and seconds.

    >>> _clock_time(59.6), _clock_time(3723)
    ('1:00', '1:02:03')
    """
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
