"""What a server says when it is asked as the extension asks, and as those ask whom it must refuse."""

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinmark.doctor import SENTENCE, TECHNIQUE, Finding, Setting
from spinmark.locality import open_files, peers
from spinmark_server.guards import MARK_HEADER, MARK_VALUE
from spinmark_server.listener import IDENT

TIMEOUT_S = 10.0
"""An answer takes milliseconds; a server that is busy with the longest text lets a short one pass in seconds."""

EXTENSION_ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
FOREIGN_ORIGIN = "https://news.example"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is the JSON document or None."""

    status: int
    server: str | None
    body: Any


class Caller:
    """Asks one address, as the extension would."""

    def __init__(self, host: str, port: int, token: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._address = (host, port)
        self._token = token
        self._timeout_s = timeout_s

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def check(self, text: str, **headers: str) -> Answer:
        usual = {"Content-Type": "application/json", MARK_HEADER: MARK_VALUE}
        return self._ask("POST", "/v1/check", json.dumps({"text": text}), usual | headers)

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        """Send one request. Raises: OSError or http.client.HTTPException where nothing answers in HTTP."""
        token = {} if self._token is None else {"Authorization": f"Bearer {self._token}"}
        with closing(http.client.HTTPConnection(*self._address, timeout=self._timeout_s)) as connection:
            connection.request(method, path, body, {**headers, **token})
            response = connection.getresponse()
            content = response.read()
        try:
            document = json.loads(content)
        except ValueError:
            document = None
        return Answer(response.status, response.getheader("Server"), document)


def visit(setting: Setting, proc: Path = Path("/proc")) -> Iterator[Finding]:
    """Ask what listens at the address; if it is ours, whether it is of this version and answers the extension."""
    place = f"http://{_bracketed(setting.host)}:{setting.port}"
    host = "127.0.0.1" if setting.host in ("0.0.0.0", "::", "localhost") else setting.host
    caller = Caller(host, setting.port, setting.token)
    stranger = Finding(
        "server",
        "fault",
        f"Another program listens on {place}.",
        "Choose another port with `spinmark serve --port` and in the extension's options, or stop that program.",
    )
    try:
        answer = caller.get("/v1/health")
    except ConnectionRefusedError:
        start = "spinmark serve" if setting.port == 8712 else f"spinmark serve --port {setting.port}"
        yield Finding(
            "server",
            "note",
            f"Port {setting.port} is free: no server runs there.",
            f"Start one with `{start}` for the browser; `--install` with it does so at every login.",
        )
        return
    except TimeoutError:
        yield Finding(
            "server",
            "fault",
            f"Something listens on {place} and did not answer in {TIMEOUT_S:.0f} s.",
            f"Stop that process{_named(listening_process(proc, setting.port))} and start `spinmark serve` anew.",
        )
        return
    except http.client.HTTPException:
        yield stranger
        return
    except OSError as error:
        yield Finding(
            "server",
            "fault",
            f"{place} cannot be reached ({error.strerror or error}).",
            "Let a firewall on this machine pass connections to its own loopback address.",
        )
        return
    if answer.server != IDENT:
        yield stranger
    elif answer.status == 401:
        yield Finding(
            "server",
            "fault",
            f"Spinmark on {place} asks for a token, and {'another one' if setting.token else 'none'} was given.",
            "Give doctor and the extension's options the token that the server started with, in SPINMARK_TOKEN here.",
        )
    elif answer.status != 200 or not isinstance(answer.body, dict):
        yield Finding(
            "server",
            "fault",
            f"Spinmark on {place} answered its health with status {answer.status}.",
            f"Stop that process{_named(listening_process(proc, setting.port))} and start `spinmark serve` anew.",
        )
    else:
        process = listening_process(proc, setting.port)
        yield staleness(setting, answer.body, process)
        yield reach(caller)
        yield strangers(caller)
        if process is not None:
            yield server_locality(process)


def staleness(setting: Setting, health: Mapping[str, Any], process: Path | None) -> Finding:
    """Compare a running server with what is installed."""
    running, model = health.get("version"), health.get("model") or {}
    again = (
        f"Stop it{_named(process)} and start `spinmark serve` anew, or log out and in if it starts at login."
    )
    if running != setting.version:
        found = f"The server is of version {running}, installed is {setting.version}: it was started before an upgrade."
        return Finding("server", "fault", found, again)
    if setting.model is not None and model.get("sha256") != setting.model.sha256:
        found = f"The server runs the model {model.get('name')} {model.get('version')} of other weights than those here."
        return Finding("server", "fault", found, again)
    return Finding("server", "ok", f"A server of this version ({running}) answers on port {setting.port}.")


def reach(caller: Caller) -> Finding:
    """Ask as the extension's background does, from Chromium and from Firefox."""
    extensions = (EXTENSION_ORIGIN, "moz-extension://11111111-2222-4333-8444-555555555555")
    try:
        techniques = caller.get("/v1/techniques", **{"Sec-Fetch-Site": "none"})
        reports = [caller.check(SENTENCE, Origin=o, **{"Sec-Fetch-Site": "none"}) for o in extensions]
    except (OSError, http.client.HTTPException) as error:
        return _unreached(f"The server broke off ({type(error).__name__})")
    for answer in (techniques, *reports):
        if answer.status == 429:
            return Finding(
                "reach", "note", "The server is busy with other texts.", "Run this again in a moment."
            )
        if answer.status != 200:
            return _unreached(f"The server answered the extension's request with status {answer.status}")
    found = [{f["technique"] for f in r.body["flags"]} for r in reports]
    if not all(TECHNIQUE in techniques_found for techniques_found in found):
        return _unreached("The server does not mark the known sentence")
    return Finding("reach", "ok", "The server answers the extension's requests and marks the known sentence.")


def _unreached(what: str) -> Finding:
    return Finding("reach", "fault", f"{what}.", "Stop the server and start `spinmark serve` anew.")


def strangers(caller: Caller) -> Finding:
    """Ask as a page of a foreign site and as a rebound name would; both must be refused."""
    try:
        answers = {
            "a foreign site's page": caller.check(SENTENCE, Origin=FOREIGN_ORIGIN),
            "a foreign name": caller.check(SENTENCE, Host="news.example"),
        }
    except (OSError, http.client.HTTPException) as error:
        return Finding(
            "strangers",
            "note",
            f"The server broke off ({type(error).__name__}).",
            "Run this again in a moment.",
        )
    let_in = [who for who, answer in answers.items() if answer.status != 403]
    if let_in:
        return Finding(
            "strangers",
            "fault",
            f"The server let in {' and '.join(let_in)}.",
            "Stop the server now and report this: pages could read what it answers.",
        )
    return Finding(
        "strangers", "ok", "The server refuses requests of a foreign site's page and under a foreign name."
    )


def server_locality(process: Path) -> Finding:
    """Count a server's sockets to other machines, and its files open to write, by the system's tables."""
    beyond, written = peers(process), open_files(process)
    if beyond is None or written is None:
        return Finding("server locality", "note", "The server belongs to another user, so its sockets cannot be seen.",
                       "Run doctor as that user to count them.")  # fmt: skip
    if beyond or written:
        held = [
            *sorted(f"a socket to {host}" for host in beyond),
            *sorted(f"{file} open to write" for file in written),
        ]
        return Finding(
            "server locality",
            "fault",
            f"The server (process {process.name}) holds {', '.join(held)}.",
            "If nobody on another machine uses it, stop it, and see what the check `locality` says of this Python.",
        )
    return Finding(
        "server locality",
        "ok",
        f"The server (process {process.name}) has 0 sockets to other machines and keeps nothing in files.",
    )


def listening_process(proc: Path, port: int) -> Path | None:
    """Return the folder below /proc of the process that listens on a port, None where it cannot be known."""
    listening = "0A"
    try:
        rows = [
            row.split()
            for table in ("tcp", "tcp6")
            for row in (proc / "net" / table).read_text().splitlines()[1:]
        ]
    except OSError:
        return None
    sockets = {
        f"socket:[{row[9]}]" for row in rows if row[3] == listening and int(row[1].split(":")[1], 16) == port
    }
    for process in sorted(proc.glob("[0-9]*")):
        try:
            if any(os.readlink(fd) in sockets for fd in (process / "fd").iterdir()):
                return process
        except OSError:  # it has ended, or is another user's
            continue
    return None


def _named(process: Path | None) -> str:
    return "" if process is None else f" (process {process.name})"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
