"""What is published: wheel and sdist hold what they should, give the same package, and work in an empty environment."""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WEIGHTS = ROOT / "model" / "spinmark" / "weights"
STEM = f"spinmark-{PROJECT['version']}"
TEXT = "These traitors sold us out, and everybody in this town knows it."


def build(kind: str, source: Path, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "build", f"--{kind}", "--outdir", folder, source],
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def clean_bin(wheel: Path, tmp_path_factory) -> Path:
    """Return the programs of an environment that holds the wheel and what it brings, and nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", wheel], check=True, capture_output=True
    )
    return folder / "bin"


def contents(wheel: Path) -> dict[str, str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def test_the_wheel_holds_the_weights_the_taxonomy_and_the_page_and_no_training(wheel: Path):
    names = set(contents(wheel))
    assert {
        "spinmark/taxonomy.toml",
        "spinmark/py.typed",
        "spinmark/voice/contest.toml",
        "spinmark/weights/model.onnx",
        "spinmark/weights/tokenizer.json",
        "spinmark/weights/card.toml",
        "spinmark_server/page/index.html",
        f"{STEM}.dist-info/licenses/LICENSE",
    } <= names
    assert {name.split("/")[0] for name in names} == {"spinmark", "spinmark_server", f"{STEM}.dist-info"}


def test_the_weights_in_the_wheel_are_those_that_their_card_describes(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        card = tomllib.loads(archive.read("spinmark/weights/card.toml").decode("utf-8"))["model"]
    held = contents(wheel)
    assert held["spinmark/weights/model.onnx"] == card["sha256"]
    assert held["spinmark/weights/tokenizer.json"] == card["tokenizer_sha256"]


def test_a_wheel_made_from_the_sdist_is_the_one_made_from_the_checkout(wheel: Path, sdist: Path, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    again = build("wheel", tmp_path / "source" / STEM, tmp_path / "wheel")
    assert contents(again) == contents(wheel)
    assert again.read_bytes() == wheel.read_bytes()


def source_files(empty_repository: Path) -> set[str]:
    """Return what the checkout holds, but for what .gitignore names; an unpacked sdist has no repository of its own."""
    git = ["git", "--git-dir", empty_repository, "--work-tree", ROOT]
    subprocess.run([*git, "init", "--quiet"], check=True)
    done = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return set(done.stdout.split("\0")) - {""}


def test_the_sdist_is_the_whole_source_so_that_its_tests_find_what_they_read(sdist: Path, tmp_path: Path):
    with tarfile.open(sdist) as archive:
        held = {member.name.removeprefix(f"{STEM}/") for member in archive if member.isfile()}
    assert held - {"PKG-INFO"} == source_files(tmp_path / "repository") - {"PKG-INFO"}
    private = r"(^|/)(\.git|\.venv[^/]*|__pycache__|node_modules|runs|dist)/"
    assert [name for name in held if re.search(private, name)] == []


def scored(clean_bin: Path, folder: Path) -> dict:
    done = subprocess.run(
        [clean_bin / "spinmark", "score", "--format", "json"],
        input=TEXT,
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return json.loads(done.stdout)


def test_what_is_installed_scores_a_text_by_the_weights_that_it_brought(clean_bin: Path, tmp_path: Path):
    report = scored(clean_bin, tmp_path)
    card = tomllib.loads((WEIGHTS / "card.toml").read_text(encoding="utf-8"))["model"]
    assert (report["status"], report["text_length"]) == ("ok", len(TEXT))
    assert report["model"]["sha256"] == card["sha256"]
    assert "traitors" in [flag["text"] for flag in report["flags"]]


def test_what_is_installed_serves_the_same_report_and_stops(clean_bin: Path, tmp_path: Path):
    process = subprocess.Popen(
        [clean_bin / "spinmark", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1]
        request = urllib.request.Request(
            f"{address}/v1/check",
            json.dumps({"text": TEXT}).encode(),
            {"Content-Type": "application/json", "X-Spinmark": "1"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as answer:
            assert json.load(answer) == scored(clean_bin, tmp_path)
        with opener.open(f"{address}/v1/health") as answer:
            assert json.load(answer)["version"] == PROJECT["version"]
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


def test_what_is_installed_lacks_nothing_and_brings_no_training(clean_bin: Path):
    listed = subprocess.run(
        [clean_bin / "python", "-m", "pip", "list", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = {distribution["name"] for distribution in json.loads(listed)}
    assert not names & {"torch", "transformers", "ray", "pyarrow", "pytest"}
    subprocess.run([clean_bin / "python", "-m", "pip", "check"], check=True, capture_output=True)


def test_model_and_tokenizer_stay_small_enough_for_a_laptop():
    assert sum((WEIGHTS / name).stat().st_size for name in ("model.onnx", "tokenizer.json")) <= 25_000_000
