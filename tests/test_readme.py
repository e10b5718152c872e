"""The README's outputs are true, and its figures are those of the shipped weights."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

from spinmark import Detector
from spinmark.detector import WEIGHTS
from spinmark_server.app import create_app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example(name: str) -> tuple[str, str]:
    """Return the command of an example, its continued lines joined, and the output below it."""
    block = re.search(rf"<!-- example: {name} -->\n```\n\$ (.*?)\n```\n<!-- /example -->", README, re.DOTALL)
    assert block, f"no example {name}"
    lines = block[1].split("\n")
    last = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: last + 1]).replace("\\\n", " "), "\n".join(lines[last + 1 :])


def test_the_command_line_example_gives_the_output_that_the_readme_shows():
    command, output = example("cli")
    echo, score = command.split(" | ")
    words = shlex.split(score)
    assert words[0] == ".venv/bin/spinmark"
    done = subprocess.run(
        [sys.executable, "-m", "spinmark", *words[1:]],
        input=shlex.split(echo)[1] + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == output.strip()


def test_the_http_example_gives_the_output_that_the_readme_shows():
    command, output = example("curl")
    words = shlex.split(command)
    headers = dict(words[i + 1].split(": ") for i, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1]
    response = (
        create_app(Detector.load())
        .test_client()
        .post("/v1/check", data=body, headers=headers, base_url="http://127.0.0.1:8712")
    )
    assert response.status_code == 200
    assert json.loads(response.get_data()) == json.loads(output)


def test_the_readme_shows_the_figures_of_the_shipped_weights():
    web = tomllib.loads((WEIGHTS / "card.toml").read_text(encoding="utf-8"))["metrics"]["web_dev"]
    shown = re.search(r"<!-- figures -->\n(.*?)<!-- /figures -->", README, re.DOTALL)
    assert shown
    for name in ("reader_typed_precision", "reader_typed_recall", "false_flags_per_1000_quiet_words"):
        assert f"{web[name]:.2f}" in shown[1], name
