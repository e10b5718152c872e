"""Outputs that grow beside their place: whole or not at all, and no litter of killed runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spinmark.growing import growing

KILLED = """
import os, signal, sys
from pathlib import Path
from spinmark.growing import growing
with growing(Path(sys.argv[1]), getattr(Path, sys.argv[2])) as path:
    if path.is_dir():
        (path / "page.html").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""

on_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows tells no killed run from one that goes on"
)


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_what_is_moved_stays_and_what_is_not_goes(tmp_path, make):
    with growing(tmp_path / "report", make) as path:
        path.rename(tmp_path / "report")
    with growing(tmp_path / "other", make):
        assert len(hidden(tmp_path)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["report"]


def test_an_error_leaves_nothing(tmp_path):
    def broken() -> None:
        with growing(tmp_path / "report", Path.mkdir) as path:
            (path / "page.html").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list(tmp_path.iterdir()) == []


@on_posix
@pytest.mark.parametrize("make", ["touch", "mkdir"])
def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path, make):
    target = tmp_path / "report"
    done = subprocess.run([sys.executable, "-c", KILLED, target, make], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = hidden(tmp_path)
    with growing(tmp_path / "report.html", Path.touch):
        assert left in hidden(tmp_path)  # it belongs to another target
    with growing(target, Path.touch) as path:
        assert hidden(tmp_path) == [path.name]


@on_posix
def test_what_another_run_still_writes_is_left_alone(tmp_path):
    target = tmp_path / "report"
    with growing(target, Path.mkdir) as one, growing(target, Path.mkdir) as other:
        assert hidden(tmp_path) == sorted([one.name, other.name])
        (one / "page.html").touch()
        (other / "page.html").touch()


@on_posix
def test_files_of_ours_that_look_alike_are_left_alone(tmp_path):
    mine = [tmp_path / ".report.txt", tmp_path / ".report.0123456", tmp_path / ".report.0123456g"]
    for path in mine:
        path.touch()
    os.symlink(tmp_path / "nowhere", tmp_path / ".report.01234567")
    with growing(tmp_path / "report", Path.touch):
        assert len(hidden(tmp_path)) == 5
