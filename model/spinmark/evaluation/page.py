"""Evaluation -> one HTML page that needs nothing else: no script, no other file, no colour."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from spinmark.evaluation.charts import MIN_FLAGS, bar, precision_recall, reliability
from spinmark.evaluation.estimates import TITLES, Estimate
from spinmark.evaluation.gold import class_name
from spinmark.evaluation.summary import Evaluation, Slice
from spinmark.evaluation.table import SLICE_TITLES, headline, interval, number, points, shown_at, slice_name

HEADLINE = (
    "typed_span_precision",
    "typed_span_recall",
    "typed_span_f1",
    "span_identification_f1",
    "technique_micro_f1",
    "document_micro_f1",
    "document_macro_f1",
    "expected_calibration_error",
    "false_flags_per_1000_words",
    "hard_negatives_clean",
)

TERMS = {
    "Typed span precision, recall and F1": (
        "Each flag earns the part of it that marks of its technique cover, each mark the part that flags of its "
        "technique cover; the means are precision and recall (SemEval-2020 Task 11). Half found earns half."
    ),
    "Span identification": "The same with the technique ignored.",
    "Technique F1, where the passages are given": (
        "Inside each marked passage, the technique with the highest mean score over its tokens. Thresholds play no part."
    ),
    "Text F1": "Which techniques occur in a text at all, wherever: micro over all, macro as the mean of the techniques.",
    "Expected calibration error": (
        "Mean distance between confidence and the part of a flag that is right, over ten bins of all candidates, "
        "those that are not shown too."
    ),
    "False flags per 1,000 quiet words": (
        "Flags in texts in which annotators marked nothing and that were not written to look like a technique."
    ),
    "Hard negatives kept clean": (
        "Of the texts that were written to look like a technique and are none, those without a wrong flag."
    ),
    "Marked, flags": (
        "In the table by technique, passages that overlap within one technique count as one, as the measure joins them."
    ),
    "Interval": (
        "From the 2.5th to the 97.5th percentile of the figure over bootstrap resamples of whole texts: how far it "
        "would move with other texts of the same kind. It says nothing of texts of another kind."
    ),
}


def html_page(evaluation: Evaluation) -> str:
    """Return the page, which reads and prints by itself; names from the gold files are escaped."""
    model = evaluation.model
    title = f"Evaluation of {model.name} {model.version}"
    css = files("spinmark.evaluation").joinpath("page.css").read_text(encoding="utf-8")
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{css}</style>",
        "</head>",
        "<body>",
        f"<header><h1>{escape(title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in headline(evaluation)),
        "</header>",
        "<main>",
        *_headline(evaluation),
        *_confidence(evaluation),
        *_techniques(evaluation),
        *_silence(evaluation),
        *_voices(evaluation),
        *_slices(evaluation),
        *_points(evaluation),
        "<h2>What the figures mean</h2>",
        '<dl class="terms">',
        *(f"<dt>{escape(term)}</dt><dd>{escape(words)}</dd>" for term, words in TERMS.items()),
        "</dl>",
        "</main>",
        f"<footer><p class='note-below'>Model file SHA-256 {escape(model.sha256)}; resampling seed "
        f"{evaluation.seed}.</p></footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _headline(evaluation: Evaluation) -> Iterable[str]:
    yield "<h2>Headline figures</h2>"
    names = {name: title for group in TITLES.values() for name, title in group.items()}
    names |= {  # without the title of their group
        "technique_micro_f1": "technique micro F1, passages given",
        "document_micro_f1": "text micro F1",
        "document_macro_f1": "text macro F1",
    }
    yield '<dl class="headline">'
    for name in HEADLINE:
        estimate = evaluation.overall.figures[name]
        if estimate.value is None:
            continue
        yield (
            f"<div><dt>{escape(_capital(names[name]))}</dt>"
            f'<dd><span class="value">{number(estimate.value)}</span> '
            f'<span class="interval">{interval(estimate)}</span></dd></div>'
        )
    yield "</dl>"
    best = evaluation.best
    if best is not None:
        yield (
            f'<p class="note-below">With one least confidence of {best.min_confidence:g} for all '
            f"techniques, the best on these texts and chosen on them, typed span F1 is {number(best.typed_span_f1)}, "
            f"span identification F1 {number(best.span_identification_f1)}, text micro F1 "
            f"{number(best.document_micro_f1)} and macro F1 {number(best.document_macro_f1)}.</p>"
        )


def _confidence(evaluation: Evaluation) -> Iterable[str]:
    yield '<h2>Confidence</h2><div class="pair">'
    yield (
        f"<figure>{precision_recall(evaluation.curve, evaluation.overall)}"
        "<figcaption>Precision over recall while one least confidence, written at some points, falls for all "
        "techniques. Filled dots and whole line: typed spans. Open dots and broken line: span identification. Squares: "
        f"what is shown {escape(shown_at(evaluation))}. Dotted: equal F1. Points of fewer than {MIN_FLAGS} flags are "
        "left out.</figcaption></figure>"
    )
    error = evaluation.overall.figures["expected_calibration_error"]
    yield (
        f"<figure>{reliability(evaluation.bins)}"
        "<figcaption>Reliability: the part of candidates that is right against their confidence, with intervals; on the "
        "dotted line the two are equal. Below, how many candidates each bin holds (heights by the root). Expected "
        f"calibration error {number(error.value)}{_between(error)}.</figcaption></figure>"
    )
    yield "</div>"


def _techniques(evaluation: Evaluation) -> Iterable[str]:
    yield "<h2>By technique</h2>"
    rows = []
    for one in evaluation.techniques:
        figures = one.figures
        f1 = figures["typed_span_f1"]
        rows.append(
            [
                escape(class_name(one.name)),
                f"{one.passages:,}",
                f"{one.flags:,}",
                number(figures["typed_span_precision"].value),
                number(figures["typed_span_recall"].value),
                _number(f1),
                bar(f1),
                number(figures["technique_f1"].value),
                number(figures["document_precision"].value),
                number(figures["document_recall"].value),
                number(figures["document_f1"].value),
            ]
        )
    heads = (
        "Technique", "marked", "flags", "typed precision", "typed recall", "typed span F1", "0 to 1",
        "technique F1, passage given", "text precision", "text recall", "text F1",
    )  # fmt: skip
    yield _table(heads, rows, "Figures of each technique")


def _silence(evaluation: Evaluation) -> Iterable[str]:
    dimension = next((name for name, slices in evaluation.slices.items() if len(slices) > 1), "")
    slices = [evaluation.overall, *evaluation.slices.get(dimension, ())]
    quiet = [one for one in slices if one.quiet_words or one.hard_negatives]
    if not quiet:
        return
    yield "<h2>Silence where there is nothing</h2>"
    rates = [one.figures["false_flags_per_1000_words"] for one in quiet]
    most = max([1.0, *(rate.high or rate.value or 0.0 for rate in rates)])
    rows = []
    for one, rate in zip(quiet, rates, strict=True):
        rows.append(
            [
                "all" if one is evaluation.overall else escape(slice_name(one.name)),
                f"{one.quiet_words:,}",
                f"{one.false_flags:,}" if one.quiet_words else "–",
                _number(rate),
                bar(rate, most),
                f"{one.hard_negatives:,}",
                _number(one.figures["hard_negatives_clean"]),
            ]
        )
    heads = (
        _capital(dimension) or "Texts", "quiet words", "false flags", "per 1,000 words", f"0 to {most:.2g}",
        "hard negatives", "kept clean",
    )  # fmt: skip
    yield _table(heads, rows, "False flags in quiet texts, and hard negatives")


def _voices(evaluation: Evaluation) -> Iterable[str]:
    group = "Who says it, where the passages are given"
    known = [
        (label, evaluation.overall.figures[name])
        for name, label in TITLES[group].items()
        if evaluation.overall.figures[name].value is not None
    ]
    spoken = [one for one in evaluation.voices if one.passages or one.flags]
    if not spoken:
        return
    yield "<h2>Who says it</h2>"
    rows = [
        [
            _capital(one.name),
            f"{one.flags:,}",
            _number(one.precision),
            bar(one.precision),
            f"{one.passages:,}",
            _number(one.recall),
            bar(one.recall),
        ]
        for one in spoken
    ]
    heads = (
        "Voice", "flags given this voice", "typed precision", "0 to 1", "passages marked with it", "typed recall",
        "0 to 1",
    )  # fmt: skip
    yield _table(heads, rows, "Figures by voice")
    if known:
        yield f"<h3>{escape(group)}</h3>"
        rows = [[escape(_capital(label)), _number(estimate), bar(estimate)] for label, estimate in known]
        yield _table(("", "share", "0 to 1"), rows, group)


def _slices(evaluation: Evaluation) -> Iterable[str]:
    for name, slices in evaluation.slices.items():
        if len(slices) > 1:
            yield f"<h2>{escape(SLICE_TITLES[name])}</h2>"
            heads = (
                _capital(name), "texts", "marked", "typed span F1", "0 to 1", "span ident. F1",
                "technique F1, passages given", "text micro F1", "text macro F1", "calibration error",
            )  # fmt: skip
            yield _table(heads, [_slice_row(one) for one in slices], SLICE_TITLES[name])


def _slice_row(one: Slice) -> list[str]:
    figures = one.figures
    plain = (
        "span_identification_f1", "technique_micro_f1", "document_micro_f1", "document_macro_f1",
        "expected_calibration_error",
    )  # fmt: skip
    return [
        escape(slice_name(one.name)),
        f"{one.texts:,}",
        f"{one.passages:,}",
        _number(figures["typed_span_f1"]),
        bar(figures["typed_span_f1"]),
        *(number(figures[name].value) for name in plain),
    ]


def _points(evaluation: Evaluation) -> Iterable[str]:
    yield "<h2>One least confidence for all techniques</h2>"
    figures = (
        "typed_span_precision", "typed_span_recall", "typed_span_f1", "span_identification_precision",
        "span_identification_recall", "span_identification_f1", "document_micro_f1", "document_macro_f1",
    )  # fmt: skip
    heads = (
        "At least", "flags", "typed precision", "typed recall", "typed F1", "ident. precision", "ident. recall",
        "ident. F1", "text micro F1", "text macro F1",
    )  # fmt: skip
    rows = points(evaluation, figures, "best typed F1")
    yield _table(heads, rows, "Figures at each least confidence")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Return a table; heads and caption are plain words, cells are HTML, the first of a row its head."""
    rows = list(rows)
    drawn = {i for row in rows for i, cell in enumerate(row) if cell.startswith("<svg")}
    head = "".join(
        f'<th scope="col"{" class=drawn" if i in drawn else ""}>{escape(words)}</th>'
        for i, words in enumerate(heads)
    )
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(f"<td{' class=drawn' if cell.startswith('<svg') else ''}>{cell}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f'<div class="wide"><table aria-label="{escape(caption)}"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _number(estimate: Estimate) -> str:
    """Return a figure and its interval as HTML."""
    bounds = interval(estimate)
    return number(estimate.value) + (f" <small>{bounds}</small>" if bounds else "")


def _between(estimate: Estimate) -> str:
    bounds = interval(estimate)
    return f" ({bounds})" if bounds else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
