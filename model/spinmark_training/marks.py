"""Marks on texts that stay outside the project: written as quoted words, kept as offsets.

An `.ann` file is blocks `@ ID` followed by `none` or by lines

    technique | exact words of the span [n] | voice | speaker or - | contested or -

where `[n]` picks the n-th occurrence and ` … ` stands for a left-out middle. Our own corpus folder keeps such
marks as JSON lines `{"id", "spans": [{"start", "end", "technique", "contested"}]}`, and who speaks as
`{"id", "speech": [{"start", "end", "voice", "speaker": [start, end] or null}]}`: offsets in code points, none of the
text's words.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from spinmark.report import Span
from spinmark.taxonomy import BY_ID
from spinmark_training.markup import MarkedSpan, MarkupError, Speech

Marks = dict[str, tuple[MarkedSpan, ...]]


def read_words(path: Path, texts: Mapping[str, str]) -> Marks:
    """Return the marks of an `.ann` file. Raises: MarkupError with file and line."""
    marks: dict[str, list[MarkedSpan]] = {}
    id_ = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("@ "):
            id_ = line[2:].strip()
            marks[id_] = []
        elif line.strip() and not line.startswith("#") and line.strip() != "none":
            try:
                technique, words, _voice, _speaker, contested = (cell.strip() for cell in line.split(" | "))
                if technique not in BY_ID:
                    raise ValueError(f"no technique {technique!r}")
                marks[id_].append(MarkedSpan(_find(texts[id_], words), technique, contested == "contested"))
            except (KeyError, ValueError) as error:
                raise MarkupError(f"{path.name}:{number}: {error}") from error
    return {key: _in_order(spans) for key, spans in marks.items()}


def read_offsets(path: Path) -> Marks:
    """Return the marks of a JSON lines file; none where there is no such file."""
    if not path.exists():
        return {}
    marks: Marks = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        marks[row["id"]] = _in_order(
            MarkedSpan(Span(s["start"], s["end"]), s["technique"], s["contested"]) for s in row["spans"]
        )
    return marks


def offset_lines(marks: Marks) -> Iterator[str]:
    """Yield the lines that `read_offsets` reads."""
    for id_, spans in sorted(marks.items()):
        rows = [
            {"start": s.span.start, "end": s.span.end, "technique": s.technique, "contested": s.contested}
            for s in spans
        ]
        yield json.dumps({"id": id_, "spans": rows})


def read_speech(path: Path) -> dict[str, tuple[Speech, ...]]:
    """Return all speech of the texts that a JSON lines file marks, outer before inner; none where there is no such file."""
    if not path.exists():
        return {}
    found: dict[str, tuple[Speech, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        said = (
            Speech(
                Span(s["start"], s["end"]), s["voice"], None if s["speaker"] is None else Span(*s["speaker"])
            )
            for s in row["speech"]
        )
        found[row["id"]] = tuple(sorted(said, key=lambda s: (s.span.start, -s.span.end)))
    return found


def speech_lines(speech: Mapping[str, Iterable[Speech]]) -> Iterator[str]:
    """Yield the lines that `read_speech` reads."""
    for id_, said in sorted(speech.items()):
        rows = [
            {
                "start": s.span.start,
                "end": s.span.end,
                "voice": s.voice,
                "speaker": None if s.speaker is None else [s.speaker.start, s.speaker.end],
            }
            for s in said
        ]
        yield json.dumps({"id": id_, "speech": rows})


def _find(text: str, words: str) -> Span:
    numbered = re.fullmatch(r"(.+?)(?: \[(\d+)\])?", words)
    if numbered is None:
        raise ValueError("no words")
    pattern = re.escape(numbered[1]).replace(r"\ …\ ", r".{1,600}?").replace(r"\ ", r"\s+")
    nth = int(numbered[2] or 1)
    for count, found in enumerate(re.finditer(pattern, text, re.DOTALL), start=1):
        if count == nth:
            return Span(found.start(), found.end())
    raise ValueError(f"occurrence {nth} is not in the text: {words!r}")


def _in_order(spans: Iterable[MarkedSpan]) -> tuple[MarkedSpan, ...]:
    return tuple(sorted(spans, key=lambda s: (s.span.start, -s.span.end)))
