"""The API's own description, OpenAPI 3.1, made from what the server runs.

Bodies come from the tables by which `body` reads them, answers from the types by which the serialisers are
checked, problems from `problems`. What stands here by hand is which operation takes and gives what.

Source: OpenAPI Specification 3.1.1; JSON Schema draft 2020-12.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Required, TypedDict, Union, get_args, get_origin

from spinmark import __version__
from spinmark.report import ExplanationJson, ModelJson, ReportJson
from spinmark.taxonomy import Technique
from spinmark_server import metrics, problems
from spinmark_server.body import CHECK_TEXT, CHECK_TEXTS, EXPLAIN, NAMED_TEXT
from spinmark_server.checker import BatchJson, FlagLineJson, ProblemLineJson, ReportLineJson
from spinmark_server.fields import Body, Schema
from spinmark_server.guards import MARK_HEADER, MARK_VALUE
from spinmark_server.problems import Kind, ProblemJson

JSON = "application/json"
NDJSON = "application/x-ndjson"

_SCALARS: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    object: {},
}


class QueueJson(TypedDict):
    """How busy the server is: requests in work or waiting, of so many places; those that wait for the model."""

    places: int
    held: int
    waiting: int


class HealthJson(TypedDict):
    """What answers, since when, and how busy it is."""

    status: Literal["ok"]
    version: str
    model: ModelJson
    uptime_s: float
    max_chars: int
    queue: QueueJson


class TechniquesJson(TypedDict):
    """The techniques, in the order of the taxonomy."""

    techniques: list[Technique]


@dataclass(frozen=True, slots=True)
class Operation:
    """One address with one method; `answers` maps each media type to the types of its values."""

    method: Literal["get", "post"]
    path: str
    id: str
    summary: str
    about: str
    answers: dict[str, tuple[type, ...]]
    problems: tuple[Kind, ...] = ()
    bodies: tuple[Body, ...] = ()


_ALWAYS = (
    problems.BAD_HTTP,
    problems.UNAUTHORIZED,
    problems.FOREIGN_HOST,
    problems.CROSS_SITE,
    problems.BODY_TOO_LARGE,
    problems.HEADERS_TOO_LARGE,
    problems.INTERNAL,
    problems.NOT_IMPLEMENTED,
)
_POSTED = (
    problems.MALFORMED_JSON,
    problems.INVALID_REQUEST,
    problems.MISSING_HEADER,
    problems.TOO_LONG,
    problems.NOT_JSON,
    problems.COMPRESSED_BODY,
    problems.BUSY,
)

OPERATIONS = (
    Operation(
        "post",
        "/v1/check",
        "check",
        "Find the passages that resemble a propaganda technique",
        'Answers a report, or, where `texts` were sent, `{"reports": [...]}` in their order. With '
        f"`Accept: {NDJSON}` it answers one JSON value a line: each flag as soon as it is certain, in reading "
        "order, then the report without its flags; after the answer has begun, a problem is its last line.",
        {JSON: (ReportJson, BatchJson), NDJSON: (FlagLineJson, ReportLineJson, ProblemLineJson)},
        _POSTED,
        (CHECK_TEXT, CHECK_TEXTS),
    ),
    Operation(
        "post",
        "/v1/explain",
        "explain",
        "Tell which words moved the confidence of a passage",
        "Each word in and close around the passage is hidden from the model, one after the other. A cue's weight "
        "is what the confidence loses without it; below zero it kept the confidence down. Words that move it by "
        "less than .005 are left out.",
        {JSON: (ExplanationJson,)},
        (*_POSTED, problems.NO_PASSAGE),
        (EXPLAIN,),
    ),
    Operation(
        "get",
        "/v1/techniques",
        "techniques",
        "List the techniques",
        "Each with its definition, its effect, a question to ask oneself, and when the same words are legitimate.",
        {JSON: (TechniquesJson,)},
    ),
    Operation(
        "get",
        "/v1/health",
        "health",
        "Tell what answers and how busy it is",
        "",
        {JSON: (HealthJson,)},
    ),
    Operation(
        "get",
        "/v1/openapi.json",
        "openapi",
        "This description",
        "",
        {JSON: (object,)},
    ),
    Operation(
        "get",
        "/metrics",
        "metrics",
        "Counters for Prometheus",
        "Nothing in them tells a text or what it resembles.",
        {metrics.MEDIA_TYPE: (str,)},
    ),
)

ABOUT = """\
Marks passages that resemble propaganda techniques, says who speaks them and whether the text itself disputes
them. Everything happens on the machine that answers; no text is stored, logged or sent on.

`start` and `end` count Unicode code points of the text as sent, end exclusive; `start_utf16` and `end_utf16`
count UTF-16 code units, as JavaScript and most editors do. A confidence is a calibrated probability. A flag says
that a wording resembles a technique, never that something is untrue or meant to mislead.

Problems are RFC 9457 documents. None repeats anything that was sent."""


def document(max_chars: int) -> Schema:
    """Return the description of a server that takes texts of `max_chars` code points."""
    schemas = _Schemas()
    for body in (CHECK_TEXT, CHECK_TEXTS, EXPLAIN, NAMED_TEXT):
        schemas.found[body.name] = body.schema(max_chars)
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, schemas)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Spinmark",
            "version": __version__,
            "summary": "Passages that resemble propaganda techniques, and who speaks them",
            "description": ABOUT,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.found.items())),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Needed where the server was started with a token, as it is beyond loopback.",
                }
            },
        },
    }


def _operation(operation: Operation, schemas: "_Schemas") -> Schema:
    described: Schema = {"operationId": operation.id, "summary": operation.summary}
    if operation.about:
        described["description"] = operation.about
    if operation.bodies:
        described["parameters"] = [
            {
                "name": MARK_HEADER,
                "in": "header",
                "required": True,
                "description": "Shows that no web page made the request by a form.",
                "schema": {"const": MARK_VALUE},
            }
        ]
        described["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": _either(_reference(body.name) for body in operation.bodies)}},
        }
    answer = {
        media_type: {"schema": _either(schemas.of(kind) for kind in kinds)}
        for media_type, kinds in operation.answers.items()
    }
    described["responses"] = {"200": {"description": "The answer.", "content": answer}}
    kinds = sorted({*_ALWAYS, *operation.problems}, key=lambda kind: (kind.status, kind.slug))
    for status in dict.fromkeys(kind.status for kind in kinds):
        described["responses"][str(status)] = _problem([k for k in kinds if k.status == status], schemas)
    return described


def _problem(kinds: list[Kind], schemas: "_Schemas") -> Schema:
    narrowed = {"properties": {"type": {"enum": [kind.type for kind in kinds]}}}
    described: Schema = {
        "description": "; ".join(f"`{kind.slug}`: {kind.title[0].lower()}{kind.title[1:]}" for kind in kinds),
        "content": {problems.MEDIA_TYPE: {"schema": {"allOf": [schemas.of(ProblemJson), narrowed]}}},
    }
    if problems.BUSY in kinds:
        described["headers"] = {
            "Retry-After": {
                "description": "Whole seconds, at least 1; `retry_after_s` says it more closely.",
                "required": True,
                "schema": {"type": "string"},
            }
        }
    return described


def _either(schemas: Iterable[Schema]) -> Schema:
    several = list(schemas)
    return several[0] if len(several) == 1 else {"anyOf": several}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


class _Schemas:
    """JSON Schemas of types; objects are collected in `found` under their names and referred to."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}

    def of(self, kind: Any) -> Schema:  # noqa: ANN401  (a type, in any of the forms that Python has for them)
        """Return the schema of a scalar, a Literal, a union, a list, a tuple, a dict, a TypedDict or a dataclass."""
        if kind in _SCALARS:
            return _SCALARS[kind]
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (NotRequired, Required):
            return self.of(arguments[0])
        if origin is Literal:
            return {"type": "string", "enum": list(arguments)}
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(a) for a in arguments]}
        if origin in (list, tuple):
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is dict:
            names = {} if arguments[0] is str else {"propertyNames": self.of(arguments[0])}
            return {"type": "object", **names, "additionalProperties": self.of(arguments[1])}
        return self._object(kind)

    def _object(self, kind: type) -> Schema:
        name = kind.__name__.removesuffix("Json")
        if name not in self.found:
            self.found[name] = {}  # a type may hold itself
            members = typing.get_type_hints(kind)
            required = (
                [field.name for field in dataclasses.fields(kind)]
                if dataclasses.is_dataclass(kind)
                else [member for member in members if member in kind.__required_keys__]  # type: ignore[attr-defined]
            )
            self.found[name] = {
                "type": "object",
                "description": inspect.cleandoc(kind.__doc__ or ""),
                "properties": {member: self.of(hint) for member, hint in members.items()},
                "required": required,
            }
        return _reference(name)
