"""Documents -> rows of output, in their order: shared among processes, and recorded so that none is lost."""

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from spinmark.corpus import BadRow, Document, report_on
from spinmark.detector import WEIGHTS, Detector
from spinmark.errors import InputError, ResumeError
from spinmark.journal import Journal
from spinmark.pool import ALONE_SIZE, Failed, Pool, cores
from spinmark.report import Report, Status

T = TypeVar("T")

Item = tuple[str, Document | BadRow | InputError]
"""The name of a source with what it holds or what is wrong with it."""

FAILURES = UNREAD, UNANALYSED = "could not be read", "could not be analysed"

UNSCORED: dict[Status, str] = {
    "unsupported_language": "not scored: another language than English",
    "too_short": "not scored: too short",
}
"""Documents that were read and have a report, in which nothing is said of their text."""


MUCH_BYTES = 10 * ALONE_SIZE
"""More input than this goes to the worker processes from the first item on."""


@dataclass(frozen=True, slots=True)
class Analysis(Generic[T]):
    """How a document becomes a row; made here, it works in any process.

    `render` takes the name of the source, the document and its report, and is a function that pickles.
    """

    render: Callable[[str, Document, Report], T]
    weights: Path = WEIGHTS
    threads: int | None = None
    min_confidence: float | None = None
    techniques: tuple[str, ...] | None = None
    voices: tuple[str, ...] | None = None

    def __call__(self) -> "Callable[[Item], Analysed[T] | None]":
        """Load the model and return the function that makes the row. Raises: WeightsError."""
        detector = Detector.load(self.weights, self.threads)

        def row(item: Item) -> Analysed[T] | None:
            source, document = item
            if not isinstance(document, Document):
                return None
            report = report_on(
                document,
                detector,
                min_confidence=self.min_confidence,
                techniques=self.techniques,
                voices=self.voices,
            )
            return Analysed(self.render(source, document, report), report.status)

        return row


@dataclass(frozen=True, slots=True)
class Analysed(Generic[T]):
    """What became of a document, and the status of its report, which the result need not tell."""

    result: T
    status: Status


def pool_for(
    analysis: Analysis[T], jobs: int | None, input_bytes: int | None = None, *, many: bool = True
) -> "Pool[Item, Analysed[T] | None]":
    """Return the processes that share the work: by themselves one core each, here all of them.

    Where `input_bytes` tell that there is much to do, none of it is done here: one model less is loaded. What is
    not `many` documents is done here whatever its size, as another process would have one core for it.
    """
    much = many and input_bytes is not None and input_bytes > MUCH_BYTES
    return Pool(
        replace(analysis, threads=1),
        jobs,
        alone=replace(analysis, threads=jobs or cores()),
        size_of=size_of,
        alone_size=0 if much else ALONE_SIZE,
    )


@dataclass(slots=True)
class Tally:
    """How far a run got; `failures` counts the rows without a result, by what befell them, `unscored` by status."""

    rows: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    unscored: Counter[str] = field(default_factory=Counter)

    def add(self, row: "Row[Any]") -> None:
        """Count one row more."""
        self.rows += 1
        if row.problem is not None or row.error is not None:
            self.failures[UNREAD if row.document is None else UNANALYSED] += 1
        elif row.status in UNSCORED:
            self.unscored[row.status] += 1

    @property
    def failed(self) -> int:
        return self.failures.total()

    def said(self) -> list[str]:
        """Return what befell how many of the rows, in words; nothing where all went well."""
        return [
            f"{self.failures[what]:,} of {self.rows:,} {what}" for what in FAILURES if self.failures[what]
        ]

    def passed_over(self) -> list[str]:
        """Return how many of the rows were not scored, and why, in words."""
        return [
            f"{self.unscored[status]:,} of {self.rows:,} {why}"
            for status, why in UNSCORED.items()
            if self.unscored[status]
        ]


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One item of the input with what became of it: one of `result`, `error` and `problem` is not None.

    `status` is that of the report behind the result.
    `error` is a row that has no result, `problem` a source that could not be read or not to its end.
    """

    source: str
    document: Document | None = None
    result: T | None = None
    status: Status | None = None
    error: BadRow | None = None
    problem: InputError | None = None


def size_of(item: Item) -> int:
    """Return how much there is to do: characters."""
    content = item[1]
    return len(content.text) if isinstance(content, Document) else 0


def rows(
    items: Iterable[Item], pool: Pool[Item, Analysed[T] | None], tally: Tally, journal: Journal | None = None
) -> Generator[Row[T], None, None]:
    """Yield what becomes of each item, in order, and count it.

    With a journal, the rows that it has are passed over and how far the run gets is recorded: what belongs to a
    row must be in `journal.write` before the next is asked for, and after the last the output is in its place.
    Raises: OSError; ResumeError where the rows that the journal has are not those of `items`.
    """
    read = hashlib.sha256()
    remaining = iter(items)
    if journal is not None:
        _pass_over(remaining, read, journal)
        tally.rows = journal.start.rows
        tally.failures.update(journal.start.failures)
        tally.unscored.update(journal.start.unscored)
    for item, result in pool.map(remaining):
        _feed(read, item)
        row = _row(item, result)
        tally.add(row)
        yield row
        if journal is not None and journal.is_due():
            journal.checkpoint(tally.rows, tally.failures, read.hexdigest(), unscored=tally.unscored)
    if journal is not None:
        journal.checkpoint(tally.rows, tally.failures, read.hexdigest(), unscored=tally.unscored, done=True)
        journal.finish()


def _row(item: Item, result: Analysed[T] | Failed | None) -> Row[T]:
    source, content = item
    if isinstance(content, InputError):
        return Row(source, problem=content)
    if isinstance(content, BadRow):
        return Row(source, error=content)
    if isinstance(result, Failed):
        return Row(source, document=content, error=BadRow(content.id, result.reason))
    assert result is not None  # a document has one
    return Row(source, content, result.result, result.status)


def _pass_over(items: Iterator[Item], read: "hashlib._Hash", journal: Journal) -> None:
    """Read what was scored before and see that it is the same."""
    wanted, found = journal.start.rows, 0
    problem: InputError | None = None
    for item in islice(items, wanted):
        _feed(read, item)
        found += 1
        problem = item[1] if isinstance(item[1], InputError) else problem
    if found < wanted:
        why = "" if problem is None else f" ({problem})"
        raise ResumeError(
            journal.target, f"answers {wanted:,} rows, the input now has {found:,}{why}; run without --resume"
        )
    if wanted and read.hexdigest() != journal.start.input_sha256:
        raise ResumeError(
            journal.target,
            f"answers {wanted:,} rows that the input no longer begins with; run without --resume",
        )


def _feed(read: "hashlib._Hash", item: Item) -> None:
    """Hash everything about an item that shapes its row."""
    source, content = item
    fields: tuple[object, ...]
    if isinstance(content, Document):
        fields = (content.id, content.date, content.text, content.prose)
    elif isinstance(content, BadRow):
        fields = (content.id, content.reason)
    else:
        fields = (content.source, content.reason)
    named = "\0".join(map(repr, (type(content).__name__, source, *fields)))
    read.update(named.encode("utf-8", "surrogatepass") + b"\n")
