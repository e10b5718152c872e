"""`make bench`: timings as ratios of two things measured in the same run, with their spread."""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

from spinmark import Detector
from spinmark.detector import WEIGHTS
from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer

TEXT = (
    "The minister defended the raid on Tuesday. “They left us no other way: it was a forced answer to years of "
    "provocation,” he told reporters in the rain outside the ministry. Residents said that two houses had burned "
    "down and that the school would stay closed until Monday. The opposition asked for the orders to be published, "
    "and the speaker promised a debate before the end of the week."
)


def seconds(action: Callable[[], object], rounds: int) -> list[float]:
    """Time `action`, after three runs that do not count."""
    for _ in range(3):
        action()
    out = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        out.append(time.perf_counter() - started)
    return out


def line(name: str, times: list[float], base: list[float] | None = None) -> None:
    quartiles = statistics.quantiles(times, n=4)
    ratio = f"{statistics.median(times) / statistics.median(base):8.2f} x" if base else " " * 10
    print(
        f"{name:48} {1000 * statistics.median(times):9.2f} ms  ({1000 * quartiles[0]:.2f} to"
        f" {1000 * quartiles[2]:.2f}) {ratio}"
    )


def main() -> None:
    detector = Detector.load()
    scorer, tokenizer = Scorer(WEIGHTS), Tokenizer(WEIGHTS / "tokenizer.json")
    windows = tokenizer.windows(TEXT)
    print(
        f"{len(TEXT.split())} words, {sum(len(w.ids) for w in windows)} tokens; medians, quartiles, ratios\n"
    )

    session = scorer._session
    ids = windows[0].ids[None]
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    bare = seconds(lambda: session.run(None, feed), 100)
    line("the model alone (bare session.run)", bare)
    line("Detector.analyze", seconds(lambda: detector.analyze(TEXT), 100), bare)
    line("POST /v1/check over HTTP", over_http(100), bare)

    page = " ".join([TEXT] * 80)
    line(
        "Detector.analyze, 80 times the text",
        [t / 80 for t in seconds(lambda: detector.analyze(page), 3)],
        bare,
    )

    nothing = seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 5)
    line("python -c ''", nothing)
    cold = seconds(
        lambda: subprocess.run(
            [sys.executable, "-m", "spinmark", "score"], input=TEXT.encode(), capture_output=True, check=True
        ),
        5,
    )
    line("spinmark score, cold", cold, nothing)


def over_http(rounds: int) -> list[float]:
    """Time checks of texts that differ, so that no cache answers, over one kept connection."""
    server = subprocess.Popen(
        [sys.executable, "-m", "spinmark", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    address = next(part for part in server.stderr if "listens on" in part).rsplit("/", 1)[1].strip()
    threading.Thread(target=server.stderr.read, daemon=True).start()
    connection = http.client.HTTPConnection(address)
    numbers = iter(range(10**6))

    def check() -> None:
        body = json.dumps({"text": f"{TEXT} {next(numbers)}"})
        connection.request("POST", "/v1/check", body, {"Content-Type": "application/json", "X-Spinmark": "1"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"status {response.status}")

    try:
        return seconds(check, rounds)
    finally:
        connection.close()
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
