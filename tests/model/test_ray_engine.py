"""A real Ray cluster on this machine, of which a worker is killed in the run."""

import gzip
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spinmark.cli.writing import as_json
from spinmark.corpus import Fields, documents
from spinmark.errors import ClusterError, InputError, OptionError, ResourceError
from spinmark.ray_engine import (
    LEAST_PART_BYTES,
    PART_BYTES,
    PARTS_A_WORKER,
    Notice,
    Part,
    Worker,
    _part_bytes,
    _told_by_its_kind,
    parts,
    rows,
)
from spinmark.run import Analysis, Row, Tally, pool_for
from spinmark.run import rows as local_rows

TEXT = "The traitors on the council closed the mill, and the bakers are the vermin of this town."
CALM = "The council closed the mill, and the bakers moved the oven to the school of this town."


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    good = [{"id": n, "text": f"{n}: {TEXT if n % 3 else CALM}"} for n in range(60)]
    lines = [json.dumps(row).encode() + b"\n" for row in good]
    lines[7] = b'{"id": "x"}\n'
    lines[30] = b"[]\n"
    lines[59] = b'{"text": "\xff"}'
    (folder / "a.jsonl").write_bytes(b"".join(lines))
    pq.write_table(
        pa.Table.from_pylist([*good[:20], {"id": 99, "text": None}]), folder / "b.parquet", row_group_size=4
    )
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[:9])))
    (folder / "d.md").write_text("The **traitors** on\nthe council.", encoding="utf-8")
    (folder / "e.txt").write_bytes("The café’s traitors.".encode("cp1252"))
    (folder / "f.parquet").write_bytes(b"no parquet")
    return folder


def driven(
    path: Path, weights: Path, mark: Path, *more: str
) -> tuple[subprocess.CompletedProcess[str], list]:
    driver, results = Path(__file__).with_name("ray_driver.py"), mark.with_name("results.jsonl")
    done = subprocess.run(
        [sys.executable, driver, path, weights, mark, results, *more],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done, [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def on_a_cluster(path: Path, weights: Path, mark: Path) -> tuple[list[list], dict]:
    done, (*found, last) = driven(path, weights, mark)
    assert done.returncode == 0, done.stderr[-3000:]
    return found, last


def seen(row: Row[str]) -> list[object]:
    document = row.document and [row.document.id, row.document.file and str(row.document.file)]
    return [row.source, document, row.result, row.error and row.error.to_json(), str(row.problem)]


def of_local_engine(paths: list[Path], analysis: Analysis[str]) -> tuple[list[list[object]], Tally]:
    tally = Tally()
    with pool_for(analysis, 1) as pool:
        return [seen(row) for row in local_rows(documents(paths), pool, tally)], tally


def test_the_parts_of_a_file_are_all_its_lines_and_no_line_twice(folder, tiny_weights):
    whole = [seen(row) for row in _answers(folder / "a.jsonl", PART_BYTES, tiny_weights)]
    assert len(whole) == 60
    for part_bytes in (1, 50, 333, 5000):
        cut = list(parts([folder / "a.jsonl"], part_bytes=part_bytes))
        assert [part.start for part in cut[1:]] == [part.end for part in cut[:-1]]
        assert [seen(row) for row in _answers(folder / "a.jsonl", part_bytes, tiny_weights)] == whole
        cut = list(parts([folder / "b.parquet"], part_bytes=part_bytes))
        assert [part.start for part in cut[1:]] == [part.end for part in cut[:-1]]


def test_one_large_row_group_is_cut_by_its_rows(tmp_path, tiny_weights):
    table = pa.Table.from_pylist([{"id": n, "text": f"{n}: {TEXT} {n * n}"} for n in range(1000)])
    pq.write_table(table, tmp_path / "one.parquet")
    pq.write_table(table, tmp_path / "uneven.parquet", row_group_size=700)
    for name in ("one.parquet", "uneven.parquet"):
        cut = list(parts([tmp_path / name], part_bytes=10_000))
        assert len(cut) > 5
        assert (cut[0].start, cut[-1].end) == (0, 1000)
        assert [part.start for part in cut[1:]] == [part.end for part in cut[:-1]]
        ids = [row.document.id for row in _answers(tmp_path / name, 10_000, tiny_weights)]
        assert ids == list(range(1000))


def test_a_bad_row_behind_a_cut_is_named_by_its_number_in_the_file(tmp_path, tiny_weights):
    texts = [*(f"{n}: {TEXT}" for n in range(599)), None]
    pq.write_table(pa.table({"text": texts}), tmp_path / "one.parquet")
    (last,) = [r.error for r in _answers(tmp_path / "one.parquet", 10_000, tiny_weights) if r.error]
    assert last.reason == "row 600 has no string in 'text'"


def test_a_small_corpus_is_cut_for_all_its_workers(tmp_path):
    path = tmp_path / "small.jsonl"
    path.write_text("".join(json.dumps({"text": TEXT * 20}) + "\n" for _ in range(600)), encoding="utf-8")
    assert path.stat().st_size > 2**20
    assert len(list(parts([path], part_bytes=_part_bytes([path], None, 2)))) == 2 * PARTS_A_WORKER
    assert _part_bytes([path], None, 1000) == LEAST_PART_BYTES
    assert _part_bytes([path] * 1000, None, 1) == PART_BYTES


def test_what_ray_raises_of_any_kind_is_told_without_its_words():
    for error in (KeyError("a text"), RuntimeError("a text"), OSError(28, "a text")):
        with pytest.raises(ClusterError) as caught, _told_by_its_kind():
            raise error
        assert (
            str(caught.value)
            == f"the Ray cluster cannot be reached or gave the run up ({type(error).__name__})"
        )


def test_what_a_worker_raised_on_purpose_comes_as_it_was():
    class TaskError(Exception):
        cause = ResourceError("No space left on device")

    def failed() -> None:
        try:
            raise TaskError
        except TaskError as error:
            raise ValueError("many lines") from error

    with pytest.raises(ResourceError, match="No space left"), _told_by_its_kind():
        failed()


def _answers(path: Path, part_bytes: int, weights: Path) -> Iterator[Row[str]]:
    worker = Worker(Analysis(as_json, weights, 1), Fields(), named=True)
    for part in parts([path], part_bytes=part_bytes):
        yield from worker.answers(part)


def test_a_missing_file_is_a_part_that_says_so(tmp_path, tiny_weights):
    (part,) = parts([tmp_path / "nowhere.jsonl"])
    assert isinstance(part, Part)
    (row,) = Worker(Analysis(as_json, tiny_weights, 1), Fields(), named=True).answers(part)
    assert isinstance(row.problem, InputError)
    assert "No such file" in str(row.problem)


def test_a_cluster_gives_the_rows_of_the_local_engine_in_their_order(folder, tiny_weights, tmp_path):
    wanted, counted = of_local_engine([folder], Analysis(as_json, tiny_weights))
    found, last = on_a_cluster(folder, tiny_weights, tmp_path / "mark")
    assert found == wanted
    assert (last["rows"], last["failures"]) == (counted.rows, dict(counted.failures))
    assert counted.failed == 6
    assert last["said"] == [[str(folder / "e.txt"), "read as windows-1252"]]
    assert not (tmp_path / "mark").exists()


@pytest.fixture
def fatal(tmp_path) -> Path:
    """Give sixty rows, of which one has the id that the driver kills at."""
    path = tmp_path / "rows.jsonl"
    data = [{"id": "fatal" if n == 25 else n, "text": f"{n}: {TEXT}"} for n in range(60)]
    path.write_text("".join(json.dumps(row) + "\n" for row in data), encoding="utf-8")
    return path


def test_a_worker_that_is_killed_costs_no_row(tiny_weights, fatal, tmp_path):
    wanted, _ = of_local_engine([fatal], Analysis(as_json, tiny_weights))
    found, last = on_a_cluster(fatal, tiny_weights, tmp_path / "mark")
    assert (tmp_path / "mark").exists()
    assert found == wanted
    assert (last["rows"], last["failures"]) == (60, {})


def test_a_row_that_kills_every_worker_ends_the_run_with_a_reason(tiny_weights, fatal, tmp_path):
    wanted, _ = of_local_engine([fatal], Analysis(as_json, tiny_weights))
    done, found = driven(fatal, tiny_weights, tmp_path / "mark", "always")
    assert done.returncode == 1
    assert "ClusterError: the Ray cluster cannot be reached or gave the run up (Actor" in done.stderr
    assert found == wanted[: len(found)]
    assert len(found) <= 25


def test_the_command_gives_the_bytes_of_the_local_engine_and_stdout_is_theirs_alone(tiny_weights, fatal):
    command = [sys.executable, "-m", "spinmark", "score", "--weights", tiny_weights, fatal, "--jobs", "2"]
    local, cluster = (
        subprocess.run([*command, "--engine", engine], capture_output=True, timeout=600, check=False)
        for engine in ("local", "ray")
    )
    assert (local.returncode, cluster.returncode) == (0, 0), cluster.stderr[-3000:]
    assert cluster.stdout == local.stdout


@pytest.fixture
def score(tiny_weights, fatal):
    """Give a function that runs the command on a cluster."""

    def run(*options: object, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "spinmark", "score", "--weights", tiny_weights, fatal]
        return subprocess.run(
            [*command, "--engine", "ray", *options], capture_output=True, text=True, timeout=600, check=False,
            env=os.environ | environment,
        )  # fmt: skip

    return run


def test_a_cluster_that_does_not_start_in_time_is_said_without_a_traceback(score):
    done = score(RAY_gcs_server_port_wait_time_s="0")
    assert (done.returncode, done.stdout) == (1, "")
    said = "Error: the Ray cluster cannot be reached or gave the run up (RuntimeError: Timed out waiting for file "
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1


def test_a_cluster_that_is_not_there_is_said_at_once(score):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    done = score("--ray-address", f"127.0.0.1:{port}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: the Ray cluster cannot be reached or gave the run up "
        f"(nothing answers at 127.0.0.1:{port}: Connection refused)\n"
    )


@pytest.mark.parametrize("name", ["empty.jsonl", "empty.parquet"])
def test_a_file_without_rows_is_said_by_its_worker(tmp_path, tiny_weights, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    else:
        path.touch()
    (part,) = parts([path])
    worker = Worker(Analysis(as_json, tiny_weights, 1), Fields(), named=True)
    assert list(worker.answers(part)) == [Notice(str(path), "holds no rows")]


def test_stdin_is_refused(tiny_weights):
    with pytest.raises(OptionError, match="files that every worker can read, not stdin"):
        next(rows([Path("-")], None, Fields(), Analysis(as_json, tiny_weights), Tally()))
