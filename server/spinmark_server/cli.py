"""The command `serve`.

The library's command line imports this module to list its commands, so everything heavy is imported when the
command runs.
"""

from __future__ import annotations

import errno
import http.client
import ipaddress
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING

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
def serve(host: str, port: int, token: str | None, weights: Path | None) -> None:
    """Serve the page and the HTTP API on this machine.

    Nothing that is checked leaves the process: no text is stored, logged or sent on.
    """
    from spinmark import Detector
    from spinmark.errors import WeightsError
    from spinmark_server.admission import Admission
    from spinmark_server.app import MAX_CHARS, create_app, max_body_bytes
    from spinmark_server.listener import Listener

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
        app = create_app(detector, access=_access(host, address, port, token), admission=admission)
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
        listener.run()


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
        if _is_spinmark(address, port):
            return f"Spinmark already listens on http://{place}; use that one, or start another with --port."
        return f"Port {port} is taken by another program on {address}; choose another with --port."
    if error.errno == errno.EACCES:
        return f"The system does not let this user listen on {place}; choose a port above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is no address of this machine; choose another with --host."
    return f"Cannot listen on {place}: {error.strerror}."


def _is_spinmark(address: str, port: int) -> bool:
    """Tell whether what answers at an address is a Spinmark server."""
    from spinmark_server.listener import IDENT

    if ipaddress.ip_address(address).is_unspecified:
        address = "127.0.0.1"
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", "/v1/health")
        return connection.getresponse().getheader("Server") == IDENT
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _access(host: str, address: str, port: int, token: str | None) -> Access:
    from spinmark_server.guards import Access, authority

    names = Access.loopback(port).hosts | {authority(name, port) for name in (host, address)}
    if not ipaddress.ip_address(address).is_unspecified:
        return Access(names, token=token)
    return Access(names | {authority(socket.gethostname(), port)}, address_port=port, token=token)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
