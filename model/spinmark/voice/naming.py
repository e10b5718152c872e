"""Which name near a passage is its speaker's: what form found, what the speaker head marks, who spoke last.

Each is a candidate with a few features; a small network gives it log odds against the others and against nobody.
Somebody is named where all candidates that may stand for him are together likely enough, see `trust`: a wrong name
costs more than none. Further weights say by which of his names. `naming.toml` beside this file holds them all, which
`spinmark_training.naming_fit` explains.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinmark.report import Span
from spinmark.voice.heads import Heads
from spinmark.voice.speakers import Referents, Subject

WAYS = (
    "after comma", "agent", "according", "colon", "first", "headline", "hypothetical", "identified", "introduced", "inverted",
    "label",
    "message", "nested", "owner", "quoting", "same line", "shared", "signed", "subject", "topic", "trailing", "verb", "view", "vocative",
)  # fmt: skip
"""The forms that give words to a noun phrase, see `speakers.Subject.how`."""

FEATURES = (
    *WAYS, "before", "after", "pronoun",
    "form", "run", "last", "score", "score of form", "nearest", "inside", "chars before", "chars after",
    "sentences before", "sentences after", "lines", "last sentences", "last lines", "capital", "form reported",
    "run quoted", "run reported", "run unheard", "last quoted", "last reported", "last unheard",
    "echo", "speaks", "opens", "possessive", "placed", "same sentence", "spoken", "form again", "score of last",
    "score of pronoun", "often",
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


@dataclass(frozen=True, slots=True)
class Person:
    """A network of one hidden layer for who speaks.

    `hidden` float64 [FEATURES, units], `bias` and `out` float64 [units].
    """

    hidden: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]
    out: npt.NDArray[np.float64]

    def log_odds(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the log odds of each candidate, float64 [candidates], up to a constant; `features` has a row for each."""
        return np.tanh(features @ self.hidden + self.bias) @ self.out


@dataclass(frozen=True, slots=True)
class Weights:
    """What tells who speaks, and log odds, float64 [FEATURES], of a `name` among the names of one person."""

    person: Person
    name: npt.NDArray[np.float64]


@cache
def packaged_weights() -> Weights:
    """Read `naming.toml`. Raises: KeyError, a feature has no weight."""
    table = tomllib.loads(PACKAGED.read_text(encoding="utf-8"))
    person = table["person"]
    hidden = np.array([person["hidden"][feature] for feature in FEATURES], float)
    name = np.array([table["name"][feature] for feature in FEATURES], float)
    return Weights(Person(hidden, np.array(person["bias"], float), np.array(person["out"], float)), name)


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


_PRONOUN = re.compile(
    r"i|me|my|we|us|our|you|u|your|he|him|his|she|her|it|its|they|them|their|who|one", re.IGNORECASE
)
_TOLD = re.compile(
    r"\s+(?:has |have |had )?(?:is|am|are|was|were|been)\s+(?:\w+\s+)?(?:told|informed|assured|warned|reminded)\b"
)
_DATELINE = re.compile(r"(?m)^[A-ZÀ-Ý][A-ZÀ-Ý ]{2,}(?=(?:,[^.–—\n]{3,14})?(?: \([^)\n]*\))? [–—-] )")
_PLACED = re.compile(r"\b(?:in|of|from|near|on|for|inside|by|with|against|about)\s+$")
_BEFORE_CHARS = 12


class Names:
    """The candidates of one text's passages.

    `speakers` are where the subjects of verbs of speech begin, `spoken` what stands between quotation marks; both
    in reading order.
    """

    def __init__(
        self,
        text: str,
        sentences: Sequence[Span],
        referents: Referents,
        subjects: Sequence[Span],
        spoken: Sequence[Span],
        heads: Heads,
    ) -> None:
        self._text = text
        self._starts = [s.start for s in sentences]
        self._referents = referents
        self._subjects = subjects
        self._spoken = spoken
        self._heads = heads
        self._meant: dict[int, Span | None] = {}
        self._people: dict[Span, str] = {}

    def choose(self, passage: Span, known: Known, least: float) -> Span | None:
        """Return the likeliest name where its probability is at least `least`."""
        candidates = self.candidates(passage, known)
        weights, features = packaged_weights(), np.stack([c.features for c in candidates])
        logits = weights.person.log_odds(features)
        likely = np.exp(logits - logits.max())
        shares: list[float] = (likely / likely.sum()).tolist()
        people = [self._person(c.span) for c in candidates]
        together = dict.fromkeys(people, 0.0)
        for person, share in zip(people, shares, strict=True):
            together[person] += share
        speaker = max(together, key=lambda person: together[person])
        if not speaker or together[speaker] < least:
            return None
        fitting = features @ weights.name
        best = max(
            (i for i, person in enumerate(people) if person == speaker), key=lambda i: float(fitting[i])
        )
        return candidates[best].span

    def candidates(self, passage: Span, known: Known) -> list[Candidate]:
        """Return form's name, the last speaker, the names that the head marks near the passage, and nobody."""
        somebody = list(self._somebody(passage, known))
        return [*somebody, self._nobody(known)]

    def _person(self, span: Span | None) -> str:
        """Return by what a person is known, whichever name stands there: `krohl` for `Ada Krohl` and `the mayor`."""
        if span is None:
            return ""
        person = self._people.get(span)
        if person is None:
            name = self._referents.person_of(span) or span
            last = self._text[name.start : name.end].lower().split()[-1]
            person = self._people[span] = last.removesuffix("'s").removesuffix("’s")
        return person

    def _meaning(self, pronoun: Span) -> Span | None:
        """Return whom a pronoun means."""
        if pronoun.start not in self._meant:
            word = self._text[pronoun.start : pronoun.end].lower()
            named = self._referents.resolve(Subject(pronoun, word))
            self._meant[pronoun.start] = None if named is None else named.span
        return self._meant[pronoun.start]

    def _somebody(self, passage: Span, known: Known) -> list[Candidate]:
        near = self._heads.speaker_near(passage)
        taken: list[Span] = []
        found: list[Candidate] = []
        if known.name is not None:
            taken.append(known.name)
            found.append(self._candidate(passage, known, known.name, "form", near))
        if known.last is not None:
            if known.last not in taken:
                taken.append(known.last)
                found.append(self._candidate(passage, known, known.last, "last", near))
            elif known.name is not None:
                found[0].features[_AT["form again"]] = 1
        echoes: list[Span] = []
        for span in self._heads.speakers_around(passage):
            if _PRONOUN.fullmatch(self._text, span.start, span.end):
                meant = self._meaning(span)
                if meant is not None:
                    echoes.append(meant)
            elif _DATELINE.match(self._text, span.start) or _TOLD.match(self._text, span.end):
                continue  # where a report was written; who was told, and did not say
            elif not any(span.overlap(other) for other in taken):
                taken.append(span)
                found.append(self._candidate(passage, known, span, "run", near))
        people = [self._person(c.span) for c in found]
        for meant in echoes:
            person = self._person(meant)
            if person in people:
                for candidate, other in zip(found, people, strict=True):
                    if other == person:
                        candidate.features[_AT["echo"]] = 1
            else:
                candidate = self._candidate(passage, known, meant, "run", near)
                candidate.features[_AT["echo"]] = 1
                found.append(candidate)
                people.append(person)
        for candidate, person in zip(found, people, strict=True):
            candidate.features[_AT["often"]] = people.count(person) - 1
        return found

    def _candidate(
        self, passage: Span, known: Known, span: Span, source: str, near: tuple[Span, float] | None
    ) -> Candidate:
        f = np.zeros(len(FEATURES))
        score = max(-_MOST_LOG_ODDS, min(_MOST_LOG_ODDS, _log_odds(self._heads.names(span)))) / _MOST_LOG_ODDS
        f[_AT[source]] = 1
        f[_AT["score"]] = score
        f[_AT["nearest"]] = near is not None and near[0].overlap(span) > 0
        f[_AT["inside"]] = span.overlap(passage) > 0
        f[_AT["capital"]] = not self._text[span.start].islower()
        self._describe(f, passage, span)
        if source == "form":
            f[_AT["score of form"]] = score
            f[_AT["form reported"]] = known.kind == "reported"
            way, _, pronoun = known.how.partition(", ")
            f[_AT["pronoun"]] = bool(pronoun)
            if pronoun:
                f[_AT["score of pronoun"]] = score
            for place in ("before", "after"):
                if way.endswith(f" {place}"):
                    f[_AT[place]] = 1
                    way = way.removesuffix(f" {place}")
            if way in WAYS:
                f[_AT[way]] = 1
            return Candidate(span, f)
        f[_AT[f"{source} {known.kind or 'unheard'}"]] = 1
        if source == "last":
            f[_AT["score of last"]] = score
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

    def _describe(self, f: npt.NDArray[np.float64], passage: Span, span: Span) -> None:
        """Note how a name stands in its sentence."""
        sentence = bisect_right(self._starts, span.start) - 1
        ends = bisect_right(self._starts, passage.end - 1) - 1
        f[_AT["same sentence"]] = bisect_right(self._starts, passage.start) - 1 <= sentence <= ends
        before = self._text[max(0, span.start - _BEFORE_CHARS) : span.start]
        f[_AT["opens"]] = sentence >= 0 and not self._text[self._starts[sentence] : span.start].strip(_MARKS)
        f[_AT["placed"]] = bool(_PLACED.search(before))
        f[_AT["possessive"]] = self._text.startswith(("'s", "’s"), span.end) or self._text.endswith(
            ("'s", "’s"), span.start, span.end
        )
        f[_AT["speaks"]] = _overlapped(self._subjects, span)
        f[_AT["spoken"]] = _overlapped(self._spoken, span)

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


_MARKS = " \t\r\n\"“”„«»‘’'–—-"


def _overlapped(ordered: Sequence[Span], span: Span) -> bool:
    """Say whether one of the spans, which stand in order, overlaps `span`."""
    index = bisect_right(ordered, span)
    return any(other.overlap(span) > 0 for other in ordered[max(0, index - 1) : index + 1])


def _log_odds(probability: float) -> float:
    return float(np.log((probability + 1e-6) / (1 - probability + 1e-6)))
