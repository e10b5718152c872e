"""Findings that somebody has looked at and accepted, in a file that stands under version control.

A finding is known by its technique and its sentence, neither by its place nor by where exactly the passage begins
and ends: it stays accepted when the text before it grows, when a neighbour moves the passage by a word, or when
the paragraph is wrapped anew. It is asked about again once its sentence is another. The file holds hashes, no text.
"""

import hashlib
import json
import os
import re
from bisect import bisect_right
from collections import Counter
from pathlib import Path

from spinmark.errors import InputError
from spinmark.report import Flag, Report, Span
from spinmark.segment import split

SCHEMA = "spinmark.baseline/1"

_HASH_CHARS = 16

# A single line break within a paragraph: none before a blank line, a heading, a quotation, a list or a table.
_WRAPPED = re.compile(r"(?<![\r\n])(?:\r\n|\n|\r)(?=[ \t]*[^\s#>*+|\-\d])")


def fingerprints(report: Report) -> list[str]:
    """Return what each flag is known by, in their order. Like flags of like sentences have the same."""
    sentences = split(_WRAPPED.sub(lambda match: " " * len(match[0]), report.text))
    starts = [sentence.start for sentence in sentences]
    return [_fingerprint(flag, report.text, sentences, starts) for flag in report.flags]


def _fingerprint(flag: Flag, text: str, sentences: list[Span], starts: list[int]) -> str:
    first = max(0, bisect_right(starts, flag.span.start) - 1)
    met = [s for s in sentences[first : bisect_right(starts, flag.span.end)] if s.overlap(flag.span)]
    sentence = max(met, key=flag.span.overlap, default=flag.span)  # the first of those that hold most of it
    words = " ".join(text[sentence.start : sentence.end].split())
    content = f"{flag.technique}\0{words}".encode("utf-8", "surrogatepass")
    return f"{flag.technique}:{hashlib.sha256(content).hexdigest()[:_HASH_CHARS]}"


class Baseline:
    """What is accepted, for each source by its path from the folder of the baseline."""

    def __init__(self, path: Path, accepted: dict[str, Counter[str]] | None = None) -> None:
        self.path = path
        self._accepted = accepted or {}
        self._left = {source: Counter(found) for source, found in self._accepted.items()}
        self._found: dict[str, Counter[str]] = {}

    @classmethod
    def read(cls, path: Path) -> "Baseline":
        """Read the file. Raises: InputError where it cannot be read or is no baseline."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(str(path), error.strerror or type(error).__name__) from error
        except ValueError as error:
            raise InputError(str(path), "is not JSON") from error
        if not isinstance(value, dict) or value.get("schema") != SCHEMA:
            raise InputError(str(path), f"is no {SCHEMA}")
        accepted = value.get("accepted")
        if not isinstance(accepted, dict) or not all(map(_is_counts, accepted.values())):
            raise InputError(str(path), "has no object of counts for each source in 'accepted'")
        return cls(path, {source: Counter(found) for source, found in accepted.items()})

    def fresh(self, source: str, id_: str | int | None, report: Report) -> tuple[Flag, ...]:
        """Return the flags that nobody has accepted; a sentence that stands twice needs to be accepted twice."""
        key = self._key(source, id_)
        left = self._left.setdefault(key, Counter())
        found = self._found.setdefault(key, Counter())
        fresh = []
        for flag, fingerprint in zip(report.flags, fingerprints(report), strict=True):
            found[fingerprint] += 1
            if left[fingerprint] > 0:
                left[fingerprint] -= 1
            else:
                fresh.append(flag)
        return tuple(fresh)

    @property
    def found(self) -> int:
        """How many flags there were so far, accepted or not."""
        return sum(found.total() for found in self._found.values())

    @property
    def accepted(self) -> int:
        """How many of the flags so far are accepted."""
        return sum((self._accepted.get(key, Counter()) & found).total() for key, found in self._found.items())

    @property
    def gone(self) -> int:
        """How many accepted findings the sources that were looked at do not have any more."""
        return sum(self._left[key].total() for key in self._found)

    def renewed(self) -> str:
        """Return the file that accepts all flags so far; of sources that were not looked at it keeps what it has."""
        accepted = {key: found for key, found in (self._accepted | self._found).items() if found}
        value = {
            "schema": SCHEMA,
            "accepted": {key: dict(sorted(accepted[key].items())) for key in sorted(accepted)},
        }
        return json.dumps(value, indent=2, ensure_ascii=True)

    def _key(self, source: str, id_: str | int | None) -> str:
        try:
            path = Path(os.path.relpath(source, self.path.parent)).as_posix()
        except ValueError:  # another drive
            path = Path(source).as_posix()
        return path if id_ is None or str(id_) == source else f"{path}#{id_}"


def _is_counts(value: object) -> bool:
    return isinstance(value, dict) and all(type(count) is int and count > 0 for count in value.values())
