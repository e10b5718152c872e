"""Serve with a detector that says on stdout that it begins, and reads a line before it ends.

Run by test_serve.py, which sends this process signals.
"""

import socket
import sys

from spinmark.detector import Turn
from spinmark.report import Model, Report
from spinmark_server.admission import Admission
from spinmark_server.app import create_app
from spinmark_server.guards import Access
from spinmark_server.listener import Listener


class HeldDetector:
    model = Model("held", "1", "0" * 64)

    def analyze(self, text: str, *, turn: Turn, **_: object) -> Report:
        with turn():
            print("begun", flush=True)
            sys.stdin.readline()
        return Report(text, (), self.model)


with socket.create_server(("127.0.0.1", 0)) as sock:
    port = sock.getsockname()[1]
    app = create_app(HeldDetector(), access=Access.loopback(port), admission=Admission(turns=1))
    listener = Listener(app, sock, max_body_bytes=10_000, places=2)
    listener.stop_on_signals()
    print(port, flush=True)
    listener.run()
