"""What a reader gives: a document, or a row that holds none."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from spinmark.report import json_line

Notice = Callable[[str], None]
"""Takes a sentence about a source that was read, but not as it announced itself."""

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A text to analyse; `id` and `date` as its source gives them.

    `prose` is what the detector is to read in place of `text`: as long, with blanks where no prose stands.
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


def undecoded(text: str) -> bool:
    """Return whether bytes stand in `text` that its encoding has no character for."""
    return _ESCAPED_BYTE.search(text) is not None
