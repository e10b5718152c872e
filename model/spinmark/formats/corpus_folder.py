"""Reports -> a folder of pages that is there whole or not at all: one of the corpus, one for each flagged document."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from spinmark.formats.corpus_page import corpus_page
from spinmark.formats.page import page
from spinmark.formats.summary import CorpusSummary
from spinmark.growing import growing
from spinmark.report import Model, Report

INDEX = "index.html"


class CorpusFolder:
    """Collects reports; `folder` must not exist yet, or be empty. Raises: OSError.

    Used as a context: an end by an exception leaves nothing behind.
    """

    def __init__(self, folder: Path, model: Model, title: str | None = None) -> None:
        self.summary = CorpusSummary()
        self._folder = folder.resolve()
        self._model = model
        self._title = title or folder.name
        if self._folder.exists() and (not self._folder.is_dir() or any(self._folder.iterdir())):
            raise FileExistsError(
                17, "is there already and not empty; give another name or remove it", str(folder)
            )
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            self._growing = stack.enter_context(growing(self._folder, Path.mkdir))
            (self._growing / "documents").mkdir()
            self._until_whole = stack.pop_all()

    def add(self, report: Report, name: str, date: str | None = None) -> None:
        link = f"documents/{self.summary.documents + 1:06}.html"
        self.summary.add(report, name, date, link)
        if report.flags:
            content = page(report, name, index=f"../{INDEX}#documents")
            (self._growing / link).write_text(content, encoding="utf-8", newline="\n")

    def unread(self) -> None:
        """Count a document that could not be read."""
        self.summary.unread += 1

    def close(self) -> None:
        """Write the page of the corpus and put the folder into its place."""
        content = corpus_page(self.summary, self._model, self._title)
        (self._growing / INDEX).write_text(content, encoding="utf-8", newline="\n")
        if self._folder.exists():
            self._folder.rmdir()
        self._growing.rename(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._until_whole:
            if error is None:
                self.close()
