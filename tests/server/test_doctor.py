"""The server's checks: of this machine, as far as they are told about it, and of real servers on loopback."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from spinmark import __version__
from spinmark.doctor import Finding, Setting
from spinmark.report import Model
from spinmark_server import browsers, doctor, service
from spinmark_server.browsers import LEAST, Browser
from spinmark_server.visit import Answer, Caller, listening_process, reach, server_locality, strangers, visit

MODEL = Model("phrases", "1", "0" * 64)
ROOT = Path(__file__).parents[2]


def setting(
    port: int, *, token: str | None = None, version: str = __version__, model: Model | None = MODEL
) -> Setting:
    return Setting("127.0.0.1", port, token, version, model)


def assert_helps(finding: Finding, state: str) -> None:
    assert finding.state == state
    assert finding.found.endswith(".")
    assert (finding.advice is None) == (state == "ok")


def by_check(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def fails(error: OSError) -> Callable[[str], list[str]]:
    def resolve(_name: str) -> list[str]:
        raise error

    return resolve


def test_localhost_must_lead_to_this_machine():
    assert_helps(doctor.loopback(lambda _: ["127.0.0.1", "::1"]), "ok")
    assert_helps(doctor.loopback(fails(socket.gaierror(-2, "Name or service not known"))), "note")
    finding = doctor.loopback(lambda _: ["127.0.0.1", "192.0.2.7"])
    assert_helps(finding, "fault")
    assert "192.0.2.7" in finding.found


@pytest.mark.parametrize(
    ("host", "token", "state"),
    [
        ("127.0.0.1", None, "ok"),
        ("localhost", None, "ok"),
        ("::1", "a-token-of-sixteen", "ok"),
        ("0.0.0.0", "a-token-of-sixteen", "note"),
        ("192.0.2.7", None, "note"),
        ("desk.example", None, "note"),
        ("127.0.0.1", "short", "fault"),
        ("127.0.0.1", "sixteen or more chars", "fault"),
    ],
)
def test_a_host_beyond_loopback_is_noted_and_a_token_that_no_server_takes_a_fault(host, token, state):
    finding = doctor.exposure(host, token)
    assert_helps(finding, state)
    assert token is None or token not in finding.found


@pytest.mark.parametrize(
    ("environ", "state"),
    [
        ({}, "ok"),
        ({"http_proxy": "http://192.0.2.7:3128"}, "note"),
        ({"ALL_PROXY": "socks5://192.0.2.7"}, "note"),
        ({"HTTP_PROXY": "http://192.0.2.7:3128", "NO_PROXY": "localhost"}, "note"),
        ({"HTTP_PROXY": "http://192.0.2.7:3128", "NO_PROXY": "localhost, 127.0.0.1"}, "ok"),
        ({"http_proxy": "http://192.0.2.7:3128", "no_proxy": "*"}, "ok"),
        ({"HTTPS_PROXY": "http://192.0.2.7:3128"}, "ok"),
    ],
)
def test_a_proxy_that_other_programs_would_use_for_loopback_is_noted(environ, state):
    assert_helps(doctor.proxies(environ), state)


def test_a_free_port_is_noted_with_how_to_start():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (finding,) = visit(setting(port))
    assert_helps(finding, "note")
    assert f"spinmark serve --port {port}" in (finding.advice or "")


def test_our_own_server_passes_every_check(serve, detector):
    found = by_check(visit(setting(serve(detector).port)))
    for check in ("server", "reach", "strangers"):
        assert_helps(found[check], "ok")
    assert __version__ in found["server"].found


def test_a_server_of_another_version_or_model_is_stale(serve, detector):
    port = serve(detector).port
    older = by_check(visit(setting(port, version="99.0")))["server"]
    assert_helps(older, "fault")
    assert "99.0" in older.found
    assert __version__ in older.found
    other = by_check(visit(setting(port, model=Model("phrases", "2", "1" * 64))))["server"]
    assert_helps(other, "fault")
    assert_helps(by_check(visit(setting(port, model=None)))["server"], "ok")


@contextmanager
def answering(status: int, body: bytes, ident: str = "Other") -> Iterator[int]:
    """Serve one answer to every request and give the port."""

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = ident, ""

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def version_string(self) -> str:
            return ident

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_another_program_on_the_port_is_a_fault():
    with answering(200, b'{"status": "ok"}') as port:
        (finding,) = visit(setting(port))
    assert_helps(finding, "fault")
    assert "Another program" in finding.found


def test_a_program_that_speaks_no_http_is_another_program():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"220 mail.example ready\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        (finding,) = visit(setting(server.getsockname()[1]))
        thread.join()
    assert_helps(finding, "fault")
    assert "Another program" in finding.found


def test_a_server_that_asks_for_a_token_says_so():
    with answering(401, b"{}", "Spinmark") as port:
        (none,) = visit(setting(port))
        (wrong,) = visit(setting(port, token="a-token-of-sixteen"))
    assert_helps(none, "fault")
    assert "none was given" in none.found
    assert "another one was given" in wrong.found
    assert "a-token-of-sixteen" not in wrong.found + (wrong.advice or "")


def test_a_server_that_fails_is_to_be_started_anew():
    with answering(500, b"oops", "Spinmark") as port:
        (finding,) = visit(setting(port))
    assert_helps(finding, "fault")
    assert "500" in finding.found


class Scripted(Caller):
    """Gives the answers of a table instead of asking."""

    def __init__(self, get: Answer | OSError, *checks: Answer | OSError) -> None:
        super().__init__("127.0.0.1", 9)
        self._get = get
        self._checks = iter(checks)

    def get(self, _path: str, **_headers: str) -> Answer:
        return self._give(self._get)

    def check(self, _text: str, **_headers: str) -> Answer:
        return self._give(next(self._checks))

    @staticmethod
    def _give(answer: Answer | OSError) -> Answer:
        if isinstance(answer, OSError):
            raise answer
        return answer


OK = Answer(200, "Spinmark", {"techniques": []})
MARKED = Answer(200, "Spinmark", {"flags": [{"technique": "justification_by_provocation"}]})
REFUSED = Answer(403, "Spinmark", {})


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((OK, MARKED, MARKED), "ok"),
        ((OK, MARKED, REFUSED), "fault"),
        ((REFUSED, MARKED, MARKED), "fault"),
        ((OK, MARKED, Answer(200, "Spinmark", {"flags": []})), "fault"),
        ((OK, MARKED, Answer(429, "Spinmark", {})), "note"),
        ((OK, ConnectionResetError()), "fault"),
    ],
)
def test_the_extension_is_reached_only_where_both_browsers_get_the_known_sentence_marked(answers, state):
    assert_helps(reach(Scripted(*answers)), state)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((OK, REFUSED, REFUSED), "ok"),
        ((OK, MARKED, REFUSED), "fault"),
        ((OK, REFUSED, MARKED), "fault"),
        ((OK, TimeoutError()), "note"),
    ],
)
def test_a_foreign_page_or_name_that_is_let_in_is_a_fault(answers, state):
    assert_helps(strangers(Scripted(*answers)), state)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux has this table")
def test_the_process_that_serves_is_found_and_looked_at(tmp_path):
    code = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)\n"
        "sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        port = int(process.stdout.readline())
        assert listening_process(Path("/proc"), port) == Path("/proc") / str(process.pid)
        assert_helps(server_locality(Path("/proc") / str(process.pid)), "ok")
        process.communicate("\n")
    assert_helps(server_locality(tmp_path / "none"), "note")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux has this table")
def test_a_server_that_keeps_a_file_open_is_a_fault(tmp_path):
    code = f"import sys; f = open({str(tmp_path / 'kept.db')!r}, 'w'); print(1, flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        finding = server_locality(Path("/proc") / str(process.pid))
        process.communicate("\n")
    assert_helps(finding, "fault")
    assert "kept.db" in finding.found


def test_the_start_at_login_is_compared_with_this_python(tmp_path):
    assert_helps(doctor.at_login("linux", tmp_path, {}), "ok")
    for python, state in ((sys.executable, "ok"), ("/opt/older/bin/python", "note")):
        at = service.service_for("linux", tmp_path, {}, service.command_line(Path(python), 8712))
        at.path.parent.mkdir(parents=True, exist_ok=True)
        at.path.write_bytes(at.content)
        assert_helps(doctor.at_login("linux", tmp_path, {}), state)
    assert_helps(doctor.at_login("plan9", tmp_path, {}), "ok")


def test_a_browser_that_is_new_enough_is_enough():
    assert_helps(
        doctor.browser([Browser("chromium", "Chromium", 90), Browser("firefox", "Firefox", 153)]), "ok"
    )
    finding = doctor.browser([Browser("chromium", "Chromium", 120), Browser("firefox", "Firefox", None)])
    assert_helps(finding, "note")
    assert "chromium 120, firefox (no version)" in finding.found
    assert_helps(doctor.browser([]), "note")


def test_the_least_versions_are_the_manifests():
    manifest = json.loads((ROOT / "extension" / "manifest.json").read_text(encoding="utf-8"))
    gecko = manifest["browser_specific_settings"]["gecko"]["strict_min_version"]
    assert {"Chromium": int(manifest["minimum_chrome_version"]), "Firefox": int(gecko.split(".")[0])} == LEAST


def test_two_names_of_one_program_are_one_browser(tmp_path):
    program = tmp_path / "firefox-esr"
    program.write_text("")
    (tmp_path / "firefox").symlink_to(program)
    names = {
        "firefox": str(tmp_path / "firefox"),
        "firefox-esr": str(program),
        "chromium": "/usr/bin/chromium",
    }
    said = {
        "/usr/bin/chromium": "Chromium 156.0.1.2 built on Debian",
        str(tmp_path / "firefox"): "Mozilla Firefox 153.7.0esr",
    }
    found = list(browsers.on_path(names.get, lambda command: said.get(command[0])))
    assert found == [Browser("chromium", "Chromium", 156), Browser("firefox", "Firefox", 153)]


def test_browsers_of_a_mac_and_of_windows_are_found_where_they_are_put(tmp_path):
    chrome = tmp_path / "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    chrome.parent.mkdir(parents=True)
    chrome.write_text("")
    assert list(browsers.on_mac(tmp_path, lambda _: "Google Chrome 140.0.7000.1")) == [
        Browser("Google Chrome", "Chromium", 140)
    ]
    for version in ("99.0.1.2", "141.0.7001.1"):
        (tmp_path / "Google/Chrome/Application" / version).mkdir(parents=True)
    (tmp_path / "Mozilla Firefox").mkdir()
    (tmp_path / "Mozilla Firefox/application.ini").write_text("[App]\nName=Firefox\nVersion=150.0.1\n")
    assert list(browsers.on_windows([tmp_path])) == [
        Browser("Chrome", "Chromium", 141),
        Browser("Firefox", "Firefox", 150),
    ]


def test_a_program_that_fails_says_no_version(tmp_path):
    assert browsers.ask((str(tmp_path / "none"), "--version")) is None
    assert browsers.ask((sys.executable, "-c", "raise SystemExit(1)")) is None
    assert re.fullmatch(r"Python 3\.\d+\.\d+\S*\n", browsers.ask((sys.executable, "--version")) or "")
    assert os.access(sys.executable, os.X_OK)
