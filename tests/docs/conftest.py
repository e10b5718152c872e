"""The site, built once as its makers build it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Build with every warning an error, and nothing kept from an earlier build."""
    folder = tmp_path_factory.mktemp("site")
    options = ["-W", "-n", "-q", "--keep-going", "-b", "html", "-d", folder / "trees"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ROOT / "docs", folder / "html"],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"
