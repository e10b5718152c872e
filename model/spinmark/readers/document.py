"""What a reader gives: a document, or a row that holds none."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import PurePath

from spinmark.report import json_line

Notice = Callable[[str], None]
"""Takes a sentence about a source that was read, but not as it announced itself."""

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A text to analyse; `id` and `date` as its source gives them.

    `prose` is what the detector is to read in place of `text`: as long, with blanks where no prose stands and
    quotation marks around block quotes.
    `extracted` says that `text` was taken out of a page or a PDF. `file` holds the text, and nothing else.
    """

    id: str | int | None
    text: str
    date: str | None = None
    prose: str | None = None
    extracted: bool = False
    file: PurePath | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that holds no text, with the reason."""

    id: str | int | None
    reason: str

    def to_json(self) -> str:
        return json_line({"id": self.id, "error": self.reason})


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of a row hold its text, its id and its date."""

    text: str = "text"
    id: str = "id"
    date: str | None = None


MAX_NAMES = 5
"""How many names of fields are shown where another is missing."""

MAX_NAME_CHARS = 40


def missing(what: str, name: str, there: Collection[str]) -> str:
    """Return what to say where the text is not in the field, or whatever `what` it is, with those that are there.

    >>> missing("field", "text", ["id", "body"])
    "has no field 'text' among 'id', 'body'; --text-field names another"
    """
    shown = [repr(n if len(n) <= MAX_NAME_CHARS else n[: MAX_NAME_CHARS - 1] + "…") for n in there]
    if len(shown) > MAX_NAMES:
        shown[MAX_NAMES:] = [f"{len(shown) - MAX_NAMES} more"]
    among = f" among {', '.join(shown)}" if shown else ""
    return f"has no {what} {name!r}{among}; --text-field names another"


def undecoded(text: str) -> bool:
    """Return whether bytes stand in `text` that its encoding has no character for."""
    return _ESCAPED_BYTE.search(text) is not None
