"""Every line of the threat model is held by tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

# One row: who and what, what holds, the tests.
ROWS = [line.strip("| ").split(" | ") for line in SECURITY.splitlines() if line.startswith("| ")][1:]


def missing(tests: str) -> list[str]:
    """Return which of the tests named in a cell are not there."""
    absent = []
    for named in re.findall(r"`(tests/[^`]+)`", tests):
        file, _, function = named.partition("::")
        path = ROOT / file
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        if not source or (function and not re.search(rf"^def {function}\(", source, re.MULTILINE)):
            absent.append(named)
    return absent


def test_a_test_that_is_not_there_is_noticed():
    assert missing("`tests/packaging/test_security.py::test_nothing`, `tests/none.py`") == [
        "tests/packaging/test_security.py::test_nothing",
        "tests/none.py",
    ]


def test_each_line_of_the_threat_model_names_tests_and_all_of_them_exist():
    assert len(ROWS) > 10
    for who, holds, tests in ROWS:
        assert re.search(r"`tests/", tests), who
        assert holds
        assert missing(tests) == []


def test_the_documents_it_points_to_exist():
    for target in re.findall(r"\]\(([^)#]+)", SECURITY):
        assert (ROOT / target).is_file(), target
