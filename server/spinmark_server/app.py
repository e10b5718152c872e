"""The WSGI application: guards, then routes, then problem documents."""

import time
from dataclasses import asdict
from functools import cache as once
from importlib.resources import files

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from spinmark import __version__
from spinmark.report import json_line
from spinmark.taxonomy import TECHNIQUES
from spinmark_server import languagetool as lt
from spinmark_server import metrics, openapi, problems
from spinmark_server.admission import Admission
from spinmark_server.body import parse_check, parse_explain
from spinmark_server.cache import ReportCache
from spinmark_server.checker import Analyzer, Checker, ClientGoneError, Gone
from spinmark_server.fields import Schema
from spinmark_server.guards import RESPONSE_HEADERS, Access, check_form, check_post
from spinmark_server.metrics import Metrics
from spinmark_server.problems import Problem

DEFAULT_PORT = 8712
MAX_CHARS = 200_000

# Nobody sees this status; it tells given-up requests from failed ones in the metrics, by the number nginx uses.
CLIENT_GONE = 499

# Address -> file and media type. A list, not a folder: what is not on it cannot be reached by any path.
PAGE_FILES = {
    "/": ("index.html", "text/html"),
    "/paper.css": ("paper.css", "text/css"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/marks.js": ("marks.js", "text/javascript"),
    "/words.js": ("words.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

# The API's description for people. A browser cannot send a token when it opens it, and it is the same for all.
REFERENCE, REFERENCE_CSS = "/v1/docs", "/v1/docs.css"
EXAMPLES = {
    "check": '{"text": "They left us no choice: the raid was an answer to their shelling."}',
    "explain": '{"text": "They left us no choice.", "start": 0, "end": 22, "technique": "blame_shifting"}',
}


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
    languagetool: bool = False,
) -> Flask:
    """Build the application around one detector; `access` defaults to loopback at the default port.

    `languagetool` adds the LanguageTool protocol under /v2.
    """
    access = access or Access.loopback(DEFAULT_PORT)
    admission = admission or Admission()
    counted = Metrics(admission, detector.model)
    checker = Checker(detector, admission, ReportCache() if cache is None else cache, counted)
    started = time.monotonic()

    app = Flask(__name__, static_folder=None, template_folder="reference")
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # a preflight is answered 405, without any permission
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes(max_chars)
    app.url_map.merge_slashes = False

    _count_requests(app, counted)

    @app.before_request
    def guard() -> None:
        access.check_origin(request)
        if request.path not in (*PAGE_FILES, REFERENCE, REFERENCE_CSS):  # what a browser opens
            access.check_token(request)
        # What is at no address is answered 404, however it is sent.
        if request.method == "POST" and request.routing_exception is None:
            check = check_form if request.endpoint == lt.CHECK_ENDPOINT else check_post
            check(request)

    @app.post("/v1/check")
    def check() -> Response:
        asked = parse_check(request.get_data(cache=False), max_chars=max_chars)
        if request.accept_mimetypes.best_match((openapi.JSON, openapi.NDJSON)) == openapi.NDJSON:
            return Response(checker.lines(asked, _gone()), mimetype=openapi.NDJSON)
        return _json(checker.answer(asked, _gone()))

    @app.post("/v1/explain")
    def explain() -> Response:
        asked = parse_explain(request.get_data(cache=False), max_chars=max_chars)
        return _json(checker.explain(asked, _gone()))

    techniques_body = _dumps({"techniques": [asdict(technique) for technique in TECHNIQUES]})

    @app.get("/v1/techniques")
    def techniques() -> Response:
        return _json(techniques_body)

    @app.get("/v1/health")
    def health() -> Response:
        state: openapi.HealthJson = {
            "status": "ok",
            "version": __version__,
            "model": {
                "name": detector.model.name,
                "version": detector.model.version,
                "sha256": detector.model.sha256,
            },
            "uptime_s": round(time.monotonic() - started, 3),
            "max_chars": max_chars,
            "queue": {"places": admission.places, "held": admission.held, "waiting": admission.waiting},
        }
        return _json(_dumps(state))

    @app.get("/metrics")
    def metrics_() -> Response:
        return Response(counted.to_text(), content_type=metrics.MEDIA_TYPE)

    _add_reference(app, max_chars)

    if languagetool:
        answer = lambda asked: checker.answer(asked, _gone())  # noqa: E731
        app.register_blueprint(lt.blueprint(answer, max_chars=max_chars))

    for address, (name, media_type) in PAGE_FILES.items():
        _add_file(app, address, f"page/{name}", media_type)

    _add_error_handlers(app, max_chars)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(RESPONSE_HEADERS)
        return response

    return app


def _gone() -> Gone:
    """Return what tells whether this request's client has gone, as far as the server in front knows it."""
    gone: Gone = request.environ.get("waitress.client_disconnected", lambda: False)
    return gone


def _dumps(value: object) -> str:
    return json_line(value) + "\n"


def _json(body: str) -> Response:
    return Response(body, mimetype=openapi.JSON)


def _count_requests(app: Flask, counted: Metrics) -> None:
    """Count every answer by the address of its route: what is asked for at no route is one address together."""

    @app.before_request
    def begin() -> None:
        request.environ["spinmark.began"] = time.monotonic()

    @app.after_request
    def count(response: Response) -> Response:
        path = "other" if request.url_rule is None else request.url_rule.rule
        began: float = request.environ["spinmark.began"]
        counted.requests.labels(path, str(response.status_code)).inc()
        response.call_on_close(lambda: counted.seconds.labels(path).observe(time.monotonic() - began))
        return response


def _add_reference(app: Flask, max_chars: int) -> None:
    @once
    def description() -> Schema:
        return openapi.document(max_chars)

    @app.get("/v1/openapi.json")
    def openapi_() -> Response:
        return _json(_dumps(description()))

    @app.get(REFERENCE)
    def reference() -> Response:
        page = render_template(
            "reference.html", **description(), examples=EXAMPLES, host=request.headers["Host"]
        )
        return Response(page, mimetype="text/html")

    _add_file(app, REFERENCE_CSS, "reference/reference.css", "text/css")


def _add_file(app: Flask, address: str, path: str, media_type: str) -> None:
    content = files("spinmark_server").joinpath(path).read_bytes()
    app.add_url_rule(
        address, endpoint=path, view_func=lambda: Response(content, mimetype=media_type), methods=["GET"]
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
            return problem(
                Problem(problems.NOT_FOUND, f"The addresses of the API start with /v1/. {lt.HINT}")
            )
        return problem(Problem(problems.BAD_HTTP, "The request cannot be read."))

    @app.errorhandler(ClientGoneError)
    def gone(_: ClientGoneError) -> Response:
        return Response(status=CLIENT_GONE)

    @app.errorhandler(Exception)
    def failure(error: Exception) -> Response:
        return problem(problems.failure(error))
