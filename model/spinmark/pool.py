"""Items -> results in their order, by worker processes; a worker that dies costs no item but the one that kills it.

The work is a function that each process makes for itself once, from a `start` that pickles: a loaded model does
not travel. Items are taken by whichever process is free, one at a time while they come slowly and many at a time
while they come fast, so nothing waits for a batch to fill and nothing starves.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from spinmark.errors import InputError, ResourceError, SpinmarkError, WorkerError

A = TypeVar("A")
B = TypeVar("B")

ALONE_SIZE = 20_000
"""Items up to this size in all are worked off in this process: loading a model elsewhere takes as long."""

CHUNK_ITEMS = 32
CHUNK_SIZE = 50_000
"""How much a worker is handed at once: enough that the way there and back weighs nothing."""

WINDOW_ITEMS = 128
WINDOW_SIZE = 4_000_000
"""For each worker: how much may be read and not yet given back, so that memory does not grow with the input."""

MAX_DEATHS = 2
"""An item that was being worked on in as many processes as died is given up."""

MAX_STARTS = 3


def cores() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Failed:
    """An item that has no result. The reason never holds its text."""

    reason: str


class _Task(Generic[A, B]):
    """An item on its way."""

    __slots__ = ("deaths", "done", "item", "result", "size")

    def __init__(self, item: A, size: int) -> None:
        self.item = item
        self.size = size
        self.deaths = 0
        self.done = False
        self.result: B | Failed | SpinmarkError  # there once it is done, and may be None


class Pool(Generic[A, B]):
    """Applies a function to items in several processes.

    >>> with Pool(lambda: str.upper, jobs=1) as pool:
    ...     list(pool.map(["a", "b"]))
    [('a', 'A'), ('b', 'B')]
    """

    def __init__(
        self,
        start: Callable[[], Callable[[A], B]],
        jobs: int | None = None,
        *,
        alone: Callable[[], Callable[[A], B]] | None = None,
        size_of: Callable[[A], int] = lambda _: 1,
        alone_size: int = ALONE_SIZE,
        window_items: int = WINDOW_ITEMS,
    ) -> None:
        """Start nothing yet. `start` makes the function in a worker and `alone` makes it in this process.

        With one job everything is done in this process. The default of `jobs` is the number of cores.
        """
        self._start = start
        self._alone = alone or start
        self._jobs = jobs or cores()
        self._size_of = size_of
        self._alone_size = alone_size
        self._max_items = window_items * self._jobs
        self._max_size = WINDOW_SIZE * self._jobs

        self._changed = threading.Condition()
        # All below is guarded by `_changed`.
        self._waiting: deque[_Task[A, B]] = deque()  # read, not yet taken by a worker
        self._pending: deque[_Task[A, B]] = deque()  # read, not yet given back, in the order of the input
        self._size = 0  # of what is pending
        self._ended = False
        self._closed = False
        self._input_error: BaseException | None = None  # raised behind the results of what came before it
        self._fault: BaseException | None = None  # raised at once
        self._processes: set[BaseProcess] = set()

        self._reader: threading.Thread | None = None
        self._handlers: list[threading.Thread] = []

    def __enter__(self) -> "Pool[A, B]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, whatever they do. Items not yet given back are dropped."""
        with self._changed:
            self._closed = True
            for process in self._processes:
                process.kill()
            self._changed.notify_all()
        for handler in self._handlers:
            handler.join()
        if self._reader is not None:
            # A thread that is blocked in a read, as from a terminal, cannot be ended; as a daemon it ends with us.
            self._reader.join(timeout=0.5)

    def map(self, items: Iterable[A]) -> Generator[tuple[A, B | Failed], None, None]:
        """Yield each item with its result, in order, holding only a bounded number of them. Call it once.

        Raises: what `items` raises, behind all results before it; `SpinmarkError`s of `start` and of the work,
        but for `InputError`s, which are the item's own failure; ResourceError; WorkerError.
        """
        remaining = iter(items)
        beginning = remaining if self._jobs == 1 else self._up_to(self._alone_size, remaining)
        work: Callable[[A], B] | None = None
        for item in beginning:
            work = work or self._alone()
            result = _attempt(work, item)
            if isinstance(result, SpinmarkError):
                raise result
            yield item, result
        if self._jobs > 1:
            yield from self._shared(remaining)

    def _up_to(self, size: int, items: Iterator[A]) -> Iterator[A]:
        while size > 0:
            try:
                item = next(items)
            except StopIteration:
                return
            yield item
            size -= self._size_of(item)

    def _shared(self, items: Iterator[A]) -> Generator[tuple[A, B | Failed], None, None]:
        self._reader = threading.Thread(target=self._read, args=(items,), name="reader", daemon=True)
        self._handlers = [
            threading.Thread(target=self._handle, name=f"worker {n}", daemon=True) for n in range(self._jobs)
        ]
        for thread in (self._reader, *self._handlers):
            thread.start()
        while (task := self._next_done()) is not None:
            result = task.result
            if isinstance(result, SpinmarkError):
                raise result
            yield task.item, result

    def _next_done(self) -> _Task[A, B] | None:
        """Wait for the result that is next in order; None where there is none any more."""
        with self._changed:
            while not (self._pending and self._pending[0].done):
                if self._fault is not None:
                    raise self._fault
                if self._ended and not self._pending:
                    if self._input_error is not None:
                        raise self._input_error
                    return None
                self._changed.wait()
            task = self._pending.popleft()
            self._size -= task.size
            self._changed.notify_all()
            return task

    # The reader's thread

    def _read(self, items: Iterator[A]) -> None:
        try:
            for item in items:
                task: _Task[A, B] = _Task(item, self._size_of(item))
                with self._changed:
                    while self._is_full(task.size) and not self._closed:
                        self._changed.wait()
                    if self._closed:
                        break
                    self._waiting.append(task)
                    self._pending.append(task)
                    self._size += task.size
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001  (it belongs to the thread that asked for the items)
            with self._changed:
                self._input_error = error
        finally:
            if isinstance(items, Generator):
                items.close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _is_full(self, size: int) -> bool:
        if not self._pending:
            return False
        return len(self._pending) >= self._max_items or self._size + size > self._max_size

    # The threads that each see to one worker process

    def _handle(self) -> None:
        worker: _Worker[A, B] | None = None
        if sys.platform != "win32":
            # Ctrl-C goes to every process of a terminal. The workers inherit this thread's mask and leave it to us.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            while chunk := self._take():
                while chunk:
                    worker = worker or self._hire()
                    if worker is None:
                        return
                    try:
                        worker.send([task.item for task in chunk])
                        while chunk:
                            self._finish(chunk[0], worker.receive())
                            chunk.popleft()
                    except (EOFError, OSError):
                        exit_code = self._bury(worker)
                        worker = None
                        chunk[0].deaths += 1
                        if chunk[0].deaths >= MAX_DEATHS:
                            self._finish(chunk.popleft(), Failed(_how_it_died(exit_code)))
        except BaseException as error:  # noqa: BLE001  (the caller's thread raises it)
            with self._changed:
                self._fault = error
                self._changed.notify_all()
        finally:
            if worker is not None:
                self._bury(worker)

    def _take(self) -> deque[_Task[A, B]]:
        """Wait for tasks and return a fair share of them; none where no more will come."""
        with self._changed:
            while not self._waiting and not self._ended and not self._closed:
                self._changed.wait()
            chunk: deque[_Task[A, B]] = deque()
            if self._closed:
                return chunk
            size = 0
            most = min(CHUNK_ITEMS, -(-len(self._waiting) // self._jobs))
            while len(chunk) < most and (not chunk or size + self._waiting[0].size <= CHUNK_SIZE):
                task = self._waiting.popleft()
                size += task.size
                chunk.append(task)
            return chunk

    def _finish(self, task: _Task[A, B], result: B | Failed | SpinmarkError) -> None:
        with self._changed:
            task.result, task.done = result, True
            self._changed.notify_all()

    def _hire(self) -> "_Worker[A, B] | None":
        """Start a worker and wait until it has loaded what it needs; None where the pool was closed."""
        exit_code = None
        for _ in range(MAX_STARTS):
            worker: _Worker[A, B] = _Worker(self._start)
            with self._changed:
                self._processes.add(worker.process)
                closed = self._closed
            if closed:
                self._bury(worker)
                return None
            try:
                worker.await_ready()
            except (EOFError, OSError):
                exit_code = self._bury(worker)
                continue
            except SpinmarkError:
                self._bury(worker)
                raise
            return worker
        raise WorkerError(MAX_STARTS, exit_code)

    def _bury(self, worker: "_Worker[A, B]") -> int | None:
        with self._changed:
            self._processes.discard(worker.process)  # before it is reaped and its number goes to another
        return worker.end()


class _Worker(Generic[A, B]):
    """One process and the way to it."""

    def __init__(self, start: Callable[[], Callable[[A], B]]) -> None:
        # A fork would copy locks that other threads hold just then.
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        with theirs:
            self.process = context.Process(target=_serve, args=(theirs, start), daemon=True)
            self.process.start()

    def await_ready(self) -> None:
        """Wait until all is loaded.

        Raises: EOFError or OSError where the process ended; what it could not load, as a SpinmarkError.
        """
        error: SpinmarkError | None = self._ours.recv()
        if error is not None:
            raise error

    def send(self, items: list[A]) -> None:
        self._ours.send(items)

    def receive(self) -> B | Failed | SpinmarkError:
        received: B | Failed | SpinmarkError = self._ours.recv()
        return received

    def end(self) -> int | None:
        """Let the process go and return its exit code."""
        self._ours.close()
        self.process.kill()
        self.process.join()
        return self.process.exitcode


def _serve(connection: "Connection[object, object]", start: Callable[[], Callable[[A], B]]) -> None:
    """Work for another process until it closes the connection: first say that all is loaded, or what is wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            work = start()
        except SpinmarkError as error:
            connection.send(error)
            return
        connection.send(None)
        while True:
            for item in connection.recv():  # type: ignore[attr-defined]
                connection.send(_attempt(work, item))
    except (EOFError, OSError):
        return  # nobody reads any more


def _attempt(work: Callable[[A], B], item: A) -> B | Failed | SpinmarkError:
    try:
        return work(item)
    except InputError as error:
        return Failed(error.reason)
    except SpinmarkError as error:
        return error
    except OSError as error:
        # A full disk or too many open files would befall every row; a run that stops can be gone on with.
        return ResourceError(error.strerror or type(error).__name__)
    except Exception as error:  # noqa: BLE001  (a fault of ours must not cost the rows behind it)
        return Failed(f"could not be analysed ({type(error).__name__})")  # its words could hold the text


def _how_it_died(exit_code: int | None) -> str:
    how = signal.Signals(-exit_code).name if exit_code and exit_code < 0 else f"exit code {exit_code}"
    return f"could not be analysed (two processes ended over it, {how})"
