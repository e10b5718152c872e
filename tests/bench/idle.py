"""What a server costs that nobody asks: processor time over a minute, and memory before and after a long text."""

import threading

from tests.bench.server import served
from tests.bench.texts import words

MOST_CHARS = 200_000


def main(small: bool) -> None:
    minute_s = 3.0 if small else 60.0
    text = words(2_000 if small else 40_000)[:MOST_CHARS]
    with served() as server:
        print(f"  memory after loading                       {server.memory_mb[0]:6.0f} MB")
        _idle(server, minute_s)
        flags = server.check(text)
        now, most = server.memory_mb
        print(
            f"  memory after {len(text):,} characters, {flags} flags  {now:6.0f} MB, at its height {most:.0f} MB"
        )
        _idle(server, minute_s)
        print(f"  memory after that                          {server.memory_mb[0]:6.0f} MB")


def _idle(server, seconds: float) -> None:
    cpu, wakeups = server.cpu_s, server.wakeups
    threading.Event().wait(seconds)  # nothing to wait for: the time itself is measured
    print(
        f"  idle for {seconds:.0f} s: {1000 * (server.cpu_s - cpu):.0f} ms of processor time, "
        f"{server.wakeups - wakeups} switches between threads"
    )
