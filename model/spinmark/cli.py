"""The command line: results on stdout, everything else on stderr."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import BinaryIO

import click

from spinmark.corpus import BadRow, Document, decode_utf8, read_bytes, read_jsonl
from spinmark.detector import WEIGHTS, Detector
from spinmark.errors import InputError, OptionError, SpinmarkError
from spinmark.formats import printable, technique_lines, text_report
from spinmark.report import VOICES
from spinmark.taxonomy import BY_ID, TECHNIQUE_IDS, TECHNIQUES

STDIN = Path("-")


class _Commands(click.Group):
    """The commands below and those that other installed packages offer in `spinmark.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(
            {*super().list_commands(ctx), *(e.name for e in entry_points(group="spinmark.commands"))}
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for entry in entry_points(group="spinmark.commands", name=cmd_name):
            command: click.Command = entry.load()
            return command
        return None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="spinmark")
def main() -> None:
    """Mark passages that resemble propaganda techniques, and say who speaks them.

    Everything happens on this machine; no text leaves it.
    """


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "jsonl"]),
    help="How results are written. Default: jsonl for JSONL input, else text.",
)  # fmt: skip
@click.option(
    "--input-format", type=click.Choice(["text", "jsonl"]),
    help="What the input is. Default: jsonl for names that end so, else text.",
)  # fmt: skip
@click.option(
    "--text-field", default="text", show_default=True, help="The field of a JSONL row with the text."
)
@click.option("--id-field", default="id", show_default=True, help="The field of a JSONL row with its id.")
@click.option(
    "--min-confidence", type=click.FloatRange(0, 1),
    help="Show flags of at least this confidence, in place of each technique's own threshold.",
)  # fmt: skip
@click.option(
    "--technique", "techniques", multiple=True, type=click.Choice(TECHNIQUE_IDS), metavar="ID",
    help="Show this technique alone; may be given several times.",
)  # fmt: skip
@click.option(
    "--voice", "voices", multiple=True, type=click.Choice(VOICES), help="Show flags in this voice alone."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here, whole or not at all."
)
@click.option(
    "--weights", type=click.Path(path_type=Path), default=WEIGHTS, show_default="those of the package",
    help="Folder of another model.",
)  # fmt: skip
def score(
    files: tuple[Path, ...],
    format_: str | None,
    input_format: str | None,
    text_field: str,
    id_field: str,
    min_confidence: float | None,
    techniques: tuple[str, ...],
    voices: tuple[str, ...],
    output: Path | None,
    weights: Path,
) -> None:
    """Show which passages of FILES, or of stdin, resemble a propaganda technique.

    \b
    Examples:
      spinmark score article.txt
      wl-paste | spinmark score
      spinmark score --format json --voice author article.txt
      spinmark score comments.jsonl --text-field body > flags.jsonl

    The exit code is 0 whatever is found, 1 where something could not be read, 2 for a wrong usage. A row of
    JSONL that cannot be read becomes a row with its error.
    """
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            raise click.UsageError("Give FILES, or a text through stdin.")
        files = (STDIN,)
    rows_in = any(_holds_rows(file, input_format) for file in files)
    format_ = format_ or ("jsonl" if rows_in else "text")
    if format_ == "json" and (rows_in or len(files) > 1):
        raise click.UsageError("--format json holds one report; use --format jsonl for several.")
    try:
        detector = Detector.load(weights)
    except SpinmarkError as error:
        raise click.ClickException(str(error)) from error

    failures = 0
    with _destination(output) as out:
        for source, item in _documents(files, input_format, text_field, id_field):
            if isinstance(item, InputError):
                failures += 1
                click.echo(f"spinmark: {printable(str(item))}", err=True)
                continue
            if isinstance(item, BadRow):
                failures += 1
                if format_ == "jsonl":
                    _write_json(out, item.to_json())
                else:
                    click.echo(f"spinmark: {printable(source)}: {item.reason}", err=True)
                continue
            try:
                report = detector.analyze(
                    item.text,
                    id=item.id,
                    min_confidence=min_confidence,
                    techniques=techniques or None,
                    voices=voices or None,
                )
            except OptionError as error:
                raise click.UsageError(str(error)) from error
            if format_ == "text":
                name = None if files == (STDIN,) else source
                name = name if item.id is None else str(item.id)
                _write_text(out, text_report(report, name) + ("\n" if len(files) > 1 or rows_in else ""))
            else:
                _write_json(out, report.to_json())
    if failures:
        click.echo(f"spinmark: {failures} could not be read", err=True)
        sys.exit(1)


@main.command()
@click.argument("ids", nargs=-1, type=click.Choice(TECHNIQUE_IDS), metavar="[ID]...")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def techniques(ids: tuple[str, ...], format_: str) -> None:
    """Explain the techniques: what each is, how it works, and when the same words are legitimate."""
    chosen = [BY_ID[id_] for id_ in ids] if ids else TECHNIQUES
    if format_ == "json":
        _write_json(None, json.dumps({"techniques": [asdict(t) for t in chosen]}, ensure_ascii=False))
    else:
        _write_text(None, "\n".join(technique_lines(t) for t in chosen))


def _holds_rows(file: Path, input_format: str | None) -> bool:
    return input_format == "jsonl" or (input_format is None and file.suffix.lower() == ".jsonl")


def _documents(
    files: tuple[Path, ...], input_format: str | None, text_field: str, id_field: str
) -> Iterator[tuple[str, Document | BadRow | InputError]]:
    """Yield the name of each source with what it holds or what is wrong with it."""
    for path in files:
        name = "stdin" if path == STDIN else str(path)
        try:
            if _holds_rows(path, input_format):
                with _lines(path) as lines:
                    for row in read_jsonl(lines, text_field, id_field):
                        yield name, row
            else:
                content = sys.stdin.buffer.read() if path == STDIN else read_bytes(path)
                yield name, Document(name if len(files) > 1 else None, decode_utf8(content, name))
        except InputError as error:
            yield name, error


@contextmanager
def _lines(path: Path) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(str(path), error.strerror or type(error).__name__) from error
    with file:
        yield file


@contextmanager
def _destination(output: Path | None) -> Iterator[BinaryIO | None]:
    """Give a temporary file that becomes `output` when all went well, or None for stdout."""
    if output is None:
        yield None
        return
    try:
        if output.exists() and not output.is_file():  # a device or a pipe is written to, never replaced
            with output.open("wb") as file:
                yield file
            return
        target = output.resolve()  # a link stays and what it points to is replaced
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("xb") as file:
                yield file
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error


def _write_json(out: BinaryIO | None, line: str) -> None:
    """Write a line of JSON, which is UTF-8 whatever the terminal's encoding."""
    content = f"{line}\n".encode()
    if out is None:
        click.echo(content, nl=False)
    else:
        out.write(content)


def _write_text(out: BinaryIO | None, text: str) -> None:
    if out is None:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        click.echo(text.encode(encoding, "replace").decode(encoding), nl=False, color=_colour())
    else:
        out.write(click.unstyle(text).encode())


def _colour() -> bool | None:
    """Return False where NO_COLOR asks for none; None lets click decide by the terminal."""
    return False if os.environ.get("NO_COLOR") else None
