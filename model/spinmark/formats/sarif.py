"""Reports -> one SARIF log, written piece by piece.

Source: OASIS Standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 27 March 2020.
"""

import hashlib
from collections import Counter
from typing import Any

from spinmark.formats.positions import Positions
from spinmark.formats.source import Source
from spinmark.formats.terminal import printable, who_says_it
from spinmark.report import Flag, Model, Report, Span, json_line
from spinmark.taxonomy import BY_ID, TECHNIQUE_IDS, TECHNIQUES

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class SarifLog:
    """The pieces of a log with one run: `begin`, any number of reports, `end`."""

    def __init__(self, model: Model, version: str) -> None:
        self._model = model
        self._version = version
        self._first = True
        self._failures: list[dict[str, Any]] = []

    def begin(self) -> str:
        run = {
            "tool": {
                "driver": {
                    "name": "Spinmark",
                    "semanticVersion": self._version,
                    "properties": {
                        "model": self._model.name,
                        "modelVersion": self._model.version,
                        "modelSha256": self._model.sha256,
                    },
                    "rules": [_rule(i) for i in range(len(TECHNIQUES))],
                }
            },
            "columnKind": "unicodeCodePoints",
        }
        log = json_line({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]})
        return log.removesuffix("}]}") + ',"results":['

    def report(self, report: Report, source: Source) -> str:
        positions = Positions(report.text)
        seen: Counter[str] = Counter()
        out = ""
        for flag in report.flags:
            print_ = fingerprint(flag)
            seen[print_] += 1
            result = _result(report, flag, source, positions, f"{print_}:{seen[print_]}")
            out += ("" if self._first else ",") + "\n" + json_line(result)
            self._first = False
        return out

    def failure(self, name: str, reason: str) -> None:
        """Remember what could not be read; the log says so at its end."""
        self._failures.append(
            {"level": "error", "message": {"text": f"{printable(name)}: {printable(reason)}"}}
        )

    def end(self) -> str:
        invocation: dict[str, Any] = {"executionSuccessful": not self._failures}
        if self._failures:
            invocation["toolExecutionNotifications"] = self._failures
        return f'\n],"invocations":[{json_line(invocation)}]}}]}}\n'


def fingerprint(flag: Flag) -> str:
    """Return what stays the same for a finding when its text moves: its technique and its words.

    >>> from spinmark.report import Span
    >>> one, other = Flag("slogan", Span(0, 3), "a  b", 0.5), Flag("slogan", Span(9, 12), "a\\nb", 0.9)
    >>> fingerprint(one) == fingerprint(other)
    True
    """
    words = " ".join(flag.quote.split())
    return hashlib.sha256(f"{flag.technique}\0{words}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _rule(index: int) -> dict[str, Any]:
    technique = TECHNIQUES[index]
    return {
        "id": technique.id,
        "shortDescription": {"text": technique.name},
        "fullDescription": {"text": technique.definition},
        "help": {
            "text": f"How it works: {technique.effect}\nAsk yourself: {technique.question}\n"
            f"Legitimate: {technique.legitimate}"
        },
        "defaultConfiguration": {"level": "note"},
        "properties": {"group": technique.group, "tags": [technique.group]},
    }


def _result(report: Report, flag: Flag, source: Source, positions: Positions, print_: str) -> dict[str, Any]:
    technique = BY_ID[flag.technique]
    result: dict[str, Any] = {
        "ruleId": technique.id,
        "ruleIndex": TECHNIQUE_IDS.index(technique.id),
        "level": "note",
        "message": {
            "text": f"{who_says_it(report, flag)} Resembles {technique.name.lower()} ({flag.confidence:.2f})."
        },
        "rank": round(100 * flag.confidence, 2),
        "locations": [_location(report.text, flag.span, source, positions)],
        "partialFingerprints": {"passage/v1": print_},
        "properties": {
            "confidence": round(flag.confidence, 4),
            "voice": flag.voice.kind,
            "speaker": _words(report.text, flag.voice.speaker),
            "contested": flag.voice.contested,
        },
    }
    if flag.voice.contested_by is not None:
        location = _location(report.text, flag.voice.contested_by, source, positions)
        result["relatedLocations"] = [{"id": 1, **location, "message": {"text": "disputed here"}}]
    return result


def _location(text: str, span: Span, source: Source, positions: Positions) -> dict[str, Any]:
    """Return where a passage stands: with a region where the text is the file's own, else by its words alone."""
    snippet = {"text": text[span.start : span.end]}
    if source.uri is None or not source.exact:
        location: dict[str, Any] = {
            "logicalLocations": [{"name": printable(source.name), "kind": "document"}],
            "properties": {"start": span.start, "end": span.end, "text": snippet["text"]},
        }
        if source.uri is not None:
            location["physicalLocation"] = {"artifactLocation": {"uri": source.uri}}
        return location
    (line, column), (end_line, end_column) = positions.of(span.start), positions.of(span.end)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": source.uri},
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": end_line,
                "endColumn": end_column,
                "charOffset": span.start,
                "charLength": len(span),
                "snippet": snippet,
            },
        }
    }


def _words(text: str, span: Span | None) -> str | None:
    return None if span is None else text[span.start : span.end]
