"""What a client of the LanguageTool protocol asks: a form -> a check, the rules that are on, and where pieces stand.

Offsets count UTF-16 code units, as LanguageTool's do, and refer to what was sent, its markup too. What belongs to
LanguageTool's own checks (dictionaries, the mother tongue, the picky level) is read over: these rules have no use for
it.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from spinmark.taxonomy import TECHNIQUES, Technique
from spinmark_server.body import Check, parse_check
from spinmark_server.problems import (
    BODY_TOO_LARGE,
    INVALID_REQUEST,
    MALFORMED_FORM,
    MALFORMED_JSON,
    Problem,
)

# Clients send a dozen fields; more would only cost time.
MAX_FIELDS = 64
LANGUAGES = {
    "en": "English",
    "en-AU": "English (Australian)",
    "en-CA": "English (Canadian)",
    "en-GB": "English (GB)",
    "en-NZ": "English (New Zealand)",
    "en-US": "English (US)",
    "en-ZA": "English (South African)",
}
_LANGUAGE_OF = {code.lower(): code for code in LANGUAGES}


def rule_id(technique: Technique) -> str:
    """Return the id by which a client switches a technique on or off."""
    return f"SPINMARK_{technique.id.upper()}"


def category_id(technique: Technique) -> str:
    """Return the id by which a client switches a group of techniques on or off."""
    return f"SPINMARK_{technique.group.upper()}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the protocol, read."""

    text: str
    check: Check
    language: str
    places: "Places"
    wanted: frozenset[str]


def form_of(sent: Request) -> dict[str, str]:
    """Read the fields of a form; those of the address are not read, as addresses end up in histories.

    Raises: Problem.
    """
    try:
        body = sent.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Problem(BODY_TOO_LARGE, "The body is larger than the longest text could make it.") from None
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:  # not UTF-8, or too many fields
        raise Problem(MALFORMED_FORM, f"The most is {MAX_FIELDS} fields, in UTF-8.") from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Problem(MALFORMED_FORM, "The body has the same field twice.")
    return fields


def read(fields: dict[str, str], max_chars: int) -> Asked:
    """Read what is asked for.

    Raises: Problem, the request says something that a check cannot mean.
    """
    if ("text" in fields) == ("data" in fields):
        raise Problem(INVALID_REQUEST, "The form needs either 'text' or 'data'.")
    if "data" in fields:
        text, places = _annotated(fields["data"])
    else:
        text, places = fields["text"], Places.of_plain(fields["text"])
    return Asked(
        text=text,
        # Through the same door as every other text: what no text holds and what is too long is refused there.
        check=parse_check(json.dumps({"text": text}).encode(), max_chars=max_chars),
        language=_language(fields),
        places=places,
        wanted=_wanted(fields),
    )


def _language(fields: dict[str, str]) -> str:
    asked = fields.get("language", "").replace("_", "-").lower()
    if asked == "auto":
        preferred = (code.strip().lower() for code in fields.get("preferredVariants", "").split(","))
        return next((_LANGUAGE_OF[code] for code in preferred if code in _LANGUAGE_OF), "en-US")
    if asked not in _LANGUAGE_OF:
        raise Problem(INVALID_REQUEST, f"'language' must be one of auto, {', '.join(LANGUAGES)}.")
    return _LANGUAGE_OF[asked]


def _wanted(fields: dict[str, str]) -> frozenset[str]:
    """Return the ids of the techniques that the client's rules and categories leave on.

    Ids that are not ours are read over: clients send those of LanguageTool's own rules along.
    """
    rules_on, rules_off, groups_on, groups_off = (
        {id_.strip() for id_ in fields.get(name, "").split(",")} - {""}
        for name in ("enabledRules", "disabledRules", "enabledCategories", "disabledCategories")
    )
    if fields.get("enabledOnly", "").lower() in ("true", "yes"):
        if rules_off or groups_off:
            raise Problem(INVALID_REQUEST, "'enabledOnly' leaves nothing that could be disabled.")
        if not rules_on and not groups_on:
            raise Problem(INVALID_REQUEST, "'enabledOnly' needs 'enabledRules' or 'enabledCategories'.")
        return frozenset(t.id for t in TECHNIQUES if rule_id(t) in rules_on or category_id(t) in groups_on)
    return frozenset(
        t.id
        for t in TECHNIQUES
        if rule_id(t) not in rules_off and (category_id(t) not in groups_off or rule_id(t) in rules_on)
    )


class Places:
    """Where the pieces of the checked text stand in what was sent; all numbers are UTF-16 code units.

    A piece is text, which maps unit by unit, or what markup is to be read as, which maps as a whole.
    """

    def __init__(self, pieces: Iterable[tuple[int, int, bool]]) -> None:
        """Take for each piece its length as checked, its length as sent, and whether it is text."""
        self._pieces = [piece for piece in pieces if piece[0] or piece[1]]
        self._checked = list(accumulate((piece[0] for piece in self._pieces), initial=0))
        self._sent = list(accumulate((piece[1] for piece in self._pieces), initial=0))

    @classmethod
    def of_plain(cls, text: str) -> "Places":
        length = utf16_length(text)
        return cls([(length, length, True)])

    def sent(self, start: int, end: int) -> tuple[int, int]:
        """Return start and end, as sent, of a passage as checked; it must not be empty."""
        first = bisect_right(self._checked, start) - 1
        last = bisect_left(self._checked, end) - 1
        begins = self._sent[first] + (start - self._checked[first] if self._pieces[first][2] else 0)
        ends = (
            self._sent[last] + (end - self._checked[last]) if self._pieces[last][2] else self._sent[last + 1]
        )
        return begins, ends


def _annotated(data: str) -> tuple[str, Places]:
    """Read a text with its markup: `{"annotation": [{"text": …}, {"markup": …, "interpretAs": …}, …]}`.

    Raises: Problem.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Problem(MALFORMED_JSON, "'data' is not JSON.") from None
    items = value.get("annotation") if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise Problem(INVALID_REQUEST, "'data' must be an object with an array 'annotation'.")
    texts: list[str] = []
    pieces: list[tuple[int, int, bool]] = []
    for i, item in enumerate(items):
        text, markup, read_as = _annotation(item, i)
        texts.append(text + read_as)
        pieces.append((utf16_length(text), utf16_length(text), True))
        pieces.append((utf16_length(read_as), utf16_length(markup), False))
    return "".join(texts), Places(pieces)


def _annotation(item: object, position: int) -> tuple[str, str, str]:
    """Return text, markup, and what the markup is to be read as; at least one of the first two is empty."""
    fields = item if isinstance(item, dict) else {}
    known = {name: fields.get(name) for name in ("text", "markup", "interpretAs")}
    given = {name: value for name, value in known.items() if value is not None}
    if given.keys() not in ({"text"}, {"markup"}, {"markup", "interpretAs"}) or not all(
        isinstance(value, str) for value in given.values()
    ):
        raise Problem(
            INVALID_REQUEST,
            f"Annotation {position} must have 'text', or 'markup' with or without 'interpretAs', as strings.",
        )
    return given.get("text", ""), given.get("markup", ""), given.get("interpretAs", "")


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)
