"""Run the examples of the documentation: `python tools/docs_examples.py [--write] [PAGES]`.

Without `--write` the pages with an example whose output is another are listed, with it their outputs are made anew,
as after a change of the weights. A page's blocks of code run from top to bottom in one folder:

- `console`: each line that begins with `$` is a command for bash, the lines up to the next one are its output. A line
  `...` stands for any number of lines. Where the page speaks of 127.0.0.1:8712, a server runs for it.
- `python`: with prompts (`>>>`), outputs are compared; without, the code must print nothing.
- `json`, `yaml`, `toml`: must be well-formed.
- `text`: what is shown, and no more.

An HTML comment before a block says what else holds of it: `file: NAME`, the block is the content of this file;
`not run: REASON`; `run by: TEST`, a file of the tests that runs it. Any other language is an error, so that no
block is passed over by mistake.
"""

import contextlib
import doctest
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

SERVER = "127.0.0.1:8712"
SHOWN = {"text", "{toctree}", "{include}", "{eval-rst}", "{image}", "{figure}"}
MARKER = re.compile(r"<!-- (file|not run|run by): (.+?) -->\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `lines` are those between the fences, counted from 0, the end exclusive."""

    language: str
    content: str
    lines: tuple[int, int]
    marker: tuple[str, str] | None

    def __str__(self) -> str:
        return f"{self.language} block at line {self.lines[0]}"


class ExampleError(Exception):
    """A block of code is not what it should be."""


def pages() -> list[Path]:
    """Return the pages, but for those that are made from code and have tests of their own."""
    made = {DOCS / "cli.md", DOCS / "http-reference.md", *(DOCS / "techniques").glob("*.md")}
    return sorted(set(DOCS.rglob("*.md")) - made)


def blocks(markdown: str) -> list[Block]:
    """Return the fenced blocks of a page, each with the comment that stands before it."""
    found, marker = [], None
    for token in MarkdownIt().parse(markdown):
        if token.type == "html_block":
            comment = MARKER.fullmatch(token.content)
            marker = (comment[1], comment[2]) if comment else None
        elif token.type == "fence":
            assert token.map is not None  # a fence always has its lines
            start, end = token.map[0] + 1, token.map[1] - 1
            found.append(Block(token.info.split(" ")[0], token.content, (start, end), marker))
            marker = None
        else:
            marker = None
    return found


def results(page: Path) -> Iterator[tuple[Block, str]]:
    """Run a page's blocks and yield each with what it should hold. Raises: ExampleError."""
    markdown = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        found = blocks(markdown)
        asked = any(SERVER in b.content for b in found if b.language == "console" and b.marker is None)
        server = stack.enter_context(_serving()) if asked else SERVER
        stack.enter_context(contextlib.chdir(folder))
        namespace: dict[str, object] = {"__name__": "__main__"}
        for block in found:
            yield block, _result(block, namespace, server)


def rewritten(page: Path) -> str:
    """Return the page with the outputs that its examples have now."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for block, content in reversed(list(results(page))):
        if not matches(block.content, content):
            lines[slice(*block.lines)] = [content]
    return "".join(lines)


def matches(shown: str, found: str) -> bool:
    """Return whether a block holds what was found; its lines `...` stand for any lines."""
    parts = re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)
    return re.fullmatch(r"(?:.*\n)*?".join(map(re.escape, parts)), found) is not None


def _result(block: Block, namespace: dict[str, object], server: str) -> str:
    kind, value = block.marker or ("", "")
    if kind == "run by" and not (ROOT / value).is_file():
        raise ExampleError(f"{block}: there is no {value}")
    if kind == "file":
        Path(value).parent.mkdir(parents=True, exist_ok=True)
        Path(value).write_text(block.content, encoding="utf-8")
    if kind:
        return block.content
    if block.language == "console":
        return _console(block, server)
    if block.language == "python":
        return _python(block, namespace)
    if block.language in ("json", "yaml", "toml"):
        _well_formed(block)
    elif block.language not in SHOWN:
        raise ExampleError(f"{block}: nothing is known of this language")
    return block.content


def _console(block: Block, server: str) -> str:
    commands = re.split(r"^\$ ", block.content, flags=re.MULTILINE)
    if commands.pop(0):
        raise ExampleError(f"{block}: it does not begin with a command")
    typed = [re.match(r"(?:.*\\\n)*.*\n", command) for command in commands]
    heads = [match[0] for match in typed if match]
    # `$?` has to be the code of the command before, not of our own lines between.
    script = "".join(
        f"{head.replace(SERVER, server)}_code=$?; printf '\\0'; (exit $_code)\n" for head in heads
    )
    home = Path.cwd() / ".home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        ["bash", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "RAY_USAGE_STATS_ENABLED": "0",
        },
    )
    outputs = done.stdout.replace(server, SERVER).split("\0")
    if len(outputs) != len(heads) + 1:
        raise ExampleError(f"{block}: bash ended early: {done.stdout}")
    return "".join(f"$ {head}{_ended(output)}" for head, output in zip(heads, outputs, strict=False))


def _ended(output: str) -> str:
    return output if not output or output.endswith("\n") else output + "\n"


def _python(block: Block, namespace: dict[str, object]) -> str:
    examples = doctest.DocTestParser().get_examples(block.content)
    if not examples:
        printed = _run(compile(block.content, str(block), "exec"), namespace)
        if printed:
            raise ExampleError(f"{block}: show by prompts what it prints: {printed}")
        return block.content
    lines = []
    for example in examples:
        first, *more = example.source.splitlines()
        lines += [f">>> {first}\n", *(f"... {line}".rstrip() + "\n" for line in more)]
        lines.append(_run(compile(example.source, str(block), "single"), namespace))
    return "".join(lines)


def _run(code: object, namespace: dict[str, object]) -> str:
    """Return what code prints; what it raises is printed as at a prompt, without the way there."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, namespace)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001  (whatever an example raises is its output)
            last = traceback.format_exception_only(error)[-1]
            return f"{printed.getvalue()}Traceback (most recent call last):\n  ...\n{last}"
    return printed.getvalue()


def _well_formed(block: Block) -> None:
    read = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}[block.language]
    try:
        read(block.content)
    except (ValueError, yaml.YAMLError) as error:
        raise ExampleError(f"{block}: {error}") from error


@contextlib.contextmanager
def _serving() -> Iterator[str]:
    """Run a server with everything on, and give its address."""
    command = [sys.executable, "-m", "spinmark", "serve", "--port", "0", "--languagetool"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if address := re.search(r"listens on http://(\S+)", line):
                    yield address[1]
                    break
            else:
                raise ExampleError("the server did not start")
        finally:
            process.terminate()


def main(arguments: list[str]) -> int:
    write = "--write" in arguments
    named = [Path(a).resolve() for a in arguments if a != "--write"]
    stale = 0
    for page in named or pages():
        text = rewritten(page)
        if text != page.read_text(encoding="utf-8"):
            stale += 1
            print(f"{'written' if write else 'other outputs'}: {page.relative_to(ROOT)}")
            if write:
                page.write_text(text, encoding="utf-8")
    return 1 if stale and not write else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
