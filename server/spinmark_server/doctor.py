"""What can go wrong between a reader and the server: the checks that `spinmark doctor` takes from this package."""

import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from spinmark.doctor import Finding, Setting
from spinmark.locality import is_local
from spinmark_server import browsers
from spinmark_server.cli import MIN_TOKEN_CHARS
from spinmark_server.service import ServiceError, service_for
from spinmark_server.visit import visit


def checks(setting: Setting) -> Iterator[Finding]:
    """Yield all checks of this package; the entry point of `spinmark.checks`."""
    yield loopback(lambda name: [str(found[4][0]) for found in socket.getaddrinfo(name, None)])
    yield exposure(setting.host, setting.token)
    yield proxies(os.environ)
    yield from visit(setting)
    yield at_login(sys.platform, Path.home(), os.environ)
    yield browser(_browsers(sys.platform, os.environ))


def loopback(resolve: Callable[[str], Sequence[str]]) -> Finding:
    """Look where the name localhost leads, for programs that use it."""
    try:
        addresses = sorted(set(resolve("localhost")))
    except OSError as error:
        return Finding(
            "loopback",
            "note",
            f"The name localhost leads nowhere ({error.strerror}).",
            "Use http://127.0.0.1 in scripts, or add the line `127.0.0.1 localhost` to the hosts file.",
        )
    foreign = [address for address in addresses if not is_local(address)]
    if foreign:
        return Finding(
            "loopback",
            "fault",
            f"The name localhost leads to another machine: {', '.join(foreign)}.",
            "Set it right in the hosts file (127.0.0.1 localhost); until then texts sent to it would leave this machine.",
        )
    return Finding("loopback", "ok", f"The name localhost is this machine: {', '.join(addresses)}.")


def exposure(host: str, token: str | None) -> Finding:
    """Look at where the server listens and whether its token, if any, is one that the server takes."""
    if token is not None and (len(token) < MIN_TOKEN_CHARS or not all("!" <= c <= "~" for c in token)):
        return Finding(
            "exposure",
            "fault",
            f"The token has {len(token)} characters; the server takes {MIN_TOKEN_CHARS} or more of printable ASCII.",
            "Set another in SPINMARK_TOKEN, or none at all for a server on loopback.",
        )
    try:
        beyond = not ipaddress.ip_address(host).is_loopback
    except ValueError:
        beyond = host != "localhost"
    if beyond:
        return Finding(
            "exposure",
            "note",
            f"A server on {host} is reached from other machines, and texts cross the network unencrypted.",
            "Serve on 127.0.0.1 unless that is what you want; the extension speaks to 127.0.0.1 alone.",
        )
    return Finding("exposure", "ok", f"A server on {host} is reached from this machine alone.")


def proxies(environ: Mapping[str, str]) -> Finding:
    """Look for proxy settings by which other programs would send texts for our server to another machine."""
    lower = {name.lower(): value for name, value in environ.items()}
    proxy = lower.get("http_proxy") or lower.get("all_proxy")
    spared = {host.strip().lower() for host in lower.get("no_proxy", "").split(",")}
    if proxy and not spared & {"*", "127.0.0.1", "127.0.0.0/8"}:
        return Finding(
            "proxies",
            "note",
            "HTTP_PROXY is set without an exception for 127.0.0.1: curl and scripts would hand texts to that proxy.",
            "Set NO_PROXY=localhost,127.0.0.1,::1; browsers and `spinmark` itself use no proxy for this machine.",
        )
    return Finding("proxies", "ok", "No proxy stands between programs and this machine's own addresses.")


def at_login(platform: str, home: Path, environ: Mapping[str, str]) -> Finding:
    """Look whether the service that `serve --install` wrote still starts a Python that is there."""
    try:
        service = service_for(platform, home, environ, (sys.executable,))
        content = service.path.read_bytes()
    except (OSError, ServiceError):
        return Finding("at login", "ok", "No server starts at login, unless you set that up otherwise.")
    if str(sys.executable).encode() in content.replace(b"\0", b""):
        return Finding("at login", "ok", f"This Spinmark starts at login, by {service.path}.")
    return Finding(
        "at login",
        "note",
        f"{service.path} starts another Python's Spinmark at login than this one.",
        "Let it start this one: spinmark serve --install.",
    )


def browser(found: Iterable[browsers.Browser]) -> Finding:
    """Say which browsers are there and whether one of them is new enough."""
    all_found = list(found)
    named = ", ".join(f"{b.name} {b.major if b.major is not None else '(no version)'}" for b in all_found)
    wanted = " or ".join(f"{engine} {least}" for engine, least in browsers.LEAST.items())
    if any(b.new_enough for b in all_found):
        return Finding("browser", "ok", f"The extension works in {wanted} and newer; found: {named}.")
    return Finding(
        "browser",
        "note",
        f"No browser for the extension was found{f', only {named}' if named else ''}.",
        f"Install or update one: {wanted}, or newer; the command line and the server's page need none of them.",
    )


def _browsers(platform: str, environ: Mapping[str, str]) -> Iterable[browsers.Browser]:
    if platform == "win32":
        names = ("ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA")
        return browsers.on_windows([Path(environ[name]) for name in names if name in environ])
    on_path = browsers.on_path(shutil.which, browsers.ask)
    return chain(on_path, browsers.on_mac(Path("/"), browsers.ask)) if platform == "darwin" else on_path
