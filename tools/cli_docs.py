"""The command line's own help -> docs/cli.md: `python tools/cli_docs.py > docs/cli.md`; a test holds the one to the other."""

import inspect
import re
import sys
from collections.abc import Iterator

import click

from spinmark.cli import main

HEAD = """\
# The command line

`spinmark` marks passages that resemble propaganda techniques, at a prompt, in a pipe, in CI and over a corpus.
Results go to stdout or to `--output`, everything else to stderr. Nothing leaves the machine.

This page is made from the program: `python tools/cli_docs.py > docs/cli.md`.
"""

TAIL = """\
## Shell completion

`spinmark` completes its verbs, options, techniques and file names. Once, in the start-up file of the shell:

```sh
eval "$(_SPINMARK_COMPLETE=bash_source spinmark)"        # ~/.bashrc
eval "$(_SPINMARK_COMPLETE=zsh_source spinmark)"         # ~/.zshrc
_SPINMARK_COMPLETE=fish_source spinmark | source         # ~/.config/fish/config.fish
```

The line runs the program at each start of the shell; its output can be kept in a file and read from there instead.

## A run that breaks off

`score --output FILE` writes beside it, under names that begin with a dot, what is done so far and how far that
is. FILE appears once it is whole. After a crash, a full disk, Ctrl-C or `kill -9` the same command with
`--resume` goes on: no row is lost or doubled, and the bytes are those of an unbroken run. What was read already is
read again and compared, so an input that changed in the meantime is refused, and so are other options or another
model.

## As a commit hook

With [pre-commit](https://pre-commit.com), in `.pre-commit-config.yaml`:

```yaml
- repo: URL of this repository
  rev: a tag of it
  hooks:
    - id: spinmark
      args: [--fail-on, "any:0.8", --baseline, accepted.json]
```

`accepted.json` is made once, before the first commit with the hook, and stands under version control:

```sh
git ls-files -z '*.md' '*.txt' | xargs -0 spinmark check --fail-on any:0.8 --baseline accepted.json --write-baseline
```

The hook is given the text and Markdown files of a commit.

## Exit codes

| code | `check` | the other verbs |
|---|---|---|
| 0 | nothing found | done, whatever was found |
| 1 | found | something could not be read or written |
| 2 | something could not be read, or a wrong usage | a wrong usage |
"""


def page() -> str:
    """Return docs/cli.md."""
    context = click.Context(main, info_name="spinmark", **main.context_settings)
    verbs = [(name, main.get_command(context, name)) for name in main.list_commands(context)]
    lines = [HEAD, "| verb | |", "|---|---|"]
    lines += [f"| [`{name}`](#{name}) | {_short(verb)} |" for name, verb in verbs if verb is not None]
    for name, verb in verbs:
        if verb is not None:
            lines += ["", *_verb(name, verb, context)]
    return "\n".join([*lines, "", TAIL])


def _short(verb: click.Command) -> str:
    """Return what the verb does, in its own first sentence."""
    return verb.short_help or " ".join((verb.help or "").partition("\n\n")[0].split())


def _verb(name: str, verb: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(verb, info_name=name, parent=parent)
    yield f"## {name}"
    yield ""
    yield "```"
    yield f"{context.command_path} {' '.join(verb.collect_usage_pieces(context))}"
    yield "```"
    for block in re.split(r"\n{2,}", inspect.cleandoc(verb.help or "")):
        yield ""
        yield from _block(block)
    options = [p for p in verb.get_params(context) if isinstance(p, click.Option) and not p.hidden]
    yield ""
    yield "| option | |"
    yield "|---|---|"
    for option in options:
        yield _option(option, context)


def _block(block: str) -> Iterator[str]:
    """Return a paragraph; one that click is told not to wrap has a title and lines to be shown as they are."""
    if not block.startswith("\b\n"):
        yield " ".join(block.split())
        return
    title, *shown = block.splitlines()[1:]
    yield title
    yield ""
    yield "```sh" if title.startswith("Example") else "```"
    yield from (line.removeprefix("  ") for line in shown)
    yield "```"


def _option(option: click.Option, context: click.Context) -> str:
    names, words = (
        " ".join(part.split()).replace("|", "\\|") for part in option.get_help_record(context) or ("", "")
    )
    return f"| `{names}` | {words} |"


if __name__ == "__main__":
    sys.stdout.buffer.write(page().encode())
