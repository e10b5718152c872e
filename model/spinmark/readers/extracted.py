"""The texts that were taken out of pages and PDFs -> files of their own, to which offsets refer."""

from collections import Counter
from pathlib import Path, PurePath

from spinmark.errors import InputError


class ExtractedTexts:
    """A folder of them; each is named after its source, and numbered where two sources share a name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._named: Counter[str] = Counter()

    def write(self, source: str, text: str) -> Path:
        """Write the text as UTF-8, line breaks as they are, and return where. Raises: InputError."""
        name = PurePath(source).name
        self._named[name] += 1
        number = self._named[name]
        path = self._folder / (f"{name}.txt" if number == 1 else f"{name}.{number}.txt")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "replace"))
        except OSError as error:
            raise InputError(str(path), error.strerror or type(error).__name__) from error
        return path
