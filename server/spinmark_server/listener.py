"""waitress on one socket, with bounds on time and memory and an orderly end.

waitress reads a request whole before the application sees it. What it then lacks for a server beside a
hostile web is added here: a limit on how long a request may take to arrive, refusals in the server's own
words (waitress would repeat a malformed header in its answer), and an end that loses no answer.
"""

import logging
import signal
import socket
import threading
import time
from types import FrameType

from flask import Flask
from waitress import create_server, wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask

from spinmark_server import problems
from spinmark_server.guards import RESPONSE_HEADERS
from spinmark_server.problems import Kind, Problem

IDENT = "Spinmark"  # the Server header of every answer, by which a second server knows the first

RECEIVE_TIMEOUT_S = 30.0  # from the first byte of a request to its last
IDLE_TIMEOUT_S = 60
DRAIN_TIMEOUT_S = 30.0  # for what is in flight at SIGTERM; systemd kills after 90
LINGER_S = 3.0
MAX_HEADER_BYTES = 16_384
CONNECTIONS = 64
# Beyond the threads that hold a place in the queue: one says 429 while others serve health and the page.
SPARE_THREADS = 3

_REFUSALS: dict[int, tuple[Kind, str]] = {
    413: (problems.BODY_TOO_LARGE, "The body is larger than the longest text could make it."),
    431: (problems.HEADERS_TOO_LARGE, f"The most is {MAX_HEADER_BYTES:,} bytes."),
    501: (problems.NOT_IMPLEMENTED, "Send the body with a Content-Length, or chunked."),
}
_MALFORMED = (problems.BAD_HTTP, "The request's head or its length cannot be read.")


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request on its way in, which knows since when."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.began = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        # Two lengths in one request are how requests are smuggled past a proxy; waitress would pick one.
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("two lengths")


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

    parser_class = _Parser
    error_task_class = _Refusal
    refused = False
    lingering_since: float | None = None

    def readable(self) -> bool:
        return self.lingering_since is not None or bool(super().readable())

    def writable(self) -> bool:
        return self.lingering_since is None and bool(super().writable())

    def handle_read(self) -> None:
        if self.lingering_since is None:
            super().handle_read()
        else:
            self.recv(65_536)  # closes at the end of the stream

    def handle_close(self) -> None:
        if self.refused and self.lingering_since is None and self.socket is not None:
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:  # the client has gone already
                pass
            else:
                self.lingering_since = time.monotonic()
                self.will_close = False
                return
        super().handle_close()

    @property
    def busy(self) -> bool:
        """Tell whether a request is being answered or its answer is still being sent."""
        return bool(self.requests or self.total_outbufs_len)

    def overdue(self, now: float, receive_timeout_s: float) -> bool:
        if self.lingering_since is not None:
            return now - self.lingering_since > LINGER_S
        return self.request is not None and now - self.request.began > receive_timeout_s


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
    ) -> None:
        self._receive_timeout_s = receive_timeout_s
        self._drain_timeout_s = drain_timeout_s
        self._stopping = False
        # Keeps `stop` from waking a loop that has just ended; a signal may interrupt its own thread's hold.
        self._ending = threading.RLock()
        # By itself waitress logs each time that a request has to wait.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._server = create_server(
            app,
            sockets=[sock],
            ident=IDENT,
            threads=places + SPARE_THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_TIMEOUT_S,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=max_body_bytes + 1,  # the first size that waitress refuses
            # Larger bodies and answers would go through a temporary file, and no text may touch the disk.
            inbuf_overflow=2 * max_body_bytes,
            outbuf_overflow=1 << 30,
            log_socket_errors=False,
        )
        self._server.channel_class = _Channel

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
            for number in numbers:
                signal.signal(number, signal.SIG_DFL)
            self.stop()

        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            signal.signal(number, handle)

    def _poll(self, timeout_s: float) -> None:
        wasyncore.loop(timeout=timeout_s, map=self._server._map, count=1)
        now = time.monotonic()
        for channel in self._channels():
            if channel.overdue(now, self._receive_timeout_s):
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
