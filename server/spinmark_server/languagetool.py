"""The LanguageTool protocol, so that editors which speak it show the flags.

The flags become LanguageTool's matches: one rule for each technique, one category for each group, and never a
replacement. `languagetool_form` reads what a client asks. Where a request fails, the answer is LanguageTool's, a line
of plain text after "Error:", because its clients show that line.

Source: LanguageTool's HTTP API, version 1 (its paths start with /v2).
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from flask import Blueprint, Response, request

from spinmark import __version__
from spinmark.formats import who_says_it
from spinmark.report import Flag, Model, Report, Span, Voice, json_line
from spinmark.segment import split
from spinmark.taxonomy import BY_ID
from spinmark_server.body import Check
from spinmark_server.languagetool_form import (
    LANGUAGES,
    Asked,
    category_id,
    form_of,
    read,
    rule_id,
    utf16_length,
)
from spinmark_server.problems import Problem

CHECK_ENDPOINT = "languagetool.check"
HINT = "Those of the LanguageTool protocol, /v2/, need 'spinmark serve --languagetool'."

# Clients expect a number; what it means here is that the language was decided, not guessed for want of words.
CERTAINTY = 0.99
CONTEXT_CHARS = 40  # on either side of a match, as LanguageTool has it

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


def blueprint(answer: Callable[[Check], str], *, max_chars: int) -> Blueprint:
    """Return the routes under /v2; `answer` makes the report of a check, as JSON.

    The check is the one address at which a form is taken: see `guards.check_form`.
    """
    routes = Blueprint("languagetool", __name__, url_prefix="/v2")

    @routes.post("/check")
    def check() -> Response:
        asked = read(form_of(request), max_chars)
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


def _answer(asked: Asked, report: Report) -> dict[str, Any]:
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


def _matches(asked: Asked, report: Report) -> list[dict[str, Any]]:
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
        "offset": utf16_length(before),
        "length": utf16_length(quote),
    }


def _json(value: object) -> Response:
    return Response(json_line(value) + "\n", mimetype="application/json")
