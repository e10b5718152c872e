"""The body of a check: bytes -> Check, or a Problem that says where and why not."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from spinmark_server.problems import (
    INVALID_REQUEST,
    MALFORMED_JSON,
    TOO_LONG,
    Problem,
)

T = TypeVar("T")

MAX_TEXTS = 256

FIELDS = ("text", "texts", "id", "min_confidence", "techniques", "voice")

# JSON can write both, UTF-8 files cannot hold the one and no editor writes the other; where they turn up,
# something upstream cut a character in half or sent bytes that are no text.
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Options:
    """What to leave out of a report; None leaves out nothing more than the model does."""

    min_confidence: float | None
    techniques: tuple[str, ...] | None
    voices: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Check:
    """A request to check one text, or several where `batch` is true."""

    texts: tuple[str, ...]
    batch: bool
    id: str | None
    options: Options


def parse_check(body: bytes, *, max_chars: int) -> Check:
    """Read the body of a check; `max_chars` bounds the code points of all its texts together.

    Raises: Problem, the body is no JSON, or says something that a check cannot mean.
    """
    fields = _object(body)
    if not fields.keys() <= set(FIELDS):
        raise Problem(INVALID_REQUEST, f"The body has a field that is not one of {', '.join(FIELDS)}.")
    if ("text" in fields) == ("texts" in fields):
        raise Problem(INVALID_REQUEST, "The body needs either 'text' or 'texts'.")
    batch = "texts" in fields
    if batch and "id" in fields:
        raise Problem(INVALID_REQUEST, "'id' goes with one 'text', not with 'texts'.", pointer="/id")
    texts = _texts(fields["texts"]) if batch else (_text(fields["text"], "/text"),)
    length = sum(map(len, texts))
    if length > max_chars:
        raise Problem(
            TOO_LONG,
            f"The text has {length:,} characters, the most is {max_chars:,}.",
            length=length,
            max_chars=max_chars,
        )
    return Check(
        texts=texts,
        batch=batch,
        id=_optional(fields, "id", _text),
        options=Options(
            min_confidence=_optional(fields, "min_confidence", _number),
            techniques=_optional(fields, "techniques", _strings),
            voices=_optional(fields, "voice", _string_or_strings),
        ),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise Problem(MALFORMED_JSON, f"The body is not UTF-8 at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise Problem(MALFORMED_JSON, f"The body stops being JSON at character {error.pos}.") from None
    except RecursionError:
        raise Problem(MALFORMED_JSON, "The body is nested too deeply.") from None
    except ValueError:
        # Python refuses to read integers of thousands of digits: the time grows with their square.
        raise Problem(MALFORMED_JSON, "The body holds a number with too many digits.") from None
    if not isinstance(value, dict):
        raise Problem(INVALID_REQUEST, "The body must be a JSON object.", pointer="")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Problem(MALFORMED_JSON, "The body has an object with the same field twice.")
    return fields


def _no_constant(_: str) -> NoReturn:
    raise Problem(MALFORMED_JSON, "The body holds NaN or Infinity, which are not JSON.")


def _optional(fields: dict[str, Any], name: str, read: Callable[[object, str], T]) -> T | None:
    value = fields.get(name)
    return None if value is None else read(value, f"/{name}")


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Problem(INVALID_REQUEST, "'texts' must be an array of strings.", pointer="/texts")
    if len(value) > MAX_TEXTS:
        raise Problem(
            INVALID_REQUEST,
            f"The request has {len(value):,} texts, the most is {MAX_TEXTS}.",
            pointer="/texts",
            max_texts=MAX_TEXTS,
        )
    return tuple(_text(text, f"/texts/{i}") for i, text in enumerate(value))


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise Problem(INVALID_REQUEST, "A string is expected here.", pointer=pointer)
    if (found := _NOT_TEXT.search(value)) is not None:
        what = "NUL" if found[0] == "\0" else "half of a surrogate pair"
        raise Problem(
            INVALID_REQUEST,
            f"Character {found.start()} is {what}.",
            pointer=pointer,
            position=found.start(),
        )
    return value


def _number(value: object, pointer: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Problem(INVALID_REQUEST, "A number is expected here.", pointer=pointer)
    return value


def _strings(value: object, pointer: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Problem(INVALID_REQUEST, "An array of strings is expected here.", pointer=pointer)
    return tuple(sorted(set(value)))


def _string_or_strings(value: object, pointer: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        raise Problem(INVALID_REQUEST, "A string or an array of strings is expected here.", pointer=pointer)
    return _strings(value, pointer)
