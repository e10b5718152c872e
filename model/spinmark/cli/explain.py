"""`spinmark explain`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from spinmark.cli import options
from spinmark.cli.document import the_document
from spinmark.cli.output import destination
from spinmark.corpus import Document, Fields, restored
from spinmark.detector import Detector
from spinmark.errors import OptionError, SpinmarkError
from spinmark.formats import printable, who_says_it
from spinmark.readers import Kind
from spinmark.report import Cue, Explanation, Report, Span
from spinmark.taxonomy import BY_ID

BAR_CELLS = 20
"""The bar of a word that moves the confidence from 0 to 1."""


@click.command(short_help="Show which words moved the score of a passage.")
@click.argument("file", type=options.READ)
@click.option(
    "--flag", "number", type=click.IntRange(1), metavar="N",
    help="Explain the N-th flag that `score` shows for this text.",
)  # fmt: skip
@click.option("--start", type=click.IntRange(0), help="Where a passage begins, in code points.")
@click.option("--end", type=click.IntRange(1), help="Where it ends, exclusive.")
@click.option(
    "--technique", type=options.Technique(), metavar="ID",
    help="Which technique to ask about, flagged or not.",
)  # fmt: skip
@options.text_or_json
@options.input_format
@options.text_field
@options.id_field
@click.option("--id", "id_", help="Which row, where FILE holds several.")
@options.output
@options.weights
def explain(
    file: Path,
    number: int | None,
    start: int | None,
    end: int | None,
    technique: str | None,
    format_: str,
    input_format: Kind | None,
    text_field: str,
    id_field: str,
    id_: str | None,
    output: Path | None,
    weights: Path,
) -> None:
    """Show which words of a passage of FILE, or of stdin for -, moved its score and by how much.

    \b
    Examples:
      spinmark explain article.txt
      spinmark explain article.txt --flag 2
      spinmark explain article.txt --start 40 --end 62 --technique slogan
      spinmark explain comments.jsonl --id c17 --format json

    Each word is hidden in turn and the passage scored anew; what its confidence loses is the word's weight.
    Without a passage every flag is explained. JSON is the report with its cues, or the explanation of the one
    passage.
    """
    place = (start, end, technique)
    if number is not None and any(part is not None for part in place):
        raise click.UsageError("Give either --flag, or --start, --end and --technique.")
    document = the_document(file, input_format, id_, Fields(text_field, id_field))
    prose = document.text if document.prose is None else document.prose
    try:
        detector = Detector.load(weights)
        if start is not None and end is not None and technique is not None:
            found = detector.explain(prose, Span(start, end), technique)
            _write(output, format_, document, replace(found, text=document.text))
            return
        if any(part is not None for part in place):
            raise click.UsageError("--start, --end and --technique go together.")
        report = detector.analyze(prose, id=document.id, explain=number is None)
        if number is not None:
            if number > len(report.flags):
                raise click.UsageError(f"The text has {len(report.flags)} flags, there is no flag {number}.")
            flag = report.flags[number - 1]
            found = detector.explain(prose, flag.span, flag.technique)
            _write(output, format_, document, replace(found, text=document.text))
            return
    except OptionError as error:
        raise click.UsageError(str(error)) from error
    except SpinmarkError as error:
        raise click.ClickException(str(error)) from error
    report = restored(report, document.text)
    with destination(output) as out:
        if format_ == "json":
            out.json(report.to_json())
        else:
            out.text("\n".join(_report_lines(report)) + "\n")


def _write(output: Path | None, format_: str, document: Document, found: Explanation) -> None:
    with destination(output) as out:
        if format_ == "json":
            out.json(found.to_json())
        else:
            lines = _passage_lines(document.text, found.span, found.technique, found.confidence, found.cues)
            out.text("\n".join(lines) + "\n")


def _report_lines(report: Report) -> Iterator[str]:
    if not report.flags:
        yield "Nothing stands out, so there is nothing to explain; --start, --end and --technique ask all the same."
    for number, flag in enumerate(report.flags, start=1):
        if number > 1:
            yield ""
        yield click.style(f"{number}. {who_says_it(report, flag)}", bold=True)
        yield from _passage_lines(report.text, flag.span, flag.technique, flag.confidence, flag.cues)


def _passage_lines(
    text: str, span: Span, technique: str, confidence: float, cues: Sequence[Cue] | None
) -> Iterator[str]:
    yield (
        f"“{printable(text[span.start : span.end])}” resembles "
        f"{click.style(BY_ID[technique].name.lower(), bold=True)} ({confidence:.2f})"
    )
    if cues is None:
        yield "  not explained, as the text has too many flags; --flag asks about this one"
        return
    if not cues:
        yield "  no single word moves it"
        return
    words = [printable(text[cue.span.start : cue.span.end]) for cue in cues]
    width = min(30, max(map(len, words)))
    for word, cue in zip(words, cues, strict=True):
        bar = "█" * max(1, round(abs(cue.weight) * BAR_CELLS))
        shown = click.style(bar, fg="red" if cue.weight > 0 else "blue")
        where = "" if cue.span.overlap(span) else "  (beside it)"
        yield f"  {word:{width}}  {cue.weight:+.2f}  {shown}{where}"
