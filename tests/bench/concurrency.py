"""(f) Checks of some sixty words by 1, 4 and 16 clients at once: what the server does, and how long each waits.

A client that is told 429 waits as long as the problem says (`retry_after_s`; HTTP's header has whole seconds alone)
and asks again; its check has taken all that time. The first figure is measured again at the end, which shows what the
machine did meanwhile. Then four such clients meet twelve that ask again at once, as often as they like.
"""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.bench.check import TEXT
from tests.bench.server import Served, served

CLIENTS = (1, 4, 16)
PATIENT, IMPATIENT = 4, 12


@dataclass
class Tally:
    """What the clients of one round met; appended to from all of them."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0


def main(small: bool) -> None:
    checks = 40 if small else 800
    numbers = count()  # texts that differ, so that no memory of answers helps
    with served() as server:
        _round(server, 1, min(checks, 50), numbers)  # does not count
        print(
            f"  {'clients':>8} {'checks a second':>16} {'p50':>10} {'p99':>10} {'refused':>8} {'against one':>12}"
        )
        first = 0.0
        for clients in (*CLIENTS, 1):
            tally, took_s = _round(server, clients, checks, numbers)
            rate = len(tally.seconds) / took_s
            first = first or rate
            cuts = statistics.quantiles(tally.seconds, n=100)
            print(
                f"  {clients:>8} {rate:>16.1f} {1000 * cuts[49]:>7.1f} ms {1000 * cuts[98]:>7.1f} ms"
                f" {tally.refused:>8} {rate / first:>10.2f} x"
            )
        _beside_impatient(server, checks // 4, numbers)


def _beside_impatient(server: Served, checks: int, numbers: "count[int]") -> None:
    """Let patient clients make `checks` while impatient ones go on, and print what each kind got."""
    patient, impatient = Tally(), Tally()
    left = iter(range(checks))
    ended = threading.Event()
    others = [
        threading.Thread(
            target=_client,
            args=(server, iter(ended.is_set, True), numbers, impatient),
            kwargs={"patient": False},
        )
        for _ in range(IMPATIENT)
    ]
    ours = [threading.Thread(target=_client, args=(server, left, numbers, patient)) for _ in range(PATIENT)]
    started = time.perf_counter()
    for thread in (*others, *ours):
        thread.start()
    for thread in ours:
        thread.join()
    took_s = time.perf_counter() - started
    ended.set()
    for thread in others:
        thread.join()
    for name, tally, clients in (("wait", patient, PATIENT), ("do not", impatient, IMPATIENT)):
        cuts = statistics.quantiles(tally.seconds, n=100)
        print(
            f"  {clients:>2} that {name:6} {len(tally.seconds) / took_s / clients:>6.2f} checks a second each,"
            f" p50 {1000 * cuts[49]:.0f} ms, p99 {1000 * cuts[98]:.0f} ms, refused {tally.refused}"
        )


def _round(server: Served, clients: int, checks: int, numbers: "count[int]") -> tuple[Tally, float]:
    """Share `checks` among `clients` and return what they met and how long it took, in seconds."""
    tally = Tally()
    left = iter(range(checks))
    threads = [threading.Thread(target=_client, args=(server, left, numbers, tally)) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally, time.perf_counter() - started


def _client(
    server: Served, left: Iterator[object], numbers: "count[int]", tally: Tally, *, patient: bool = True
) -> None:
    connection = http.client.HTTPConnection(server.connection.host, server.connection.port)
    headers = {"Content-Type": "application/json", "X-Spinmark": "1"}
    for _ in left:
        body = json.dumps({"text": f"{TEXT} {next(numbers)}"})
        started = time.perf_counter()
        while True:
            connection.request("POST", "/v1/check", body, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status != 429:
                break
            tally.refused += 1
            if patient:
                threading.Event().wait(json.loads(answer)["retry_after_s"])
        if response.status != 200:
            raise RuntimeError(f"status {response.status}")
        tally.seconds.append(time.perf_counter() - started)
    connection.close()
