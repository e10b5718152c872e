"""What is installed: the wheel holds the model and works in an empty environment; versions agree."""

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_weights_the_taxonomy_and_the_page_and_no_training(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "spinmark/taxonomy.toml",
        "spinmark/py.typed",
        "spinmark/weights/model.onnx",
        "spinmark/weights/tokenizer.json",
        "spinmark/weights/card.toml",
        "spinmark_server/page/index.html",
    } <= names
    assert {name.split("/")[0] for name in names} == {
        "spinmark",
        "spinmark_server",
        f"spinmark-{PROJECT['version']}.dist-info",
    }


def test_the_wheel_scores_a_text_in_a_clean_environment(wheel: Path, tmp_path: Path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True, capture_output=True)
    done = subprocess.run(
        [python, "-m", "spinmark", "score", "--format", "json"],
        input="The garden was watered in the morning.",
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(done.stdout)["status"] == "ok"


def test_model_and_tokenizer_stay_small_enough_for_a_laptop():
    weights = ROOT / "model" / "spinmark" / "weights"
    assert sum((weights / name).stat().st_size for name in ("model.onnx", "tokenizer.json")) <= 25_000_000


def test_the_extension_and_its_tools_have_the_version_of_the_package():
    for name in ("extension/manifest.json", "package.json"):
        assert json.loads((ROOT / name).read_text(encoding="utf-8"))["version"] == PROJECT["version"]
