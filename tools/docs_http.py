"""The API's own OpenAPI document -> docs/http-reference.md: `python tools/docs_http.py`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_server.app import MAX_CHARS
from spinmark_server.openapi import document

PAGE = Path(__file__).parents[1] / "docs" / "http-reference.md"

Schema = dict[str, Any]


def page() -> str:
    """Return the reference, made from the document that a server gives at /v1/openapi.json."""
    described = document(MAX_CHARS)
    return "\n".join(_page(described)) + "\n"


def _page(described: Schema) -> Iterator[str]:
    yield "# HTTP reference"
    yield ""
    yield (
        "Every operation, member and problem of the API, made from its OpenAPI document by "
        "`python tools/docs_http.py`. A running server gives the document at `/v1/openapi.json`; "
        "[the guide](api.md) explains it with examples."
    )
    yield ""
    yield described["info"]["description"]
    yield ""
    yield "## Operations"
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    objects = described["components"]["schemas"]
    shared = set.intersection(*(set(_problems(operation)) for operation in operations.values()))
    for title, operation in operations.items():
        yield from _operation(title, operation, shared, objects)
    yield ""
    yield "## Problems of every operation"
    yield ""
    yield from _problem_table(sorted(shared))
    yield ""
    yield "## Objects"
    for name, schema in objects.items():
        yield from _object(name, schema, objects)


def _operation(
    title: str, operation: Schema, shared: set[tuple[str, str]], objects: dict[str, Schema]
) -> Iterator[str]:
    yield ""
    yield f"### {title}"
    yield ""
    yield f"{operation['summary']}. {operation.get('description', '')}".rstrip()
    if body := operation.get("requestBody"):
        yield ""
        yield f"Takes {_contents(body['content'], objects)}."
        for parameter in operation["parameters"]:
            yield (
                f"Needs the header `{parameter['name']}: {parameter['schema']['const']}`. "
                f"{parameter['description']}"
            )
    yield ""
    yield f"Answers {_contents(operation['responses']['200']['content'], objects)}."
    if own := [problem for problem in _problems(operation) if problem not in shared]:
        yield ""
        yield from _problem_table(own)


def _problems(operation: Schema) -> list[tuple[str, str]]:
    """Return each problem of an operation with its status, as `(status, words)`."""
    return [
        (status, words)
        for status, response in operation["responses"].items()
        if status != "200"
        for words in response["description"].split("; ")
    ]


def _problem_table(problems: list[tuple[str, str]]) -> Iterator[str]:
    yield "| status | problem |"
    yield "|---|---|"
    yield from (f"| {status} | {words} |" for status, words in problems)


def _contents(content: Schema, objects: dict[str, Schema]) -> str:
    """Return the media types with what each holds."""
    return "; ".join(
        f"`{media}`: {_kind(described['schema'], objects)}" for media, described in content.items()
    )


def _object(name: str, schema: Schema, objects: dict[str, Schema]) -> Iterator[str]:
    yield ""
    yield f"### {name}"
    if about := schema.get("description"):
        yield ""
        yield about
    yield ""
    yield "| member | holds | |"
    yield "|---|---|---|"
    required = schema.get("required", ())
    for member, holds in schema.get("properties", {}).items():
        about = holds.get("description", "")
        optional = "" if member in required else "Optional. "
        kind = _kind(holds, objects).removesuffix(" or null" if optional else "")
        yield f"| `{member}` | {_cell(kind)} | {_cell(optional + about)} |"


def _kind(schema: Schema, objects: dict[str, Schema]) -> str:
    """Return in words what a schema lets through."""
    match schema:
        case {"$ref": str(reference)}:
            return _link(reference.rpartition("/")[2])
        case {"const": value} | {"enum": [value]}:
            return f"`{value}`"
        case {"enum": values}:
            if values == list(TECHNIQUE_IDS):
                return "[the id of a technique](techniques/index.md)"
            return " or ".join(f"`{value}`" for value in values)
        case {"anyOf": several}:
            return " or ".join(_kind(one, objects) for one in several)
        case {"type": [*kinds]}:
            return " or ".join(_kind({**schema, "type": kind}, objects) for kind in kinds)
        case {"type": "array", "items": items}:
            most = f" of up to {schema['maxItems']:,}" if "maxItems" in schema else ""
            return f"array{most}: {_kind(items, objects)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object of {_kind(values, objects)}"
        case {"type": "object", "properties": members}:
            return _link(next(name for name, known in objects.items() if known.get("properties") == members))
        case {"type": "string", "maxLength": most}:
            return f"string of up to {most:,} characters"
        case {"type": "number" | "integer" as kind, "minimum": least, "maximum": most}:
            return f"{kind}, at least {least}" if most > 2**32 else f"{kind}, {least} to {most}"
        case {"type": str(kind)}:
            return kind
    return "anything"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
