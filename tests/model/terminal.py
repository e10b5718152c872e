"""A terminal of the tests' own."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence

WIDTH = 90


def on_a_terminal(
    command: Sequence[str],
    *,
    stdout: bool = True,
    environment: Mapping[str, str] | None = None,
    size: tuple[int, int] = (24, WIDTH),
) -> str:
    """Run a command with a terminal as its stderr, and as its stdout if so, and return what the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    env = (
        {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | dict(environment or {})
    )
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=theirs if stdout else subprocess.DEVNULL,
        stderr=theirs,
        env=env,
    ) as child:
        os.close(theirs)
        got = bytearray()
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # Linux says so when the other side is closed
                break
            if not piece:
                break
            got += piece
        assert child.wait(timeout=600) == 0
    os.close(ours)
    return got.decode("utf-8")
