"""A file that is written row by row and may be gone on with after its writer ended at any moment.

Beside `flags.jsonl` stand, until it is whole, `.flags.jsonl.partial`, which becomes it, and
`.flags.jsonl.journal`. The journal's first line says what the run is: one that differs in anything that shapes
the output must not go on with it. Each further line is a checkpoint: so many rows read, with the hash of what was
read, and so many bytes written, with theirs. A checkpoint is written once its bytes are on the disk. What the
partial file holds beyond the last one is cut off, so it does not matter where the writer ended.

Every line has a hash of its own, so a line that was only half written is no line.
"""

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from spinmark.errors import ResumeError

SCHEMA = "spinmark.journal/1"

LEAST_INTERVAL_S = 0.1
SHARE_OF_TIME = 0.05
"""Checkpoints take at most about this share of a run, however slow the disk is."""

_HASH_CHARS = 16
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a run got: `rows` read and answered, `failures` and `unscored` among them, the hash of what was read."""

    rows: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    input_sha256: str = ""
    output_bytes: int = 0
    output_sha256: str = ""
    done: bool = False
    unscored: dict[str, int] = field(default_factory=dict)


class Journal:
    """An output on its way to be whole."""

    def __init__(
        self,
        target: Path,
        identity: Mapping[str, object],
        inputs: Collection[Path] = (),
        *,
        resume: bool = False,
        clock: Callable[[], float] = time.monotonic,
        share_of_time: float = SHARE_OF_TIME,
    ) -> None:
        """Begin the output `target`, or with `resume` go on with what an earlier run left of it, if anything.

        `identity` holds everything that shapes the output, by names that a person understands. `inputs` are
        the files it is made from.
        Raises: OSError; ResumeError where another run is writing it or what is left belongs to another run.
        """
        self.target = target
        self._partial = target.with_name(f".{target.name}.partial")
        self._journal = target.with_name(f".{target.name}.journal")
        self._identity: dict[str, object] = json.loads(json.dumps(dict(identity)))
        self._inputs = _states(inputs)
        self._clock = clock
        self._share_of_time = share_of_time
        self.start = Checkpoint()
        """Where this run begins."""
        self.discarded_rows = 0
        """How far an earlier run got with which this one does not go on."""
        self.changed_inputs: tuple[str, ...] = ()
        """The files that are not as they were when the run began."""

        existed = self._partial.exists()
        self._out = self._open_alone()
        try:
            self._hash = self._take_up() if resume else self._begin()
            self._log = self._journal.open("ab")
        except BaseException:
            self._out.close()
            if not existed:
                self._journal.unlink(missing_ok=True)
                self._partial.unlink(missing_ok=True)
            raise
        self._last = self.start
        self._due = self._clock() + LEAST_INTERVAL_S

    @property
    def recorded_rows(self) -> int:
        """How many rows an end here leaves done."""
        return self._last.rows

    def write(self, content: bytes) -> None:
        """Append to the output. Raises: OSError."""
        self._out.write(content)
        self._hash.update(content)

    def is_due(self) -> bool:
        """Tell whether it is time for a checkpoint."""
        return self._clock() >= self._due

    def checkpoint(
        self,
        rows: int,
        failures: Mapping[str, int],
        input_sha256: str,
        *,
        unscored: Mapping[str, int] | None = None,
        done: bool = False,
    ) -> None:
        """Record that all that was written answers the first `rows` rows. Raises: OSError."""
        begun = self._clock()
        self._out.flush()
        os.fsync(self._out.fileno())
        last = Checkpoint(
            rows,
            dict(failures),
            input_sha256,
            self._out.tell(),
            self._hash.hexdigest(),
            done,
            dict(unscored or {}),
        )
        self._append(asdict(last))
        self._last = last
        now = self._clock()
        self._due = now + max(LEAST_INTERVAL_S, (now - begun) / self._share_of_time)

    def finish(self) -> None:
        """Put the output, whose last checkpoint was `done`, into its place. Raises: OSError."""
        assert self._last.done
        self._log.close()
        self._partial.replace(self.target)
        self._out.close()
        _sync_folder(self.target.parent)
        self._journal.unlink(missing_ok=True)

    def leave(self) -> None:
        """Close what is open. What is recorded stays for a later run; where nothing is, nothing stays."""
        for file in (self._out, self._log):
            # Closing flushes, and the disk may be full; what it cannot take lies behind the last checkpoint.
            with suppress(OSError):
                file.close()
        if not self.recorded_rows:
            self._journal.unlink(missing_ok=True)
            self._partial.unlink(missing_ok=True)

    def _open_alone(self) -> BinaryIO:
        """Open the partial file, which only one process at a time can do."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._partial, flags, 0o666)
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise ResumeError(self.target, "is being written by another run") from None
        return os.fdopen(descriptor, "r+b")

    def _begin(self) -> "hashlib._Hash":
        """Start from nothing. The journal goes first: without it no partial file counts."""
        _, _, checkpoints = self._read()
        self.discarded_rows = checkpoints[-1].rows if checkpoints else 0
        self._journal.unlink(missing_ok=True)
        self._out.truncate(0)
        with self._journal.open("xb") as self._log:
            self._append({"schema": SCHEMA, "run": self._identity, "inputs": self._inputs})
        _sync_folder(self.target.parent)
        return hashlib.sha256()

    def _take_up(self) -> "hashlib._Hash":
        """Go on behind the last checkpoint, or start from nothing where there is none."""
        run, inputs, checkpoints = self._read()
        if run is None or not checkpoints:
            return self._begin()
        for name in sorted({*run, *self._identity}):
            if run.get(name) != self._identity.get(name):
                raise ResumeError(
                    self.target,
                    f"was begun {_given(name, run)}, now {_given(name, self._identity)}; "
                    "give what was given then, or run without --resume",
                )
        self.changed_inputs = tuple(
            name for name in sorted({*inputs, *self._inputs}) if inputs.get(name) != self._inputs.get(name)
        )
        last = checkpoints[-1]
        if last.done and os.fstat(self._out.fileno()).st_size == 0 < last.output_bytes:
            # The run ended between its last two steps, with all in place.
            with suppress(FileNotFoundError), self.target.open("rb") as file:
                shutil.copyfileobj(file, self._out, _BLOCK_BYTES)
        found = _sha256(self._out, last.output_bytes)
        if self._out.tell() != last.output_bytes or found.hexdigest() != last.output_sha256:
            raise ResumeError(self._partial, "is not as the run left it; run without --resume")
        self._out.truncate(last.output_bytes)
        self.start = last
        return found

    def _read(self) -> tuple[dict[str, object] | None, dict[str, object], list[Checkpoint]]:
        """Return what the journal says up to its first line that is none, and cut the rest off."""
        try:
            content = self._journal.read_bytes()
        except FileNotFoundError:
            return None, {}, []
        entries, whole = [], 0
        for line in content.splitlines(keepends=True):
            body = line[_HASH_CHARS + 1 :].rstrip(b"\n")
            if not line.endswith(b"\n") or line[:_HASH_CHARS] != _line_hash(body):
                break
            entries.append(json.loads(body))
            whole += len(line)
        if not entries or entries[0].get("schema") != SCHEMA:
            return None, {}, []
        if whole < len(content):
            os.truncate(self._journal, whole)
        return entries[0]["run"], entries[0]["inputs"], [Checkpoint(**entry) for entry in entries[1:]]

    def _append(self, entry: dict[str, object]) -> None:
        body = json.dumps(entry).encode()
        self._log.write(_line_hash(body) + b" " + body + b"\n")
        self._log.flush()
        os.fsync(self._log.fileno())


def _given(name: str, run: Mapping[str, object]) -> str:
    """Return in words what a run was given under a name.

    >>> _given("--voice", {"--voice": ["author"]}), _given("--voice", {"--voice": []})
    ("with --voice 'author'", 'without --voice')
    """
    value = run.get(name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    return f"with {name} {', '.join(map(repr, values))}" if values else f"without {name}"


def _states(files: Collection[Path]) -> dict[str, object]:
    """Return what tells that a file was changed."""
    states: dict[str, object] = {}
    for file in files:
        with suppress(OSError):  # what cannot be read is a failure of the run, which hashes it as such
            found = file.stat()
            states[str(file)] = [found.st_size, found.st_mtime_ns]
    return states


def _line_hash(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_HASH_CHARS].encode()


def _sha256(file: BinaryIO, length: int) -> "hashlib._Hash":
    """Hash the first `length` bytes, or as many as there are, and stand behind them."""
    found = hashlib.sha256()
    file.seek(0)
    while length and (block := file.read(min(length, _BLOCK_BYTES))):
        found.update(block)
        length -= len(block)
    return found


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder last, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
