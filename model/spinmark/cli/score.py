"""`spinmark score`."""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from spinmark.card import read_card
from spinmark.cli import options, progress
from spinmark.cli.output import Output, destination, recorded_destination
from spinmark.cli.progress import Progress
from spinmark.cli.writing import (
    FORMATS,
    RECORDED,
    Format,
    Writer,
    Writing,
    corpus_folder,
    results_apart,
    writing_as,
)
from spinmark.corpus import STDIN, Fields, bytes_in, documents, holds_many, holds_rows
from spinmark.errors import OptionError, ResumeError, SpinmarkError
from spinmark.formats import printable
from spinmark.formats.summary import day_of
from spinmark.ray_engine import rows as rows_of_cluster
from spinmark.readers import Kind
from spinmark.readers.walk import is_many
from spinmark.run import Analysis, Row, Tally, pool_for, rows


@click.command(short_help="Show which passages resemble a propaganda technique.")
@click.argument("files", nargs=-1, type=options.READ)
@click.option(
    "--format", "format_", type=click.Choice(FORMATS),
    help="How results are written. Default: jsonl for rows, else text. html of several documents is a folder.",
)  # fmt: skip
@options.input_format
@options.text_field
@options.id_field
@click.option(
    "--date-field", help="The field of a row with its date, as 2024-05-01 or shorter: for html over time."
)
@click.option(
    "--extracted", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="Write the text taken out of each page and PDF here; offsets refer to it.",
)  # fmt: skip
@options.min_confidence
@options.technique
@options.voice
@click.option(
    "--output", type=click.Path(readable=False, path_type=Path), help="Write here, whole or not at all."
)
@click.option(
    "--resume", is_flag=True,
    help="Go on where an earlier run of the same command broke off, if one did. Needs --output.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="Where the work is done: in this machine's processes, or by a Ray cluster.",
)  # fmt: skip
@click.option(
    "--ray-address", metavar="HOST:PORT", help="The cluster's head. Default: a cluster on this machine alone."
)
@options.jobs
@options.progress
@options.weights
def score(
    files: tuple[Path, ...],
    format_: Format | None,
    input_format: Kind | None,
    text_field: str,
    id_field: str,
    date_field: str | None,
    extracted: Path | None,
    min_confidence: float | None,
    techniques: tuple[str, ...],
    voices: tuple[str, ...],
    output: Path | None,
    resume: bool,
    engine: str,
    ray_address: str | None,
    jobs: int | None,
    progress_: progress.Kind | None,
    weights: Path,
) -> None:
    """Show which passages of FILES, or of stdin, resemble a propaganda technique.

    \b
    Examples:
      spinmark score article.txt
      wl-paste | spinmark score
      spinmark score --format json --voice author article.txt
      spinmark score comments.jsonl --text-field body > flags.jsonl
      spinmark score articles/ --format jsonl --output flags.jsonl
      spinmark score page.html --extracted texts/ --format html --output report.html
      spinmark score articles.csv --date-field published --format html --output report/
      spinmark score huge.jsonl.gz --output flags.jsonl --resume

    FILES may be folders and patterns. Rows keep their order, one out for one in; a row that cannot be read
    becomes a row with its error. The exit code is 0 whatever is found, 1 where something could not be read or
    written, 2 for a wrong usage.
    """
    files = files or _stdin()
    has_rows = any(holds_rows(file, input_format) for file in files)
    many = holds_many(files, input_format)
    format_ = format_ or ("jsonl" if has_rows else "text")
    writing: Writing[Any] = writing_as(format_, named=files != (STDIN,), many=many, output=output)
    is_folder = format_ == "html" and many
    _refuse_misuse(format_, output, resume=resume, engine=engine, extracted=extracted, is_folder=is_folder)
    analysis = Analysis(
        writing.render,
        weights,
        min_confidence=min_confidence,
        techniques=techniques or None,
        voices=voices or None,
    )
    input_bytes = bytes_in(files, input_format)
    pool = pool_for(analysis, jobs, input_bytes, many=many)
    fields = Fields(text_field, id_field, date_field)
    tally = Tally()
    try:
        model = read_card(weights / "card.toml").model
        identity = {
            "spinmark": version("spinmark"),
            # The card alone tells the model and all that turns its scores into confidences.
            "model": hashlib.sha256((weights / "card.toml").read_bytes()).hexdigest(),
            "--format": format_,
            "--input-format": input_format,
            "--text-field": text_field,
            "--id-field": id_field,
            "--date-field": date_field,
            "--extracted": None if extracted is None else str(extracted),
            "--min-confidence": min_confidence,
            "--technique": sorted(techniques),
            "--voice": sorted(voices),
            "input": list(map(str, files)),
        }
        kind = progress.kind_for(progress_, results_on_terminal=output is None and sys.stdout.isatty())
        writer: Writer[Any]
        with ExitStack() as stack:
            shown = stack.enter_context(Progress(kind, input_bytes))
            results = stack.enter_context(results_apart()) if engine == "ray" else None
            if is_folder and output is not None:
                out = Output(str(output))  # nothing is written to it
                several = len(files) > 1 or any(map(is_many, files))
                writer = stack.enter_context(corpus_folder(output, model, several=several))
            else:
                if results is not None and output is None:
                    out = Output("stdout", results)
                elif format_ in RECORDED and engine == "local":
                    out = stack.enter_context(
                        recorded_destination(output, identity, _regular(files), resume=resume)
                    )
                else:
                    out = stack.enter_context(destination(output))
                writer = stack.enter_context(writing.writer(out, model))
            if engine == "local":
                stack.enter_context(pool)
            _tell_start(out, shown)

            def notice(source: str, sentence: str) -> None:
                shown.say(f"spinmark: {printable(source)}: {sentence}")

            items = documents(
                files,
                input_format,
                fields,
                notice=notice,
                count=shown.count,
                extracted=extracted,
            )
            done = (
                rows(shown.watch(items), pool, tally, out.journal)
                if engine == "local"
                else rows_of_cluster(
                    files,
                    input_format,
                    fields,
                    analysis,
                    tally,
                    workers=jobs,
                    address=ray_address,
                    notice=notice,
                )
            )
            whole = out.journal is None or not out.journal.start.rows  # else the rows before are not seen
            seen = _Seen(
                fields,
                ids=has_rows and whole and id_field != Fields().id,
                dates=is_folder and date_field is not None,
            )
            with _told_if_broken_off(out, shown):
                untold = _write(seen.watch(done), writer, shown, tally)
            for sentence in seen.said():
                shown.say(f"spinmark: {sentence}")
            shown.finish(tally)
    except OptionError as error:
        raise click.UsageError(str(error)) from error
    except SpinmarkError as error:
        raise click.ClickException(str(error)) from error
    if tally.rows > 1 and tally.unscored:
        click.echo(f"spinmark: {', '.join(tally.passed_over())}", err=True)
    if tally.failed:
        first = f"; the first: {printable(untold)}" if untold is not None and whole else ""
        click.echo(f"spinmark: {', '.join(tally.said())}{first}", err=True)
        sys.exit(1)


def _stdin() -> tuple[Path, ...]:
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError("Give FILES, or a text through stdin.")
    return (STDIN,)


def _refuse_misuse(
    format_: Format,
    output: Path | None,
    *,
    resume: bool,
    engine: str,
    extracted: Path | None,
    is_folder: bool,
) -> None:
    """Raise click.UsageError for options that do not go together."""
    if resume and format_ not in RECORDED:
        raise click.UsageError(f"--resume is for {', '.join(f for f in FORMATS if f in RECORDED)}.")
    if engine == "ray" and (resume or extracted is not None):
        raise click.UsageError("--resume and --extracted are for --engine local.")
    if output is not None and output.is_dir() and not is_folder:
        raise click.UsageError(f"--output {printable(str(output))} is a folder; give the name of a file.")


def _write(done: Iterable[Row[Any]], writer: Writer[Any], shown: Progress, tally: Tally) -> str | None:
    """Write rows as they come; return why the first has no result whose place in the output alone says so."""
    untold: str | None = None
    for row in done:
        if row.document is not None and row.error is None:
            writer.result(row.source, row.document, row.result)
        elif row.problem is not None:
            writer.problem(row.problem)
            shown.say(f"spinmark: {printable(str(row.problem))}")
        elif row.error is not None:
            if writer.error(row.source, row.error):
                untold = untold or row.error.reason
            else:
                shown.say(f"spinmark: {printable(row.source)}: {row.error.reason}")
        shown.update(tally)
    return untold


class _Seen:
    """What the rows of a run did not have, though they were to have it."""

    def __init__(self, fields: Fields, *, ids: bool, dates: bool) -> None:
        """`ids` and `dates` say that it matters whether any row has one."""
        self._without_id = ids
        self._without_date = dates
        self._fields = fields
        self._documents = 0

    def watch(self, done: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
        """Pass rows on."""
        for row in done:
            if row.document is not None:
                self._documents += 1
                self._without_id = self._without_id and row.document.id is None
                date = row.document.date
                self._without_date = self._without_date and (date is None or day_of(date) is None)
            yield row

    def said(self) -> Iterator[str]:
        """Yield sentences for those who gave the name of a field that is nowhere."""
        if self._documents and self._without_id:
            yield f"no row has an id in the field {self._fields.id!r}"
        if self._documents and self._without_date:
            yield f"no row has a date such as 2024-05-01 in the field {self._fields.date!r}: nothing over time"


def _regular(files: tuple[Path, ...]) -> list[Path]:
    return [file for file in files if file != STDIN and file.is_file()]


def _tell_start(out: Output, shown: Progress) -> None:
    """Say what becomes of an earlier run."""
    journal = out.journal
    if journal is None:
        return
    if journal.discarded_rows:
        shown.say(
            f"spinmark: an earlier run got through {journal.discarded_rows:,} rows, which are done anew; "
            "--resume would have gone on from there"
        )
    for name in journal.changed_inputs:
        shown.say(f"spinmark: {printable(name)}: has changed since the run began")
    if journal.start.rows:
        shown.say(f"spinmark: going on behind {journal.start.rows:,} rows")


@contextmanager
def _told_if_broken_off(out: Output, shown: Progress) -> Iterator[None]:
    """Say how to go on with a run that does not come to its end."""
    try:
        yield
    except ResumeError:
        raise  # which says that going on is impossible
    except BaseException:
        if out.journal is not None and out.journal.recorded_rows:
            shown.say(
                f"spinmark: stopped; the same command with --resume goes on behind "
                f"{out.journal.recorded_rows:,} rows"
            )
        raise
