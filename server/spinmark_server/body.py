"""The bodies that the API takes: bytes -> Check or Explain, or a Problem that says where and why not.

What a body may hold stands in tables of `fields`. The decoder reads a body by them, and `openapi` writes them down.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from spinmark.report import VOICES
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_server.fields import (
    Body,
    Boolean,
    Field,
    Number,
    Offset,
    OneOf,
    OneOrSeveral,
    Schema,
    Several,
    Text,
    wrong,
)
from spinmark_server.problems import (
    INVALID_REQUEST,
    MALFORMED_JSON,
    TOO_LONG,
    Problem,
)

MAX_TEXTS = 256
MAX_ID_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Item:
    """A text to check, with the id that its report shall carry."""

    text: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """An array of texts, each as a string or as an object with its id."""

    named: Body
    most: int = MAX_TEXTS

    def read(self, value: object, pointer: str) -> tuple[Item, ...]:
        if not isinstance(value, list):
            raise wrong("An array is expected here.", pointer)
        if len(value) > self.most:
            raise Problem(
                INVALID_REQUEST,
                f"The request has {len(value):,} texts, the most is {self.most}.",
                pointer=pointer,
                max_texts=self.most,
            )
        return tuple(self._item(item, f"{pointer}/{i}") for i, item in enumerate(value))

    def _item(self, value: object, pointer: str) -> Item:
        if isinstance(value, dict):
            return Item(**self.named.read(value, pointer))
        return Item(Text().read(value, pointer))

    def schema(self, max_chars: int) -> Schema:
        either = [Text().schema(max_chars), self.named.schema(max_chars)]
        return {"type": "array", "maxItems": self.most, "items": {"anyOf": either}}


_TECHNIQUE = OneOf(TECHNIQUE_IDS, "an id that /v1/techniques lists")
_VOICE = OneOf(VOICES, f"one of {', '.join(VOICES)}")

_TEXT = Field("text", Text(), "The text, in English. It is never normalised.", required=True)
_ID = Field("id", Text(MAX_ID_CHARS), "Comes back in the report.")
_OPTIONS = (
    Field(
        "min_confidence",
        Number(0, 1),
        "Only flags of at least this confidence, in place of each technique's own threshold.",
    ),
    Field("techniques", Several(_TECHNIQUE), "Only these techniques."),
    Field("voice", OneOrSeveral(_VOICE), "Only passages in this voice, or in these."),
    Field(
        "explain", Boolean(), "Adds to each of a report's first flags the words that moved its confidence."
    ),
)

CHECK_TEXT = Body("CheckText", "One text to check.", (_TEXT, _ID, *_OPTIONS))
NAMED_TEXT = Body("NamedText", "A text of several.", (_TEXT, _ID))
CHECK_TEXTS = Body(
    "CheckTexts",
    "Several texts to check.",
    (
        Field(
            "texts",
            Texts(NAMED_TEXT),
            "The texts, as strings or as objects. Their lengths together have the bound of one text.",
            required=True,
        ),
        *_OPTIONS,
    ),
)
EXPLAIN = Body(
    "Explain",
    "A passage to explain: 0 <= start < end <= length of the text.",
    (
        _TEXT,
        Field("start", Offset(), "Where the passage begins, in code points.", required=True),
        Field("end", Offset(), "Where it ends, exclusive.", required=True),
        Field("technique", _TECHNIQUE, "What it resembles, or does not.", required=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What to leave out of a report, and whether to say why; None leaves out nothing more than the model does."""

    min_confidence: float | None = None
    techniques: tuple[str, ...] | None = None
    voices: tuple[str, ...] | None = None
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A request to check one text, or several where `batch` is true; `ids` has one for each text, or None."""

    texts: tuple[str, ...]
    ids: tuple[str | None, ...]
    batch: bool
    options: Options

    @property
    def id(self) -> str | None:
        """The id of the one text."""
        return None if self.batch else self.ids[0]


@dataclass(frozen=True, slots=True)
class Explain:
    """A request to explain a passage."""

    text: str
    start: int
    end: int
    technique: str


def parse_check(body: bytes, *, max_chars: int) -> Check:
    """Read the body of a check; `max_chars` bounds the code points of all its texts together.

    Raises: Problem, the body is no JSON, or says something that a check cannot mean.
    """
    fields = _object(body)
    if ("text" in fields) == ("texts" in fields):
        raise Problem(INVALID_REQUEST, "The body needs either 'text' or 'texts'.")
    batch = "texts" in fields
    if batch and "id" in fields:
        raise wrong("'id' goes with one text; with 'texts', each may have its own.", "/id")
    read = (CHECK_TEXTS if batch else CHECK_TEXT).read(fields)
    items = read["texts"] if batch else (Item(read["text"], read.get("id")),)
    texts = tuple(item.text for item in items)
    _check_length(sum(map(len, texts)), max_chars)
    options = Options(
        min_confidence=read.get("min_confidence"),
        techniques=read.get("techniques"),
        voices=read.get("voice"),
        explain=read.get("explain", False),
    )
    return Check(texts, tuple(item.id for item in items), batch, options)


def parse_explain(body: bytes, *, max_chars: int) -> Explain:
    """Read the body of a question why.

    Raises: Problem, as for a check.
    """
    asked = Explain(**EXPLAIN.read(_object(body)))
    _check_length(len(asked.text), max_chars)
    return asked


def _check_length(length: int, max_chars: int) -> None:
    if length > max_chars:
        raise Problem(
            TOO_LONG,
            f"The text has {length:,} characters, the most is {max_chars:,}.",
            length=length,
            max_chars=max_chars,
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
        raise wrong("The body must be a JSON object.", "")
    return value


def _without_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Problem(MALFORMED_JSON, "The body has an object with the same field twice.")
    return fields


def _no_constant(_: str) -> NoReturn:
    raise Problem(MALFORMED_JSON, "The body holds NaN or Infinity, which are not JSON.")
