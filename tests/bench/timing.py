"""Time two sides in turn, so that what slows the machine slows both, and say how much it does."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WARM_UP = 3
"""Runs that do not count: caches fill, the allocator grows, clocks rise."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What one side took, in seconds, a round each."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def line(self, ratio: float | None = None) -> str:
        """Return name, median, quartiles and a ratio."""
        low, _, high = statistics.quantiles(self.seconds, n=4) if len(self.seconds) > 1 else self.seconds * 3
        times = f"{1000 * self.median:11.2f} ms  ({1000 * low:.2f} to {1000 * high:.2f})"
        return f"  {self.name:52} {times:42}" + ("" if ratio is None else f" {ratio:6.2f} x")


@dataclass(frozen=True, slots=True)
class Compared:
    """A base measured twice in every round, before and after each of the others.

    `noise` is the base's second median over its first: what a ratio of two equal sides is on this machine now.
    """

    first: Timed
    second: Timed
    others: tuple[Timed, ...]

    @property
    def noise(self) -> float:
        return self.second.median / self.first.median

    @property
    def base(self) -> Timed:
        return Timed(self.first.name, self.first.seconds + self.second.seconds)

    def ratio(self, other: Timed) -> float:
        """Return how many times the base's time another side takes."""
        return other.median / self.base.median

    def lines(self) -> list[str]:
        return [
            self.base.line(),
            f"  {'the same again (the noise of this machine)':52} {'':42} {self.noise:6.2f} x",
            *(other.line(self.ratio(other)) for other in self.others),
        ]


def compare(
    base: tuple[str, Callable[[], object]], others: Sequence[tuple[str, Callable[[], object]]], rounds: int
) -> Compared:
    """Run base, the others, and base again, `rounds` times over, after `WARM_UP` runs of each."""
    name, action = base
    warm_up = min(WARM_UP, rounds)
    for run in (action, *(other for _, other in others)):
        for _ in range(warm_up):
            run()
    first: list[float] = []
    second: list[float] = []
    times: list[list[float]] = [[] for _ in others]
    for _ in range(rounds):
        first.append(seconds(action))
        for took, (_, run) in zip(times, others, strict=True):
            took.append(seconds(run))
        second.append(seconds(action))
    timed = tuple(Timed(label, tuple(took)) for (label, _), took in zip(others, times, strict=True))
    return Compared(Timed(name, tuple(first)), Timed(name, tuple(second)), timed)


def seconds(action: Callable[[], object]) -> float:
    """Return how long one run takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
