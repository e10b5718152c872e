"""`python -m tests.bench.soak [--small] [--requests N]`: thousands of mixed requests against a real server.

Short and long texts, batches, streams, bad requests of many kinds, and clients that go away in the middle, from
several connections at once and in an order that is the same in every run. It reports what each kind was answered
and how long that took, the server's memory and queue over time, and whether memory still grew in the second half.
Exit 1: an answer that should not be, or a server that did not end well.
"""

import argparse
import http.client
import json
import random
import socket
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.server import Served, served
from tests.bench.texts import words

CLIENTS = 8
SAMPLES = 20
HEADERS = {"Content-Type": "application/json", "X-Spinmark": "1"}

# Body, headers, and the one answer that it may get.
BAD: list[tuple[bytes, dict[str, str], int]] = [
    (b'{"text": ', HEADERS, 400),
    (b"[" * 100_000, HEADERS, 400),
    (b'{"text": "\\ud800"}', HEADERS, 400),
    (b'{"text": "a", "min_confidence": 2}', HEADERS, 400),
    (b'{"text": "a", "txt": 1}', HEADERS, 400),
    (b'{"text": "a"}', {"Content-Type": "application/json"}, 403),
    (b'{"text": "a"}', HEADERS | {"Origin": "http://news.test"}, 403),
    (b'{"text": "a"}', HEADERS | {"Host": "rebound.test"}, 403),
    (b'{"text": "a"}', HEADERS | {"Content-Type": "text/plain"}, 415),
    (b'{"text": "a"}', HEADERS | {"Content-Encoding": "gzip"}, 415),
    (json.dumps({"text": "a" * 200_001}).encode(), HEADERS, 413),
    (b" " * 3_000_000, HEADERS, 413),
]


@dataclass
class Found:
    """What the clients met; appended to from all of them."""

    answers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    done: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment."""

    at_s: float
    done: int
    memory_mb: float
    held: int
    waiting: int


class Client:
    """Asks as often as it is told, each time over a connection of its own or over a kept one."""

    def __init__(self, server: Served, seed: int, found: Found) -> None:
        self._server = server
        self._random = random.Random(seed)
        self._found = found
        self._number = seed * 1_000_000
        self._kept = self._connect()
        self._kinds: dict[str, tuple[int, Callable[[], str]]] = {
            "short": (70, self._short),
            "bad": (12, self._bad),
            "cancelled": (8, self._cancelled),
            "batch": (5, self._batch),
            "stream": (3, self._stream),
            "long": (2, self._long),
        }

    def run(self, left: "iter[int]") -> None:
        weights = [weight for weight, _ in self._kinds.values()]
        for _ in left:
            (kind,) = self._random.choices(list(self._kinds), weights)
            started = time.perf_counter()
            try:
                answer = self._kinds[kind][1]()
            except (OSError, http.client.HTTPException, ValueError) as error:
                answer = type(error).__name__
                self._found.wrong.append(f"{kind}: {answer}")
                self._kept.close()
                self._kept = self._connect()
            self._found.seconds[kind].append(time.perf_counter() - started)
            self._found.answers[kind][answer] += 1
            self._found.done += 1
        self._kept.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(
            self._server.connection.host, self._server.connection.port, timeout=120
        )

    def _text(self, number: int) -> str:
        self._number += 1  # texts that differ, so that no memory of answers helps
        return f"Item {self._number}. {words(number)}"

    def _ask(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self._kept.request("POST", "/v1/check", body, headers)
        response = self._kept.getresponse()
        return response.status, response.read()

    def _good(self, body: object, headers: dict[str, str] = HEADERS) -> str:
        status, answer = self._ask(json.dumps(body).encode(), headers)
        if status == 200:
            for line in answer.splitlines():
                json.loads(line)
        elif status != 429:
            self._found.wrong.append(f"status {status}")
        return str(status)

    def _short(self) -> str:
        return self._good({"text": self._text(self._random.randint(5, 120))})

    def _long(self) -> str:
        return self._good({"text": self._text(self._random.randint(5_000, 25_000))[:200_000]})

    def _batch(self) -> str:
        return self._good({"texts": [self._text(self._random.randint(5, 60)) for _ in range(32)]})

    def _stream(self) -> str:
        text = self._text(self._random.randint(200, 2_000))
        return self._good({"text": text}, HEADERS | {"Accept": "application/x-ndjson"})

    def _bad(self) -> str:
        body, headers, expected = self._random.choice(BAD)
        status, _ = self._ask(body, headers)
        if status != expected:
            self._found.wrong.append(f"status {status} where {expected} was due")
        return str(status)

    def _cancelled(self) -> str:
        """Send a request, whole or in part, and go away."""
        body = json.dumps({"text": self._text(self._random.randint(500, 5_000))}).encode()
        address = (self._server.connection.host, self._server.connection.port)
        head = "\r\n".join(
            (
                "POST /v1/check HTTP/1.1",
                f"Host: {address[0]}:{address[1]}",
                *(f"{name}: {value}" for name, value in HEADERS.items()),
                f"Content-Length: {len(body)}",
                "",
                "",
            )
        ).encode()
        with socket.create_connection(address, timeout=120) as sock:
            sock.sendall(head + body[: self._random.choice((len(body), len(body) // 2))])
        return "gone"


def soak(server: Served, requests: int) -> tuple[Found, list[Sample]]:
    """Send `requests` from `CLIENTS` threads and watch the server meanwhile."""
    found = Found()
    left = iter(range(requests))
    threads = [
        threading.Thread(target=Client(server, seed, found).run, args=(left,)) for seed in range(CLIENTS)
    ]
    samples: list[Sample] = []
    words(1)  # reads the corpus once, which is none of the server's time
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    every = max(1, requests // SAMPLES)
    while any(thread.is_alive() for thread in threads):
        if found.done >= len(samples) * every:
            samples.append(_sample(server, started, found.done))
        threads[0].join(0.05)
    samples.append(_sample(server, started, found.done))
    for thread in threads:
        thread.join()
    return found, samples


def _sample(server: Served, started: float, done: int) -> Sample:
    server.connection.close()  # the server drops one that was silent for half a minute, as between two samples
    server.connection.request("GET", "/v1/health")
    queue = json.loads(server.connection.getresponse().read())["queue"]
    return Sample(time.perf_counter() - started, done, server.memory_mb[0], queue["held"], queue["waiting"])


def report(found: Found, samples: list[Sample], highest_mb: float) -> None:
    print(f"  {'after':>8} {'requests':>9} {'memory':>9} {'in the queue':>13} {'waiting':>8}")
    for s in samples:
        print(f"  {s.at_s:>6.0f} s {s.done:>9,} {s.memory_mb:>6.0f} MB {s.held:>13} {s.waiting:>8}")
    print(f"\n  {'kind':10} {'requests':>9} {'p50':>12} {'p99':>12}  answers")
    for kind, seconds in sorted(found.seconds.items()):
        cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
        answers = ", ".join(f"{number} x {answer}" for answer, number in found.answers[kind].most_common())
        print(
            f"  {kind:10} {len(seconds):>9,} {1000 * cuts[49]:>9.1f} ms {1000 * cuts[98]:>9.1f} ms  {answers}"
        )
    half = samples[len(samples) // 2 :]
    print(
        f"\n  memory at its height {highest_mb:.0f} MB; in the second half it went from {half[0].memory_mb:.0f} to"
        f" {half[-1].memory_mb:.0f} MB"
    )
    print(f"  answers that should not be: {len(found.wrong)} {dict(Counter(found.wrong))}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--small", action="store_true", help="a hundred, to see that it works")
    given = parser.parse_args()
    with served() as server:
        found, samples = soak(server, 100 if given.small else given.requests)
        report(found, samples, server.memory_mb[1])
    ended = server.process.returncode
    print(f"  the server ended with {ended}")
    sys.exit(1 if found.wrong or ended != 0 else 0)


if __name__ == "__main__":
    main()
