"""`python -m tests.bench.throughput [FILE]`: JSONL to JSONL against the bare model over the same windows.

Everything that `spinmark score` does counts: start, reading, languages, tokens, voices, writing, recording. The
bare model is `session.run` over windows that are cut already, in as many processes of one thread each. Both run
in turn, so that what else the machine does falls on both.
"""

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinmark.corpus import Document, Fields, documents
from spinmark.detector import WEIGHTS
from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer

PARAGRAPH = (
    "The minister defended the raid on Tuesday. “They left us no other way: it was a forced answer to years of "
    "provocation,” he told reporters in the rain outside the ministry. Residents said that two houses had burned "
    "down and that the school would stay closed until Monday. The opposition asked for the orders to be published, "
    "and the speaker promised a debate before the end of the week."
)


def made_up(path: Path, rows: int) -> None:
    """Write rows of one to nine paragraphs, as articles differ in length."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(rows):
            text = "\n\n".join(f"Day {n}. {PARAGRAPH}" for _ in range(1 + n % 9))
            file.write(json.dumps({"id": n, "text": text}) + "\n")


def windows_of(path: Path, fields: Fields) -> list[npt.NDArray[np.int64]]:
    tokenizer = Tokenizer(WEIGHTS / "tokenizer.json")
    return [
        window.ids
        for _, item in documents([path], "jsonl", fields)
        if isinstance(item, Document)
        for window in tokenizer.windows(item.text)
    ]


def run_bare(theirs: "Connection[object, object]", windows: list[npt.NDArray[np.int64]]) -> None:
    """Load the model, say so, wait for the start, and run it over the windows."""
    session = Scorer(WEIGHTS, threads=1)._session
    theirs.send(None)
    theirs.recv()
    for ids in windows:
        session.run(None, {"input_ids": ids[None], "attention_mask": np.ones_like(ids[None])})
    theirs.send(None)


def seconds_bare(windows: list[npt.NDArray[np.int64]], processes: int) -> float:
    context = multiprocessing.get_context("spawn")
    ways = []
    for n in range(processes):
        ours, theirs = context.Pipe()
        context.Process(target=run_bare, args=(theirs, windows[n::processes]), daemon=True).start()
        ways.append(ours)
    for way in ways:
        way.recv()
    started = time.perf_counter()
    for way in ways:
        way.send(None)
    for way in ways:
        way.recv()
    return time.perf_counter() - started


def seconds_scored(path: Path, processes: int, text_field: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "spinmark", "score", str(path), "--input-format", "jsonl",
            "--text-field", text_field, "--output", f"{folder}/flags.jsonl", "--jobs", str(processes),
        ]  # fmt: skip
        started = time.perf_counter()
        subprocess.run(command, check=True)
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="JSONL; made-up rows where there is none")
    parser.add_argument("--text-field", default="text")
    parser.add_argument("--rows", type=int, default=400, help="how many rows are made up")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "rows.jsonl"
        if options.file is None:
            made_up(path, options.rows)
        windows = windows_of(path, Fields(options.text_field))
        print(
            f"{len(windows):,} windows, {sum(map(len, windows)):,} tokens, {options.rounds} rounds; medians\n"
        )
        print(f"{'processes':>9} {'bare model':>12} {'JSONL to JSONL':>16} {'of the bare model':>18}")
        scored: dict[int, float] = {}
        for processes in (1, 2):
            pairs = [
                (seconds_bare(windows, processes), seconds_scored(path, processes, options.text_field))
                for _ in range(options.rounds)
            ]
            bare = statistics.median(pair[0] for pair in pairs)
            scored[processes] = statistics.median(pair[1] for pair in pairs)
            print(
                f"{processes:>9} {bare:>10.2f} s {scored[processes]:>14.2f} s"
                f" {statistics.median(b / s for b, s in pairs):>18.2f}"
            )
        print(f"\ntwo processes to one: {scored[1] / scored[2]:.2f} times the throughput")


if __name__ == "__main__":
    main()
