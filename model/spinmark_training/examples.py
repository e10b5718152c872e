"""Documents -> training windows with a target for each token and output."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from spinmark.card import OUTPUTS
from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import MAX_TOKENS, Tokenizer
from spinmark_training.data import MERGED, UNPLACED, Document
from spinmark_training.teaching import Teaching

UNKNOWN = -1
"""A target that the loss leaves out: the source does not say."""

MERGED_GROUPS = tuple(tuple(TECHNIQUE_IDS.index(t) for t in members) for members in MERGED.values())
_COLUMN = {name: column for column, name in enumerate(OUTPUTS)}


@dataclass(frozen=True, slots=True)
class Example:
    """One window.

    `ids` int64 [tokens]; `targets` int8 [tokens, outputs] of 1, 0 and UNKNOWN; `merged` bool [tokens, groups]:
    one member of the group is there. `whole` is the column of a label of the text as a whole, or -1. `taught`
    float16 [tokens, outputs] are a teacher's scores, or None. `read` says that we read the text for all techniques.
    """

    ids: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int8]
    merged: npt.NDArray[np.bool_]
    whole: int
    weight: float
    taught: npt.NDArray[np.float16] | None = None
    read: bool = False


def examples(
    documents: Iterable[Document],
    tokenizer: Tokenizer,
    core_tokens: int,
    weights: dict[str, float],
    teaching: Teaching | None = None,
    context: bool = True,
) -> Iterator[Example]:
    """Yield the windows of all documents; context tokens, if there are any, carry their targets as well."""
    longest = MAX_TOKENS if context else core_tokens + 2
    for document in documents:
        for window in tokenizer.windows(document.text, core_tokens, longest):
            targets, merged = targets_for(document, window.spans)
            yield Example(
                ids=window.ids,
                targets=targets,
                merged=merged,
                whole=_COLUMN[document.whole] if document.whole else -1,
                weight=weights.get(document.source, 1.0),
                taught=teaching.of(document, window.spans) if teaching else None,
                read=document.source == "reading",
            )


def targets_for(
    document: Document, token_spans: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Return `Example.targets` and `Example.merged` for tokens at int64 [tokens, 2] of the document."""
    tokens = len(token_spans)
    targets = np.full((tokens, len(OUTPUTS)), UNKNOWN, dtype=np.int8)
    merged = np.zeros((tokens, len(MERGED_GROUPS)), dtype=np.bool_)
    real = token_spans[:, 1] > token_spans[:, 0]

    def within(span: Span) -> npt.NDArray[np.bool_]:
        return real & (token_spans[:, 0] < span.end) & (token_spans[:, 1] > span.start)

    for technique in document.labelled:
        if document.whole != technique:
            targets[real, _COLUMN[technique]] = 0
    if document.whole is None and document.source not in UNPLACED:
        targets[real, _COLUMN["any"]] = 0
    for marked in document.spans:
        inside = within(marked.span)
        targets[inside, _COLUMN["any"]] = 1
        if len(marked.techniques) == 1:
            targets[inside, _COLUMN[marked.techniques[0]]] = 1
        else:
            columns = tuple(_COLUMN[t] for t in marked.techniques)
            group = MERGED_GROUPS.index(columns)
            free = inside & ~(targets[:, columns] == 1).any(axis=1)
            merged[free, group] = True
            targets[np.ix_(free, columns)] = UNKNOWN
    if document.speech is not None:
        for output in ("quoted", "reported", "speaker"):
            targets[real, _COLUMN[output]] = 0
        for speech in document.speech:  # outer before inner, so that the innermost decides
            inside = within(speech.span)
            targets[inside, _COLUMN["quoted"]] = speech.voice == "quoted"
            targets[inside, _COLUMN["reported"]] = speech.voice == "reported"
            if speech.speaker is not None:
                targets[within(speech.speaker), _COLUMN["speaker"]] = 1
    if document.source in ("corpus", "web"):
        for marked in document.spans:
            inside = within(marked.span)
            column = targets[:, _COLUMN["contested"]]
            column[inside] = np.maximum(column[inside], np.int8(marked.contested))
    return targets, merged


def joined(shuffled: list[Example], random: Random, probability: float = 0.5) -> list[Example]:
    """Join short neighbours into one window, with `probability` for each that fits.

    Our corpus is short items and the web is long pages. Joined windows keep the model from reading length and
    lonely position as a sign of a technique, and fill the batches.
    """
    out: list[Example] = []
    for example in shuffled:
        last = out[-1] if out else None
        if (
            last is not None
            and last.whole < 0 > example.whole
            and len(last.ids) + len(example.ids) <= MAX_TOKENS
            and random.random() < probability
        ):
            out[-1] = Example(
                ids=np.concatenate((last.ids[:-1], example.ids[1:])),
                targets=np.concatenate((last.targets[:-1], example.targets[1:])),
                merged=np.concatenate((last.merged[:-1], example.merged[1:])),
                whole=-1,
                weight=max(last.weight, example.weight),
                taught=_both(last.taught, example.taught),
                read=last.read or example.read,
            )
        else:
            out.append(example)
    return out


def _both(
    first: npt.NDArray[np.float16] | None, second: npt.NDArray[np.float16] | None
) -> npt.NDArray[np.float16] | None:
    return None if first is None or second is None else np.concatenate((first[:-1], second[1:]))


def batches(items: list[Example], random: Random, max_tokens: int) -> list[list[Example]]:
    """Group examples of like length into batches of at most `max_tokens` padded tokens, in random order."""
    by_length = sorted(items, key=lambda e: len(e.ids) + random.random() * 8)
    out: list[list[Example]] = []
    batch: list[Example] = []
    longest = 0
    for example in by_length:
        longest = max(longest, len(example.ids))
        if batch and longest * (len(batch) + 1) > max_tokens:
            out.append(batch)
            batch, longest = [], len(example.ids)
        batch.append(example)
    if batch:
        out.append(batch)
    random.shuffle(out)
    return out
