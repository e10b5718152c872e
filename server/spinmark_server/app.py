"""The WSGI application: guards, then routes, then problem documents."""

import hashlib
import json
import logging
import time
import traceback
from collections.abc import Collection
from dataclasses import asdict
from importlib.resources import files
from typing import Protocol

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from spinmark import __version__
from spinmark.errors import OptionError
from spinmark.report import Model, Report
from spinmark.taxonomy import TECHNIQUES
from spinmark_server import problems
from spinmark_server.admission import Admission, BusyError
from spinmark_server.body import Check, Options, parse_check
from spinmark_server.cache import ReportCache
from spinmark_server.guards import RESPONSE_HEADERS, Access, check_post
from spinmark_server.problems import Problem

DEFAULT_PORT = 8712
MAX_CHARS = 200_000
RETRY_AFTER_S = 2

# Address -> file and media type. A list, not a folder: what is not on it cannot be reached by any path.
PAGE_FILES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/marks.js": ("marks.js", "text/javascript"),
    "/words.js": ("words.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

log = logging.getLogger("spinmark_server")


class Analyzer(Protocol):
    """What the server needs of a `spinmark.Detector`."""

    @property
    def model(self) -> Model: ...

    def analyze(
        self,
        text: str,
        *,
        id: str | None = None,  # noqa: A002  # the library's name
        min_confidence: float | None = None,
        techniques: Collection[str] | None = None,
        voices: Collection[str] | None = None,
    ) -> Report: ...


def max_body_bytes(max_chars: int) -> int:
    """Return how many bytes a body may have: every character written as a pair of escapes, and the rest."""
    return max_chars * len(r"\ud83d\ude00") + 65_536


def create_app(
    detector: Analyzer,
    *,
    access: Access | None = None,
    max_chars: int = MAX_CHARS,
    admission: Admission | None = None,
    cache: ReportCache | None = None,
) -> Flask:
    """Build the application around one detector; `access` defaults to loopback at the default port."""
    access = access or Access.loopback(DEFAULT_PORT)
    checker = _Checker(detector, admission or Admission(), cache or ReportCache())
    started = time.monotonic()

    app = Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # a preflight is answered 405, without any permission
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes(max_chars)
    app.url_map.merge_slashes = False

    @app.before_request
    def guard() -> None:
        access.check_origin(request)
        if request.path not in PAGE_FILES:  # a browser cannot send the token when it opens the page
            access.check_token(request)
        if request.method == "POST":
            check_post(request)

    @app.post("/v1/check")
    def check() -> Response:
        return _json(checker.answer(parse_check(request.get_data(cache=False), max_chars=max_chars)))

    techniques_body = _dumps({"techniques": [asdict(technique) for technique in TECHNIQUES]})

    @app.get("/v1/techniques")
    def techniques() -> Response:
        return _json(techniques_body)

    @app.get("/v1/health")
    def health() -> Response:
        return _json(
            _dumps(
                {
                    "status": "ok",
                    "version": __version__,
                    "model": asdict(detector.model),
                    "uptime_s": round(time.monotonic() - started, 3),
                    "max_chars": max_chars,
                }
            )
        )

    for address, (name, media_type) in PAGE_FILES.items():
        _add_page_file(app, address, name, media_type)

    _add_error_handlers(app, max_chars)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(RESPONSE_HEADERS)
        return response

    return app


class _Checker:
    """Answers checks: from the cache, or from the detector when the turn comes."""

    def __init__(self, detector: Analyzer, admission: Admission, cache: ReportCache) -> None:
        self._detector = detector
        self._admission = admission
        self._cache = cache

    def answer(self, check: Check) -> str:
        keys = [_key(text, check.id, check.options) for text in check.texts]
        reports = [self._cache.get(key) for key in keys]
        if None in reports:
            try:
                with self._admission.place():
                    reports = [
                        self._report(key, text, check) for key, text in zip(keys, check.texts, strict=True)
                    ]
            except BusyError:
                raise Problem(
                    problems.BUSY,
                    "Other texts are being checked; try again in a moment.",
                    headers=(("Retry-After", str(RETRY_AFTER_S)),),
                ) from None
        # Joined by hand: parsing and writing again could only make the bytes differ from the library's.
        joined = ",".join(report for report in reports if report is not None)
        return f'{{"reports":[{joined}]}}\n' if check.batch else f"{joined}\n"

    def _report(self, key: bytes, text: str, check: Check) -> str:
        with self._admission.turn():
            known = self._cache.get(key)  # the request before this one may have asked the same
            if known is not None:
                return known
            options = check.options
            try:
                report = self._detector.analyze(
                    text,
                    id=check.id,
                    min_confidence=options.min_confidence,
                    techniques=options.techniques,
                    voices=options.voices,
                ).to_json()
            except OptionError as error:
                raise Problem(
                    problems.INVALID_REQUEST,
                    f"Expected here is {error.expected}.",
                    pointer=f"/{error.option}",
                ) from None
            self._cache.put(key, report)
            return report


def _key(text: str, id_: str | None, options: Options) -> bytes:
    """Return a hash of all that a report depends on."""
    asked = [text, id_, options.min_confidence, options.techniques, options.voices]
    return hashlib.sha256(json.dumps(asked).encode("ascii")).digest()


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _json(body: str) -> Response:
    return Response(body, mimetype="application/json")


def _add_page_file(app: Flask, address: str, name: str, media_type: str) -> None:
    content = files("spinmark_server").joinpath("page", name).read_bytes()
    app.add_url_rule(
        address,
        endpoint=f"page/{name}",
        view_func=lambda: Response(content, mimetype=media_type),
        methods=["GET"],
    )


def _add_error_handlers(app: Flask, max_chars: int) -> None:
    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        response = Response(error.to_json(), status=error.kind.status, mimetype=problems.MEDIA_TYPE)
        response.headers.update(error.headers)
        return response

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        """Translate what Flask and Werkzeug raise by themselves."""
        if isinstance(error, RequestEntityTooLarge):
            most = max_body_bytes(max_chars)
            return problem(
                Problem(
                    problems.BODY_TOO_LARGE,
                    f"The most is {most:,} bytes.",
                    max_bytes=most,
                    max_chars=max_chars,
                )
            )
        if isinstance(error, MethodNotAllowed):
            allowed = ", ".join(sorted(error.valid_methods or ()))
            detail = f"Allowed here: {allowed}."
            return problem(Problem(problems.METHOD_NOT_ALLOWED, detail, headers=(("Allow", allowed),)))
        if error.code == problems.NOT_FOUND.status:
            return problem(Problem(problems.NOT_FOUND, "The addresses of the API start with /v1/."))
        return problem(Problem(problems.BAD_HTTP, "The request cannot be read."))

    @app.errorhandler(Exception)
    def failure(error: Exception) -> Response:
        # An exception's message can hold a piece of the text, so where it happened is all that is logged.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        log.error("%s in %s, line %s", type(error).__name__, frame.filename, frame.lineno)
        return problem(Problem(problems.INTERNAL, "The server's log says where; the text is not in it."))
