"""`spinmark compare`."""

from collections.abc import Iterator
from pathlib import Path

import click

from spinmark.cli import options
from spinmark.cli.document import the_document
from spinmark.cli.output import destination
from spinmark.corpus import STDIN, report_on
from spinmark.detector import Detector
from spinmark.errors import OptionError, SpinmarkError
from spinmark.formats import printable, who_says_it
from spinmark.readers import Kind
from spinmark.report import Flag, Report
from spinmark.revision import Change, Comparison
from spinmark.revision import compare as compared
from spinmark.taxonomy import BY_ID


@click.command(short_help="Show what a revision of a text added and took away.")
@click.argument("before", metavar="A", type=options.READ)
@click.argument("after", metavar="B", type=options.READ)
@options.text_or_json
@options.input_format
@options.min_confidence
@options.technique
@options.voice
@options.output
@options.weights
def compare(
    before: Path,
    after: Path,
    format_: str,
    input_format: Kind | None,
    min_confidence: float | None,
    techniques: tuple[str, ...],
    voices: tuple[str, ...],
    output: Path | None,
    weights: Path,
) -> None:
    """Show which passages that resemble a technique the text B has and A had not, and the other way round.

    \b
    Examples:
      spinmark compare draft.md article.md
      git show HEAD:article.md | spinmark compare --input-format markdown - article.md
      spinmark compare --format json --technique slogan a.txt b.txt

    A passage counts as the same where at least half of its words were kept. The exit code is 0 whatever changed,
    1 where a text could not be read.
    """
    if before == after == STDIN:
        raise click.UsageError("Only one of the two can come through stdin.")
    documents = [the_document(path, input_format) for path in (before, after)]
    try:
        detector = Detector.load(weights)
        reports = [
            report_on(
                document,
                detector,
                min_confidence=min_confidence,
                techniques=techniques or None,
                voices=voices or None,
            )
            for document in documents
        ]
    except OptionError as error:
        raise click.UsageError(str(error)) from error
    except SpinmarkError as error:
        raise click.ClickException(str(error)) from error
    comparison = compared(*reports)
    with destination(output) as out:
        if format_ == "json":
            out.json(comparison.to_json())
        else:
            names = ["stdin" if path == STDIN else printable(str(path)) for path in (before, after)]
            out.text("\n".join(_lines(comparison, *names)) + "\n")


def _lines(comparison: Comparison, before: str, after: str) -> Iterator[str]:
    for name, report in ((before, comparison.before), (after, comparison.after)):
        if report.status != "ok":
            yield f"{name}: not checked ({report.status.replace('_', ' ')})."
    removed, added, kept = comparison.removed, comparison.added, comparison.kept
    yield f"{before} → {after}: {len(removed)} taken away, {len(added)} added, {len(kept)} kept."
    yield from _changes("Taken away", "-", "red", comparison.before, removed, "the words are still there")
    yield from _changes("Added", "+", "green", comparison.after, added, "the words were there before")
    if kept:
        yield from ("", click.style("Kept", bold=True))
    for old, new in kept:
        moved = f"{old.confidence:.2f} → {new.confidence:.2f}"
        yield _line(
            "=",
            comparison.after,
            new,
            f"{new.confidence:.2f}" if f"{old.confidence:.2f}" == f"{new.confidence:.2f}" else moved,
        )
        was, now = who_says_it(comparison.before, old), who_says_it(comparison.after, new)
        if was != now:
            yield f"    was: {was}"


def _changes(
    title: str, sign: str, colour: str, report: Report, changes: tuple[Change, ...], if_kept: str
) -> Iterator[str]:
    if changes:
        yield from ("", click.style(title, bold=True))
    for change in changes:
        line = _line(click.style(sign, fg=colour), report, change.flag, f"{change.flag.confidence:.2f}")
        yield line + (f" ({if_kept})" if change.words == "kept" else "")


def _line(sign: str, report: Report, flag: Flag, confidence: str) -> str:
    return (
        f"  {sign} {who_says_it(report, flag)} Resembles {BY_ID[flag.technique].name.lower()} ({confidence}): "
        f"“{printable(flag.quote)}”"
    )
