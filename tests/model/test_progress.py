"""How far a run got, told by a clock of the tests' own; the bar is shown on a real terminal."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from tests.model.terminal import on_a_terminal

from spinmark.cli.progress import LOG_INTERVAL_S, Progress
from spinmark.run import UNREAD, Tally


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def log(
    total_bytes: int | None, steps: list[tuple[float, int]], *, rows_before: int = 0, failed: int = 0
) -> str:
    """Return the lines told of a run over rows of 10 bytes: at each time so many rows are done."""
    stream, clock, tally = io.StringIO(), Clock(), Tally()
    with Progress("log", total_bytes, stream=stream, clock=clock) as progress:

        def items():
            for n in range(1000):
                progress.count(10)
                yield n

        read = progress.watch(items())
        tally.rows = rows_before
        for _ in range(rows_before):
            next(read)
        tally.failures[UNREAD] = failed
        for now_s, rows in steps:
            clock.now_s = now_s
            while tally.rows < rows:
                next(read)
                tally.rows += 1
                progress.update(tally)
    return stream.getvalue()


def test_lines_tell_rows_rate_share_and_time_left():
    assert log(1000, [(20.0, 40)]).splitlines() == ["spinmark: 1 row, 0.1 a second, 1 %, 33:00 left"]
    assert log(1000, [(1.0, 39), (20.0, 40)]).splitlines() == [
        "spinmark: 40 rows, 2.0 a second, 40 %, 0:30 left"
    ]


def test_without_a_known_length_no_time_left_is_told():
    assert log(None, [(1.0, 399), (20.0, 400)]) == "spinmark: 400 rows, 20 a second\n"


def test_failures_are_told():
    assert log(None, [(1.0, 399), (20.0, 400)], failed=3) == "spinmark: 400 rows, 20 a second, 3 failed\n"


def test_a_line_is_told_at_most_every_few_seconds():
    steps = [(n * LOG_INTERVAL_S / 4, n) for n in range(1, 41)]
    assert len(log(1000, steps).splitlines()) == 10


def test_what_an_earlier_run_did_counts_for_the_share_and_not_for_the_rate():
    assert log(1000, [(0.0, 59), (20.0, 60)], rows_before=50) == (
        "spinmark: 60 rows, 0.5 a second, 60 %, 1:20 left\n"
    )


def test_the_rows_that_were_read_ahead_do_not_count():
    stream, clock, tally = io.StringIO(), Clock(), Tally()
    progress = Progress("log", 1000, stream=stream, clock=clock)

    def items():
        for n in range(100):
            progress.count(10)
            yield n

    list(progress.watch(items()))
    clock.now_s, tally.rows = 20.0, 1
    progress.update(tally)
    assert ", 1 %, " in stream.getvalue()


@pytest.mark.parametrize("kind", ["none", "log"])
def test_nothing_is_told_before_its_time(kind):
    stream = io.StringIO()
    with Progress(kind, 1000, stream=stream, clock=Clock()) as progress:
        list(progress.watch([1, 2, 3]))
        progress.update(Tally(rows=3))
    assert stream.getvalue() == ""


def test_the_end_tells_how_long_all_of_it_took():
    for kind, took_s, said in (
        ("log", 5.0, "spinmark: 40 rows in 0:05, 6.0 a second\n"),  # of the thirty of this run
        ("none", 500.0, ""),
    ):
        stream, clock = io.StringIO(), Clock()
        with Progress(kind, 1000, stream=stream, clock=clock) as progress:
            list(progress.watch(range(40)))
            progress.update(Tally(rows=11))  # ten of them an earlier run's
            clock.now_s = took_s
            progress.finish(Tally(rows=40))
        assert stream.getvalue() == said


# On a terminal


@pytest.fixture
def command(tiny_weights: Path, tmp_path: Path) -> list[str]:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "The traitors on the council closed the mill."}\n' * 40, encoding="utf-8")
    return [sys.executable, "-m", "spinmark", "score", "--weights", str(tiny_weights), str(path)]


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(command):
    got = on_a_terminal(command, stdout=False)
    assert "left" in got
    assert "|" in got
    assert got.rstrip("\r").endswith(" ")
    assert "\n" not in got


def test_a_terminal_that_does_not_know_its_size_gets_a_bar_too(command):
    got = on_a_terminal(command, stdout=False, size=(0, 0))
    assert "left" in got
    assert "|" in got


def test_a_terminal_that_gets_the_results_gets_no_bar(command):
    got = on_a_terminal(command, stdout=True)
    assert "left" not in got
    assert got.count('"schema":') == 40


@pytest.mark.parametrize("kind", ["none", "log"])
def test_a_bar_can_be_declined(command, kind):
    assert "left" not in on_a_terminal([*command, "--progress", kind], stdout=False)


@pytest.mark.parametrize("options", [[], ["--progress", "bar"]])
def test_a_pipe_gets_nothing(command, options):
    done = subprocess.run([*command, *options], capture_output=True, check=True, timeout=600)
    assert done.stderr == b""
