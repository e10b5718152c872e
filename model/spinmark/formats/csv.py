"""Rows -> CSV that a spreadsheet opens without harm (RFC 4180, UTF-8).

A cell that a spreadsheet would take for a formula gets an apostrophe before it, and so does one that begins with
an apostrophe before such a sign, so that `unguarded` gives every cell back. Control characters other than tab
and line breaks are replaced one for one: the file may be shown in a terminal.
"""

import csv
import io
import re
from collections.abc import Iterable

from spinmark.formats.table import NAMES, Row, Value

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def header() -> str:
    return _lines([NAMES])


def lines(rows: Iterable[Row]) -> str:
    """Return the rows as lines of CSV, ended as the standard has it."""
    return _lines([_cell(row[name]) for name in NAMES] for row in rows)


def guarded(text: str) -> str:
    """Return `text` as a cell that is never run.

    >>> guarded('=HYPERLINK("…")'), guarded("'tis"), unguarded("'=1")
    ('\\'=HYPERLINK("…")', "'tis", '=1')
    """
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """Return what `guarded` was given, control characters apart."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value) if isinstance(value, str) else str(value)


def _lines(rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()
