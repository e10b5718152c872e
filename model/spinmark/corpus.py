"""Files and rows -> documents to analyse; what cannot be read costs itself alone."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spinmark.errors import InputError


@dataclass(frozen=True, slots=True)
class Document:
    """A text to analyse; `id` as its source gives it."""

    id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that holds no text, with the reason."""

    id: str | None
    reason: str

    def to_json(self) -> str:
        return json.dumps({"id": self.id, "error": self.reason}, ensure_ascii=False, separators=(",", ":"))


def read_bytes(path: Path) -> bytes:
    """Return a file's content. Raises: InputError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), error.strerror or type(error).__name__) from error


def decode_utf8(content: bytes, source: str) -> str:
    """Return the text of a file, line breaks untouched, without a byte-order mark. Raises: InputError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            source,
            f"is not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start:,}, line {line:,}",
        ) from error


def read_jsonl(
    lines: Iterable[bytes], text_field: str = "text", id_field: str = "id"
) -> Iterator[Document | BadRow]:
    """Yield one document or bad row for each line, in order."""
    for number, line in enumerate(lines, start=1):
        yield _row(line, number, text_field, id_field)


def _row(line: bytes, number: int, text_field: str, id_field: str) -> Document | BadRow:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return BadRow(None, f"line {number} is not UTF-8 at byte {error.start}")
    except (json.JSONDecodeError, RecursionError) as error:
        return BadRow(None, f"line {number} is not JSON ({getattr(error, 'msg', 'nested too deeply')})")
    if not isinstance(row, dict):
        return BadRow(None, f"line {number} is not a JSON object")
    id_ = row.get(id_field)
    if id_ is not None and not isinstance(id_, str):
        id_ = json.dumps(id_, ensure_ascii=False)
    text = row.get(text_field)
    if not isinstance(text, str):
        found = "has no field" if text_field not in row else "has no string in"
        return BadRow(id_, f"line {number} {found} {text_field!r}")
    return Document(id_, text)
