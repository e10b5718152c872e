"""Who may speak to the server.

A server on loopback is reachable by every page that the user's browser opens. Nothing here relies on the
browser keeping an answer from such a page: a request that a page could have made is refused before its body
is read. Programs on the same machine are trusted, as they could read the text anyway.
"""

import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Request

from spinmark_server.problems import (
    COMPRESSED_BODY,
    CROSS_SITE,
    FOREIGN_HOST,
    MISSING_HEADER,
    NOT_FORM,
    NOT_JSON,
    UNAUTHORIZED,
    Problem,
)

# An extension's background reaches us because its host permission says so, not because of CORS; Firefox gives
# each installation an origin of its own, so the scheme is all that can be known beforehand.
EXTENSION_ORIGIN = re.compile(r"(chrome|moz)-extension://[A-Za-z0-9-]+")

# A header that no form can send and no page can add without a preflight, which is never granted.
MARK_HEADER, MARK_VALUE = "X-Spinmark", "1"

RESPONSE_HEADERS: tuple[tuple[str, str], ...] = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


def authority(name: str, port: int) -> str:
    """Return a name or address and a port as the Host header has them: 80 is left out, IPv6 in brackets."""
    bracketed = f"[{name}]" if ":" in name else name
    return bracketed.lower() if port == 80 else f"{bracketed}:{port}".lower()


@dataclass(frozen=True, slots=True)
class Access:
    """Under which names the server answers, and with which token.

    `hosts` are the allowed values of the Host header, in lower case. `address_port` also allows any IP
    address with that port, for a server that listens on all interfaces: DNS rebinding, which the list is
    against, needs a name. `token` is None where none is required; `compare` must take as long for a wrong token
    as for the right one.
    """

    hosts: frozenset[str]
    address_port: int | None = None
    token: str | None = field(default=None, repr=False)
    compare: Callable[[bytes, bytes], bool] = hmac.compare_digest

    @classmethod
    def loopback(cls, port: int, *, token: str | None = None) -> "Access":
        """Return what a server on 127.0.0.1 or ::1 allows."""
        return cls(
            frozenset(authority(name, port) for name in ("127.0.0.1", "localhost", "::1")), token=token
        )

    def check_origin(self, request: Request) -> None:
        """Refuse a request under a foreign name or from another site's page.

        Raises: Problem, of kind FOREIGN_HOST or CROSS_SITE.
        """
        host = request.headers.get("Host", "").lower()
        if host not in self.hosts and not self._is_address(host):
            raise Problem(FOREIGN_HOST, "The Host header names a host that this server is not.")
        origin = request.headers.get("Origin")
        if origin is not None and not _may_send(origin, host):
            raise Problem(CROSS_SITE, "The Origin header names a site that may not use this server.")
        site = request.headers.get("Sec-Fetch-Site", "none").lower()
        if site not in ("none", "same-origin") and not _opens_the_page(request):
            raise Problem(CROSS_SITE, "The browser says that another site's page sent this request.")

    def check_token(self, request: Request) -> None:
        """Refuse a request without the token.

        Raises: Problem, of kind UNAUTHORIZED.
        """
        if self.token is None:
            return
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        matches = self.compare(given.strip().encode(errors="replace"), self.token.encode())
        if scheme.lower() != "bearer" or not matches:
            raise Problem(
                UNAUTHORIZED,
                "Send the token that the server printed at its start as 'Authorization: Bearer TOKEN'.",
                headers=(("WWW-Authenticate", 'Bearer realm="spinmark"'),),
            )

    def _is_address(self, host: str) -> bool:
        if self.address_port is None:
            return False
        address = host.removesuffix(authority("", self.address_port))
        if address.startswith("[") and address.endswith("]"):
            address = address[1:-1]
        try:
            return host == authority(str(ipaddress.ip_address(address)), self.address_port)
        except ValueError:
            return False


def _may_send(origin: str, host: str) -> bool:
    """Tell whether an origin is the server's own page, under the name asked for, or an extension."""
    return origin.lower() == f"http://{host}" or EXTENSION_ORIGIN.fullmatch(origin) is not None


def _opens_the_page(request: Request) -> bool:
    """Tell whether somebody followed a link to the page: it is the same for all and cannot be framed."""
    return (
        request.method == "GET"
        and request.path == "/"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )


def check_post(request: Request) -> None:
    """Refuse a POST that a form or a plain fetch could have made, or whose body may hide its size.

    Raises: Problem, of kind MISSING_HEADER, NOT_JSON or COMPRESSED_BODY.
    """
    if request.headers.get(MARK_HEADER) != MARK_VALUE:
        raise Problem(MISSING_HEADER, f"Send the header '{MARK_HEADER}: {MARK_VALUE}' with every POST.")
    if not _declares(request, "application/json"):
        raise Problem(NOT_JSON, "Send the body as 'Content-Type: application/json', in UTF-8.")
    _check_encoding(request)


def check_form(request: Request) -> None:
    """Refuse a form of the LanguageTool protocol that a browser's page could have sent.

    Its clients send neither JSON nor our header, so what `check_origin` reads stands alone here. All browsers
    of the last years send Origin with a form, and most Sec-Fetch-Site; the Referer of an older one is looked
    at as well. A program sends none of them.

    Raises: Problem, of kind CROSS_SITE, NOT_FORM or COMPRESSED_BODY.
    """
    referer = request.headers.get("Referer")
    if referer is not None and not _may_send(_origin_of(referer), request.headers.get("Host", "").lower()):
        raise Problem(CROSS_SITE, "The Referer header names a site that may not use this server.")
    if not _declares(request, "application/x-www-form-urlencoded"):
        raise Problem(NOT_FORM, "Send the body as 'Content-Type: application/x-www-form-urlencoded'.")
    _check_encoding(request)


def _declares(request: Request, media_type: str) -> bool:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    return request.mimetype == media_type and charset in ("utf-8", "utf8")


def _check_encoding(request: Request) -> None:
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Problem(COMPRESSED_BODY, "Send the body without a Content-Encoding.")


def _origin_of(address: str) -> str:
    scheme, colon, rest = address.partition("://")
    return scheme + colon + re.split("[/?#]", rest, maxsplit=1)[0]
