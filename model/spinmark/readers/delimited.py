"""CSV and TSV: one row a document, its columns named in the first."""

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Literal

from spinmark.errors import InputError
from spinmark.readers import limits
from spinmark.readers.document import BadRow, Document, Fields, Notice, missing, undecoded
from spinmark.readers.encoding import encoding_of, spoken
from spinmark.readers.kinds import Kind

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 1024**2
"""As much is looked at to tell the encoding and whether fields are quoted."""

_DELIMITERS = {"csv": ",;\t|", "tsv": "\t"}


def read_delimited(
    stream: BinaryIO, name: str, kind: Kind, fields: Fields, notice: Notice
) -> Iterator[Document | BadRow]:
    """Yield one document or bad row for each row below the first, in order. Raises: InputError.

    A row whose quotation marks do not close costs itself and the lines that they swallow.
    """
    head = stream.read(HEAD_BYTES)
    if not head:
        raise InputError(name, "is empty, without even the names of columns")
    encoding = encoding_of(head, name, cut=len(head) == HEAD_BYTES)
    if not encoding.startswith("utf-8"):
        notice(f"read as {spoken(encoding)}")
    errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
    text = io.TextIOWrapper(
        io.BufferedReader(_Rewound(head, stream)), encoding=encoding, errors=errors, newline=""
    )
    start = head.decode(encoding, "replace")
    delimiter = _delimiter(start, kind, fields)
    quoting: Literal[0, 3] = (
        csv.QUOTE_NONE if kind == "tsv" and not _quoted(start, delimiter) else csv.QUOTE_MINIMAL
    )
    # The limit is one for the whole process: it is raised, never lowered under somebody else's feet.
    csv.field_size_limit(max(csv.field_size_limit(), limits.MAX_ROW_BYTES))
    lines = _Lines(text)
    try:
        yield from _rows(
            csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True), lines, name, fields
        )
    except UnicodeDecodeError as error:
        raise InputError(name, f"is damaged {spoken(encoding)} after line {lines.number:,}") from error


def _rows(
    rows: Iterator[list[str]], lines: "_Lines", name: str, fields: Fields
) -> Iterator[Document | BadRow]:
    try:
        columns = next(rows, list[str]())
    except csv.Error as error:
        raise InputError(name, f"has no readable names of columns ({error})") from error
    if fields.text not in columns:
        raise InputError(name, missing("column", fields.text, columns))
    text_at = columns.index(fields.text)
    id_at = columns.index(fields.id) if fields.id in columns else None
    date_at = columns.index(fields.date) if fields.date is not None and fields.date in columns else None
    while True:
        first = lines.number + 1
        lines.cut = False
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield BadRow(
                None, f"line {first} is not {'one row' if lines.number > first else 'a row'} ({error})"
            )
            continue
        if row is None:
            return
        if lines.cut:
            yield BadRow(None, f"line {first} is longer than {limits.MAX_ROW_BYTES:,} characters")
        elif not row:  # an empty line is no row
            continue
        elif len(row) != len(columns):
            yield BadRow(None, f"line {first} has {len(row)} fields, the first row has {len(columns)}")
        elif undecoded("".join(row)):
            yield BadRow(None, f"line {first} is not UTF-8")
        else:
            date = row[date_at] if date_at is not None else None
            yield Document(row[id_at] if id_at is not None else None, row[text_at], date=date or None)


def _delimiter(start: str, kind: Kind, fields: Fields) -> str:
    """Return the delimiter with which the first row names the field of the text."""
    first = start.splitlines()[0] if start.splitlines() else ""
    for delimiter in _DELIMITERS[kind]:
        if fields.text in next(csv.reader([first], delimiter=delimiter), []):
            return delimiter
    return _DELIMITERS[kind][0]


def _quoted(start: str, delimiter: str) -> bool:
    """Return whether quotation marks enclose fields here; else they belong to the texts, as TSV has it."""
    whole = start[: start.rfind("\n") + 1] or start
    try:
        for _ in csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True


class _Lines(Iterator[str]):
    """The lines of a text, none longer than a row may be; `cut` says that one was."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.number = 0
        self.cut = False

    def __next__(self) -> str:
        line = self._text.readline(limits.MAX_ROW_BYTES)
        if not line:
            raise StopIteration
        self.number += 1
        rest = line
        while len(rest) == limits.MAX_ROW_BYTES and rest[-1] not in "\r\n":
            rest = self._text.readline(limits.MAX_ROW_BYTES)
            self.cut = self.cut or bool(rest)
        return line


class _Rewound(io.RawIOBase):
    """A stream with its beginning put back."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        piece = self._head[: len(view)] if self._head else self._stream.read(len(view))
        self._head = self._head[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)
