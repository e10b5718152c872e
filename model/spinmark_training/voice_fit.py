"""Fit what `spinmark.voice` learns: who is named, and how far the heads are believed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spinmark.evaluation.counts import same_speaker
from spinmark.report import Span, Voice
from spinmark.voice import SpeechScores, Voices, naming
from spinmark.voice.trust import Bounds, packaged_bounds
from spinmark_training.data import Document, LabelledSpan
from spinmark_training.naming_fit import Choice, fit_names, fit_person
from spinmark_training.voice_tally import PRONOUN, Tally, gold_voice, one_person

PAGE_WEIGHT = 2
"""How often a passage of a web article counts in a fit: they are what a reader meets."""


STEPS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The values that a bound may take. The dev part alone is too small for them: it put `reported` at .8, where .6 to .8
differ by 8 in 1,476, and on the train part .8 loses 54 of 10,831."""

WRONG_COST = 3.0
"""What a wrong name costs, in right ones: words in a mouth that did not say them are worse than no name. On the dev
part .007 fewer names are right at 3 than at 2, and .006 of the passages in speech fewer have a wrong one."""

NAME = round(WRONG_COST / (1 + WRONG_COST), 2)
"""The probability from which a name is worth saying at that cost; the dev part's 400 names would fit it to chance."""


def worth(tally: Tally) -> float:
    """Return what voices are worth: right voices and right names, less wrong names, other names of one person apart."""
    c = tally.counts
    return c["voice right"] + c["speaker named alike"] - WRONG_COST * c["person wrong"]


SPEECH = 0.3
"""Not fitted: what a reporter says that others say must not become the reporter's own. On the train part 77 reported
passages are lost to the author at .3, 84 at .4, and .001 of the voices are wrong in exchange."""


CITING = 0.5
"""Not fitted: of the train part's passages that hold the verb of their own attribution 22 of 23 are the author's below
.5, and 109 of 116 are not above it."""


def highest(bounds: Bounds, value: Callable[[Bounds], float]) -> Bounds:
    """Return the bounds with the `reported`, and then the `quoted`, of highest value, out of `STEPS`.

    Of equals the one that is there stays.
    """
    best = value(bounds)
    for name in ("reported", "quoted"):
        for step in STEPS:
            other = replace(bounds, **{name: step})
            if (reached := value(other)) > best:
                bounds, best = other, reached
    return bounds


def _worth_of(document: Document, marked: LabelledSpan) -> Callable[[Voice], float]:
    """Return what each voice is worth for a passage, reckoned once: most bounds give the same few."""
    gold = gold_voice(document, marked.span, marked.contested)

    @cache
    def worth_of(found: Voice) -> float:
        tally = Tally()
        tally.add(document.text, gold, found)
        return worth(tally)

    return worth_of


def fit_bounds(heard: Iterable[tuple[Document, SpeechScores]]) -> Bounds:
    """Return the bounds that are worth most on documents and what the model's heads say of each."""
    read: list[tuple[Voices, Span, Callable[[Voice], float]]] = []
    for document, scores in heard:
        voices = Voices(document.text)
        voices.hear(scores)
        read += [(voices, s.span, _worth_of(document, s)) for s in document.spans]

    def value(bounds: Bounds) -> float:
        for voices, _, _ in read:
            voices.trust(bounds)
        return sum(worth_of(voices.words_of(span)) for voices, span, worth_of in read)

    return highest(replace(packaged_bounds(), name=NAME, speech=SPEECH, citing=CITING), value)


def fit_naming(found: Sequence[Choice]) -> naming.Weights:
    """Return the weights by which `naming` tells who speaks, and by which of his names."""
    names = [one for choice in found if (one := choice.of_one_person()) is not None]
    return naming.Weights(fit_person(found), fit_names(names))


def choices(heard: Iterable[tuple[Document, SpeechScores]]) -> list[Choice]:
    """Return for each marked passage in speech who may have said it, and which of them the corpus has say it.

    Passages for whom the corpus gives a pronoun do not count.
    """
    found: list[Choice] = []
    for document, scores in heard:
        text = document.text
        voices = Voices(text)
        voices.hear(scores)
        for marked in document.spans:
            gold = gold_voice(document, marked.span, marked.contested)
            name = gold.speaker
            candidates = voices.name_candidates(marked.span)
            if gold.kind == "author" or not candidates:
                continue
            if name is not None and PRONOUN.fullmatch(text[name.start : name.end]):
                continue
            features = np.stack([c.features for c in candidates])
            exact, right = (
                np.array(
                    [name is not None and c.span is not None and fits(text, name, c.span) for c in candidates]
                )
                for fits in (same_speaker, one_person)
            )
            right[-1] = not right.any()  # nobody
            found.append(Choice(features, right, exact))
    return found


def write_names(weights: naming.Weights, path: Path) -> None:
    """Write `naming.toml` and let the library read it anew."""
    person = weights.person
    lines = [
        "# Written by `python -m spinmark_training.voice_evaluation --fit`; `spinmark.voice.naming` reads it.",
        "",
        "[person]",
        f"bias = {_rounded(person.bias)}",
        f"out = {_rounded(person.out)}",
        "",
        "[person.hidden]",
        *(f'"{name}" = {_rounded(row)}' for name, row in zip(naming.FEATURES, person.hidden, strict=True)),
        "",
        "[name]",
        *(f'"{name}" = {value:.3f}' for name, value in zip(naming.FEATURES, weights.name, strict=True)),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    naming.packaged_weights.cache_clear()


def _rounded(values: NDArray[np.float64]) -> str:
    return "[" + ", ".join(f"{value:.3f}" for value in values) + "]"


def write_bounds(bounds: Bounds, path: Path) -> None:
    """Write `trust.toml` and let the library read it anew."""
    head = "# Written by `python -m spinmark_training.voice_evaluation --fit`; `spinmark.voice.trust` says what each bound is."
    path.write_text(
        "\n".join((head, *(f"{k} = {v}" for k, v in asdict(bounds).items()))) + "\n", encoding="utf-8"
    )
    packaged_bounds.cache_clear()
