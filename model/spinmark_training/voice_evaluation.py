"""`python -m spinmark_training.voice_evaluation CORPUS`: how often `spinmark.voice` is right on our corpus."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click

from spinmark.evaluation.counts import same_speaker
from spinmark.report import Span, Voice
from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer
from spinmark.voice import SpeechScores, attribute, speech
from spinmark_training.data import Document, Part, read_corpus

_PRONOUN = re.compile(r"he|she|they|it|you|we|i|me", re.IGNORECASE)


def gold_voice(document: Document, passage: Span, contested: bool) -> Voice:
    """Return the voice that the corpus gives a passage: the innermost speech that holds at least half of it."""
    assert document.speech is not None
    holding = [s for s in document.speech if s.span.overlap(passage) * 2 >= len(passage)]
    if not holding:
        return Voice(contested=contested)
    inner = min(holding, key=lambda s: len(s.span))
    return Voice(inner.voice, inner.speaker, contested)


def alike(text: str, a: Span, b: Span) -> bool:
    """Say whether one span's words are part of the other's: `Moll` and `Petra Moll`."""
    one, other = (set(text[s.start : s.end].lower().split()) - {"the", "of", "a"} for s in (a, b))
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
        if gold.speaker is not None and _PRONOUN.fullmatch(text[gold.speaker.start : gold.speaker.end]):
            return  # the corpus names nobody: whether our name is the right one cannot be counted
        if gold.speaker is not None:
            self.counts["named"] += 1
            self.counts["speaker named alike"] += found.speaker is not None and (
                same_speaker(text, gold.speaker, found.speaker) or alike(text, gold.speaker, found.speaker)
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
            if gold is not None and _PRONOUN.fullmatch(text[gold.start : gold.end]):
                continue
            right, given = counts.get(inner.how, (0, 0))
            right += gold is not None and same_speaker(text, gold, inner.speaker)
            counts[inner.how] = (right, given + 1)
    return counts


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--weights",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of weights whose heads join in; form alone without it.",
)
@click.option(
    "--part", type=click.Choice(["train", "dev", "test"]), multiple=True, default=("dev",), show_default=True
)
@click.option(
    "--ways", "by_way", is_flag=True, help="Count instead how often each way of form to a speaker is right."
)
def main(corpus: Path, weights: Path | None, part: tuple[Part, ...], by_way: bool) -> None:
    """Measure voice, speaker and contest over the marked passages of CORPUS."""
    if by_way:
        counted = ways(d for d in read_corpus(corpus) if d.part in part)
        for way, (right, given) in sorted(counted.items(), key=lambda item: -item[1][1]):
            click.echo(f"{way:32} {right / given:.2f} of {given}")
        return
    tally = Tally()
    tokenizer = scorer = None
    if weights is not None:
        tokenizer, scorer = Tokenizer(weights / "tokenizer.json"), Scorer(weights)
    for document in read_corpus(corpus):
        if document.part not in part or not document.spans:
            continue
        heads: SpeechScores | None = None
        if tokenizer is not None and scorer is not None:
            scores = scorer.score(tokenizer.windows(document.text))
            heads = SpeechScores(
                scores.spans, *(scores.of(name) for name in ("quoted", "reported", "speaker", "contested"))
            )
        techniques = [s.techniques[0] for s in document.spans]
        found = attribute(document.text, [s.span for s in document.spans], heads, techniques)
        for span, voice in zip(document.spans, found, strict=True):
            tally.add(document.text, gold_voice(document, span.span, span.contested), voice)
    for line in tally.lines():
        click.echo(line)


if __name__ == "__main__":
    main()
