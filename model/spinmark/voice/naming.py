"""Which name near a passage is its speaker's: what form found, what the speaker head marks, who spoke last.

Each is a candidate with a few features; weights give it log odds against the others and against nobody. A name is
said where all candidates that may stand for it are together likely enough, see `trust`: a wrong name costs more
than none. `naming.toml` beside this file holds the weights, which `spinmark_training.naming_fit` explains.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinmark.report import Span
from spinmark.voice.heads import Heads

WAYS = (
    "after comma", "agent", "according", "colon", "first", "headline", "hypothetical", "identified", "introduced", "inverted",
    "label",
    "message", "nested", "owner", "same line", "shared", "signed", "subject", "topic", "trailing", "verb", "view", "vocative",
)  # fmt: skip
"""The forms that give words to a noun phrase, see `speakers.Subject.how`."""

FEATURES = (
    *WAYS, "before", "after", "pronoun",
    "form", "run", "last", "score", "score of form", "nearest", "inside", "chars before", "chars after",
    "sentences before", "sentences after", "lines", "last sentences", "last lines", "capital", "form reported",
    "run quoted", "run reported", "run unheard", "last quoted", "last reported", "last unheard",
    "nobody", "nobody quoted", "nobody reported", "nobody without form",
)  # fmt: skip
_AT = {name: index for index, name in enumerate(FEATURES)}

_MOST_SENTENCES = 4
_MOST_LOG_ODDS = 4.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may have said a passage; `span` is None for nobody. `features` is float64 [FEATURES]."""

    span: Span | None
    features: npt.NDArray[np.float64]


PACKAGED = Path(__file__).with_suffix(".toml")


@cache
def packaged_weights() -> npt.NDArray[np.float64]:
    """Read `naming.toml`: float64 [FEATURES], log odds. Raises: KeyError, a feature has no weight."""
    table = tomllib.loads(PACKAGED.read_text(encoding="utf-8"))
    return np.array([table[name] for name in FEATURES], float)


@dataclass(frozen=True, slots=True)
class Known:
    """What form knows of a passage: the `kind` of its speech, "" where it is no speech by form, and the name.

    `how` says how the name was found. `last` is who spoke last before the passage, in words that end at `last_end`.
    """

    kind: str
    name: Span | None
    how: str
    last: Span | None
    last_end: int


class Names:
    """The candidates of one text's passages."""

    def __init__(self, text: str, sentences: Sequence[Span], heads: Heads) -> None:
        self._text = text
        self._starts = [s.start for s in sentences]
        self._heads = heads

    def choose(self, passage: Span, known: Known, least: float) -> Span | None:
        """Return the likeliest name where its probability is at least `least`."""
        candidates = self.candidates(passage, known)
        logits = np.stack([c.features for c in candidates]) @ packaged_weights()
        likely = np.exp(logits - logits.max())
        shares: list[float] = (likely / likely.sum()).tolist()
        words = [self._last_word(c) for c in candidates]
        together = dict.fromkeys(words, 0.0)
        for word, share in zip(words, shares, strict=True):
            together[word] += share
        _, best = max(enumerate(candidates), key=lambda c: (together[words[c[0]]], shares[c[0]]))
        return best.span if together[self._last_word(best)] >= least else None

    def candidates(self, passage: Span, known: Known) -> list[Candidate]:
        """Return form's name, the last speaker, the names that the head marks near the passage, and nobody."""
        return [*self._somebody(passage, known), self._nobody(known)]

    def _last_word(self, candidate: Candidate) -> str:
        s = candidate.span
        return "" if s is None else self._text[s.start : s.end].lower().split()[-1]

    def _somebody(self, passage: Span, known: Known) -> Iterator[Candidate]:
        near = self._heads.speaker_near(passage)
        taken: list[Span] = []
        if known.name is not None:
            taken.append(known.name)
            yield self._candidate(passage, known, known.name, "form", near)
        if known.last is not None and known.last not in taken:
            taken.append(known.last)
            yield self._candidate(passage, known, known.last, "last", near)
        for span in self._heads.speakers_around(passage):
            if not any(span.overlap(other) for other in taken):
                yield self._candidate(passage, known, span, "run", near)

    def _candidate(
        self, passage: Span, known: Known, span: Span, source: str, near: tuple[Span, float] | None
    ) -> Candidate:
        f = np.zeros(len(FEATURES))
        score = max(-_MOST_LOG_ODDS, min(_MOST_LOG_ODDS, _log_odds(self._heads.names(span))))
        f[_AT[source]] = 1
        f[_AT["score"]] = score / _MOST_LOG_ODDS
        f[_AT["nearest"]] = near is not None and near[0].overlap(span) > 0
        f[_AT["inside"]] = span.overlap(passage) > 0
        f[_AT["capital"]] = not self._text[span.start].islower()
        if source == "form":
            f[_AT["score of form"]] = score / _MOST_LOG_ODDS
            f[_AT["form reported"]] = known.kind == "reported"
            way, _, pronoun = known.how.partition(", ")
            f[_AT["pronoun"]] = bool(pronoun)
            for place in ("before", "after"):
                if way.endswith(f" {place}"):
                    f[_AT[place]] = 1
                    way = way.removesuffix(f" {place}")
            if way in WAYS:
                f[_AT[way]] = 1
            return Candidate(span, f)
        f[_AT[f"{source} {known.kind or 'unheard'}"]] = 1
        if source == "last":
            between = Span(min(known.last_end, passage.start), passage.start)
            f[_AT["last sentences"]] = self._sentences(between)
            f[_AT["last lines"]] = self._lines(between)
            return Candidate(span, f)
        if span.start < passage.start:
            between = Span(min(span.end, passage.start), passage.start)
            f[_AT["chars before"]] = len(between) / 100
            f[_AT["sentences before"]] = self._sentences(between)
        else:
            between = Span(passage.end, max(span.start, passage.end))
            f[_AT["chars after"]] = len(between) / 100
            f[_AT["sentences after"]] = self._sentences(between)
        f[_AT["lines"]] = self._lines(between)
        return Candidate(span, f)

    def _nobody(self, known: Known) -> Candidate:
        f = np.zeros(len(FEATURES))
        f[_AT["nobody"]] = 1
        f[_AT["nobody without form"]] = known.name is None
        if known.kind:
            f[_AT[f"nobody {known.kind}"]] = 1
        return Candidate(None, f)

    def _sentences(self, between: Span) -> int:
        first, last = (bisect_right(self._starts, at) for at in (between.start, between.end))
        return min(_MOST_SENTENCES, last - first)

    def _lines(self, between: Span) -> int:
        return min(_MOST_SENTENCES, self._text.count("\n", between.start, between.end))


def _log_odds(probability: float) -> float:
    return float(np.log((probability + 1e-6) / (1 - probability + 1e-6)))
