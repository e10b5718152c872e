"""Two reports, of a text before and after a revision -> which flags it took away, added and kept."""

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from spinmark.report import Flag, FlagLines, Report, Span, json_line
from spinmark.segment import split
from spinmark.taxonomy import BY_ID

SCHEMA = "spinmark.comparison/1"

SHARE = 0.5
"""Two flags are the same passage where at least this share of the shorter one's characters was kept."""

EXACT_WORDS = 2_000
"""Beyond as many words in one rewritten stretch, the most frequent do not count: the time grows with their square."""

_WORD = re.compile(r"\w+|[^\w\s]")

Words = Literal["kept", "changed"]
"""Whether the words of a passage stand in the other text as well."""


@dataclass(frozen=True, slots=True)
class Change:
    """A flag that only one of the texts has. Its words may be `kept`: then what stands around them was changed."""

    flag: Flag
    words: Words


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a revision did; all in reading order."""

    before: Report
    after: Report
    removed: tuple[Change, ...]
    added: tuple[Change, ...]
    kept: tuple[tuple[Flag, Flag], ...]

    def to_json(self) -> str:
        """Return the comparison as one line of JSON, its flags as a report has them."""
        old, new = FlagLines(self.before.text), FlagLines(self.after.text)
        techniques = {flag.technique for report in (self.before, self.after) for flag in report.flags}
        model = self.after.model
        return json_line(
            {
                "schema": SCHEMA,
                "model": {"name": model.name, "version": model.version, "sha256": model.sha256},
                "before": _head(self.before),
                "after": _head(self.after),
                "removed": [{"flag": old.to_dict(c.flag), "words": c.words} for c in self.removed],
                "added": [{"flag": new.to_dict(c.flag), "words": c.words} for c in self.added],
                "kept": [{"before": old.to_dict(a), "after": new.to_dict(b)} for a, b in self.kept],
                "summary": {
                    "removed": len(self.removed),
                    "added": len(self.added),
                    "kept": len(self.kept),
                    "by_technique": {
                        id_: {
                            "before": sum(flag.technique == id_ for flag in self.before.flags),
                            "after": sum(flag.technique == id_ for flag in self.after.flags),
                        }
                        for id_ in BY_ID
                        if id_ in techniques
                    },
                },
            }
        )


def compare(before: Report, after: Report) -> Comparison:
    """Return which flags are the same passage under the same technique, and which only one of the texts has."""
    kept = _Kept(before.text, after.text)
    same_technique = [
        (i, j)
        for i, old in enumerate(before.flags)
        for j, new in enumerate(after.flags)
        if old.technique == new.technique
    ]
    shared = {(i, j): kept.shared(before.flags[i].span, after.flags[j].span) for i, j in same_technique}
    aligned = [
        (i, j)
        for i, j in same_technique
        if shared[i, j] >= SHARE * min(_letters(before.flags[i].quote), _letters(after.flags[j].quote))
    ]
    aligned.sort(key=lambda pair: (-shared[pair], pair))
    # What was moved is not found by the alignment, but by its words.
    moved = [
        (i, j) for i, j in same_technique if before.flags[i].quote.split() == after.flags[j].quote.split()
    ]
    new_of: dict[int, int] = {}
    old_of: dict[int, int] = {}
    for i, j in (*aligned, *moved):
        if i not in new_of and j not in old_of:
            new_of[i], old_of[j] = j, i
    return Comparison(
        before,
        after,
        removed=tuple(
            Change(flag, "kept" if kept.has_old(flag.span) else "changed")
            for i, flag in enumerate(before.flags)
            if i not in new_of
        ),
        added=tuple(
            Change(flag, "kept" if kept.has_new(flag.span) else "changed")
            for j, flag in enumerate(after.flags)
            if j not in old_of
        ),
        kept=tuple((before.flags[i], after.flags[j]) for i, j in sorted(new_of.items())),
    )


class _Kept:
    """The words that stand in both texts, in the same order."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new
        pairs = list(_kept_words(old, new))
        self._of_old = [span for span, _ in pairs]
        self._of_new = [span for _, span in pairs]

    def shared(self, old: Span, new: Span) -> int:
        """Return how many code points of the passage `old` are words that stand in the passage `new`."""
        return sum(len(self._of_old[k]) for k in _within(self._of_old, old) if self._of_new[k].overlap(new))

    def has_old(self, span: Span) -> bool:
        """Tell whether every word of a passage of the old text stands in the new one."""
        return self._has(self._old, self._of_old, span)

    def has_new(self, span: Span) -> bool:
        """Tell whether every word of a passage of the new text stood in the old one."""
        return self._has(self._new, self._of_new, span)

    def _has(self, text: str, words: Sequence[Span], span: Span) -> bool:
        found = sum(words[k].overlap(span) for k in _within(words, span))
        return found == _letters(text[span.start : span.end])


def _within(words: Sequence[Span], span: Span) -> range:
    """Return which of the words, in order, overlap the span."""
    first = bisect_right(words, span.start, key=lambda word: word.end)
    return range(first, max(first, bisect_left(words, span.end, key=lambda word: word.start)))


def _kept_words(old: str, new: str) -> Iterator[tuple[Span, Span]]:
    """Yield the words that both texts have, in order: of whole sentences, then of those that were rewritten."""
    a, b = split(old), split(new)
    sentences = difflib.SequenceMatcher(None, _texts(old, a), _texts(new, b), autojunk=False)
    for tag, a_start, a_end, b_start, b_end in sentences.get_opcodes():
        if tag == "equal":
            for one, other in zip(a[a_start:a_end], b[b_start:b_end], strict=True):
                yield from zip(_words(old, one), _words(new, other), strict=True)
        elif tag == "replace":
            yield from _aligned_words(
                old,
                _words(old, Span(a[a_start].start, a[a_end - 1].end)),
                new,
                _words(new, Span(b[b_start].start, b[b_end - 1].end)),
            )


def _aligned_words(old: str, a: Sequence[Span], new: str, b: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    words = difflib.SequenceMatcher(
        None, _texts(old, a), _texts(new, b), autojunk=max(len(a), len(b)) > EXACT_WORDS
    )
    for a_start, b_start, size in words.get_matching_blocks():
        yield from zip(a[a_start : a_start + size], b[b_start : b_start + size], strict=True)


def _words(text: str, within: Span) -> list[Span]:
    return [Span(*match.span()) for match in _WORD.finditer(text, within.start, within.end)]


def _texts(text: str, spans: Sequence[Span]) -> list[str]:
    # The white space behind a sentence is no part of what it says.
    return [text[span.start : span.end].rstrip() for span in spans]


def _letters(quote: str) -> int:
    return sum(len(match[0]) for match in _WORD.finditer(quote))


def _head(report: Report) -> dict[str, object]:
    return {
        "id": report.id,
        "language": report.language,
        "status": report.status,
        "text_length": len(report.text),
        "flags": len(report.flags),
    }
