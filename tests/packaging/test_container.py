"""The image: what goes in, who runs it, and whether its health check tells a server that answers."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
TOKEN = "a-token-that-is-long-enough"


def instructions() -> list[tuple[str, str]]:
    """Return each instruction with its arguments, continued lines joined and comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines()]


def last_stage() -> dict[str, list[str]]:
    stage: dict[str, list[str]] = {}
    for name, arguments in instructions():
        if name == "FROM":
            stage = {}
        stage.setdefault(name, []).append(arguments)
    return stage


def health_check() -> list[str]:
    (check,) = last_stage()["HEALTHCHECK"]
    command = json.loads(check.split(" CMD ", 1)[1])
    assert command[0] == "python"
    return [sys.executable, *command[1:]]


@contextmanager
def served(*options: str) -> Iterator[int]:
    """Serve on a free port of loopback, and give its number."""
    process = subprocess.Popen(
        [sys.executable, "-m", "spinmark", "serve", "--port", "0", *options],
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("SPINMARK_")},
    )
    try:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
        assert found
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate()


def healthy(port: int) -> bool:
    done = subprocess.run(
        health_check(), env={**os.environ, "SPINMARK_PORT": str(port)}, capture_output=True, check=False
    )
    return done.returncode == 0


def test_each_base_is_named_by_a_whole_version():
    bases = [arguments.split(" ")[0] for name, arguments in instructions() if name == "FROM"]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases[0])


def test_the_python_of_the_image_is_one_that_the_package_allows():
    base = next(arguments for name, arguments in instructions() if name == "FROM")
    minor = re.search(r"python:(3\.\d+)", base)
    assert minor
    assert f'"Programming Language :: Python :: {minor[1]}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_it_runs_as_a_number_that_is_not_root_s():
    (user,) = last_stage()["USER"]
    assert all(int(number) >= 1000 for number in user.split(":"))


def test_the_last_stage_takes_the_installed_package_alone_and_runs_nothing():
    stage = last_stage()
    assert stage["COPY"] == ["--from=build /opt/spinmark /opt/spinmark"]
    assert "RUN" not in stage
    assert "ADD" not in stage


def test_what_it_starts_is_a_command_that_the_program_knows():
    stage = last_stage()
    command = json.loads(stage["ENTRYPOINT"][0]) + json.loads(stage["CMD"][0])
    assert command == ["spinmark", "serve", "--host", "0.0.0.0"]
    shown = subprocess.run(
        [sys.executable, "-m", *command[:2], "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "--host" in shown
    assert f"default: {stage['EXPOSE'][0]};" in shown


def test_the_commands_in_its_head_publish_to_this_machine_alone():
    runs = [line[1:].strip() for line in DOCKERFILE.splitlines() if line.startswith("#   docker run")]
    assert len(runs) == 4
    for run in runs:
        words = shlex.split(run)
        published = [words[i + 1] for i, word in enumerate(words) if word == "-p"]
        assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", address) for address in published), run
        # On the host's network the image's own --host 0.0.0.0 would open all of its interfaces.
        assert ("host" in words) == (words[-2:] == ["spinmark", "serve"]), run


def test_the_context_holds_what_the_image_is_built_from_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        source
        for name, arguments in instructions()
        if name == "COPY" and not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    }
    assert copied == kept
    assert all((ROOT / path).exists() for path in kept)
    assert any(fnmatch("model/spinmark/__pycache__", rule) for rule in rules[1:] if not rule.startswith("!"))


@pytest.mark.parametrize("options", [(), ("--token", TOKEN)], ids=["open", "with a token"])
def test_the_health_check_finds_a_server_that_answers_with_and_without_a_token(options):
    with served(*options) as port:
        assert healthy(port)


def test_the_health_check_fails_where_nothing_listens():
    with served() as port:
        pass
    assert not healthy(port)
