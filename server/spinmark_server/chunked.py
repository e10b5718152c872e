"""A chunked body, read strictly and in bounded memory.

waitress reads one too, but takes a bare line feed for the end of a size, skips empty lines, and bounds neither
the line of a size nor the trailer. Where two programs read a request's length differently, one request hides
in another; what is not exactly the grammar is an error here.

Source: RFC 9112, section 7.1.
"""

import re
from enum import Enum, auto
from typing import BinaryIO

from waitress.buffers import OverflowableBuffer
from waitress.utilities import BadRequest

MAX_LINE_BYTES = 1024
MAX_TRAILER_LINES = 32

# Eight digits count to 4 GiB, far beyond any body that is taken.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]*)?")


class _Expects(Enum):
    SIZE = auto()
    DATA = auto()
    END_OF_DATA = auto()
    TRAILER = auto()


class ChunkedBody:
    """What waitress calls a receiver: takes bytes until `completed` or `error`."""

    def __init__(self, buffer: OverflowableBuffer) -> None:
        self.completed = False
        self.error: BadRequest | None = None
        self._buffer = buffer
        self._expects = _Expects.SIZE
        self._left = 0
        self._line = b""
        self._trailer_lines = 0

    def __len__(self) -> int:
        return int(self._buffer.__len__())

    def received(self, data: bytes) -> int:
        """Take in `data` and return how many of its bytes belong to this body."""
        taken = 0
        while taken < len(data) and not self.completed and self.error is None:
            if self._expects is _Expects.DATA:
                part = data[taken : taken + self._left]
                self._buffer.append(part)
                self._left -= len(part)
                if self._left == 0:
                    self._expects = _Expects.END_OF_DATA
                taken += len(part)
            else:
                taken += self._take_line(data, taken)
        return taken

    def getfile(self) -> BinaryIO:
        file: BinaryIO = self._buffer.getfile()
        return file

    def getbuf(self) -> OverflowableBuffer:
        return self._buffer

    def _take_line(self, data: bytes, start: int) -> int:
        """Take bytes up to the end of a line, and read the line once it is whole."""
        found = data.find(b"\n", start, start + MAX_LINE_BYTES)
        end = min(len(data), start + MAX_LINE_BYTES) if found < 0 else found + 1
        self._line += data[start:end]
        if len(self._line) > MAX_LINE_BYTES or (found < 0 and end < len(data)):
            self.error = BadRequest("line too long")
        elif found >= 0:
            line, self._line = self._line, b""
            if not line.endswith(b"\r\n") or not self._read_line(line[:-2]):
                self.error = BadRequest("bad chunk")
        return end - start

    def _read_line(self, line: bytes) -> bool:
        """Go on to what follows a line, and return whether the line is what was expected."""
        if self._expects is _Expects.SIZE:
            size = _SIZE.fullmatch(line)
            self._left = int(size[1], 16) if size else 0
            self._expects = _Expects.DATA if self._left else _Expects.TRAILER
            return size is not None
        if self._expects is _Expects.END_OF_DATA:
            self._expects = _Expects.SIZE
            return line == b""
        self._trailer_lines += 1
        self.completed = line == b""
        return self._trailer_lines <= MAX_TRAILER_LINES and b"\r" not in line
