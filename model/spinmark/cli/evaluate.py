"""`spinmark evaluate`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from spinmark.cli import options
from spinmark.cli.output import destination, write_json, write_text
from spinmark.corpus import read_bytes
from spinmark.errors import InputError, SpinmarkError
from spinmark.evaluation.gold import GoldText, read_gold
from spinmark.evaluation.judge import Judge
from spinmark.evaluation.summary import evaluate as measured
from spinmark.formats import printable
from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer

STDIN = Path("-")

MAX_ERRORS = 20
"""How many bad rows are named one by one."""


@click.command(short_help="Measure the model against texts of your own that are annotated.")
@click.argument("files", nargs=-1, required=True, type=options.READ, metavar="GOLD...")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "html"]), default="text", show_default=True,
    help="How results are written.",
)  # fmt: skip
@options.output
@options.min_confidence
@click.option(
    "--resamples", type=click.IntRange(0, 100_000), default=1000, show_default=True,
    help="Bootstrap resamples behind each interval; 0 for no intervals.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Where the resampling begins."
)
@options.weights
def evaluate(
    files: tuple[Path, ...],
    format_: str,
    output: Path | None,
    min_confidence: float | None,
    resamples: int,
    seed: int,
    weights: Path,
) -> None:
    """Measure the model against annotated texts: JSON lines GOLD, or - for stdin.

    \b
    A row:
      {"id": "a1", "text": "…", "spans": [{"start": 0, "end": 9, "technique": "slogan"}]}

    \b
    Examples:
      spinmark evaluate annotated.jsonl
      spinmark evaluate annotated.jsonl --format html --output evaluation.html

    A row that cannot be read is an error: figures over the rest would be others. The exit code is then 1.
    docs/evaluation.md says what the figures mean and what else a row may hold.
    """
    rows = _rows(files)
    try:
        scorer = Scorer(weights)
        judge = Judge(Tokenizer(weights / "tokenizer.json"), scorer)
    except SpinmarkError as error:
        raise click.ClickException(str(error)) from error
    with click.progressbar(rows, label="Reading", file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        judged = [judge.read(row) for row in shown]
    evaluation = measured(
        judged,
        scorer.card.model,
        judge.thresholds,
        files=["stdin" if path == STDIN else path.name for path in files],
        min_confidence=min_confidence,
        resamples=resamples,
        seed=seed,
    )
    with destination(output) as out:
        if format_ == "json":
            write_json(out, evaluation.to_json())
        elif format_ == "html":
            from spinmark.evaluation.page import html_page

            write_text(out, html_page(evaluation))
        else:
            from spinmark.evaluation.table import text_table

            write_text(out, text_table(evaluation))


def _rows(files: Sequence[Path]) -> list[GoldText]:
    """Return every annotated text. Raises: click.ClickException that names the rows that cannot be read."""
    rows: list[GoldText] = []
    errors: list[InputError] = []
    for item in _read(files):
        if isinstance(item, InputError):
            errors.append(item)
        else:
            rows.append(item)
    if errors:
        named = [printable(str(error)) for error in errors[:MAX_ERRORS]]
        if len(errors) > MAX_ERRORS:
            named.append(f"and {len(errors) - MAX_ERRORS:,} more")
        raise click.ClickException("\n".join(named))
    if not rows:
        raise click.ClickException(
            f"{', '.join(printable(str(path)) for path in files)}: there is no annotated text in it"
        )
    return rows


def _read(files: Sequence[Path]) -> Iterator[GoldText | InputError]:
    for path in files:
        name = "stdin" if path == STDIN else str(path)
        try:
            content = sys.stdin.buffer.read() if path == STDIN else read_bytes(path)
        except InputError as error:
            yield error
        else:
            yield from read_gold(content.split(b"\n"), name)
