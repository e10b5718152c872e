"""Measures of span detection: the definitions of SemEval-2020 and what a reader would count.

Everything here works on passages with a class; what the classes are (26 techniques, PTC's 14) is the
caller's choice.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS, TECHNIQUES
from spinmark_training.data import MERGED, Document
from spinmark_training.markup import MarkedSpan

Labelled = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall and how many passages stand behind each; all in [0, 1] but the counts."""

    precision: float
    recall: float
    predicted: int
    gold: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def merged(passages: Iterable[Labelled]) -> list[Labelled]:
    """Join overlapping passages of the same class, so that no character counts twice."""
    out: list[Labelled] = []
    by_class: dict[str, list[Span]] = defaultdict(list)
    for span, name in passages:
        by_class[name].append(span)
    for name, spans in by_class.items():
        joined: list[Span] = []
        for span in sorted(spans):
            if joined and span.start < joined[-1].end:
                joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
            else:
                joined.append(span)
        out.extend((span, name) for span in joined)
    return out


def span_figures(pairs: Iterable[tuple[Sequence[Labelled], Sequence[Labelled]]], typed: bool) -> Figures:
    """Return partial-overlap precision and recall over (predicted, gold) of each document.

    A passage earns the part of it that passages of the other side cover; with `typed` only those of its own
    class count, without, classes are ignored and overlapping passages joined.

    Source: Da San Martino et al. 2020, "SemEval-2020 Task 11", section 5, equations 1 to 3.
    """
    earned = found = predicted_count = gold_count = 0.0
    for predicted, gold in pairs:
        ours = merged(predicted if typed else [(span, "") for span, _ in predicted])
        theirs = merged(gold if typed else [(span, "") for span, _ in gold])
        predicted_count += len(ours)
        gold_count += len(theirs)
        for span, name in ours:
            for other, other_name in theirs:
                if name == other_name and (shared := span.overlap(other)):
                    earned += shared / len(span)
                    found += shared / len(other)
    return Figures(
        earned / predicted_count if predicted_count else 0.0,
        found / gold_count if gold_count else 0.0,
        int(predicted_count),
        int(gold_count),
    )


def presence_f1(
    pairs: Iterable[tuple[Iterable[Labelled], Iterable[Labelled]]], classes: Iterable[str]
) -> tuple[float, float, dict[str, Figures]]:
    """Return micro and macro F1 of which classes occur in each document, and the figures of each class.

    A class without gold and without predictions is left out of the macro average.
    """
    hits: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    for ours, theirs in pairs:
        a, b = {name for _, name in ours}, {name for _, name in theirs}
        hits.update(a & b)
        predicted.update(a)
        gold.update(b)
    each = {
        name: Figures(
            hits[name] / predicted[name] if predicted[name] else 0.0,
            hits[name] / gold[name] if gold[name] else 0.0,
            predicted[name],
            gold[name],
        )
        for name in classes
        if predicted[name] or gold[name]
    }
    total = Figures(
        sum(hits.values()) / max(1, sum(predicted.values())),
        sum(hits.values()) / max(1, sum(gold.values())),
        sum(predicted.values()),
        sum(gold.values()),
    )
    return total.f1, sum(f.f1 for f in each.values()) / max(1, len(each)), each


def expected_calibration_error(
    confidences: Sequence[float], correct: Sequence[float], bins: int = 10
) -> float:
    """Return the mean distance of confidence and accuracy over `bins` equally wide bins, weighted by size.

    `correct` in [0, 1] may be partial. Source: Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    sums = [[0.0, 0.0, 0.0] for _ in range(bins)]
    for confidence, right in zip(confidences, correct, strict=True):
        bin_ = sums[min(bins - 1, int(confidence * bins))]
        bin_[0] += 1
        bin_[1] += confidence
        bin_[2] += right
    return sum(abs(s[1] - s[2]) for s in sums) / max(1, len(confidences))


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
