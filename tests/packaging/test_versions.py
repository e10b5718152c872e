"""The version stands in pyproject.toml; what must repeat it says the same."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import spinmark
from spinmark_server.openapi import document

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def written(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["extension/manifest.json", "package.json", "package-lock.json"])
def test_the_extension_and_its_tools_have_the_version_of_the_package(name):
    assert json.loads(written(name))["version"] == VERSION


def test_who_cites_the_project_cites_the_version_of_the_package():
    assert yaml.safe_load(written("CITATION.cff"))["version"] == VERSION


def test_the_library_the_program_and_the_api_name_it():
    assert spinmark.__version__ == VERSION
    assert document(200_000)["info"]["version"] == VERSION
    done = subprocess.run(
        [sys.executable, "-m", "spinmark", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == VERSION


def test_no_source_file_writes_it_a_second_time():
    pattern = re.compile(rf"(?<![\d.]){re.escape(VERSION)}(?![\d.])")
    sources = [path for folder in ("model", "server") for path in (ROOT / folder).rglob("*.py")]
    assert [path for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_the_changelog_has_a_place_for_what_is_not_released_or_names_the_version():
    headings = re.findall(r"^## (.+)$", written("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0].startswith(VERSION)
