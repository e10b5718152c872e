"""What a developer calls is there: the Makefile's targets, the quick tests' list, the checks before a commit."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = re.sub(r"\\\n\s*", "", (ROOT / "Makefile").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]


def recipe(target: str) -> str:
    """Return the commands of a target."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found, target
    return found[1]


def test_each_target_that_help_names_exists():
    named = set(re.findall(r'@echo "make ([\w-]+) ', recipe("help")))
    assert {"run", "test", "quick", "check", "coverage", "package", "sbom"} <= named
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert named <= set(phony[1].split())
    for target in phony[1].split():
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_what_the_quick_tests_leave_out_exists_and_all_tests_leave_out_nothing():
    left_out = re.search(r"^QUICK_WITHOUT := (.+)$", MAKEFILE, re.MULTILINE)
    assert left_out
    for name in left_out[1].split():
        assert (ROOT / "tests" / name).is_file(), name
    words = re.findall(r"not (\w+)", recipe("quick"))
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for word in words:
        assert re.search(rf"^def test_\w*{word}", sources, re.MULTILINE), word
    assert recipe("test-python").splitlines()[-2:] == [
        "\t$(BIN)/python -m pytest $(SHARED_OUT) --ignore=$(ALONE)",
        "\t$(BIN)/python -m pytest $(ALONE)",
    ]
    shared_out = re.search(r"^SHARED_OUT := (.+)$", MAKEFILE, re.MULTILINE)
    assert shared_out
    assert set(re.findall(r"(?<!\S)--?[\w-]+", shared_out[1])) == {"-n", "--maxprocesses", "--dist"}


def test_check_looks_for_faults_types_dead_code_duplicates_and_licences():
    checked = recipe("check")
    for tool in ("ruff check .", "mypy", "vulture", "duplicates", "hadolint", "zizmor", "licences.py"):
        assert tool in checked


def test_the_checks_before_a_commit_are_local_and_are_programs_that_we_install():
    assert {repository["repo"] for repository in HOOKS} == {"local"}
    hooks = [hook for repository in HOOKS for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    for hook in hooks:
        program = Path(hook["entry"].split(" ")[0])
        # In a checkout that is .venv itself; whoever packs the source has an environment elsewhere.
        here = Path(sys.executable).with_name(program.name)
        assert program == Path("npm") or (program.parent == Path(".venv/bin") and here.is_file()), program


def test_no_check_before_a_commit_is_for_files_that_are_nowhere():
    patterns = [hook["files"] for repository in HOOKS for hook in repository["hooks"] if "files" in hook]
    folders = ("model/spinmark", "server/spinmark_server", "extension", ".github")
    paths = ["Dockerfile", *(p.relative_to(ROOT).as_posix() for f in folders for p in (ROOT / f).rglob("*"))]
    assert len(patterns) > 3
    assert [pattern for pattern in patterns if not any(re.search(pattern, path) for path in paths)] == []


def test_each_target_and_each_test_file_that_contributing_names_exists():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make ([\w-]+)", guide, re.MULTILINE))
    assert {"quick", "check", "test", "train", "package"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
    files = re.findall(r"(?<![\w/])((?:tests|tools|docs|model|server|extension)/[\w/.-]+\.\w+)", guide)
    assert len(files) > 8
    assert [name for name in files if not (ROOT / name).is_file()] == []
