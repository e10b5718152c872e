"""A small detector that finds phrases, the application around it, and that application on a real socket."""

import json
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from spinmark.detector import Turn
from spinmark.errors import OptionError, SpanError, UnscoredError
from spinmark.report import VOICES, Cue, Explanation, Flag, Model, Report, Span
from spinmark.taxonomy import BY_ID
from spinmark_server.admission import Admission
from spinmark_server.app import MAX_CHARS, create_app, max_body_bytes
from spinmark_server.listener import Listener

MODEL = Model("phrases", "1", "0" * 64)
PHRASES = {
    "an inevitable response": "justification_by_provocation",
    "the parking-meter tsar": "name_calling",
    "a controlled release": "euphemism",
}


class PhraseDetector:
    """Finds fixed phrases and refuses the options that the real detector refuses; a line of text is its window."""

    model = MODEL

    def __init__(self, phrases: Mapping[str, str] = PHRASES) -> None:
        self._phrases = phrases
        self.asked: list[str] = []

    def analyze(
        self,
        text: str,
        *,
        id: str | None = None,  # noqa: A002
        min_confidence: float | None = None,
        techniques: Collection[str] | None = None,
        voices: Collection[str] | None = None,
        explain: bool = False,
        turn: Turn | None = None,
    ) -> Report:
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise OptionError("min_confidence", min_confidence, "a number from 0 to 1")
        if not set(techniques or ()) <= BY_ID.keys():
            raise OptionError("techniques", techniques, "ids of techniques")
        if not set(voices or ()) <= set(VOICES):
            raise OptionError("voice", voices, "author, quoted or reported")
        for _ in text.splitlines() or [text]:
            with nullcontext() if turn is None else turn():
                self.scored()
        self.asked.append(text)
        found = (
            Flag(
                technique,
                Span(start, start + len(phrase)),
                phrase,
                0.75,
                cues=(Cue(Span(start, start + 2), 0.5),) if explain else None,
            )
            for phrase, technique in self._phrases.items()
            if (start := text.find(phrase)) >= 0 and (techniques is None or technique in techniques)
        )
        kept = (flag for flag in found if flag.confidence >= (min_confidence or 0))
        spoken = (flag for flag in kept if voices is None or flag.voice.kind in voices)
        return Report(text, tuple(sorted(spoken, key=lambda flag: flag.span)), MODEL, id=id)

    def scored(self) -> None:
        """Do what a window does when its turn has come: here, nothing."""

    def stream(self, text: str, **options: Any) -> Iterator[Flag | Report]:
        report = self.analyze(text, **options)
        yield from report.flags
        yield report

    def explain(self, text: str, span: Span, technique: str, *, turn: Turn | None = None) -> Explanation:
        """Find the cue in the first letter; white space cannot be read."""
        if not span.start < span.end <= len(text):
            raise SpanError(span.start, span.end, len(text))
        if not text[span.start : span.end].strip():
            raise UnscoredError(span.start, span.end, "nothing in it can be read")
        with nullcontext() if turn is None else turn():
            self.asked.append(text)
        return Explanation(text, technique, span, 0.75, (Cue(Span(span.start, span.start + 1), 0.5),), MODEL)


class HeldDetector(PhraseDetector):
    """Says when a window has its turn, and ends it when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def scored(self) -> None:
        self.begun.release()
        assert self.let_go.acquire(timeout=30)


@dataclass
class Client:
    """Sends what a good client sends, unless told otherwise; None takes a header away."""

    flask: FlaskClient
    host: str = "127.0.0.1:8712"

    def get(self, path: str, **headers: str | None) -> TestResponse:
        return self.send("GET", path, b"", headers)

    def check(self, body: object, **headers: str | None) -> TestResponse:
        """POST to /v1/check; bytes go as they are, all else as JSON."""
        return self.post("/v1/check", body, **headers)

    def post(self, path: str, body: object, **headers: str | None) -> TestResponse:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"Content_Type": "application/json", "X_Spinmark": "1"}
        return self.send("POST", path, content, usual | headers)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str | None]) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in ({"Host": self.host} | headers).items()}
        given = [(name, value) for name, value in named.items() if value is not None]
        return self.flask.open(path, method=method, data=body, headers=given)


def problem_of(response: TestResponse) -> str:
    """Return the last part of a problem's type, having looked at what every problem has."""
    assert response.mimetype == "application/problem+json"
    document = json.loads(response.data)
    assert document["status"] == response.status_code
    assert document["title"]
    assert document["detail"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return document["type"].removeprefix("urn:spinmark:problem:")


@pytest.fixture
def detector() -> PhraseDetector:
    return PhraseDetector()


@pytest.fixture
def held() -> HeldDetector:
    return HeldDetector()


@pytest.fixture
def client(detector: PhraseDetector) -> Client:
    return client_of(create_app(detector))


def client_of(app: Flask) -> Client:
    return Client(app.test_client())


@pytest.fixture
def make_client() -> Callable[[Flask], Client]:
    return client_of


@pytest.fixture
def problem() -> Callable[[TestResponse], str]:
    return problem_of


@dataclass(frozen=True)
class Served:
    """An application behind waitress, on a port of its own."""

    port: int
    listener: Listener
    thread: threading.Thread

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, first_line: str, *more: str) -> bytes:
        """Return the head of a request as a good client sends it, with more header lines."""
        lines = (
            first_line,
            f"Host: 127.0.0.1:{self.port}",
            "X-Spinmark: 1",
            "Content-Type: application/json",
            *more,
        )
        return "\r\n".join((*lines, "", "")).encode()

    def exchange(self, request: bytes) -> bytes:
        """Send bytes and return all that comes until the server closes."""
        with self.connect() as sock:
            sock.sendall(request)
            return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    received = b""
    while part := sock.recv(65_536):
        received += part
    return received


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Return a function that serves a detector; further options go to the Listener."""
    running: list[Served] = []

    def start(
        detector: PhraseDetector,
        *,
        admission: Admission | None = None,
        languagetool: bool = False,
        token: str | None = None,
        **options: Any,
    ) -> Served:
        from spinmark_server.guards import Access

        admission = admission or Admission()
        sock = socket.create_server(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        access = Access.loopback(port, token=token)
        app = create_app(detector, access=access, admission=admission, languagetool=languagetool)
        listener = Listener(
            app, sock, max_body_bytes=max_body_bytes(MAX_CHARS), places=admission.places, **options
        )
        thread = threading.Thread(target=listener.run)
        thread.start()
        running.append(Served(port, listener, thread))
        return running[-1]

    yield start
    for served in running:
        served.listener.stop()
        served.thread.join(timeout=40)
        assert not served.thread.is_alive()
