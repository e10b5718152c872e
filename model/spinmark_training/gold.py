"""Held-out documents -> the annotated texts that `spinmark evaluate` reads.

The lines hold the texts of their source, so they belong outside the project.
"""

import json
from collections.abc import Iterable, Iterator

from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_training.data import MERGED, Document, LabelledSpan
from spinmark_training.evaluate import classes_of
from spinmark_training.voice_tally import gold_voice


def gold_lines(documents: Iterable[Document]) -> Iterator[str]:
    """Yield a line for each document, with the marks that its source makes wherever they occur.

    Articles of the Propaganda Techniques Corpus are judged in its 14 classes: our further marks on them are
    left out, and the members of a merged class are not told apart. Voices come with our own corpus and with texts
    whose speech we marked; on web articles we mark whether the text disputes a passage. Documents labelled as a
    whole have no passages to compare and are left out.
    """
    for document in documents:
        if document.whole is None and document.source != "tq":
            yield json.dumps(_row(document))


def _row(document: Document) -> dict[str, object]:
    name = classes_of(document)
    labelled = [technique for technique in TECHNIQUE_IDS if name(technique) is not None]
    row: dict[str, object] = {
        "id": document.id,
        "source": document.source,
        "text": document.text,
        "spans": [_span(document, mark) for mark in document.spans if set(mark.techniques) <= set(labelled)],
    }
    if len(labelled) < len(TECHNIQUE_IDS):
        row["labelled"] = labelled
    if document.source == "ptc":
        row["merged"] = [list(members) for members in MERGED.values()]
    return row | {k: v for k, v in (("kind", document.kind), ("genre", document.genre)) if v}


def _span(document: Document, mark: LabelledSpan) -> dict[str, object]:
    row: dict[str, object] = {"start": mark.span.start, "end": mark.span.end}
    if len(mark.techniques) == 1:
        row["technique"] = mark.techniques[0]
    else:
        row["techniques"] = list(mark.techniques)
    if document.source in ("corpus", "web"):
        row["contested"] = mark.contested
    if document.speech is not None:
        voice = gold_voice(document, mark.span, mark.contested)
        row |= {"voice": voice.kind, "speaker": _offsets(voice.speaker)}
    return row


def _offsets(span: Span | None) -> dict[str, int] | None:
    return None if span is None else {"start": span.start, "end": span.end}
