"""The contract cases, run against the real application."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from spinmark.errors import SpanError
from spinmark.report import Cue, Explanation, Flag, Model, Report, Span, Voice
from spinmark_server.app import create_app

CASES = sorted(Path(__file__).parents[1].joinpath("contract").glob("*.json"))
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


class GivenDetector:
    """Finds in every text what a case says that it finds."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.model = Model(**given["model"])

    def analyze(self, text: str, *, id: str | None = None, explain: bool = False, **_: object) -> Report:  # noqa: A002
        flags = tuple(self._flag(text, flag, explain) for flag in self._given["flags"])
        return Report(text, flags, self.model, self._given["status"], self._given["language"], id)

    def stream(self, text: str, **options: Any) -> Iterator[Flag | Report]:
        report = self.analyze(text, **options)
        yield from report.flags
        yield report

    def explain(self, text: str, span: Span, technique: str, **_: object) -> Explanation:
        if span.end > len(text):
            raise SpanError(span.start, span.end, len(text))
        (flag,) = self.analyze(text, explain=True).flags
        assert (flag.span, flag.technique) == (span, technique)
        return Explanation(text, technique, span, flag.confidence, flag.cues or (), self.model)

    def _flag(self, text: str, given: Mapping[str, Any], explain: bool) -> Flag:
        speaker, contested_by = (
            None if span is None else Span(span["start"], span["end"])
            for span in (given["speaker"], given["contested_by"])
        )
        voice = Voice(given["voice"], speaker, given["contested"], contested_by)
        span = Span(given["start"], given["end"])
        cues = tuple(Cue(Span(c["start"], c["end"]), c["weight"]) for c in given.get("cues", ()))
        quote = text[span.start : span.end]
        return Flag(given["technique"], span, quote, given["confidence"], voice, cues if explain else None)


NOTHING = {
    "model": {"name": "none", "version": "1", "sha256": "0" * 64},
    "status": "ok",
    "language": "en",
    "flags": [],
}


def expanded(body: Any) -> Any:
    """Return a body with every `$repeat` written out."""
    if isinstance(body, dict):
        if body.keys() == {"$repeat"}:
            text, times = body["$repeat"]
            return text * times
        return {name: expanded(value) for name, value in body.items()}
    return [expanded(value) for value in body] if isinstance(body, list) else body


def assert_shape(value: Any, shape: Any, at: str = "$") -> None:
    if isinstance(shape, str) and shape.startswith("<") and shape.endswith(">"):
        name = shape[1:-1]
        if name.endswith("?") and value is None:
            return
        expected = TYPES[name.removesuffix("?")]
        assert isinstance(value, expected), at
        assert isinstance(value, bool) == (expected is bool), at
    elif isinstance(shape, list) and len(shape) == 1:
        assert isinstance(value, list), at
        for i, item in enumerate(value):
            assert_shape(item, shape[0], f"{at}[{i}]")
    elif isinstance(shape, dict):
        assert isinstance(value, dict), at
        named = shape.keys() - {"..."}
        assert named <= value.keys(), at
        assert "..." in shape or named == value.keys(), at
        for name in named:
            assert_shape(value[name], shape[name], f"{at}.{name}")
    else:
        assert value == shape, at


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_server_answers_as_the_case_says(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    client = create_app(GivenDetector(case.get("given", NOTHING))).test_client()
    asked = case["request"]
    body = expanded(asked["body"])
    if isinstance(body, str):
        content = body.encode()
    else:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    answer = client.open(
        asked["path"],
        method=asked["method"],
        data=content,
        headers={"Host": "127.0.0.1:8712"} | asked["headers"],
    )
    assert answer.status_code == case["status"]
    for name, value in case["response_headers"].items():
        assert answer.headers[name].partition(";")[0] == value
    if answer.mimetype == "application/x-ndjson":
        assert [json.loads(line) for line in answer.text.splitlines()] == case["response"]
    elif "response" in case:
        assert json.loads(answer.data) == case["response"]
    else:
        assert_shape(json.loads(answer.data), case["response_shape"])


def test_there_are_cases():
    assert len(CASES) >= 10
