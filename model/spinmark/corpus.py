"""Files and rows -> documents to analyse; what cannot be read costs itself alone."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spinmark.errors import InputError
from spinmark.report import json_line


@dataclass(frozen=True, slots=True)
class Document:
    """A text to analyse; `id` as its source gives it."""

    id: str | int | None
    text: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that holds no text, with the reason."""

    id: str | int | None
    reason: str

    def to_json(self) -> str:
        return json_line({"id": self.id, "error": self.reason})


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
        offset = len(content) - len(error.object) + error.start  # the codec counts from behind the mark
        line = content.count(b"\n", 0, offset) + 1
        raise InputError(
            source, f"is not UTF-8: byte 0x{content[offset]:02x} at offset {offset:,}, line {line:,}"
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
    except RecursionError:
        return BadRow(None, f"line {number} is not JSON (nested too deeply)")
    except ValueError as error:  # JSONDecodeError, or an integer of more digits than Python converts
        return BadRow(None, f"line {number} is not JSON ({getattr(error, 'msg', 'a number is too long')})")
    if not isinstance(row, dict):
        return BadRow(None, f"line {number} is not a JSON object")
    id_ = row.get(id_field)
    if isinstance(id_, bool) or not isinstance(id_, str | int | None):
        id_ = json.dumps(id_, ensure_ascii=False)
    text = row.get(text_field)
    if not isinstance(text, str):
        found = "has no field" if text_field not in row else "has no string in"
        return BadRow(id_, f"line {number} {found} {text_field!r}")
    return Document(id_, text)
