"""What the server answers when it does not answer a report: RFC 9457 problem documents.

The `type` of each is stable and is all that a program should look at. No member ever holds a part of the
text, of the body or of a header: a program that logs our answers must not log what somebody reads.
"""

import json
from dataclasses import dataclass

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of problem; `type` is a URN, so nobody expects a page behind it."""

    slug: str
    status: int
    title: str

    @property
    def type(self) -> str:
        return f"urn:spinmark:problem:{self.slug}"


BAD_HTTP = Kind("bad-http", 400, "This is not well-formed HTTP")
MALFORMED_JSON = Kind("malformed-json", 400, "The body is not JSON")
INVALID_REQUEST = Kind("invalid-request", 400, "The body asks for something that cannot be done")
UNAUTHORIZED = Kind("unauthorized", 401, "A token is required")
FOREIGN_HOST = Kind("foreign-host", 403, "The request names another host")
CROSS_SITE = Kind("cross-site", 403, "Another site's page sent this request")
MISSING_HEADER = Kind("missing-header", 403, "The header X-Spinmark is missing")
NOT_FOUND = Kind("not-found", 404, "There is nothing at this address")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "The address does not answer this method")
TOO_LONG = Kind("too-long", 413, "The text is too long")
BODY_TOO_LARGE = Kind("body-too-large", 413, "The body is too large")
NOT_JSON = Kind("not-json", 415, "The body is not declared as JSON")
COMPRESSED_BODY = Kind("compressed-body", 415, "The body must not be compressed")
BUSY = Kind("busy", 429, "The server is busy")
HEADERS_TOO_LARGE = Kind("headers-too-large", 431, "The headers are too large")
INTERNAL = Kind("internal", 500, "The server failed")
NOT_IMPLEMENTED = Kind("not-implemented", 501, "The server does not speak this part of HTTP")


class Problem(Exception):  # noqa: N818  # the name that RFC 9457 gives it
    """Ends a request; `members` are further members of the document, `headers` of the answer."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        **members: str | int,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.members = members

    def to_json(self) -> str:
        """Return the document as one line of JSON with a line break at its end."""
        document = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            **self.members,
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
