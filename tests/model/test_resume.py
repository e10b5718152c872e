"""`spinmark score --output FILE`, a process that is ended at any moment, and what `--resume` makes of it.

The processes are real ones with the packaged weights; only the place where each is killed is drawn by chance.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROWS = 120
MANY_ROWS = 450
"""More than the first process does by itself, so that others share them."""

CHAINS = [(1, ROWS)] * 4 + [(2, MANY_ROWS)]
"""Jobs and rows of runs that are killed again and again until they are through: one start serves one kill."""

KILLS = 10
"""In each chain; fifty in all."""

SENTENCES = [
    "The council closed the mill on Monday.",
    "These parasites will never stop lying to you!",
    "“They left us no other way,” the mayor said, and called the raid a forced answer.",
    "And what about the bridge that they let fall?",
    "Everyone knows it; join us or lose everything.",
]


def row(number: int) -> str:
    if number % 13 == 5:
        return f'{{"id": {number}, "text": 3}}\n'
    text = " ".join(SENTENCES[(number + n) % len(SENTENCES)] for n in range(1 + number % 2))
    return json.dumps({"id": number, "text": f"Letter {number}. {text}"}) + "\n"


def bad(rows: int) -> str:
    """Return what is said of the rows that are none."""
    return f"spinmark: {len(range(5, rows, 13)):,} of {rows:,} could not be read"


BAD = bad(ROWS)

FIRST = "; the first: line 6 has no string in 'text'"
"""What a run says behind it that saw all of the rows."""


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Callable[[int], tuple[Path, bytes]]:
    """Give a function of a number of rows: a file of them, and what an unbroken run makes of it."""

    @cache
    def made(rows: int) -> tuple[Path, bytes]:
        folder = tmp_path_factory.mktemp(f"{rows}")
        source, out = folder / "rows.jsonl", folder / "flags.jsonl"
        source.write_text("".join(map(row, range(rows))), encoding="utf-8")
        done = run(*command(source, out))
        assert (done.returncode, done.stderr) == (1, bad(rows) + FIRST + "\n")
        return source, out.read_bytes()

    return made


@pytest.fixture(scope="module")
def source(unbroken) -> Path:
    return unbroken(ROWS)[0]


@pytest.fixture(scope="module")
def whole(unbroken) -> bytes:
    return unbroken(ROWS)[1]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=False, timeout=600)


def command(source: Path, out: Path, *options: object) -> list[str]:
    return [sys.executable, "-m", "spinmark", "score", str(source), "--output", str(out), *map(str, options)]


def ended(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def killed_at(size: int, out: Path, *arguments: object) -> bool:
    """Run the command, kill it once the partial file has grown to `size`, and return whether that came in time."""
    partial = out.with_name(f".{out.name}.partial")
    log = out.with_name(f".{out.name}.journal")
    with subprocess.Popen(
        list(map(str, arguments)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        while child.poll() is None:
            try:
                reached = partial.stat().st_size if size else log.stat().st_size
            except FileNotFoundError:
                reached = -1
            if reached >= size and reached > 0:
                child.send_signal(signal.SIGKILL)
                break
            try:
                child.wait(timeout=0.001)
            except subprocess.TimeoutExpired:
                continue
        _, said = child.communicate(timeout=600)
    if child.returncode == 1:
        assert " could not be read" in said.decode().splitlines()[-1], said.decode()
        return False
    assert child.returncode == -signal.SIGKILL, said.decode()
    return True


def sizes(whole: int, seed: int) -> Iterator[int]:
    """Give growing sizes at which to kill: the very beginning, any place, the very end, and none any more."""
    chance = random.Random(seed)
    yield 0
    yield from sorted(chance.randrange(1, whole) for _ in range(KILLS - 2))
    yield whole


@pytest.mark.parametrize("chain", range(len(CHAINS)))
def test_a_run_killed_again_and_again_gives_the_bytes_of_an_unbroken_one(unbroken, tmp_path, chain):
    jobs, rows = CHAINS[chain]
    source, whole = unbroken(rows)
    out = tmp_path / "flags.jsonl"
    arguments = command(source, out, "--resume", "--jobs", jobs)
    kills = 0
    for size in sizes(len(whole), seed=chain):
        kills += killed_at(size, out, *arguments)
        assert not out.exists() or out.read_bytes() == whole
    # A kill that came too late, behind the last byte, is made up for at the very beginning.
    while kills < KILLS:
        kills += killed_at(0, out, *arguments)
    assert not killed_at(len(whole) + 1, out, *arguments)
    assert out.read_bytes() == whole
    assert ended(tmp_path) == ["flags.jsonl"]


@pytest.fixture
def broken_off(source, whole, tmp_path) -> Path:
    """Give an output whose run was killed halfway."""
    out = tmp_path / "flags.jsonl"
    assert killed_at(len(whole) // 2, out, *command(source, out))
    return out


def test_a_run_that_is_gone_on_with_says_so(source, whole, broken_off):
    done = run(*command(source, broken_off, "--resume"))
    assert done.returncode == 1
    first, last = done.stderr.splitlines()
    assert first.startswith("spinmark: going on behind ")
    assert last == BAD
    assert broken_off.read_bytes() == whole


def test_without_resume_a_run_begins_anew_and_says_what_it_gives_up(source, whole, broken_off):
    done = run(*command(source, broken_off))
    assert done.stderr.startswith("spinmark: an earlier run got through ")
    assert broken_off.read_bytes() == whole


@pytest.mark.parametrize("changed", [["--voice", "author"], ["--format", "csv"], ["--min-confidence", "0.9"]])
def test_other_options_are_refused_by_their_names(source, whole, broken_off, changed):
    done = run(*command(source, broken_off, "--resume", *changed))
    assert (done.returncode, broken_off.exists()) == (1, False)
    assert f", now with {changed[0]} " in done.stderr
    assert run(*command(source, broken_off, "--resume", "--jobs", "1")).returncode == 1
    assert broken_off.read_bytes() == whole


def test_an_input_that_changed_is_refused(source, whole, tmp_path):
    content = source.read_text(encoding="utf-8")
    changed = tmp_path / "rows.jsonl"
    changed.write_text(content, encoding="utf-8")
    out = tmp_path / "other.jsonl"
    assert killed_at(len(whole) // 2, out, *command(changed, out))
    changed.write_text(content.replace("Letter 3.", "Letter 3!"), encoding="utf-8")
    done = run(*command(changed, out, "--resume"))
    assert (done.returncode, out.exists()) == (1, False)
    assert f"{changed}: has changed since the run began" in done.stderr
    assert "rows that the input no longer begins with; run without --resume" in done.stderr
    assert "goes on behind" not in done.stderr  # which it does not
    changed.unlink()
    done = run(*command(changed, out, "--resume"))
    assert f"the input now has 1 ({changed}: No such file or directory); run without --resume" in done.stderr


def with_files_up_to(blocks: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot write a file longer than so many times 512 bytes, as if the disk was full."""
    return run("sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *arguments)


def test_a_full_disk_is_said_and_gone_on_with_once_there_is_room(tmp_path):
    source, whole, out = tmp_path / "rows.jsonl", tmp_path / "whole", tmp_path / "out"
    letter = "The council of the town closed the mill, and that was the end of it."
    source.write_text("".join(json.dumps({"id": n, "text": letter}) + "\n" for n in range(ROWS)))
    run(*command(source, whole))
    done = with_files_up_to(whole.stat().st_size // 2 // 512, *command(source, out))
    assert (done.returncode, out.exists()) == (1, False)
    assert done.stderr.splitlines()[-1] == f"Error: {out}: File too large"
    again = run(*command(source, out, "--resume"))
    assert again.returncode == 0
    assert out.read_bytes() == whole.read_bytes()


def test_a_disk_without_room_for_what_the_analysis_needs_costs_no_row(source, whole, tmp_path):
    # To tell a language the identifier unpacks its tables into a temporary file.
    out = tmp_path / "flags.jsonl"
    done = with_files_up_to(len(whole) // 512 + 8, *command(source, out))
    assert (done.returncode, out.exists()) == (1, False)
    assert done.stderr.splitlines()[-1] == "Error: the machine cannot analyse any further: File too large"
    assert run(*command(source, out, "--resume")).stderr.splitlines()[-1].startswith(BAD)
    assert out.read_bytes() == whole


def test_a_full_disk_behind_stdout_is_said(source):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "spinmark", "score", str(source)],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=600,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "Error: stdout: No space left on device\n")


def hear_interrupts() -> None:
    """Undo what tests that run in the background of a shell hand down: it makes their processes ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_says_how_to_go_on(source, whole, tmp_path):
    out = tmp_path / "flags.jsonl"
    partial = tmp_path / ".flags.jsonl.partial"
    with subprocess.Popen(
        command(source, out), stderr=subprocess.PIPE, text=True, preexec_fn=hear_interrupts
    ) as child:
        while child.poll() is None and not (partial.exists() and partial.stat().st_size > len(whole) // 3):
            os.sched_yield()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=600)
    assert child.returncode == 1
    assert "spinmark: stopped; the same command with --resume goes on behind " in said
    assert said.endswith("Aborted!\n")
    assert run(*command(source, out, "--resume")).returncode == 1
    assert out.read_bytes() == whole


def workers_of(pid: int) -> list[int]:
    """Return the processes that work for another."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for path in children for child in path.read_text().split()]
    return [child for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_workers_that_are_killed_cost_no_row(unbroken, tmp_path):
    source, whole = unbroken(MANY_ROWS)
    out = tmp_path / "flags.jsonl"
    with subprocess.Popen(command(source, out, "--jobs", 2), stderr=subprocess.PIPE, text=True) as child:
        killed = 0
        while child.poll() is None and not killed:
            for worker in workers_of(child.pid):
                os.kill(worker, signal.SIGKILL)
                killed += 1
            os.sched_yield()
        _, said = child.communicate(timeout=600)
    assert killed
    assert (child.returncode, said) == (1, bad(MANY_ROWS) + FIRST + "\n")
    assert out.read_bytes() == whole


def test_resume_needs_a_file_and_a_format_that_grows_by_rows(source, tmp_path):
    score = [sys.executable, "-m", "spinmark", "score", source, "--resume"]
    assert "--resume needs --output" in run(*score).stderr
    assert "--resume is for " in run(*score, "--format", "sarif", "--output", tmp_path / "out").stderr
    assert run(*score).returncode == 2


@pytest.mark.parametrize("format_", ["text", "csv", "w3c", "github"])
def test_every_format_that_grows_by_rows_is_gone_on_with_to_the_same_bytes(tmp_path, format_):
    short, whole, out = tmp_path / "short.jsonl", tmp_path / "whole", tmp_path / "out"
    short.write_text("".join(map(row, range(30))), encoding="utf-8")
    run(*command(short, whole, "--format", format_))
    size = whole.stat().st_size
    for share in (0.3, 0.6):
        killed_at(int(size * share), out, *command(short, out, "--format", format_, "--resume"))
    run(*command(short, out, "--format", format_, "--resume"))
    assert out.read_bytes() == whole.read_bytes()
