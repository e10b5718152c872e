"""What the server answers when it does not answer a report: RFC 9457 problem documents.

The `type` of each is stable and is all that a program should look at. No member ever holds a part of the
text, of the body or of a header: a program that logs our answers must not log what somebody reads.
"""

import logging
import traceback
from dataclasses import dataclass
from typing import NotRequired, TypedDict, cast

from spinmark.report import json_line

MEDIA_TYPE = "application/problem+json"


log = logging.getLogger("spinmark_server")


class ProblemJson(TypedDict):
    """Why there is no answer. `type` alone is stable; what else is said helps a person."""

    type: str
    title: str
    status: int
    detail: str
    pointer: NotRequired[str]
    position: NotRequired[int]
    length: NotRequired[int]
    max_chars: NotRequired[int]
    max_texts: NotRequired[int]
    max_bytes: NotRequired[int]
    retry_after_s: NotRequired[float]


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
MALFORMED_FORM = Kind("malformed-form", 400, "The body is not a form")
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
NOT_FORM = Kind("not-form", 415, "The body is not declared as a form")
COMPRESSED_BODY = Kind("compressed-body", 415, "The body must not be compressed")
NO_PASSAGE = Kind("no-passage", 422, "The text has no such passage that could be explained")
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
        **members: str | float,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.members = members

    def to_dict(self) -> ProblemJson:
        document = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            **self.members,
        }
        return cast(ProblemJson, document)

    def to_json(self) -> str:
        """Return the document as one line of JSON with a line break at its end."""
        return json_line(self.to_dict()) + "\n"


def failure(error: Exception) -> Problem:
    """Return what is said of an error of our own, and log where it happened.

    An exception's message can hold a piece of the text, so its type and place are all that is told.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.error("%s in %s, line %s", type(error).__name__, frame.filename, frame.lineno)
    return Problem(INTERNAL, "The server's log says where; the text is not in it.")
