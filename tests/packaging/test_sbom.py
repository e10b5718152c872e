"""The list of what ships: valid CycloneDX, complete, and the same each time."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "model" / "spinmark" / "weights"


def made(*arguments: str | Path, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "sbom.py", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environ},
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def release(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    (folder / "spinmark-firefox.zip").write_bytes(b"abc")
    (folder / "notes.txt").write_bytes(b"no part of it")
    return folder


@pytest.fixture(scope="module")
def document(release: Path) -> str:
    return made(release)


@pytest.fixture(scope="module")
def parts(document: str) -> dict[str, dict]:
    return {component["bom-ref"]: component for component in json.loads(document)["components"]}


def test_the_list_is_valid_by_the_schema_of_cyclonedx(document: str):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None


def test_the_list_names_each_direct_dependency_and_tells_what_is_optional(parts):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    scopes = {p["name"]: p["scope"] for p in parts.values() if p["type"] == "library"}
    direct = {re.match(r"[\w.-]+", line)[0] for line in project["dependencies"]}
    assert {name: scopes[name] for name in direct} == dict.fromkeys(direct, "required")
    assert {scopes[name] for name in ("trafilatura", "pyarrow", "pypdf", "ray", "zstandard")} == {"optional"}
    assert "spinmark" not in scopes
    assert not {"torch", "transformers", "pytest"} & set(scopes)


def test_every_library_has_a_licence_and_an_address(parts):
    for part in parts.values():
        if part["type"] == "library":
            assert part["licenses"], part["name"]
            assert part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"


def test_the_list_names_the_weights_by_the_hash_on_their_card(parts):
    card = tomllib.loads((WEIGHTS / "card.toml").read_text(encoding="utf-8"))["model"]
    model = parts[f"model:{card['name']}@{card['version']}"]
    assert model["type"] == "machine-learning-model"
    assert {p["name"].split("/")[-1]: p["hashes"][0]["content"] for p in model["components"]} == {
        "model.onnx": card["sha256"],
        "tokenizer.json": card["tokenizer_sha256"],
    }


def test_the_list_names_what_is_released_and_no_other_file(parts):
    released = [ref for ref in parts if ref.startswith("release:")]
    assert released == ["release:spinmark-firefox.zip"]
    assert parts[released[0]]["hashes"] == [
        {"alg": "SHA-256", "content": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    ]


def test_everything_that_the_program_needs_hangs_together(document: str):
    told = json.loads(document)
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in told["dependencies"]}
    reached, waiting = set(), [told["metadata"]["component"]["bom-ref"]]
    while waiting:
        if (ref := waiting.pop()) not in reached:
            reached.add(ref)
            waiting.extend(needs[ref])
    required = {c["bom-ref"] for c in told["components"] if c.get("scope") == "required"}
    assert required <= reached


def test_the_same_input_gives_the_same_list_and_its_time_is_the_one_that_is_given(
    document: str, release: Path
):
    assert made(release, SOURCE_DATE_EPOCH="") == document
    timed = json.loads(made(release, SOURCE_DATE_EPOCH="86400"))
    assert timed["metadata"]["timestamp"] == "1970-01-02T00:00:00+00:00"
    assert "timestamp" not in json.loads(document)["metadata"]
