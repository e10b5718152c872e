"""The LanguageTool protocol, so that editors which speak it show the flags.

The flags become LanguageTool's matches: one rule for each technique, one category for each group, and never a
replacement. Offsets count UTF-16 code units, as LanguageTool's do, and refer to what was sent, its markup too.
What belongs to LanguageTool's own checks (dictionaries, the mother tongue, the picky level) is read over: these
rules have no use for it. Where a request fails, the answer is LanguageTool's, a line of plain text after
"Error:", because its clients show that line.

Source: LanguageTool's HTTP API, version 1 (its paths start with /v2).
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from spinmark import __version__
from spinmark.formats import who_says_it
from spinmark.report import Flag, Model, Report, Span, Voice, json_line
from spinmark.segment import split
from spinmark.taxonomy import BY_ID, TECHNIQUES, Technique
from spinmark_server.body import Check, parse_check
from spinmark_server.problems import (
    BODY_TOO_LARGE,
    INVALID_REQUEST,
    MALFORMED_FORM,
    MALFORMED_JSON,
    Problem,
)

CHECK_ENDPOINT = "languagetool.check"
HINT = "Those of the LanguageTool protocol, /v2/, need 'spinmark serve --languagetool'."

# Clients send a dozen fields; more would only cost time.
MAX_FIELDS = 64
# Clients expect a number; what it means here is that the language was decided, not guessed for want of words.
CERTAINTY = 0.99
CONTEXT_CHARS = 40  # on either side of a match, as LanguageTool has it

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

_INCOMPLETE = {
    "too_short": "The text is too short to say anything about.",
    "unsupported_language": "The text seems to be in another language than English; it was not checked.",
    "truncated": "Only the beginning of the text was checked.",
}

SOFTWARE = {
    "name": "Spinmark",
    "version": __version__,
    "buildDate": None,
    "apiVersion": 1,
    "premium": False,
    "status": "",
}


def rule_id(technique: Technique) -> str:
    """Return the id by which a client switches a technique on or off."""
    return f"SPINMARK_{technique.id.upper()}"


def category_id(technique: Technique) -> str:
    """Return the id by which a client switches a group of techniques on or off."""
    return f"SPINMARK_{technique.group.upper()}"


def blueprint(answer: Callable[[Check], str], *, max_chars: int) -> Blueprint:
    """Return the routes under /v2; `answer` makes the report of a check, as JSON.

    The check is the one address at which a form is taken: see `guards.check_form`.
    """
    routes = Blueprint("languagetool", __name__, url_prefix="/v2")

    @routes.post("/check")
    def check() -> Response:
        asked = _read(_form(request), max_chars)
        report = _report(asked.text, json.loads(answer(asked.check)))
        return _json(_answer(asked, report))

    @routes.get("/languages")
    def languages() -> Response:
        listed = [{"name": LANGUAGES[c], "code": c[:2], "longCode": c} for c in LANGUAGES]
        return _json(listed)

    @routes.get("/info")
    def info() -> Response:
        return _json({"software": SOFTWARE})

    @routes.get("/healthcheck")
    def healthcheck() -> Response:
        return Response("OK", mimetype="text/plain")

    @routes.get("/maxtextlength")
    def maxtextlength() -> Response:
        return Response(str(max_chars), mimetype="text/plain")

    @routes.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        answered = Response(
            f"Error: {error.kind.title}. {error.detail}", error.kind.status, mimetype="text/plain"
        )
        answered.headers.update(error.headers)
        return answered

    return routes


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request of the protocol, read."""

    text: str
    check: Check
    language: str
    places: "_Places"
    wanted: frozenset[str]


def _form(sent: Request) -> dict[str, str]:
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


def _read(fields: dict[str, str], max_chars: int) -> _Asked:
    """Read what is asked for.

    Raises: Problem, the request says something that a check cannot mean.
    """
    if ("text" in fields) == ("data" in fields):
        raise Problem(INVALID_REQUEST, "The form needs either 'text' or 'data'.")
    if "data" in fields:
        text, places = _annotated(fields["data"])
    else:
        text, places = fields["text"], _Places.of_plain(fields["text"])
    return _Asked(
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


class _Places:
    """Where the pieces of the checked text stand in what was sent; all numbers are UTF-16 code units.

    A piece is text, which maps unit by unit, or what markup is to be read as, which maps as a whole.
    """

    def __init__(self, pieces: Iterable[tuple[int, int, bool]]) -> None:
        """Take for each piece its length as checked, its length as sent, and whether it is text."""
        self._pieces = [piece for piece in pieces if piece[0] or piece[1]]
        self._checked = list(accumulate((piece[0] for piece in self._pieces), initial=0))
        self._sent = list(accumulate((piece[1] for piece in self._pieces), initial=0))

    @classmethod
    def of_plain(cls, text: str) -> "_Places":
        length = _utf16_length(text)
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


def _annotated(data: str) -> tuple[str, _Places]:
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
        pieces.append((_utf16_length(text), _utf16_length(text), True))
        pieces.append((_utf16_length(read_as), _utf16_length(markup), False))
    return "".join(texts), _Places(pieces)


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


def _utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


def _report(text: str, value: dict[str, Any]) -> Report:
    """Read back a report of `text`, which the server keeps as JSON."""
    return Report(
        text,
        tuple(_flag(flag) for flag in value["flags"]),
        Model(**value["model"]),
        status=value["status"],
        language=value["language"],
    )


def _flag(value: dict[str, Any]) -> Flag:
    by, disputes = value["attribution"], value["contested_by"]
    speaker = None if by["speaker_start"] is None else Span(by["speaker_start"], by["speaker_end"])
    contested_by = None if disputes is None else Span(disputes["start"], disputes["end"])
    return Flag(
        value["technique"],
        Span(value["start"], value["end"]),
        value["text"],
        value["confidence"],
        Voice(by["voice"], speaker, value["contested"], contested_by),
    )


def _answer(asked: _Asked, report: Report) -> dict[str, Any]:
    warnings: dict[str, Any] = {"incompleteResults": report.status in _INCOMPLETE}
    if report.status in _INCOMPLETE:
        warnings["incompleteResultsReason"] = _INCOMPLETE[report.status]
    found = report.language or "en"
    return {
        "software": SOFTWARE,
        "warnings": warnings,
        "language": {
            "name": LANGUAGES[asked.language],
            "code": asked.language,
            "detectedLanguage": {
                "name": LANGUAGES.get(found, found),
                "code": found,
                "confidence": CERTAINTY,
            },
        },
        "matches": _matches(asked, report),
    }


def _matches(asked: _Asked, report: Report) -> list[dict[str, Any]]:
    flags = [flag for flag in report.flags if flag.technique in asked.wanted]
    if not flags:
        return []
    text = report.text
    units = None if text.isascii() else list(accumulate((1 + (c > "\uffff") for c in text), initial=0))
    sentences = split(text)
    ends = [sentence.end for sentence in sentences]

    def match(flag: Flag) -> dict[str, Any]:
        span = flag.span
        start, end = (span.start, span.end) if units is None else (units[span.start], units[span.end])
        begins, stops = asked.places.sent(start, end)
        first = sentences[bisect_right(ends, span.start)]
        last = sentences[bisect_left(ends, span.end)]
        return {
            "message": _message(report, flag),
            "shortMessage": _short_message(flag),
            "replacements": [],
            "offset": begins,
            "length": stops - begins,
            "context": _context(text, span),
            "sentence": text[first.start : last.end].strip(),
            "type": {"typeName": "Other"},
            "rule": _rule(flag),
            "ignoreForIncompleteSentence": False,
            "contextForSureMatch": -1,
        }

    return [match(flag) for flag in flags]


def _message(report: Report, flag: Flag) -> str:
    question = BY_ID[flag.technique].question
    return f"{who_says_it(report, flag)} {_resembles(flag, 'Resembles')}. Ask yourself: {question}"


def _short_message(flag: Flag) -> str:
    who = "" if flag.voice.kind == "author" else f"{flag.voice.kind.capitalize()}: "
    disputed = ", disputed in the text" if flag.voice.contested else ""
    return who + _resembles(flag, "resembles" if who else "Resembles") + disputed


def _resembles(flag: Flag, verb: str) -> str:
    return f"{verb} {BY_ID[flag.technique].name.lower()} ({flag.confidence:.2f})"


def _rule(flag: Flag) -> dict[str, Any]:
    technique = BY_ID[flag.technique]
    return {
        "id": rule_id(technique),
        "description": technique.definition,
        "issueType": "style",
        "category": {"id": category_id(technique), "name": f"Spinmark: {technique.group}"},
        "isPremium": False,
        "confidence": flag.confidence,
    }


def _context(text: str, span: Span) -> dict[str, Any]:
    start, end = max(0, span.start - CONTEXT_CHARS), min(len(text), span.end + CONTEXT_CHARS)
    before = ("..." if start else "") + text[start : span.start]
    after = text[span.end : end] + ("..." if end < len(text) else "")
    quote = text[span.start : span.end]
    return {
        # Line breaks become spaces, one for one, so that the context is a line and offsets hold.
        "text": (before + quote + after).replace("\n", " "),
        "offset": _utf16_length(before),
        "length": _utf16_length(quote),
    }


def _json(value: object) -> Response:
    return Response(json_line(value) + "\n", mimetype="application/json")
