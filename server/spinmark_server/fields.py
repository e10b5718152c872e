"""What a field of a body may hold: how each kind is read from JSON, and the same as JSON Schema.

Both stand side by side, so that the published description and what is accepted cannot part.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from spinmark_server.problems import INVALID_REQUEST, Problem

MAX_OFFSET = 2**53 - 1  # the largest integer that every reader of JSON keeps exactly

Schema: TypeAlias = dict[str, Any]

# JSON can write both, UTF-8 files cannot hold the one and no editor writes the other; where they turn up,
# something upstream cut a character in half or sent bytes that are no text.
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
# The description names NUL alone: not every engine of patterns takes half of a pair, and one that reads UTF-16
# would take every emoji for two.
_TEXT_PATTERN = r"^[^\u0000]*$"


class Value(Protocol):
    """What a field may hold: how it is read, and the same as JSON Schema."""

    def read(self, value: object, pointer: str) -> Any:  # noqa: ANN401  (each kind has its own)
        """Return what `value` stands for.

        Raises: Problem, with `pointer`.
        """
        ...

    def schema(self, max_chars: int) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string without what no text holds; without `most`, `max_chars` bounds it with the others of its body."""

    most: int | None = None

    def read(self, value: object, pointer: str) -> str:
        if not isinstance(value, str):
            raise wrong("A string is expected here.", pointer)
        if (found := _NOT_TEXT.search(value)) is not None:
            what = "NUL" if found[0] == "\0" else "half of a surrogate pair"
            raise Problem(
                INVALID_REQUEST,
                f"Character {found.start()} is {what}.",
                pointer=pointer,
                position=found.start(),
            )
        if self.most is not None and len(value) > self.most:
            raise wrong(f"The string has {len(value):,} characters, the most is {self.most:,}.", pointer)
        return value

    def schema(self, max_chars: int) -> Schema:
        most = max_chars if self.most is None else self.most
        return {"type": "string", "maxLength": most, "pattern": _TEXT_PATTERN}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few strings; `source` says where they are listed."""

    choices: tuple[str, ...]
    source: str

    def read(self, value: object, pointer: str) -> str:
        if value not in self.choices:
            raise wrong(f"Expected here is {self.source}.", pointer)
        return str(value)

    def schema(self, max_chars: int) -> Schema:  # noqa: ARG002
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a closed range."""

    least: float
    most: float

    def read(self, value: object, pointer: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong("A number is expected here.", pointer)
        if not self.least <= value <= self.most:
            raise wrong(f"Expected here is a number from {self.least:g} to {self.most:g}.", pointer)
        return value

    def schema(self, max_chars: int) -> Schema:  # noqa: ARG002
        return {"type": "number", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Offset:
    """A place in a text, in code points."""

    def read(self, value: object, pointer: str) -> int:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole:
            raise wrong("An integer is expected here.", pointer)
        assert isinstance(value, int | float)
        if not 0 <= value <= MAX_OFFSET:
            raise wrong("Expected here is an offset in code points, from 0 on.", pointer)
        return int(value)

    def schema(self, max_chars: int) -> Schema:  # noqa: ARG002
        return {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET}


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def read(self, value: object, pointer: str) -> bool:
        if not isinstance(value, bool):
            raise wrong("true or false is expected here.", pointer)
        return value

    def schema(self, max_chars: int) -> Schema:  # noqa: ARG002
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Several:
    """An array of names, in any order."""

    each: OneOf

    def read(self, value: object, pointer: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise wrong("An array of strings is expected here.", pointer)
        return tuple(sorted({self.each.read(item, pointer) for item in value}))

    def schema(self, max_chars: int) -> Schema:
        return {"type": "array", "items": self.each.schema(max_chars)}


@dataclass(frozen=True, slots=True)
class OneOrSeveral:
    """A name, or an array of names."""

    each: OneOf

    def read(self, value: object, pointer: str) -> tuple[str, ...]:
        several = value if isinstance(value, list) else [value]
        return Several(self.each).read(several, pointer)

    def schema(self, max_chars: int) -> Schema:
        return {"anyOf": [self.each.schema(max_chars), Several(self.each).schema(max_chars)]}


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a body."""

    name: str
    holds: Value
    about: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object with these fields and no others; null in an optional one stands for none."""

    name: str
    about: str
    fields: tuple[Field, ...]

    def read(self, value: Mapping[str, object], pointer: str = "") -> dict[str, Any]:
        """Return every field that was given, read.

        Raises: Problem.
        """
        names = [field.name for field in self.fields]
        if not value.keys() <= set(names):
            raise wrong(f"The object has a field that is not one of {', '.join(names)}.", pointer)
        read: dict[str, Any] = {}
        for field in self.fields:
            if field.required and field.name not in value:
                raise wrong(f"The object needs '{field.name}'.", pointer)
            given = value.get(field.name)
            if field.required or given is not None:
                read[field.name] = field.holds.read(given, f"{pointer}/{field.name}")
        return read

    def schema(self, max_chars: int) -> Schema:
        return {
            "type": "object",
            "description": self.about,
            "properties": {
                field.name: {**_or_null(field, max_chars), "description": field.about}
                for field in self.fields
            },
            "required": [field.name for field in self.fields if field.required],
            "additionalProperties": False,
        }


def wrong(detail: str, pointer: str) -> Problem:
    """Return the refusal of what stands at `pointer` (RFC 6901)."""
    return Problem(INVALID_REQUEST, detail, pointer=pointer)


def _or_null(field: Field, max_chars: int) -> Schema:
    schema = field.holds.schema(max_chars)
    if field.required:
        return schema
    if "type" in schema and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}
