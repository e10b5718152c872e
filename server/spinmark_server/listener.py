"""waitress on one socket, with bounds on time and memory and an orderly end.

waitress reads a request whole before the application sees it. What it then lacks for a server beside a
hostile web is added here: one reading of where a request ends, limits on how long a request may take to arrive
and an answer to leave, room for a new client however many sit idle, refusals and log lines in the server's own
words (waitress would repeat a malformed header in its answer, and an exception's message in its log), and an end
that loses no answer.
"""

import functools
import logging
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask

from spinmark_server import problems
from spinmark_server.chunked import ChunkedBody
from spinmark_server.guards import RESPONSE_HEADERS
from spinmark_server.problems import Kind, Problem

IDENT = "Spinmark"  # the Server header of every answer, by which a second server knows the first

RECEIVE_TIMEOUT_S = 30.0  # from the first byte of a request to its last
SEND_TIMEOUT_S = 30.0  # during which a client takes no byte of its answer
IDLE_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 30.0  # for what is in flight at SIGTERM; systemd kills after 90
LINGER_S = 3.0
MAX_HEADER_BYTES = 16_384
# A browser opens six connections to a host, but a hostile page can hold many names and frames. Above this
# number, connections that wait for their client are closed, those that have waited longest first.
MAX_CONNECTIONS = 48
# Where even the busy ones are as many as this, no more are accepted until one ends.
CONNECTION_LIMIT = 64
# Beyond the threads that hold a place in the queue: one says 429 while others serve health and the page.
SPARE_THREADS = 3

Clock = Callable[[], float]

_REFUSALS: dict[int, tuple[Kind, str]] = {
    413: (problems.BODY_TOO_LARGE, "The body is larger than the longest text could make it."),
    431: (problems.HEADERS_TOO_LARGE, f"The most is {MAX_HEADER_BYTES:,} bytes."),
    501: (problems.NOT_IMPLEMENTED, "Send the body with a Content-Length, or chunked."),
}
_MALFORMED = (problems.BAD_HTTP, "The request's head or its length cannot be read.")


class StrictParser(HTTPRequestParser):  # type: ignore[misc]
    """A request on its way in, which knows since when."""

    body_rcv: Any

    def __init__(self, adj: Adjustments, *, began: float) -> None:
        super().__init__(adj)
        self.began = began

    def parse_header(self, header_plus: bytes) -> None:
        """Read a request's head, and refuse what two programs could read differently."""
        try:
            self._parse_strictly(header_plus)
        except ParsingError:
            self.expect_continue = False
            raise
        except ValueError:  # an address or a length of thousands of digits that Python itself refuses
            self.expect_continue = False
            raise ParsingError("unreadable") from None
        # Nobody is told to go on who has no body, or one that will be refused.
        if self.body_rcv is None or self.content_length >= self.adj.max_request_body_size:
            self.expect_continue = False

    def _parse_strictly(self, header_plus: bytes) -> None:
        if b"\r\n " in header_plus or b"\r\n\t" in header_plus:
            raise ParsingError("folded header")
        super().parse_header(header_plus)
        transfer_coding = self.chunked or "TRANSFER_ENCODING" in self.headers  # 1.0 leaves it there, unread
        if transfer_coding and (self.version == "1.0" or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("two lengths")
        if self.version not in ("1.0", "1.1"):
            raise ParsingError("unknown version")
        if self.proxy_netloc and self.proxy_netloc.lower() != self.headers.get("HOST", "").lower():
            raise ParsingError("two hosts")
        if self.chunked:
            self.body_rcv = ChunkedBody(self.body_rcv.getbuf())


class _Task(WSGITask):  # type: ignore[misc]
    """Sends the head of an answer together with the first of its body: a client is woken once, not twice."""

    def write(self, data: bytes) -> None:
        if self.wrote_header:
            super().write(data)
            return
        with self.channel.together():
            super().write(data)


class _Refusal(ErrorTask):  # type: ignore[misc]
    """Answers what is no request with a problem document."""

    def execute(self) -> None:
        kind, detail = _REFUSALS.get(self.request.error.code, _MALFORMED)
        body = Problem(kind, detail).to_json().encode()
        self.status = f"{kind.status} {kind.title}"
        self.response_headers.extend((("Content-Type", problems.MEDIA_TYPE), *RESPONSE_HEADERS))
        self.set_close_on_finish()
        self.channel.refused = True
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that lingers after a refusal.

    A body that is too large is refused from its head alone. Closing then, while the client still sends,
    would make its system throw the answer away; so our side is closed first and the rest is dropped unread,
    until the client has closed too or LINGER_S is over.
    """

    task_class = _Task
    error_task_class = _Refusal
    refused = False
    _held: list[bytes] | None = None
    lingering_since: float | None = None

    def __init__(self, *arguments: object, clock: Clock, **options: object) -> None:
        self._clock = clock
        self._active_at = clock()
        super().__init__(*arguments, **options)

    def parser_class(self, adj: Adjustments) -> StrictParser:
        return StrictParser(adj, began=self._clock())

    @property
    def last_activity(self) -> float:
        """When bytes last came or went, by the listener's clock."""
        return self._active_at

    @last_activity.setter
    def last_activity(self, _: float) -> None:
        self._active_at = self._clock()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send as one what is written meanwhile."""
        held: list[bytes] = []
        self._held = held
        try:
            yield
        finally:
            self._held = None
        self.write_soon(b"".join(held))

    def write_soon(self, data: bytes) -> int:
        if self._held is not None:
            self._held.append(data)
            return len(data)
        if not self.total_outbufs_len:
            self._active_at = self._clock()  # from here on the client lets us wait
        return int(super().write_soon(data))

    def readable(self) -> bool:
        return self.lingering_since is not None or bool(super().readable())

    def writable(self) -> bool:
        return self.lingering_since is None and bool(super().writable())

    def handle_read(self) -> None:
        if self.lingering_since is None:
            super().handle_read()
        else:
            self.recv(65_536)  # closes at the end of the stream

    def handle_write(self) -> None:
        """Send what is left of an answer, after the thread that is sending it now.

        waitress looks whether that thread holds the buffers and, if so, comes back at once: where the thread had lost
        its processor right after the bytes had left, the loop asked 40,000 times during 250 checks on a busy machine.
        """
        with self.outbuf_lock:
            super().handle_write()

    def handle_close(self) -> None:
        if self.refused and self.lingering_since is None and self.socket is not None:
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:  # the client has gone already
                pass
            else:
                self.lingering_since = self._clock()
                self.will_close = False
                return
        super().handle_close()

    def handle_expt(self) -> None:
        """Close where a client sends urgent data: HTTP has none, and left unread it would wake the loop for ever."""
        self.handle_close()

    def handle_error(self) -> None:
        self.logger.exception("a connection failed")  # see without_text
        self.handle_close()

    @property
    def busy(self) -> bool:
        """Tell whether a request is being answered or its answer is still being sent."""
        return bool(self.requests or self.total_outbufs_len)

    @property
    def waits_since(self) -> float | None:
        """Since when the server waits for the client to finish a request, or to begin one; None if it does not."""
        if self.busy or self.lingering_since is not None:
            return None
        return self._active_at if self.request is None else self.request.began

    def overdue(self, now: float, *, receive_timeout_s: float) -> bool:
        if self.lingering_since is not None:
            return now - self.lingering_since > LINGER_S
        if self.total_outbufs_len and now - self._active_at > SEND_TIMEOUT_S:
            return True
        if self.waits_since is None:
            return False
        timeout_s = IDLE_TIMEOUT_S if self.request is None else receive_timeout_s
        return now - self.waits_since > timeout_s


class Listener:
    """Serve an application on a bound socket until stopped."""

    def __init__(
        self,
        app: Flask,
        sock: socket.socket,
        *,
        max_body_bytes: int,
        places: int,
        receive_timeout_s: float = RECEIVE_TIMEOUT_S,
        drain_timeout_s: float = DRAIN_TIMEOUT_S,
        clock: Clock = time.monotonic,
    ) -> None:
        self._receive_timeout_s = receive_timeout_s
        self._drain_timeout_s = drain_timeout_s
        self._clock = clock
        self._stopping = False
        # Keeps `stop` from waking a loop that has just ended; a signal may interrupt its own thread's hold.
        self._ending = threading.RLock()
        # By itself waitress logs each time that a request has to wait.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        logging.getLogger("waitress").addFilter(without_text)  # adding it again changes nothing
        self._server = create_server(
            app,
            sockets=[sock],
            ident=IDENT,
            threads=places + SPARE_THREADS,
            connection_limit=CONNECTION_LIMIT,
            channel_timeout=1 << 40,  # `_poll` closes them, by the listener's own clock
            # Reads on while a request is answered: only so is it noticed that its client has gone.
            channel_request_lookahead=1,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=max_body_bytes + 1,  # the first size that waitress refuses
            # Larger bodies and answers would go through a temporary file, and no text may touch the disk.
            inbuf_overflow=2 * max_body_bytes,
            outbuf_overflow=1 << 30,
            log_socket_errors=False,
        )
        self._server.channel_class = functools.partial(_Channel, clock=clock)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._server.active_channels)

    def run(self) -> None:
        """Serve; after `stop`, answer what has arrived and return."""
        while not self._stopping:
            self._poll(1.0 if self._server.active_channels else 30.0)
        self._drain()

    def stop(self) -> None:
        """End `run`; may be called from a signal handler and from any thread."""
        with self._ending:
            if not self._stopping:
                self._stopping = True
                self._server.pull_trigger()

    def stop_on_signals(self) -> None:
        """Let SIGTERM and SIGINT call `stop`, and a second one end the process at once."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            signal.set_wakeup_fd(-1)
            for number in numbers:
                signal.signal(number, signal.SIG_DFL)
            self.stop()

        numbers = (signal.SIGTERM, signal.SIGINT)
        # A signal just before the loop falls asleep is handled when it wakes, which may be in half a minute; so the
        # signal itself, before Python handles it, wakes the loop.
        end = self._server.trigger.trigger
        if isinstance(end, socket.socket):  # on Windows, where pipes cannot be waited for
            end.setblocking(False)
            end = end.fileno()
        else:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(end)
        for number in numbers:
            signal.signal(number, handle)

    def _poll(self, timeout_s: float) -> None:
        wasyncore.loop(timeout=timeout_s, map=self._server._map, count=1)
        now = self._clock()
        for channel in self._channels():
            if channel.overdue(now, receive_timeout_s=self._receive_timeout_s):
                channel.handle_close()
        self._make_room()

    def _make_room(self) -> None:
        surplus = self.connections - MAX_CONNECTIONS
        if surplus <= 0:
            return
        waiting = [(since, c) for c in self._channels() if (since := c.waits_since) is not None]
        waiting.sort(key=lambda pair: pair[0])
        for _, channel in waiting[:surplus]:
            channel.handle_close()

    def _drain(self) -> None:
        self._poll(0)  # take what the system has already accepted for us
        wasyncore.dispatcher.close(self._server)  # the listening socket alone; a new server may have the port
        deadline = time.monotonic() + self._drain_timeout_s
        while any(channel.busy for channel in self._channels()) and time.monotonic() < deadline:
            self._poll(0.1)
            for channel in self._channels():
                if not channel.busy and channel.lingering_since is None:
                    channel.handle_close()
        self._server.task_dispatcher.shutdown(timeout=1)
        with self._ending:
            wasyncore.close_all(self._server._map)

    def _channels(self) -> list[_Channel]:
        return list(self._server.active_channels.values())


def without_text(record: logging.LogRecord) -> bool:
    """Keep of an exception its type and place: its message, and the request's address, can hold a piece of text.

    A filter for waitress's logger, which otherwise says nothing that a client can choose.
    """
    if record.levelno < logging.WARNING:
        return False
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        record.msg, record.args = "%s in %s, line %s", (type(error).__name__, frame.filename, frame.lineno)
        record.exc_info = record.exc_text = None
    return True
