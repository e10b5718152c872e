"""How often `spinmark.voice` is right about passages whose speech is marked."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from spinmark.evaluation.counts import same_speaker
from spinmark.report import Span, Voice
from spinmark.segment import split
from spinmark.voice import SpeechScores, attribute, speech
from spinmark.voice.speakers import Referents
from spinmark_training.data import Document, LabelledSpan

PRONOUN = re.compile(r"he|she|they|it|you|we|i|me", re.IGNORECASE)
"""Whoever marked one as the speaker named nobody."""


def gold_voice(document: Document, passage: Span, contested: bool) -> Voice:
    """Return the voice that the corpus gives a passage: the innermost speech that holds at least half of it."""
    assert document.speech is not None
    holding = [s for s in document.speech if s.span.overlap(passage) * 2 >= len(passage)]
    if not holding:
        return Voice(contested=contested)
    inner = min(holding, key=lambda s: len(s.span))
    return Voice(inner.voice, inner.speaker, contested)


def in_speech(document: Document) -> Document:
    """Return the document with all of its speech as passages, in place of those that are marked."""
    assert document.speech is not None
    return replace(document, spans=tuple(_passage(s.span) for s in document.speech))


def in_sentences(document: Document) -> Document:
    """Return the document with its sentences as passages, but for those that are partly speech and very short ones."""
    assert document.speech is not None
    outer: list[Span] = []
    for said in document.speech:  # outer before inner
        if not any(o.overlap(said.span) for o in outer):
            outer.append(said.span)
    sentences = []
    for span in split(document.text):
        words = document.text[span.start : span.end]
        start = span.start + len(words) - len(words.lstrip())
        sentence = Span(start, start + len(words.strip()))
        held = sum(sentence.overlap(o) for o in outer) / max(1, len(sentence))
        if len(sentence) >= _SHORTEST and not 0.05 < held < 0.9:
            sentences.append(_passage(sentence))
    return replace(document, spans=tuple(sentences))


def _passage(span: Span) -> LabelledSpan:
    return LabelledSpan(span, ("loaded_language",))


_SHORTEST = 20
"""Code points of a sentence that counts."""


_TITLES = frozenset("the of a an mr mrs ms miss sir dame lord lady dr prof".split())
_APPOSED = re.compile(r",? (?:(?:the|a|an|one) )?")


def alike(text: str, a: Span, b: Span) -> bool:
    """Say whether two spans are names of one person: `Moll`, `Mrs Petra Moll`, `the mayor, Petra Moll`."""
    first, second = sorted((a, b))
    if _APPOSED.fullmatch(text, first.end, second.start):
        return True
    referents = Referents(text, [Span(0, len(text))])
    a, b = (referents.person_of(s) or s for s in (a, b))
    one, other = (
        {word.strip(".,") for word in text[s.start : s.end].lower().split()} - _TITLES for s in (a, b)
    )
    return bool(one and other) and (one <= other or other <= one)


@dataclass(slots=True)
class Tally:
    """Counts over passages; the properties are shares in [0, 1]."""

    counts: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, text: str, gold: Voice, found: Voice) -> None:
        self.counts["passages"] += 1
        self.counts["voice right"] += gold.kind == found.kind
        self.confusion[gold.kind, found.kind] += 1
        self.counts["contested gold"] += gold.contested
        self.counts["contested found"] += found.contested
        self.counts["contested right"] += gold.contested and found.contested
        if gold.speaker is not None and PRONOUN.fullmatch(text[gold.speaker.start : gold.speaker.end]):
            return  # the corpus names nobody: whether our name is the right one cannot be counted
        if gold.speaker is not None:
            self.counts["named"] += 1
            self.counts["speaker named alike"] += found.speaker is not None and one_person(
                text, gold.speaker, found.speaker
            )
            self.counts["speaker right"] += found.speaker is not None and same_speaker(
                text, gold.speaker, found.speaker
            )
        if gold.kind != "author" or found.kind != "author":
            self.counts["speech"] += 1
            wrong = found.speaker is not None and (
                gold.speaker is None or not same_speaker(text, gold.speaker, found.speaker)
            )
            self.counts["speaker wrong"] += wrong
            self.counts["person wrong"] += wrong and not (
                gold.speaker is not None
                and found.speaker is not None
                and alike(text, gold.speaker, found.speaker)
            )

    def share(self, part: str, whole: str) -> float:
        return self.counts[part] / self.counts[whole] if self.counts[whole] else 0.0

    def lines(self) -> list[str]:
        precision = self.share("contested right", "contested found")
        recall = self.share("contested right", "contested gold")
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return [
            f"passages {self.counts['passages']}",
            f"voice right {self.share('voice right', 'passages'):.3f}  "
            + "  ".join(f"{gold}→{found} {n}" for (gold, found), n in sorted(self.confusion.items())),
            f"speaker right where named {self.share('speaker right', 'named'):.3f}, "
            f"or named alike {self.share('speaker named alike', 'named'):.3f}, "
            f"wrong {self.share('speaker wrong', 'speech'):.3f} of passages in speech, another person "
            f"{self.share('person wrong', 'speech'):.3f}",
            f"contested precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}",
        ]


def ways(documents: Iterable[Document]) -> dict[str, tuple[int, int]]:
    """Return for each way of finding a speaker by form how many names of marked passages it got right, and gave.

    Passages for whom the corpus gives a pronoun do not count. See `spinmark.voice.trust`.
    """
    counts: dict[str, tuple[int, int]] = {}
    for document in documents:
        text = document.text
        regions = speech(text) if document.spans else []
        for marked in document.spans:
            holding = [r for r in regions if r.span.overlap(marked.span) * 2 >= len(marked.span)]
            inner = min(holding, key=lambda r: len(r.span), default=None)
            gold = gold_voice(document, marked.span, marked.contested).speaker
            if inner is None or inner.speaker is None:
                continue
            if gold is not None and PRONOUN.fullmatch(text[gold.start : gold.end]):
                continue
            right, given = counts.get(inner.how, (0, 0))
            right += gold is not None and same_speaker(text, gold, inner.speaker)
            counts[inner.how] = (right, given + 1)
    return counts


def one_person(text: str, a: Span, b: Span) -> bool:
    """Say whether two spans name one speaker, be it by different names."""
    return same_speaker(text, a, b) or alike(text, a, b)


def measure(documents: Iterable[Document], heads: Callable[[str], SpeechScores | None]) -> Tally:
    """Count over the passages of documents, with what the model's heads say of a text or None."""
    tally = Tally()
    for document in documents:
        techniques = [s.techniques[0] for s in document.spans]
        spans = [s.span for s in document.spans]
        found = attribute(document.text, spans, heads(document.text), techniques)
        for span, voice in zip(document.spans, found, strict=True):
            tally.add(document.text, gold_voice(document, span.span, span.contested), voice)
    return tally
