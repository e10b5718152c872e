"""Where a report's text lies, for the formats that point into files."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Source:
    """`name` is what people call it; `file` holds it.

    With `exact` its text is the file's own; `part` is its id where it is a row of the file.
    """

    name: str
    file: PurePath | None = None
    exact: bool = False
    part: str | None = None

    @property
    def uri(self) -> str | None:
        """The file as a URI reference: relative stays relative.

        >>> Source("a", PurePath("notes/a b.txt")).uri
        'notes/a%20b.txt'
        """
        if self.file is None:
            return None
        if self.file.is_absolute():
            return Path(self.file).as_uri()
        return quote(self.file.as_posix().encode("utf-8", "surrogateescape"))

    @property
    def positioned(self) -> bool:
        """Whether offsets into the report's text mean anything to who opens the source."""
        return self.exact or self.part is not None or self.file is None
