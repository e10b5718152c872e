"""The formats of `spinmark score`: what is made of a report beside the model, and how it is written in order."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import BinaryIO, Generic, Literal, Protocol, TypeVar, cast, get_args

import click

from spinmark.cli.output import Output
from spinmark.corpus import BadRow, Document
from spinmark.errors import InputError
from spinmark.formats import csv, github, text_report
from spinmark.formats.annotations import annotation_page
from spinmark.formats.corpus_folder import CorpusFolder
from spinmark.formats.page import page
from spinmark.formats.parquet import ParquetTable
from spinmark.formats.sarif import SarifLog
from spinmark.formats.source import Source
from spinmark.formats.table import Row, error_row, rows
from spinmark.report import Model, Report

Format = Literal["text", "json", "jsonl", "csv", "parquet", "html", "w3c", "sarif", "github"]
FORMATS: tuple[Format, ...] = get_args(Format)

RECORDED: frozenset[Format] = frozenset({"text", "json", "jsonl", "csv", "w3c", "github"})
"""Formats that grow by whole rows, so that a run can be gone on with. The others have an end of their own."""

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Writer(Protocol[T_contra]):
    """Takes what becomes of each item, in order."""

    def result(self, source: str, document: Document, result: T_contra) -> None:
        """Write what was made of a document's report."""

    def error(self, source: str, row: BadRow) -> bool:
        """Write a row that has no report, if the format has a place for it, and tell whether it has."""

    def problem(self, error: InputError) -> None:
        """Note a source that could not be read."""


@dataclass(frozen=True, slots=True)
class Writing(Generic[T]):
    """A format: `render` pickles and runs where the model is, `writer` opens what is written in order."""

    render: Callable[[str, Document, Report], T]
    writer: Callable[[Output, Model], AbstractContextManager[Writer[T]]]


def writing_as(
    format_: Format, *, named: bool, many: bool, output: Path | None
) -> Writing[str] | Writing[Report] | Writing[list[Row]]:
    """Return how a format is written; `named` shows names, `many` says that there may be several documents.

    Raises: click.UsageError where the format cannot hold them or cannot go where it is to go.
    """
    if format_ == "json" and many:
        raise click.UsageError("--format json holds one report; use --format jsonl for several.")
    match format_:
        case "text":
            return Writing(AsText(named=named, spaced=many), lambda out, _: _always(_Text(out)))
        case "json" | "jsonl":
            return Writing(as_json, lambda out, _: _always(_Json(out)))
        case "csv":
            return Writing(as_csv, _csv)
        case "parquet":
            if output is None and sys.stdout.isatty():
                raise click.UsageError("--format parquet is not for a terminal; give --output.")
            return Writing(as_rows, _parquet)
        case "w3c":
            return Writing(as_is, lambda out, _: _always(_Annotations(out)))
        case "github":
            return Writing(as_is, lambda out, _: _always(_Commands(out)))
        case "sarif":
            return Writing(as_is, _sarif)
        case "html":
            if many and output is None:
                raise click.UsageError(
                    "--format html makes a folder of several documents; give its name by --output."
                )
            return Writing(as_is, lambda out, _: _always(_Page(out)))


def as_is(_source: str, _document: Document, report: Report) -> Report:
    return report


def as_json(_source: str, _document: Document, report: Report) -> str:
    return report.to_json()


def as_csv(_source: str, _document: Document, report: Report) -> str:
    return csv.lines(rows(report))


def as_rows(_source: str, _document: Document, report: Report) -> list[Row]:
    return list(rows(report))


@dataclass(frozen=True, slots=True)
class AsText:
    """A report as a person reads it, under its name if it has one."""

    named: bool
    spaced: bool

    def __call__(self, source: str, document: Document, report: Report) -> str:
        name = source if self.named else None
        name = name if document.id is None else str(document.id)
        return text_report(report, name) + ("\n" if self.spaced else "")


@contextmanager
def corpus_folder(output: Path, model: Model, *, several: bool) -> "Iterator[Writer[Report]]":
    """Give what makes the folder of a corpus, which is there when all went well.

    `several` says that rows may come from more than one source, so that an id alone does not name them.
    """
    try:
        with CorpusFolder(output, model) as folder:
            yield _Corpus(folder, several)
    except FileExistsError as error:
        raise click.UsageError(f"--output {output} {error.strerror}.") from error
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error


@contextmanager
def results_apart() -> Iterator[BinaryIO]:
    """Give a stdout of the results alone, while whatever else is printed goes to stderr: Ray prints."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as results, redirect_stdout(sys.stderr):
        yield results


def source_of(name: str, document: Document) -> Source:
    """Return where a document's text lies."""
    id_ = name if document.id is None else str(document.id)
    if document.file is not None:
        return Source(id_, document.file, exact=True)
    file = None if name == "stdin" else PurePath(name)
    # What neither is a file nor was taken out of one is a row of one.
    return Source(id_, file, part=None if document.extracted or id_ == name else id_)


class _Writer:
    """A writer without a place for what could not be read."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def error(self, source: str, row: BadRow) -> bool:  # noqa: ARG002
        return False

    def problem(self, error: InputError) -> None:
        pass


class _Text(_Writer):
    def result(self, source: str, document: Document, result: str) -> None:  # noqa: ARG002
        self._out.text(result)


class _Json(_Writer):
    def result(self, source: str, document: Document, result: str) -> None:  # noqa: ARG002
        self._out.json(result)

    def error(self, source: str, row: BadRow) -> bool:  # noqa: ARG002
        self._out.json(row.to_json())
        return True


class _Csv(_Writer):
    def result(self, source: str, document: Document, result: str) -> None:  # noqa: ARG002
        self._out.write(result.encode())

    def error(self, source: str, row: BadRow) -> bool:  # noqa: ARG002
        self._out.write(csv.lines([error_row(row.id, row.reason)]).encode())
        return True


class _Annotations(_Writer):
    def result(self, source: str, document: Document, result: Report) -> None:
        self._out.json(annotation_page(result, source_of(source, document)))


class _Commands(_Writer):
    def result(self, source: str, document: Document, result: Report) -> None:
        self._out.write(github.commands(result, source_of(source, document)).encode())


class _Page(_Writer):
    def result(self, source: str, document: Document, result: Report) -> None:
        name = None if source == "stdin" else source
        self._out.write(page(result, name if document.id is None else str(document.id)).encode())


class _Sarif(_Writer):
    def __init__(self, out: Output, log: SarifLog) -> None:
        super().__init__(out)
        self._log = log

    def result(self, source: str, document: Document, result: Report) -> None:
        self._out.write(self._log.report(result, source_of(source, document)).encode())

    def error(self, source: str, row: BadRow) -> bool:
        self._log.failure(source, row.reason)
        return False  # a log is read by few; the terminal says it too

    def problem(self, error: InputError) -> None:
        self._log.failure(error.source, error.reason)


class _Parquet(_Writer):
    def __init__(self, out: Output, table: ParquetTable) -> None:
        super().__init__(out)
        self._table = table

    def result(self, source: str, document: Document, result: list[Row]) -> None:  # noqa: ARG002
        self._table.write(result)

    def error(self, source: str, row: BadRow) -> bool:  # noqa: ARG002
        self._table.write([error_row(row.id, row.reason)])
        return True


class _Corpus:
    def __init__(self, folder: CorpusFolder, several: bool) -> None:
        self._folder = folder
        self._several = several

    def result(self, source: str, document: Document, result: Report) -> None:
        name = source if document.id is None else str(document.id)
        self._folder.add(
            result, f"{source}#{name}" if self._several and name != source else name, document.date
        )

    def error(self, source: str, row: BadRow) -> bool:  # noqa: ARG002
        self._folder.unread()
        return False

    def problem(self, error: InputError) -> None:  # noqa: ARG002
        self._folder.unread()


class _File:
    """An output as pyarrow writes to it."""

    closed = False

    def __init__(self, out: Output) -> None:
        self._out = out
        self._position = 0

    def write(self, content: bytes) -> int:
        self._out.write(content)
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        return self._position

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


@contextmanager
def _always(writer: Writer[T]) -> Iterator[Writer[T]]:
    yield writer


@contextmanager
def _csv(out: Output, _model: Model) -> Iterator[Writer[str]]:
    if out.journal is None or not out.journal.start.output_bytes:
        out.write(csv.header().encode())
    yield _Csv(out)


@contextmanager
def _sarif(out: Output, model: Model) -> Iterator[Writer[Report]]:
    log = SarifLog(model, version("spinmark"))
    out.write(log.begin().encode())
    yield _Sarif(out, log)
    out.write(log.end().encode())


@contextmanager
def _parquet(out: Output, _model: Model) -> Iterator[Writer[list[Row]]]:
    with ParquetTable(cast(BinaryIO, _File(out))) as table:
        yield _Parquet(out, table)
