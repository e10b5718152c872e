"""The corpus's markup -> items: text, technique spans and speech, with faults named by file and line.

    === positive letter
    # note: why it is what it is
    The landlord writes that ⦃r The landlord|⟦blame_shifting!:the tenants broke the boiler⟧⦄. They did not.

`⟦technique:words⟧` is a span, `!` after the id says that the text itself contests it. `⦃q Speaker|words⦄` is
direct and `⦃r Speaker|words⦄` reported speech; `-` stands for a speaker whom the text does not name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spinmark.report import Span, VoiceKind
from spinmark.taxonomy import BY_ID

KINDS = ("positive", "hard_negative", "neutral", "article")

_OPENING = re.compile(r"⟦(?P<technique>[a-z_]+)(?P<contested>!?):|⦃(?P<voice>[qr]) (?P<speaker>[^|⦃⦄⟦⟧]+)\|")
_PARTNER = {"⟧": "⟦", "⦄": "⦃"}
_VOICE: dict[str, Literal["quoted", "reported"]] = {"q": "quoted", "r": "reported"}


class MarkupError(ValueError):
    """An item's markup is at fault."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of direct or reported speech and where its speaker is named, None where nowhere."""

    span: Span
    voice: VoiceKind
    speaker: Span | None


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """A passage marked with a technique."""

    span: Span
    technique: str
    contested: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One marked text of the corpus."""

    id: str
    kind: str
    genre: str
    text: str
    spans: tuple[MarkedSpan, ...]
    speech: tuple[Speech, ...]
    note: str


def parse(marked: str) -> tuple[str, tuple[MarkedSpan, ...], tuple[Speech, ...]]:
    """Return the bare text with its spans and speech, each in reading order, outer before inner.

    Raises: MarkupError on a mark that is unknown, empty, crossing or never closed.
    """
    bare: list[str] = []
    open_marks: list[tuple[str, int, re.Match[str]]] = []
    spans: list[MarkedSpan] = []
    speech: list[tuple[Span, VoiceKind, str]] = []
    position = 0
    while position < len(marked):
        character = marked[position]
        if character in _PARTNER.values():
            opening = _OPENING.match(marked, position)
            if opening is None or not (opening["voice"] or opening["technique"] in BY_ID):
                raise MarkupError(f"not a mark: {marked[position : position + 40]!r}")
            open_marks.append((character, len(bare), opening))
            position = opening.end()
            continue
        position += 1
        if character not in _PARTNER:
            bare.append(character)
            continue
        if not open_marks or open_marks[-1][0] != _PARTNER[character]:
            raise MarkupError(
                f"{character} closes nothing or crosses: {marked[max(0, position - 40) : position]!r}"
            )
        _, start, opening = open_marks.pop()
        words = "".join(bare[start:])
        if not words or (opening["technique"] and words != words.strip()):
            raise MarkupError(f"mark is empty or has space at its edge: {words!r}")
        span = Span(start, len(bare))
        if opening["technique"]:
            spans.append(MarkedSpan(span, opening["technique"], bool(opening["contested"])))
        else:
            speech.append((span, _VOICE[opening["voice"]], opening["speaker"].strip()))
    if open_marks:
        raise MarkupError(f"mark never closed: {open_marks[-1][2][0]!r}")
    text = "".join(bare)
    return (
        text,
        tuple(sorted(spans, key=lambda s: (s.span.start, -s.span.end))),
        tuple(
            sorted(
                (Speech(span, voice, _find_speaker(text, span, name)) for span, voice, name in speech),
                key=lambda s: (s.span.start, -s.span.end),
            )
        ),
    )


def _find_speaker(text: str, speech: Span, name: str) -> Span | None:
    """Return the occurrence of `name` nearest to the speech. Raises: MarkupError where there is none."""
    if name == "-":
        return None
    found = [Span(m.start(), m.end()) for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    if not found:
        raise MarkupError(f"the speaker {name!r} is not in the text")
    return min(found, key=lambda s: (max(speech.start - s.end, s.start - speech.end, 0), s.start))


def read_items(path: Path) -> Iterator[Item]:
    """Yield the items of one file; ids are `FILE-0001` and so on. Raises: MarkupError with file and line."""
    lines = path.read_text(encoding="utf-8").split("\n")
    heads = [number for number, line in enumerate(lines) if line.startswith("=== ")]
    for index, (head, following) in enumerate(zip(heads, [*heads[1:], len(lines)], strict=True), start=1):
        body = lines[head + 1 : following]
        notes: list[str] = []
        while body and body[0].startswith("# "):
            notes.append(body.pop(0).removeprefix("# note:").strip("# "))
        try:
            _, kind, genre = lines[head].split()
            text, spans, speech = parse("\n".join(body).strip())
            if kind not in KINDS:
                raise MarkupError(f"no kind {kind!r}")
            if not text or (kind == "positive" and not spans) or (kind == "neutral" and spans):
                raise MarkupError(f"a {kind} with {len(text)} characters and {len(spans)} spans")
        except ValueError as error:  # MarkupError, or a header without its three words
            raise MarkupError(f"{path.name}:{head + 1}: {error}") from error
        yield Item(f"{path.stem}-{index:04d}", kind, genre, text, spans, speech, " ".join(notes))
