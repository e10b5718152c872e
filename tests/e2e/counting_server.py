"""Serve with the LanguageTool protocol on, and say on stdout what was asked and what was checked.

Run by hostile-origin.test.mjs. The first line is the port; then one line of JSON for each request, and one for
each text that reaches the detector.
"""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from spinmark.report import Model, Report
from spinmark_server.app import create_app
from spinmark_server.guards import Access
from spinmark_server.listener import Listener

mutex = threading.Lock()


def say(**what: object) -> None:
    with mutex:
        print(json.dumps(what), flush=True)


class CountingDetector:
    model = Model("counting", "1", "0" * 64)

    def analyze(self, text: str, **_: object) -> Report:
        say(checked=text)
        return Report(text, (), self.model)


class Witness:
    """WSGI middleware that reports each request with its status."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: object) -> object:
            say(
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"],
                status=int(status.split(" ")[0]),
                site=environ.get("HTTP_SEC_FETCH_SITE"),
                dest=environ.get("HTTP_SEC_FETCH_DEST"),
            )
            return start_response(status, headers, *more)

        return self._app(environ, start)


with socket.create_server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0)) as sock:
    port = sock.getsockname()[1]
    app = create_app(CountingDetector(), access=Access.loopback(port), languagetool=True)
    app.wsgi_app = Witness(app.wsgi_app)  # type: ignore[method-assign]
    listener = Listener(app, sock, max_body_bytes=10_000, places=2)
    listener.stop_on_signals()
    print(port, flush=True)
    listener.run()
