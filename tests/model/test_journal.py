"""A run that ends at any moment is gone on with to the same bytes, or it is said why not."""

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinmark.errors import InputError, ResumeError
from spinmark.journal import Journal
from spinmark.pool import Pool
from spinmark.readers import BadRow, Document
from spinmark.run import UNANALYSED, UNREAD, Analysed, Item, Tally, rows

ITEMS: list[Item] = [
    ("a.jsonl", Document(n, f"text {n} " + "é" * (n % 5)))
    if n % 4
    else ("a.jsonl", BadRow(n, f"line {n} is not JSON"))
    for n in range(24)
]
ITEMS[7] = ("b.txt", InputError("b.txt", "Is a directory"))
ITEMS[9] = ("a.jsonl", Document(9, "broken"))
UNSCORED_ROWS = {"too_short": 5}


def work(item: Item) -> Analysed[bytes] | None:
    """Stand in for the detector."""
    document = item[1]
    if not isinstance(document, Document):
        return None
    if document.text == "broken":
        raise ValueError(document.text)
    status = "ok" if isinstance(document.id, int) and document.id % 3 else "too_short"
    return Analysed(f"{document.id}: {document.text}\n".encode(), status)


def clocks(step: float):
    """Give a clock that goes on by `step` seconds whenever somebody looks at it."""
    ticks = count()
    return lambda: next(ticks) * step


@dataclass
class Outcome:
    tally: Tally
    journal: Journal


def run(
    target: Path,
    items=ITEMS,
    *,
    resume=False,
    stop_at=None,
    step=1.0,
    identity=(),
    inputs=(),
    journal=Journal,
) -> Outcome:
    """Do a run, or the part of it up to a row; `step` 1 records every row and 0 only the end."""
    journal = journal(target, dict(identity), inputs, resume=resume, clock=clocks(step), share_of_time=1)
    tally = Tally()
    try:
        with Pool(lambda: work, 1) as pool:
            for row in islice(rows(iter(items), pool, tally, journal), stop_at):
                if row.result is not None:
                    journal.write(row.result)
                elif row.error is not None:
                    journal.write(row.error.to_json().encode() + b"\n")
    finally:
        journal.leave()
    return Outcome(tally, journal)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    target = tmp_path_factory.mktemp("whole") / "out"
    run(target)
    return target.read_bytes()


def test_an_unbroken_run_leaves_the_output_alone(tmp_path, whole):
    outcome = run(tmp_path / "out")
    assert names(tmp_path) == ["out"]
    lines = whole.decode().splitlines()
    assert len(lines) == len(ITEMS) - 1  # a source that cannot be read is no row
    assert lines[9 - 1] == '{"id":9,"error":"could not be analysed (ValueError)"}'
    assert outcome.tally.rows == len(ITEMS)
    assert outcome.tally.failures == {UNREAD: 7, UNANALYSED: 1}
    assert outcome.tally.unscored == UNSCORED_ROWS


@pytest.mark.parametrize("stop_at", range(1, len(ITEMS) + 1))
def test_a_run_that_stopped_behind_any_row_is_gone_on_with(tmp_path, whole, stop_at):
    broken = run(tmp_path / "out", stop_at=stop_at)
    assert "out" not in names(tmp_path)
    outcome = run(tmp_path / "out", resume=True)
    assert outcome.journal.start.rows == broken.journal.recorded_rows == stop_at - 1
    assert (tmp_path / "out").read_bytes() == whole
    assert names(tmp_path) == ["out"]
    assert outcome.tally.failures == {UNREAD: 7, UNANALYSED: 1}
    assert outcome.tally.unscored == UNSCORED_ROWS


def test_a_run_may_break_off_again_and_again(tmp_path, whole):
    for _ in range(len(ITEMS) - 1):
        run(tmp_path / "out", resume=True, stop_at=2)
    outcome = run(tmp_path / "out", resume=True)
    assert outcome.journal.start.rows == len(ITEMS) - 1
    assert (tmp_path / "out").read_bytes() == whole


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> tuple[bytes, bytes, list[tuple[int, int]]]:
    """Give a journal and a partial file, and how long each was at every checkpoint."""
    target = tmp_path_factory.mktemp("history") / "out"
    partial, log = target.with_name(".out.partial"), target.with_name(".out.journal")
    lengths = []
    for stop in range(1, len(ITEMS) + 1):
        run(target, resume=True, stop_at=2 if stop > 1 else 1)
        lengths.append((log.stat().st_size, partial.stat().st_size) if log.exists() else (0, 0))
    return log.read_bytes(), partial.read_bytes(), lengths


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_of_the_last_writes_reached_the_disk_the_run_is_gone_on_with(
    tmp_path_factory, whole, history, data
):
    log, partial, lengths = history
    cut = data.draw(st.integers(0, len(log)), label="bytes of the journal")
    least = max((done for recorded, done in lengths if recorded <= cut), default=0)
    length = data.draw(st.integers(least, len(partial)), label="bytes of the partial file")
    more = data.draw(st.binary(max_size=9), label="what stands behind them")
    folder = tmp_path_factory.mktemp("torn")
    (folder / ".out.journal").write_bytes(log[:cut])
    (folder / ".out.partial").write_bytes(partial[:length] + more)
    run(folder / "out", resume=True, step=0)
    assert (folder / "out").read_bytes() == whole
    assert names(folder) == ["out"]


class EndsInPlace(Journal):
    """Ends between putting the output into its place and forgetting how it came to be."""

    def finish(self) -> None:
        self._partial.replace(self.target)
        raise KeyboardInterrupt


@pytest.mark.parametrize("step", [0, 1])
def test_a_run_that_ended_between_its_last_two_steps_is_done(tmp_path, whole, step):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", step=step, journal=EndsInPlace)
    assert names(tmp_path) == [".out.journal", "out"]
    outcome = run(tmp_path / "out", resume=True)
    assert outcome.journal.start.done
    assert outcome.tally.failures == {UNREAD: 7, UNANALYSED: 1}
    assert outcome.tally.unscored == UNSCORED_ROWS
    assert (tmp_path / "out").read_bytes() == whole
    assert names(tmp_path) == ["out"]


def test_an_input_that_grew_after_such_an_end_is_gone_on_with(tmp_path, whole):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", ITEMS[:20], journal=EndsInPlace)
    assert run(tmp_path / "out", resume=True).journal.start.rows == 20
    assert (tmp_path / "out").read_bytes() == whole


def test_resuming_where_nothing_was_begun_begins(tmp_path, whole):
    run(tmp_path / "out", resume=True)
    assert (tmp_path / "out").read_bytes() == whole


def test_an_earlier_output_stays_until_the_new_one_is_whole(tmp_path, whole):
    (tmp_path / "out").write_bytes(b"before")
    run(tmp_path / "out", stop_at=9)
    assert (tmp_path / "out").read_bytes() == b"before"
    run(tmp_path / "out", resume=True)
    assert (tmp_path / "out").read_bytes() == whole


def test_a_run_that_recorded_nothing_leaves_nothing(tmp_path):
    run(tmp_path / "out", stop_at=9, step=0)
    assert names(tmp_path) == []


def test_a_run_that_cannot_even_begin_leaves_nothing(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path; from spinmark.journal import Journal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "try:\n    Journal(Path(sys.argv[1]), {})\nexcept OSError as error:\n    print(error.strerror)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "File too large\n"
    assert names(tmp_path) == []


def test_beginning_anew_says_what_it_gives_up(tmp_path, whole):
    run(tmp_path / "out", stop_at=9)
    assert run(tmp_path / "out").journal.discarded_rows == 8
    assert (tmp_path / "out").read_bytes() == whole


# What does not belong together


def refused(target: Path, match: str, **options) -> None:
    """See that a run is refused and what is left of the earlier one is still there."""
    before = names(target.parent)
    with pytest.raises(ResumeError, match=match):
        run(target, resume=True, **options)
    assert names(target.parent) == before


def test_a_run_with_other_options_is_refused_by_their_name(tmp_path, whole):
    given = {"--format": "jsonl", "--voice": ["author"]}
    run(tmp_path / "out", stop_at=10, identity=given)
    refused(
        tmp_path / "out",
        "was begun with --voice 'author', now without --voice; give what was given then",
        identity=given | {"--voice": []},
    )
    run(tmp_path / "out", resume=True, identity=given)
    assert (tmp_path / "out").read_bytes() == whole


@pytest.mark.parametrize(
    ("position", "item"),
    [
        (0, ("a.jsonl", BadRow(0, "line 0 is not JSON, quite"))),
        (1, ("a.jsonl", Document(1, "another text"))),
        (2, ("a.jsonl", Document("2", "text 2 éé"))),
        (2, ("c.jsonl", Document(2, "text 2 éé"))),
        (7, ("b.txt", Document(None, "can be read now"))),
    ],
    ids=["a reason", "a text", "an id", "a source", "a file that can be read now"],
)
def test_an_input_whose_beginning_changed_is_refused(tmp_path, whole, position, item):
    run(tmp_path / "out", stop_at=10)
    changed = [*ITEMS[:position], item, *ITEMS[position + 1 :]]
    refused(tmp_path / "out", "answers 9 rows that the input no longer begins with", items=changed)
    run(tmp_path / "out", resume=True)
    assert (tmp_path / "out").read_bytes() == whole


def test_an_input_that_lost_rows_is_refused(tmp_path):
    run(tmp_path / "out", stop_at=10)
    refused(tmp_path / "out", "answers 9 rows, the input now has 5", items=ITEMS[:5])


def test_an_input_that_grew_is_gone_on_with_and_said(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"first")
    run(tmp_path / "out", ITEMS[:20], inputs=[source], stop_at=10)
    assert run(tmp_path / "other", inputs=[source]).journal.changed_inputs == ()
    source.write_bytes(b"first and second")
    outcome = run(tmp_path / "out", resume=True, inputs=[source])
    assert outcome.journal.changed_inputs == (str(source),)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("spoil", [lambda c: c[:100], lambda c: b"x" + c[1:], lambda c: c[:0]])
def test_a_partial_file_that_somebody_changed_is_refused(tmp_path, spoil):
    run(tmp_path / "out", stop_at=10)
    partial = tmp_path / ".out.partial"
    changed = spoil(partial.read_bytes())
    partial.write_bytes(changed)
    refused(tmp_path / "out", "is not as the run left it")
    assert partial.read_bytes() == changed


def test_two_runs_never_write_the_same_output(tmp_path):
    first = Journal(tmp_path / "out", {})
    for resume in (False, True):
        with pytest.raises(ResumeError, match="is being written by another run"):
            Journal(tmp_path / "out", {}, resume=resume)
    first.leave()
    assert run(tmp_path / "out").tally.rows == len(ITEMS)


def test_a_link_in_the_place_of_the_partial_file_is_not_followed(tmp_path):
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    (tmp_path / ".out.partial").symlink_to(mine)
    with pytest.raises(OSError, match="symbolic link"):
        Journal(tmp_path / "out", {})
    assert mine.read_bytes() == b"mine"


# Memory

FLAT = """
import sys
from pathlib import Path
from spinmark.journal import Journal
from spinmark.pool import Pool
from spinmark.readers import Document
from spinmark.run import Analysed, Tally, rows

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

journal, tally, sizes = Journal(Path(sys.argv[1]), {}), Tally(), []
items = (("rows", Document(n, f"text {n}")) for n in range(1_000_000))
with Pool(lambda: lambda item: Analysed(b"{}\\n", "ok"), 1) as pool:
    for row in rows(items, pool, tally, journal):
        journal.write(row.result)
        if tally.rows % 100_000 == 0:
            sizes.append(resident())
journal.leave()
print(max(sizes[1:]) - sizes[0])
"""


def test_memory_is_flat_over_a_million_rows(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FLAT, tmp_path / "out"],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert int(done.stdout) < 2_000_000
    assert os.path.getsize(tmp_path / "out") == 3_000_000
