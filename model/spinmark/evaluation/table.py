"""Evaluation -> tables for a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from spinmark.evaluation.estimates import LEVEL, TITLES, Estimate
from spinmark.evaluation.gold import class_name
from spinmark.evaluation.summary import Evaluation, Slice
from spinmark.formats import printable

SLICE_COLUMNS = {
    "typed_span_f1": "typed F1",
    "span_identification_f1": "ident. F1",
    "technique_micro_f1": "techn. F1",
    "document_micro_f1": "text micro",
    "document_macro_f1": "text macro",
    "expected_calibration_error": "calibr. error",
    "false_flags_per_1000_words": "false/1,000",
    "hard_negatives_clean": "hard clean",
}
"""The figures of a slice that a table has room for, and the heads of their columns."""

SLICE_TITLES = {"source": "By source", "genre": "By genre", "kind": "By kind"}


def text_table(evaluation: Evaluation) -> str:
    """Return the whole evaluation as lines for a terminal; what nothing stands behind is a dash or left out."""
    parts = ["\n".join(headline(evaluation)), *_overall(evaluation), _by_technique(evaluation)]
    if any(one.passages or one.flags for one in evaluation.voices):
        parts.append(_by_voice(evaluation))
    parts += [
        _slices(SLICE_TITLES[name], slices) for name, slices in evaluation.slices.items() if len(slices) > 1
    ]
    parts += [_calibration(evaluation), _curve(evaluation)]
    return "\n\n".join(parts) + "\n"


def headline(evaluation: Evaluation) -> list[str]:
    """Return what was read, with what, and how it was shown and resampled, as sentences."""
    model, overall = evaluation.model, evaluation.overall
    lines = [
        f"{printable(model.name)} {printable(model.version)} on {', '.join(map(printable, evaluation.files))}",
        f"{overall.texts:,} texts with {overall.words:,} words and {overall.passages:,} marked passages; "
        f"{overall.flags:,} flags shown {shown_at(evaluation)}.",
    ]
    if evaluation.resamples and overall.texts > 1:
        lines.append(
            f"Intervals hold {LEVEL:.0%} of {evaluation.resamples:,} bootstrap resamples of the texts."
        )
    for status, texts in evaluation.unread.items():
        what = "1 text was" if texts == 1 else f"{texts:,} texts were"
        lines.append(f"{what} not checked ({status.replace('_', ' ')}); nothing is flagged there.")
    return lines


def shown_at(evaluation: Evaluation) -> str:
    """Return which flags count as shown."""
    if evaluation.min_confidence is None:
        return "at each technique's own threshold"
    return f"at a confidence of {evaluation.min_confidence:g} or more"


def number(value: float | None) -> str:
    """Return a figure with three decimals, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    """Return the bounds, or nothing where there are none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def slice_name(name: str) -> str:
    """Return a slice's name on one line; texts without one are a slice too."""
    return printable(name) or "(none given)"


def _overall(evaluation: Evaluation) -> Iterable[str]:
    for title, names in TITLES.items():
        known = [
            [label, number(estimate.value), interval(estimate)]
            for name, label in names.items()
            if (estimate := evaluation.overall.figures[name]).value is not None
        ]
        if known:
            yield title + "\n" + _aligned(known)


def _by_technique(evaluation: Evaluation) -> str:
    rows = [["", "marked", "flags", "precision", "recall", "typed F1", "interval", "techn. F1", "text F1"]]
    for one in evaluation.techniques:
        figures = one.figures
        rows.append(
            [
                class_name(one.name),
                f"{one.passages:,}",
                f"{one.flags:,}",
                number(figures["typed_span_precision"].value),
                number(figures["typed_span_recall"].value),
                number(figures["typed_span_f1"].value),
                interval(figures["typed_span_f1"]),
                number(figures["technique_f1"].value),
                number(figures["document_f1"].value),
            ]
        )
    return "By technique\n" + _aligned(rows)


def _by_voice(evaluation: Evaluation) -> str:
    rows = [["", "marked", "flags", "precision", "interval", "recall", "interval"]]
    for one in evaluation.voices:
        rows.append(
            [
                one.name,
                f"{one.passages:,}",
                f"{one.flags:,}",
                number(one.precision.value),
                interval(one.precision),
                number(one.recall.value),
                interval(one.recall),
            ]
        )
    return "By voice\n" + _aligned(rows)


def _slices(title: str, slices: Sequence[Slice]) -> str:
    rows = [["", "texts", "marked", *SLICE_COLUMNS.values()]]
    for one in slices:
        figures = [number(one.figures[name].value) for name in SLICE_COLUMNS]
        rows.append([slice_name(one.name), f"{one.texts:,}", f"{one.passages:,}", *figures])
    return f"{title}\n" + _aligned(rows)


def _calibration(evaluation: Evaluation) -> str:
    rows = [["confidence", "flags", "mean", "right", "interval"]]
    for one in evaluation.bins:
        rows.append(
            [
                f"{one.least:.1f} to {one.most:.1f}",
                f"{one.flags:,}",
                number(one.confidence),
                number(one.correct.value),
                interval(one.correct),
            ]
        )
    return "Confidence and the part that is right, over all candidates\n" + _aligned(rows)


def _curve(evaluation: Evaluation) -> str:
    heads = ["at least", "flags", "precision", "recall", "typed F1", "ident. F1", "text micro", "text macro"]
    figures = (
        "typed_span_precision", "typed_span_recall", "typed_span_f1", "span_identification_f1",
        "document_micro_f1", "document_macro_f1",
    )  # fmt: skip
    rows = [heads, *points(evaluation, figures, "best")]
    return "One least confidence for all techniques; the best is chosen on these texts\n" + _aligned(rows)


def points(evaluation: Evaluation, figures: Sequence[str], best: str) -> Iterator[list[str]]:
    """Yield a row for each point of the curve: least confidence, flags, and these figures by their names.

    `best` is the word behind the least confidence that fits best.
    """
    for point in evaluation.curve:
        note = f" ({best})" if point == evaluation.best else ""
        values = (number(getattr(point, name)) for name in figures)
        yield [f"{point.min_confidence:.2f}{note}", f"{point.flags:,}", *values]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows in columns, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
