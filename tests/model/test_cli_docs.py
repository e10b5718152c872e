"""The help teaches, the page of the documentation is made from it, and shells complete."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from spinmark.cli import main
from spinmark.taxonomy import TECHNIQUE_IDS

ROOT = Path(__file__).parents[2]
CONTEXT = click.Context(main, info_name="spinmark")
VERBS = main.list_commands(CONTEXT)


def verb(name: str) -> click.Command:
    command = main.get_command(CONTEXT, name)
    assert command is not None
    return command


def examples(name: str) -> list[str]:
    lines = (verb(name).help or "").split("Examples:\n")[1].split("\n\n")[0].strip().splitlines()
    return [line.strip() for line in lines]


def test_the_page_of_the_documentation_is_what_the_program_says():
    made = subprocess.run([sys.executable, ROOT / "tools" / "cli_docs.py"], capture_output=True, check=True)
    assert (ROOT / "docs" / "cli.md").read_bytes() == made.stdout, (
        "run: python tools/cli_docs.py > docs/cli.md"
    )


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_a_verb_teaches_by_examples_that_are_right(name):
    assert examples(name)
    for example in examples(name):
        program, found, *arguments = shlex.split(example.split("|")[-1].split(">")[0])
        assert (program, found) == ("spinmark", name)
        context = verb(name).make_context(name, arguments, resilient_parsing=False)
        assert context.params


@pytest.mark.parametrize("name", VERBS)
def test_every_option_says_what_it_does(name):
    options = [p for p in verb(name).params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []


# Shell completion


def completed(words: str) -> list[str]:
    """Return what bash is offered for the last word."""
    environment = os.environ | {
        "_SPINMARK_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "spinmark"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return [line.split(",", 1)[1] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("spinmark ", VERBS),
        ("spinmark sc", ["score"]),
        ("spinmark score --res", ["--resume"]),
        ("spinmark score --voice ", ["author", "quoted", "reported"]),
        ("spinmark techniques what", ["whataboutism"]),
        ("spinmark check --fail-on ", ["any", *TECHNIQUE_IDS]),
        ("spinmark check --fail-on slo", ["slogan"]),
    ],
)
def test_a_shell_completes_verbs_options_and_techniques(words, offered):
    assert completed(words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_that_the_page_gives_for_a_shell_are_those_of_the_program(shell):
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"_SPINMARK_COMPLETE={shell}_source spinmark" in page
    done = subprocess.run(
        [sys.executable, "-m", "spinmark"],
        env=os.environ | {"_SPINMARK_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    # Click asks bash for its version, and a machine may have none.
    assert "_SPINMARK_COMPLETE" in done.stdout or "bash" in done.stderr
