"""The rows of `run.rows`, made by a Ray cluster: the same rows in the same order.

The driver cuts the files into parts of some megabytes, by lines or by Parquet's rows. Ray Data hands them to
actors, of which each loads the model once, reads its part itself and gives back what `run` would have made of it.
The order is kept, and Ray holds the actors back while the driver has not taken their rows. A part whose worker
dies is done anew by another. All workers must see the files under the same paths and have the same Spinmark.
"""

import logging
import os
import pickle
import socket
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Generic, Literal, TypeVar

from spinmark.corpus import BadRow, Document, Fields, bytes_in, documents, holds_many
from spinmark.errors import ClusterError, InputError, OptionError, SpinmarkError, installing
from spinmark.readers import Kind, expand, kind_of
from spinmark.readers.jsonl import read_jsonl
from spinmark.readers.kinds import packing_of
from spinmark.readers.opening import STDIN, lines, opened
from spinmark.readers.parquet import read_parquet, row_groups
from spinmark.run import Analysis, Row, Tally

T = TypeVar("T")

PART_BYTES = 4 * 1024**2
"""About a thousand articles, a minute of work: little is done twice after a death, and the way there is nothing."""

LEAST_PART_BYTES = 64 * 1024
PARTS_A_WORKER = 8
"""A corpus that is small for its cluster is cut into so many parts for each actor, so that none stands idle."""

MAX_RETRIES = 3
"""How often a part is done anew after its worker died. A part that kills every worker ends the run."""

MAX_BLOCKS = 10_000

REACH_TIMEOUT_S = 10.0
"""How long a cluster's head may take to answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a file, or a whole file: `start` and `end` in bytes or in rows, `before` in rows."""

    path: Path
    kind: Kind
    cut: Literal["lines", "rows"] | None = None
    start: int = 0
    end: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence on how a source was read."""

    source: str
    sentence: str


def rows(
    paths: Collection[Path],
    kind: Kind | None,
    fields: Fields,
    analysis: Analysis[T],
    tally: Tally,
    *,
    workers: int | None = None,
    address: str | None = None,
    notice: Callable[[str, str], None] = lambda source, sentence: None,  # noqa: ARG005
    part_bytes: int | None = None,
) -> Iterator[Row[T]]:
    """Yield what becomes of each document, in order, and count it.

    `address` is that of a cluster's head; without it a cluster is started on this machine and ended again, unless
    one is joined already. `workers` actors share the work, by themselves as many as the cluster has cores.
    Documents come back without their text, which is in the report where the format needs it. Ray writes what
    befalls its workers to `sys.stdout`: whoever writes results there must keep them apart.
    Raises: OptionError where Ray is missing or stdin is to be read; ClusterError.
    """
    if STDIN in paths:
        raise OptionError("engine", "ray", "files that every worker can read, not stdin")
    # Ray would report the use of its libraries to its makers.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
        from ray.data import ActorPoolStrategy, DataContext, from_items
    except ImportError as error:
        raise OptionError("engine", "ray", f"Ray to be installed: {installing('ray')}") from error
    analysis()  # weights that cannot be loaded are named here, not by every worker
    started = not ray.is_initialized()
    if started:
        if address is not None:
            _reach(address)
        try:
            ray.init(
                address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR
            )
        except Exception as error:  # Ray answers what hinders its start by errors of many kinds
            first = (str(error).strip().splitlines() or [""])[0]  # nothing of a text is in it yet
            raise ClusterError(f"{type(error).__name__}: {first}") from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current()
    before = (context.execution_options.preserve_order, context.enable_progress_bars)
    context.execution_options.preserve_order, context.enable_progress_bars = True, False
    try:
        with _told_by_its_kind():
            cores: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        most = workers or max(1, int(cores.get("CPU", 1)))
        pieces = [pickle.dumps(p) for p in parts(paths, kind, part_bytes or _part_bytes(paths, kind, most))]
        if not pieces:
            return
        with _told_by_its_kind(), warnings.catch_warnings():
            # Ray 2.64 will name the last two differently; until then this is how they are given.
            warnings.simplefilter("ignore", DeprecationWarning)
            dataset = from_items(
                [{"part": piece} for piece in pieces], override_num_blocks=min(len(pieces), MAX_BLOCKS)
            ).map_batches(
                Worker,
                fn_constructor_args=(replace(analysis, threads=1), fields, holds_many(paths, kind)),
                compute=ActorPoolStrategy(size=min(most, len(pieces))),
                batch_size=1,
                num_cpus=1,
                max_restarts=-1,
                max_task_retries=MAX_RETRIES,
            )
            answers = iter(dataset.iter_rows())
        while True:
            with _told_by_its_kind():
                answer = next(answers, None)
            if answer is None:
                return
            found: Row[T] | Notice = pickle.loads(answer["answer"])
            if isinstance(found, Notice):
                notice(found.source, found.sentence)
                continue
            tally.add(found)
            yield found
    finally:
        context.execution_options.preserve_order, context.enable_progress_bars = before
        if started:
            ray.shutdown()


@contextmanager
def _told_by_its_kind() -> Iterator[None]:
    """Turn what Ray raises, which is of many kinds and may quote a text, into what went wrong.

    Raises: ClusterError; what a worker raised on purpose, as it was.
    """
    try:
        yield
    except Exception as error:  # Ray has several roots of its errors, and raises those of Python as well
        for cause in _causes(error):
            if isinstance(cause, SpinmarkError):
                raise cause from error
        raise ClusterError(type(error).__name__) from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what lies behind it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        told = getattr(cause, "cause", None)  # where Ray keeps what a worker raised
        cause = told if isinstance(told, BaseException) else cause.__cause__


def _part_bytes(paths: Collection[Path], kind: Kind | None, workers: int) -> int:
    """Return the size of the parts that keep all workers busy to the end."""
    share = (bytes_in(paths, kind) or 0) // (PARTS_A_WORKER * workers)
    return min(PART_BYTES, max(LEAST_PART_BYTES, share))


def _reach(address: str) -> None:
    """See that somebody listens at a cluster's head, for which Ray itself waits many minutes. Raises: ClusterError."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        return  # Ray has other ways to say where a cluster is
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_TIMEOUT_S).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ClusterError(f"nothing answers at {address}: {reason}") from error


def parts(
    paths: Collection[Path], kind: Kind | None = None, part_bytes: int = PART_BYTES
) -> Iterator[Part | InputError]:
    """Yield the parts of all files, in order. JSON lines are read through once, to count them."""
    for path in expand(paths, every=kind is not None):
        if isinstance(path, InputError):
            yield path
            continue
        as_ = kind or kind_of(path)
        try:
            if packing_of(path) or as_ not in ("jsonl", "parquet") or not path.is_file():
                yield Part(path, as_)
            elif as_ == "jsonl":
                yield from _parts_by_line(path, part_bytes)
            else:
                yield from _parts_by_row(path, part_bytes)
        except InputError as error:
            yield error
        except OSError:
            yield Part(path, as_)  # whose worker says what is wrong


def _parts_by_line(path: Path, part_bytes: int) -> Iterator[Part]:
    with path.open("rb") as file:
        start = before = 0
        while piece := file.read(part_bytes):
            count = piece.count(b"\n")
            if not piece.endswith(b"\n"):
                rest = b""
                while not rest.endswith(b"\n") and (rest := file.readline(part_bytes)):
                    pass
                count += 1
            yield Part(path, "jsonl", "lines", start, file.tell(), before)
            start, before = file.tell(), before + count
    if not start:
        yield Part(path, "jsonl")  # whose worker says that there is nothing in it


def _parts_by_row(path: Path, part_bytes: int) -> Iterator[Part]:
    """Yield parts of whole row groups, or of rows of one where it alone is larger than a part."""
    start = end = 0
    size = 0.0
    for rows_, bytes_ in row_groups(path, str(path)):
        pieces = max(1, min(rows_, bytes_ // part_bytes))
        first = end
        for piece in range(1, pieces + 1):
            end = first + rows_ * piece // pieces
            size += bytes_ / pieces
            if size >= part_bytes:
                yield Part(path, "parquet", "rows", start, end)
                start, size = end, 0
    if end > start or not end:
        yield Part(path, "parquet", "rows", start, end) if end else Part(path, "parquet")


class Worker(Generic[T]):
    """An actor's work; Ray makes one for each actor."""

    def __init__(self, analysis: Analysis[T], fields: Fields, named: bool) -> None:
        self._work = analysis()
        self._fields = fields
        self._named = named

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[bytes]]]:
        """Yield the pickled answers to the parts of a batch, some at a time."""
        for piece in batch["part"]:
            part: Part | InputError = pickle.loads(piece)
            answers: list[bytes] = []
            for answer in self.answers(part):
                answers.append(pickle.dumps(answer))
                if len(answers) == 100:
                    yield {"answer": answers}
                    answers = []
            if answers:
                yield {"answer": answers}

    def answers(self, part: Part | InputError) -> Iterator[Row[T] | Notice]:
        """Yield what becomes of the documents of a part, each with what was said on the way to it."""
        if isinstance(part, InputError):
            yield Row(part.source, problem=part)
            return
        said: list[Notice] = []
        for source, item in self._items(part, lambda *words: said.append(Notice(*words))):
            yield from said
            said.clear()
            yield self._answer(source, item)
        yield from said

    def _items(
        self, part: Part, notice: Callable[[str, str], None]
    ) -> Iterator[tuple[str, Document | BadRow | InputError]]:
        name = str(part.path)
        if part.cut is None:
            yield from documents([part.path], part.kind, self._fields, notice, named=self._named)
            return
        try:
            with opened(part.path, name) as stream:
                if part.cut == "rows":
                    found = read_parquet(stream, name, self._fields, range(part.start, part.end))
                else:
                    stream.seek(part.start)
                    found = read_jsonl(_until(stream, part), self._fields, part.before + 1)
                for item in found:
                    yield name, item
        except InputError as error:
            yield name, error

    def _answer(self, source: str, item: Document | BadRow | InputError) -> Row[T]:
        if isinstance(item, InputError):
            return Row(source, problem=item)
        if isinstance(item, BadRow):
            return Row(source, error=item)
        sent = replace(item, text="", prose=None)
        try:
            done = self._work((source, item))
            assert done is not None  # a document has one
            return Row(source, sent, done.result, done.status)
        except InputError as error:
            return Row(source, sent, error=BadRow(item.id, error.reason))
        except SpinmarkError:
            raise
        except Exception as error:  # noqa: BLE001  (a fault of ours must not cost the rows behind it)
            reason = f"could not be analysed ({type(error).__name__})"  # its words could hold the text
            return Row(source, sent, error=BadRow(item.id, reason))


def _until(stream: BinaryIO, part: Part) -> Iterator[bytes | None]:
    """Yield the lines of a part: it ends with a line."""
    rest = part.end - part.start
    for line in lines(stream):
        yield line
        rest = part.end - stream.tell() if line is None else rest - len(line)
        if rest <= 0:
            return
