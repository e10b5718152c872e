"""The command `serve`.

The library's command line imports this module to list its commands, so everything heavy is imported when the
command runs.
"""

from __future__ import annotations

import errno
import http.client
import ipaddress
import json
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from spinmark_server.guards import Access

# Guessing a token of this length over HTTP is hopeless.
MIN_TOKEN_CHARS = 16


def _check_token(_context: click.Context, _parameter: click.Parameter, token: str | None) -> str | None:
    if token is None:
        return None
    if len(token) < MIN_TOKEN_CHARS or not all("!" <= c <= "~" for c in token):
        raise click.BadParameter(
            f"it must be {MIN_TOKEN_CHARS} or more printable ASCII characters, without spaces"
        )
    return token


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8712,
    show_default=True,
    envvar="SPINMARK_PORT",
    show_envvar=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--token",
    envvar="SPINMARK_TOKEN",
    show_envvar=True,
    callback=_check_token,
    help="Answer only requests that carry this token. Beyond loopback one is always required; without this "
    "option it is made up and printed once. Other users of the machine can see options, but not variables.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="Folder with the model's files, instead of the packaged ones.",
)
@click.option(
    "--languagetool",
    is_flag=True,
    help="Also speak the LanguageTool protocol, at /v2/, so that editors which know it show the flags.",
)
@click.option(
    "--install",
    "at_login",
    flag_value="install",
    help="Start now and whenever you log in, with this --port, --weights and --languagetool; on loopback alone.",
)
@click.option("--uninstall", "at_login", flag_value="uninstall", help="Take that back.")
@click.option(
    "--allow-root", is_flag=True, help="Install for root's own logins, which is hardly what you want."
)
def serve(
    host: str,
    port: int,
    token: str | None,
    weights: Path | None,
    languagetool: bool,
    at_login: Literal["install", "uninstall"] | None,
    allow_root: bool,
) -> None:
    """Serve the page and the HTTP API on this machine.

    \b
    Examples:
      spinmark serve
      spinmark serve --port 9000

    Nothing that is checked leaves the process: no text is stored, logged or sent on.
    """
    if at_login is not None:
        if at_login == "install" and not (host in ("127.0.0.1", "localhost") and port and token is None):
            raise click.UsageError(
                "What starts at login serves 127.0.0.1, on a port of its own and without a token, which its file would "
                "give away; start anything else yourself."
            )
        _at_login(at_login, port, weights, languagetool, allow_root)
        return
    from spinmark import Detector
    from spinmark.errors import WeightsError
    from spinmark_server.admission import Admission
    from spinmark_server.app import MAX_CHARS, create_app, max_body_bytes
    from spinmark_server.listener import Listener
    from spinmark_server.memory import Trimmed, bound_heaps, trim

    bound_heaps()
    sock = _bind(host, port)
    with sock:
        address, port = sock.getsockname()[:2]
        loopback = ipaddress.ip_address(address).is_loopback
        made_up = token is None and not loopback
        if made_up:
            token = secrets.token_urlsafe(24)
        try:
            detector = Detector.load() if weights is None else Detector.load(weights)
        except WeightsError as error:
            raise click.ClickException(f"The model cannot be loaded. {error}") from None
        admission = Admission()
        app = create_app(
            detector,
            access=_access(host, address, port, token),
            admission=admission,
            languagetool=languagetool,
        )
        app.wsgi_app = Trimmed(app.wsgi_app, trim)  # type: ignore[method-assign]
        listener = Listener(app, sock, max_body_bytes=max_body_bytes(MAX_CHARS), places=admission.places)
        listener.stop_on_signals()
        click.echo(f"Spinmark listens on http://{_bracketed(address)}:{port}", err=True)
        if not loopback:
            click.echo("Texts sent from other machines cross the network unencrypted.", err=True)
        if made_up:
            click.echo(f"The token, shown this once: {token}", err=True)
        if token is None:
            click.echo("Open that address in a browser to paste a text. Ctrl-C stops.", err=True)
        else:
            click.echo(
                "Open that address with #token=TOKEN behind it to paste a text. Ctrl-C stops.", err=True
            )
        if languagetool:
            click.echo(f"Editors find LanguageTool at http://{_bracketed(address)}:{port}/v2", err=True)
        listener.run()


def _at_login(
    action: Literal["install", "uninstall"],
    port: int,
    weights: Path | None,
    languagetool: bool,
    allow_root: bool,
) -> None:
    """Set up or take back the start at login, and say what was done."""
    from spinmark_server import service

    try:
        if action == "install":
            service.refuse_root(os.geteuid() if hasattr(os, "geteuid") else None, allowed=allow_root)
        command = service.command_line(Path(sys.executable), port, weights, languagetool=languagetool)
        user = service.account(os.environ)
        ours = service.service_for(sys.platform, Path.home(), os.environ, command, user=user)
        act = service.install if action == "install" else service.uninstall
        for sentence in act(ours, service.run):
            click.echo(sentence)
    except service.ServiceError as error:
        raise click.ClickException(str(error)) from None


def _bind(host: str, port: int) -> socket.socket:
    """Return a listening socket."""
    try:
        # A browser may resolve "localhost" to either loopback address, but falls back to this one.
        name = "127.0.0.1" if host == "localhost" else host
        family, _, _, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise click.BadParameter(
            f"{host!r} is no address of this machine ({error.strerror}).", param_hint="--host"
        ) from None
    try:
        return socket.create_server((address[0], port), family=family)
    except OSError as error:
        raise click.ClickException(_why_not(str(address[0]), port, error)) from None


def _why_not(address: str, port: int, error: OSError) -> str:
    """Say in a sentence that helps why the address cannot be taken."""
    place = f"{_bracketed(address)}:{port}"
    if error.errno == errno.EADDRINUSE:
        return who_has(address, port)
    if error.errno == errno.EACCES:
        return f"The system does not let this user listen on {place}; choose a port above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is no address of this machine; choose another with --host."
    return f"Cannot listen on {place}: {error.strerror}."


def who_has(address: str, port: int, *, timeout_s: float = 2.0) -> str:
    """Say who listens at an address that cannot be taken, and what to do about it."""
    from spinmark import __version__
    from spinmark_server.listener import IDENT
    from spinmark_server.visit import listening_process

    place = f"http://{_bracketed(address)}:{port}"
    found = listening_process(Path("/proc"), port)
    process = "" if found is None else f" (process {found.name})"
    if ipaddress.ip_address(address).is_unspecified:
        address = "127.0.0.1"
    connection = http.client.HTTPConnection(address, port, timeout=timeout_s)
    try:
        connection.request("GET", "/v1/health")
        response = connection.getresponse()
        ours, health = response.getheader("Server") == IDENT, response.read()
    except TimeoutError:
        return (
            f"Port {port} is taken on {address} by a program that does not answer{process}, perhaps a Spinmark "
            "that hangs; end it, or choose another port with --port."
        )
    except (OSError, http.client.HTTPException):
        ours, health = False, b""
    finally:
        connection.close()
    if not ours:
        return f"Port {port} is taken by another program on {address}{process}; choose another with --port."
    version = _version_in(health)
    if version not in (None, __version__):
        return (
            f"Spinmark {version} already listens on {place}{process}, and this is {__version__}; end that one "
            "first, or start this one on another port with --port."
        )
    return f"Spinmark already listens on {place}{process}; use that one, or start another with --port."


def _version_in(health: bytes) -> str | None:
    """Return the version that a server names in its health; with a token it names none."""
    try:
        return str(json.loads(health)["version"])
    except (ValueError, KeyError, TypeError):
        return None


def _access(host: str, address: str, port: int, token: str | None) -> Access:
    from spinmark_server.guards import Access, authority

    names = Access.loopback(port).hosts | {authority(name, port) for name in (host, address)}
    if not ipaddress.ip_address(address).is_unspecified:
        return Access(names, token=token)
    return Access(names | {authority(socket.gethostname(), port)}, address_port=port, token=token)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
