"""JSON lines: one object a line, one of its fields the text."""

import json
from collections.abc import Iterable, Iterator

from spinmark.readers import limits
from spinmark.readers.document import BadRow, Document, Fields, missing


def read_jsonl(
    lines: Iterable[bytes | None],
    fields: Fields = Fields(),  # noqa: B008
    first: int = 1,
) -> Iterator[Document | BadRow]:
    """Yield one document or bad row for each line, in order; None stands for a line that was too long.

    `first` is the number of the first line.
    """
    for number, line in enumerate(lines, start=first):
        if line is None:
            yield BadRow(None, f"line {number} is longer than {limits.MAX_ROW_BYTES:,} bytes")
        else:
            yield _row(line, number, fields)


def _row(line: bytes, number: int, fields: Fields) -> Document | BadRow:
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
    id_ = row.get(fields.id)
    if isinstance(id_, bool) or not isinstance(id_, str | int | None):
        id_ = json.dumps(id_, ensure_ascii=False)
    text = row.get(fields.text)
    if not isinstance(text, str):
        wrong = (
            f"has no string in {fields.text!r}" if fields.text in row else missing("field", fields.text, row)
        )
        return BadRow(id_, f"line {number} {wrong}")
    date = row.get(fields.date) if fields.date is not None else None
    return Document(id_, text, date=None if date is None else str(date))
