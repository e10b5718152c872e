"""What a process does beyond this machine: how the promise that no text leaves it is looked at from outside."""

import ipaddress
import os
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

TELEMETRY_SWITCH = "ORT_DISABLE_TELEMETRY"
"""Where this is 1 before onnxruntime is imported, it makes no uploader, no event and no identifier.

Its official builds since 1.3x otherwise keep an identifier and events (versions, the path of the Python, the
processor; no text) in `~/.cache/Microsoft/DeveloperTools/.onnxruntime` and send them to their maker; its
`disable_telemetry_events()` comes too late for the first. Seen with 1.32 on Linux: the database stays open all the
time without the switch, and is not even made with it. Source: Privacy.md of onnxruntime.
"""

SAMPLE_EVERY_S = 0.005
"""How often the system's table is read during a block; reading it takes about a millisecond."""


def forbid_telemetry(environ: MutableMapping[str, str] = os.environ) -> None:
    """Switch off what onnxruntime would send; to be called before it is imported for the first time."""
    environ[TELEMETRY_SWITCH] = "1"


def is_local(host: str | None) -> bool:
    """Say whether an address or name means this machine: loopback, nowhere, or the name localhost."""
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or (mapped or address).is_unspecified


_ADDRESS_AT = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}
"""Audit event -> which of its arguments holds the address."""


class Outbound:
    """An audit hook for `sys.addaudithook` that notes which other machines Python's sockets are asked to reach.

    It sees the asking, whether or not it succeeds, and a name that is only looked up as well.
    """

    def __init__(self) -> None:
        self.hosts: set[str] = set()

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        place = _ADDRESS_AT.get(event)
        if place is None:
            return
        address = arguments[place]
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        unix_socket = event == "socket.connect" and not isinstance(address, tuple)
        if not unix_socket and isinstance(host, str) and not is_local(host):
            self.hosts.add(host)


def peers(process: Path) -> set[str] | None:
    """Return the other machines that a process's sockets are connected to, given its folder below /proc.

    It is the system's own table, so sockets of compiled libraries are in it. None where there is no such folder, or
    another user's.
    """
    try:
        inodes = {
            name[8:-1] for fd in (process / "fd").iterdir() if (name := _link(fd)).startswith("socket:[")
        }
        tables = [process / "net" / name for name in ("tcp", "tcp6", "udp", "udp6")]
        rows = [row.split() for t in tables if t.exists() for row in t.read_text().splitlines()[1:]]
    except OSError:
        return None
    remote = {_address(row[2].split(":")[0]) for row in rows if row[9] in inodes}
    return {address for address in remote if not is_local(address)}


def open_files(process: Path) -> set[str] | None:
    """Return the files that a process, given by its folder below /proc, holds open to write, but its first three.

    None where there is no such folder, or another user's.
    """
    try:
        numbers = [fd.name for fd in (process / "fd").iterdir() if int(fd.name) > 2]
    except OSError:
        return None
    return {str(path) for number in numbers if (path := _written(process, number)) is not None}


def _written(process: Path, number: str) -> Path | None:
    """Return the file behind a descriptor, where it is a regular one and open to write."""
    try:
        flags = (process / "fdinfo" / number).read_text().split("flags:")[1].split()[0]
        path = Path(_link(process / "fd" / number))
        return path if int(flags, 8) & os.O_ACCMODE and path.is_file() else None
    except OSError:  # closed since the folder was read
        return None


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:  # closed since the folder was read
        return ""


def _address(hexadecimal: str) -> str:
    """Return an address as people write it from how /proc/net has it: 32-bit words in the machine's order."""
    words = [hexadecimal[i : i + 8] for i in range(0, len(hexadecimal), 8)]
    packed = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    return str(ipaddress.ip_address(packed))


@contextmanager
def sampled(read: Callable[[], set[str] | None]) -> Iterator[set[str]]:
    """Give a set that collects what `read` returns before, again and again during, and after the block."""
    seen: set[str] = set()
    over = threading.Event()

    def sample() -> None:
        seen.update(read() or ())

    def repeat() -> None:
        while not over.wait(SAMPLE_EVERY_S):
            sample()

    thread = threading.Thread(target=repeat)
    sample()
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
        sample()
