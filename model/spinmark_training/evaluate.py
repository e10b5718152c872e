"""What the measures of `spinmark.evaluation` need to know of the training sources: how each names its classes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from spinmark.evaluation.measures import Figures, Labelled, presence_f1, span_figures
from spinmark.taxonomy import TECHNIQUE_IDS, TECHNIQUES
from spinmark_training.data import MERGED, Document
from spinmark_training.markup import MarkedSpan

PTC_CLASS: dict[str, str] = {
    t.id: t.names["semeval-2020"] for t in TECHNIQUES if "semeval-2020" in t.names
} | {member: name for name, members in MERGED.items() for member in members}


def classes_of(document: Document) -> Callable[[str], str | None]:
    """Return how a technique is called in this document's source; None where the source does not label it."""
    if document.source == "ptc":
        return PTC_CLASS.get
    return lambda technique: technique if technique in document.labelled else None


def gold_passages(document: Document) -> list[Labelled]:
    """Return the document's own marks with the class names of its source; PTC's are its 14 classes."""
    name = classes_of(document)
    return [(s.span, class_) for s in document.spans if (class_ := name(s.techniques[0])) is not None]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a second annotator of the same documents agrees with the first."""

    documents: int
    typed: Figures
    untyped: Figures
    document_micro_f1: float
    document_macro_f1: float


def agreement(documents: Iterable[Document], second: Mapping[str, Sequence[MarkedSpan]]) -> Agreement:
    """Compare the documents' own marks with those of a second annotator, by document id."""
    pairs = [
        ([(mark.span, mark.technique) for mark in second[d.id]], gold_passages(d))
        for d in documents
        if d.id in second
    ]
    micro, macro, _ = presence_f1(pairs, TECHNIQUE_IDS)
    return Agreement(
        len(pairs), span_figures(pairs, typed=True), span_figures(pairs, typed=False), micro, macro
    )
