"""(g) What `spinmark score` makes of a corpus, against raw onnxruntime over the same windows.

    python -m tests.bench.throughput [FILE] [--way WAY] [--processes N] [--rounds N]

The ways are one long text, JSONL to JSONL, Parquet to Parquet, and JSONL to JSONL by Ray on this machine. Everything
that a command does counts: start, reading, languages, tokens, voices, writing, recording. Raw onnxruntime is
`session.run` over windows that are cut already, in as many processes of one thread each, loaded before its clock
starts. Texts that are not scored, as they are not English, give it no windows. The sides run in turn, so that what
else the machine does falls on all. The start of a command, measured on one short row, weighs less the longer a
corpus is: the last column leaves it out.

FILE is JSONL; without it the texts are our own corpus's.
"""

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tests.bench.texts import articles, words
from tests.bench.timing import seconds

from spinmark import Detector
from spinmark.corpus import Document, Fields, documents
from spinmark.detector import WEIGHTS
from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer

Windows = list[npt.NDArray[np.int64]]

ROWS = 200
"""So many of our own articles take three rounds through in about ten minutes on two cores."""

TEXT_WORDS = 50_000
"""Half a novel: what a single document of any size costs shows in it."""

SHORT = "The council of Odla met on Monday and put the vote off until the spring.\n"


@dataclass(frozen=True, slots=True)
class Way:
    """A command from an input to an output; `options` stand behind it."""

    title: str
    suffix: str
    options: tuple[str, ...] = ()


WAYS = {
    "text": Way("one text to JSON", "txt", ("--format", "json")),
    "jsonl": Way("JSONL to JSONL", "jsonl"),
    "parquet": Way("Parquet to Parquet", "parquet", ("--format", "parquet")),
    "ray": Way("JSONL to JSONL by Ray", "jsonl", ("--engine", "ray")),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of a way in each round, beside those of raw onnxruntime just before it."""

    raw: Sequence[float]
    ours: Sequence[float]
    start: float

    def of_raw(self, start: float = 0.0) -> float:
        """Return the median share of raw onnxruntime's throughput; `start` seconds of ours do not count."""
        return statistics.median(raw / (ours - start) for raw, ours in zip(self.raw, self.ours, strict=True))

    def line(self, processes: int, title: str) -> str:
        shares = sorted(raw / ours for raw, ours in zip(self.raw, self.ours, strict=True))
        return (
            f"  {title:24} {processes:>9} {statistics.median(self.raw):>9.2f} s {statistics.median(self.ours):>9.2f} s"
            f" {self.start:>8.2f} s {self.of_raw():>7.2f}  ({shares[0]:.2f} to {shares[-1]:.2f})"
            f" {self.of_raw(self.start):>14.2f}"
        )


def main(
    small: bool,
    file: Path | None = None,
    fields: Fields = Fields(),  # noqa: B008
    *,
    ways: Sequence[str] = tuple(WAYS),
    processes: Sequence[int] = (1, 2),
    rounds: int = 3,
) -> None:
    """Measure and print a table; `small` tries it out."""
    if "ray" in ways and find_spec("ray") is None:
        print("  Ray is not measured: it is missing (python -m pip install 'spinmark[ray]')")
        ways = [way for way in ways if way != "ray"]
    rounds = 1 if small else rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = list(articles()[: 10 if small else ROWS]) if file is None else read(file, fields)
        windows = {"rows": windows_of(texts), "text": Windows()}
        inputs = {"txt": folder / "long.txt", **write_rows(folder, texts)}
        if "text" in ways:
            long = words(500 if small else TEXT_WORDS) if file is None else long_text(texts)
            inputs["txt"].write_text(long, encoding="utf-8")
            windows["text"] = windows_of([long])
            print(f"one text of {len(long.split()):,} words, {counted(windows['text'])}")
        print(
            f"{len(texts):,} rows of {sum(len(t.split()) for t in texts):,} words, {counted(windows['rows'])}"
        )
        shorts = write_short(folder)
        found: dict[tuple[str, int], Measured] = {}
        print(
            f"  {'':24} {'processes':>9} {'raw':>11} {'spinmark':>11} {'its start':>10} {'share of raw':>22} "
            f"{'without start':>14}"
        )
        for n in processes:
            starts = {way: seconds(command(WAYS[way], shorts[WAYS[way].suffix], folder, n)) for way in ways}
            raw: dict[str, list[float]] = {way: [] for way in ways}
            ours: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(rounds):
                base = seconds_raw(windows["rows"], n)
                for way in ways:
                    raw[way].append(seconds_raw(windows["text"], n) if way == "text" else base)
                    run = command(WAYS[way], inputs[WAYS[way].suffix], folder, n)
                    ours[way].append(seconds(run))
            for way in ways:
                found[way, n] = Measured(raw[way], ours[way], starts[way])
                print(found[way, n].line(n, WAYS[way].title), flush=True)
        for few, more in pairwise(processes):
            for way in ways:
                one, two = (found[way, n] for n in (few, more))
                print(
                    f"  {WAYS[way].title}, {more} processes to {few}: "
                    f"{statistics.median(one.ours) / statistics.median(two.ours):.2f} times the throughput; raw "
                    f"{statistics.median(one.raw) / statistics.median(two.raw):.2f}"
                )
        rates(found, len(texts))


def rates(found: dict[tuple[str, int], Measured], rows: int) -> None:
    """Say how many rows a second one core scores, and so what a million of them take."""
    for (way, n), measured in found.items():
        if way != "text":
            rate = rows / (statistics.median(measured.ours) - measured.start) / n
            print(
                f"  {WAYS[way].title}, {n} processes: {rate:.1f} rows a second and core, "
                f"{1_000_000 / rate / 3600:.1f} core hours for a million"
            )


def counted(windows: Windows) -> str:
    return f"{len(windows):,} windows of {sum(map(len, windows)):,} tokens"


def read(file: Path, fields: Fields) -> list[str]:
    """Return the texts of the rows that hold one."""
    found = documents([file], "jsonl", fields)
    return [item.text for _, item in found if isinstance(item, Document)]


def long_text(texts: Sequence[str]) -> str:
    """Return texts one after the other, up to about `TEXT_WORDS`."""
    parts: list[str] = []
    count = 0
    for text in texts:
        parts.append(text)
        count += len(text.split())
        if count >= TEXT_WORDS:
            break
    return "\n\n".join(parts)


def write_rows(folder: Path, texts: Sequence[str], name: str = "rows") -> dict[str, Path]:
    """Write the same rows as JSONL and, as a data frame's library does by default, as Parquet in one row group."""
    import pyarrow as pa
    from pyarrow import parquet

    rows, table = folder / f"{name}.jsonl", folder / f"{name}.parquet"
    with rows.open("w", encoding="utf-8") as out:
        for n, text in enumerate(texts):
            out.write(json.dumps({"id": n, "text": text}) + "\n")
    parquet.write_table(pa.table({"id": list(range(len(texts))), "text": list(texts)}), table)
    return {"jsonl": rows, "parquet": table}


def write_short(folder: Path) -> dict[str, Path]:
    """Write an input of one sentence for each format: what a command takes for it is its start."""
    text = folder / "short.txt"
    text.write_text(SHORT, encoding="utf-8")
    return {"txt": text, **write_rows(folder, [SHORT], "short")}


def windows_of(texts: Sequence[str]) -> Windows:
    """Return the windows that the detector scores."""
    tokenizer, detector = Tokenizer(WEIGHTS / "tokenizer.json"), Detector.load()
    scored = [text for text in texts if detector.analyze(text[:2000]).status == "ok"]
    return [window.ids for text in scored for window in tokenizer.windows(text)]


def command(way: Way, input_: Path, folder: Path, processes: int) -> Callable[[], object]:
    """Return what runs the command to its end."""
    out = folder / f"out.{way.suffix}"
    arguments = [
        sys.executable, "-m", "spinmark", "score", str(input_), "--output", str(out), "--jobs", str(processes),
        *way.options,
    ]  # fmt: skip
    return lambda: subprocess.run(arguments, check=True)


def run_raw(theirs: "Connection[object, object]", windows: Windows) -> None:
    """Load the model, say so, wait for the start, and run it over the windows."""
    session = Scorer(WEIGHTS, threads=1)._session
    theirs.send(None)
    theirs.recv()
    for ids in windows:
        session.run(None, {"input_ids": ids[None], "attention_mask": np.ones_like(ids[None])})
    theirs.send(None)


def seconds_raw(windows: Windows, processes: int) -> float:
    """Return how long raw onnxruntime takes in so many processes of one thread each."""
    context = multiprocessing.get_context("spawn")
    ways = []
    for n in range(processes):
        ours, theirs = context.Pipe()
        context.Process(target=run_raw, args=(theirs, windows[n::processes]), daemon=True).start()
        ways.append(ours)
    for way in ways:
        way.recv()

    def run() -> None:
        for way in ways:
            way.send(None)
        for way in ways:
            way.recv()

    return seconds(run)


def _command_line() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", type=Path, help="JSONL; our own corpus where there is none")
    parser.add_argument("--text-field", default="text")
    parser.add_argument(
        "--way", action="append", choices=WAYS, help="may be given several times; all by default"
    )
    parser.add_argument("--processes", action="append", type=int, help="the same; 1 and 2 by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="a few rows, to see that it works")
    given = parser.parse_args()
    main(
        given.small,
        given.file,
        Fields(given.text_field),
        ways=given.way or tuple(WAYS),
        processes=given.processes or (1, 2),
        rounds=given.rounds,
    )


if __name__ == "__main__":
    _command_line()
