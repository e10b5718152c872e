"""Files and rows -> documents, and documents -> reports; what cannot be read costs itself alone."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from spinmark.detector import Detector
from spinmark.errors import InputError
from spinmark.readers import ROWS, BadRow, Document, Fields, Kind, Notice, expand, kind_of, read
from spinmark.readers.extracted import ExtractedTexts
from spinmark.readers.kinds import packing_of
from spinmark.readers.opening import STDIN, Count, opened
from spinmark.readers.walk import is_many
from spinmark.report import Report

__all__ = [
    "STDIN",
    "BadRow",
    "Document",
    "Fields",
    "documents",
    "holds_many",
    "holds_rows",
    "read_bytes",
    "report_on",
]


def read_bytes(path: Path) -> bytes:
    """Return a file's content. Raises: InputError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), error.strerror or type(error).__name__) from error


def holds_rows(path: Path, kind: Kind | None = None) -> bool:
    """Return whether the path means rows, by the format said or else by its name."""
    return (kind or kind_of(path)) in ROWS


def holds_many(paths: Collection[Path], kind: Kind | None = None) -> bool:
    """Return whether the paths may hold more than one document."""
    return len(paths) != 1 or any(is_many(path) or holds_rows(path, kind) for path in paths)


def bytes_in(paths: Collection[Path], kind: Kind | None = None) -> int | None:
    """Return how many bytes `documents` will read; None where that cannot be known before."""
    total = 0
    for path in expand(paths, every=kind is not None):
        if isinstance(path, InputError):
            continue
        if path == STDIN or not path.is_file():
            return None
        with suppress(OSError):  # said once it is to be read
            total += path.stat().st_size
    return total


def documents(
    paths: Collection[Path],
    kind: Kind | None = None,
    fields: Fields = Fields(),  # noqa: B008
    notice: Callable[[str, str], None] = lambda source, sentence: None,  # noqa: ARG005
    extracted: Path | None = None,
    count: Count | None = None,
    named: bool | None = None,
) -> Iterator[tuple[str, Document | BadRow | InputError]]:
    """Yield the name of each source with what it holds or what is wrong with it, in order.

    `kind` is the format of all of them, else each name announces its own. `notice` takes the name of a source
    and a sentence on how it was read. `count` is told how many bytes of the files were read each time. A source that
    is one document of several has its name as its id; `named` says so where the paths are some of all. What is taken
    out of pages and PDFs is written into the folder `extracted`. Raises: InputError where it cannot be.
    """
    texts = None if extracted is None else ExtractedTexts(extracted)
    for name, item in _documents(paths, kind, fields, notice, count, named):
        if texts is not None and isinstance(item, Document) and item.extracted:
            yield name, replace(item, file=texts.write(name, item.text))
        else:
            yield name, item


def _documents(
    paths: Collection[Path],
    kind: Kind | None,
    fields: Fields,
    notice: Callable[[str, str], None],
    count: Count | None,
    named: bool | None,
) -> Iterator[tuple[str, Document | BadRow | InputError]]:
    named = holds_many(paths, kind) if named is None else named
    for path in expand(paths, every=kind is not None):
        if isinstance(path, InputError):
            yield path.source, path
            continue
        name = "stdin" if path == STDIN else str(path)
        said: Notice = _about(name, notice)
        try:
            with opened(path, name, count) as stream:
                as_ = kind or kind_of(path)
                # Of a packed file no editor shows the lines, and stdin has none to go back to.
                itself = (
                    path if as_ in ("text", "markdown") and path != STDIN and not packing_of(path) else None
                )
                found = 0
                for item in read(stream, name, as_, id=name if named else None, fields=fields, notice=said):
                    found += 1
                    if itself is not None and isinstance(item, Document):
                        yield name, replace(item, file=itself)
                    else:
                        yield name, item
                if not found:
                    said("holds no rows")
        except InputError as error:
            yield name, error


def report_on(
    document: Document,
    detector: Detector,
    *,
    min_confidence: float | None = None,
    techniques: Collection[str] | None = None,
    voices: Collection[str] | None = None,
) -> Report:
    """Return the report on a document, whose offsets and quotes are those of its text. Raises: OptionError."""
    report = detector.analyze(
        document.text if document.prose is None else document.prose,
        id=document.id,
        min_confidence=min_confidence,
        techniques=techniques,
        voices=voices,
    )
    return report if document.prose is None else restored(report, document.text)


def restored(report: Report, text: str) -> Report:
    """Return a report on the prose of `text` as one on the text itself; both are equally long."""
    flags = tuple(replace(f, quote=text[f.span.start : f.span.end]) for f in report.flags)
    return replace(report, text=text, flags=flags)


def _about(name: str, notice: Callable[[str, str], None]) -> Notice:
    return lambda sentence: notice(name, sentence)
