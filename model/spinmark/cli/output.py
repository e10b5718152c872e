"""Where results go: stdout, or a file that appears whole or not at all."""

import errno
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click

from spinmark.errors import ResumeError
from spinmark.growing import growing
from spinmark.journal import Journal


class Output:
    """Takes results. `journal` is None where they go to what cannot be taken back: stdout, a pipe, a device."""

    def __init__(self, name: str, file: BinaryIO | None = None, journal: Journal | None = None) -> None:
        self.journal = journal
        self._name = name
        self._file = file

    def json(self, line: str) -> None:
        """Write a line of JSON, which is UTF-8 whatever the terminal's encoding."""
        self.write(f"{line}\n".encode())

    def text(self, text: str) -> None:
        """Write what a person reads, without its colours where nobody sees them."""
        if self._file is not None or self.journal is not None:
            self.write(click.unstyle(text).encode())
            return
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        with _named(self._name):
            click.echo(text.encode(encoding, "replace").decode(encoding), nl=False, color=_colour())

    def write(self, content: bytes) -> None:
        """Write bytes as they are."""
        with _named(self._name):
            if self.journal is not None:
                self.journal.write(content)
            elif self._file is not None:
                self._file.write(content)
                self._file.flush()
            else:
                click.echo(content, nl=False)


@contextmanager
def destination(output: Path | None) -> Iterator[Output]:
    """Give what takes the results; the file `output` is there when all went well, and else is as it was.

    What cannot be written is a `click.ClickException`.
    """
    if output is None or _is_special(output):
        with _passed_on(output) as out:
            yield out
        return
    with _named(str(output)):
        _see_folder(output)
        target = output.resolve()  # a link stays and what it points to is replaced
        with growing(target, Path.touch) as temporary:
            with temporary.open("wb") as file:
                yield Output(str(output), file)
            temporary.replace(target)


@contextmanager
def recorded_destination(
    output: Path | None,
    identity: Mapping[str, object],
    inputs: Collection[Path] = (),
    *,
    resume: bool = False,
) -> Iterator[Output]:
    """Give as `destination` does what takes the results of a run that can be gone on with.

    A file is in its place once its journal is finished; what is recorded by then stays if it never is.
    `identity` and `inputs` are those of `Journal`.
    """
    if output is None or _is_special(output):
        if resume:
            raise click.UsageError("--resume needs --output with the name of a file.")
        with _passed_on(output) as out:
            yield out
        return
    with _named(str(output)):
        _see_folder(output)
        try:
            journal = Journal(output.resolve(), identity, inputs, resume=resume)
        except ResumeError as error:
            raise click.ClickException(str(error)) from error
        try:
            yield Output(str(output), journal=journal)
        finally:
            journal.leave()


def write_json(out: Output | None, line: str) -> None:
    """Write a line of JSON, to stdout where `out` is None."""
    (out or Output("stdout")).json(line)


def write_text(out: Output | None, text: str) -> None:
    """Write what a person reads, to stdout where `out` is None."""
    (out or Output("stdout")).text(text)


def _see_folder(output: Path) -> None:
    """Say that the folder is missing, not the file that is about to be made. Raises: click.ClickException."""
    if not output.parent.is_dir():
        raise click.ClickException(f"{output}: there is no folder {output.parent}")


def _is_special(output: Path) -> bool:
    """Tell whether this is a device or a pipe, which is written to and never replaced."""
    return output.exists() and not output.is_file() and not output.is_dir()


@contextmanager
def _passed_on(output: Path | None) -> Iterator[Output]:
    if output is None:
        yield Output("stdout")
        return
    with _named(str(output)), output.open("wb") as file:
        yield Output(str(output), file)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say what cannot be written. A reader that left is no fault: click ends the run quietly."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        if name == "stdout":
            _silence_stdout()
        raise click.ClickException(f"{name}: {error.strerror}") from error


def _silence_stdout() -> None:
    """Let what is left in the buffer of stdout go nowhere, or Python would fail over it once more at the end."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _colour() -> bool | None:
    """Return False where NO_COLOR asks for none; None lets click decide by the terminal."""
    return False if os.environ.get("NO_COLOR") else None
