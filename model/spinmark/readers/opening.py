"""Path -> a stream of its bytes, unpacked, whose faults are InputErrors."""

import gzip
import io
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from spinmark.errors import InputError
from spinmark.readers import limits
from spinmark.readers.kinds import packing_of
from spinmark.readers.needed import needed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from zstandard import ZstdDecompressionObj

STDIN = Path("-")

Count = Callable[[int], None]
"""Takes a number of bytes."""


@contextmanager
def opened(path: Path, name: str, count: Count | None = None) -> Iterator[BinaryIO]:
    """Give the unpacked bytes of the file, or of stdin for `-`. Raises: InputError, also while reading.

    `count` is told how many bytes of the file were read each time.
    """
    with ExitStack() as stack:
        if path == STDIN:
            yield sys.stdin.buffer
            return
        try:
            raw = stack.enter_context(path.open("rb", buffering=0))
        except OSError as error:
            raise InputError(name, _reason(error)) from error
        packing = packing_of(path)
        packed = _Counted(raw, count)
        if packing is None:
            source: io.RawIOBase = _Plain(packed.read, raw, name)
        else:
            source = _Unpacked(_unpacker(packing, packed, name), packed, name)
        # Small pieces, as the bytes counted tell how far a run got.
        yield io.BufferedReader(source, 16 * 1024)


def read_whole(stream: BinaryIO, name: str, max_bytes: int = limits.MAX_DOCUMENT_BYTES) -> bytes:
    """Return all bytes of the stream. Raises: InputError where there are more than `max_bytes`."""
    content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise InputError(name, f"holds more than {max_bytes:,} bytes, which is too much for one text")
    return content


def lines(stream: BinaryIO, max_bytes: int = limits.MAX_ROW_BYTES) -> Iterator[bytes | None]:
    """Yield each line; None in place of a longer one, of which no more than `max_bytes` are held at a time."""
    while line := stream.readline(max_bytes + 1):
        if len(line) <= max_bytes or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(max_bytes)
        yield None


@contextmanager
def seekable(stream: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """Give a stream that can be read from its end, through a file that nobody else sees where need be."""
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as spool:
        left = limits.MAX_SPOOLED_BYTES
        while piece := stream.read(1024**2):
            left -= len(piece)
            if left < 0:
                raise InputError(name, f"unpacks to more than {limits.MAX_SPOOLED_BYTES:,} bytes")
            spool.write(piece)
        spool.seek(0)
        yield spool


def _unpacker(packing: str, packed: "_Counted", name: str) -> Callable[[int], bytes]:
    if packing == "gzip":
        return gzip.GzipFile(fileobj=packed, mode="rb").read1
    with needed(name, "zst"):
        import zstandard
    # 128 MiB is the largest window that the format's own tools unpack without being told to.
    unpacker = zstandard.ZstdDecompressor(max_window_size=2**27)
    return _Frames(unpacker.decompressobj, packed).read


class _Frames:
    """The frames of a Zstandard file one after the other.

    The library's own stream takes a file that ends within a frame for one that ends.
    """

    PIECE_BYTES = 1024  # can unpack to 32 MiB at most: 256 blocks of one repeated byte

    def __init__(self, start: Callable[[], "ZstdDecompressionObj"], packed: "_Counted") -> None:
        self._start = start
        self._packed = io.BufferedReader(packed, 64 * 1024)
        self._frame: ZstdDecompressionObj | None = None
        self._left = b""
        self._unpacked = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return some bytes, none at the end. Raises: EOFError where a frame has none."""
        while not self._unpacked:
            piece = self._left or self._packed.read(self.PIECE_BYTES)
            self._left = b""
            if not piece:
                if self._frame is not None:
                    raise EOFError
                return b""
            self._frame = self._frame or self._start()
            self._unpacked = memoryview(self._frame.decompress(piece))
            if self._frame.eof:
                self._left, self._frame = self._frame.unused_data, None
        out = bytes(self._unpacked[:size])
        self._unpacked = self._unpacked[size:]
        return out


class _Checked(io.RawIOBase):
    """A file whose errors carry its name."""

    def __init__(self, read: Callable[[int], bytes | None], name: str) -> None:
        self._read = read
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        try:
            piece = self._read(len(view)) or b""
        except OSError as error:
            raise InputError(self._name, _reason(error)) from error
        view[: len(piece)] = piece
        return len(piece)


class _Plain(_Checked):
    """A file as it is, which can be read from any place if the system can."""

    def __init__(self, read: Callable[[int], bytes | None], raw: io.FileIO, name: str) -> None:
        super().__init__(read, name)
        self._raw = raw

    def seekable(self) -> bool:
        return self._raw.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()


class _Unpacked(_Checked):
    """What a packed file holds, as long as it does not grow out of all proportion."""

    def __init__(self, read: Callable[[int], bytes], packed: "_Counted", name: str) -> None:
        super().__init__(read, name)
        self._packed = packed
        self._bytes = 0

    def readinto(self, buffer: "WriteableBuffer") -> int:
        try:
            count = super().readinto(buffer)
        except (EOFError, zlib.error) as error:
            raise InputError(self._name, "ends early or is damaged, it cannot be unpacked") from error
        except Exception as error:  # zstandard's own error, without importing the library to name it
            if type(error).__name__ != "ZstdError":
                raise
            raise InputError(self._name, "is damaged, it cannot be unpacked") from error
        self._bytes += count
        if (
            self._bytes > limits.FREE_UNPACKED_BYTES
            and self._bytes > limits.MAX_UNPACKING_RATIO * self._packed.bytes
        ):
            raise InputError(
                self._name,
                f"unpacks to more than {limits.MAX_UNPACKING_RATIO} times its size, which no text does",
            )
        return count


class _Counted(io.RawIOBase):
    """A file as it lies on the disk, with a count of what has been read of it."""

    def __init__(self, raw: io.FileIO, count: Count | None) -> None:
        self._raw = raw
        self._tell = count
        self.bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        count = self._raw.readinto(buffer)
        self.bytes += count or 0
        if count and self._tell is not None:
            self._tell(count)
        return count


def _reason(error: OSError) -> str:
    if isinstance(error, gzip.BadGzipFile):
        return "is damaged, it cannot be unpacked"
    return error.strerror or type(error).__name__
