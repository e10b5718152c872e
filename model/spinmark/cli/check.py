"""`spinmark check`."""

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

import click

from spinmark.baseline import Baseline
from spinmark.card import read_card
from spinmark.cli import options, progress
from spinmark.cli.failon import Breaches, Rule, RuleType
from spinmark.cli.output import Output, destination
from spinmark.cli.progress import Progress
from spinmark.cli.writing import source_of
from spinmark.corpus import STDIN, Document, Fields, bytes_in, documents, holds_many
from spinmark.errors import SpinmarkError
from spinmark.formats import github, printable, who_says_it
from spinmark.formats.positions import Positions
from spinmark.formats.sarif import SarifLog
from spinmark.readers import Kind
from spinmark.report import Model, Report
from spinmark.run import Analysis, Tally, pool_for, rows
from spinmark.taxonomy import BY_ID

Format = Literal["text", "github", "sarif", "jsonl"]

FOUND, FAILED = 1, 2


class _Check(click.Command):
    """A command whose exit code 1 says one thing alone: that something was found."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  (as click has it)
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.show()
            ctx.exit(FAILED)
        except (click.exceptions.Exit, BrokenPipeError):
            raise
        except (KeyboardInterrupt, EOFError):
            click.echo("Aborted!", err=True)
            ctx.exit(FAILED)
        except Exception:  # noqa: BLE001  (a fault of ours must not pass for a finding)
            traceback.print_exc()
            ctx.exit(FAILED)


@click.command(cls=_Check, short_help="Fail where passages resemble a technique: for CI and commit hooks.")
@click.argument("files", nargs=-1, type=options.READ)
@click.option(
    "--fail-on", "rules", multiple=True, type=RuleType(), metavar="TECHNIQUE[:CONFIDENCE]",
    help="Fail on this technique, or on `any`, from this confidence on; may be given several times. "
    "Default: any technique from its own threshold on.",
)  # fmt: skip
@click.option(
    "--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Pass over the findings that this file accepts.",
)  # fmt: skip
@click.option("--write-baseline", is_flag=True, help="Accept all findings: write them to the baseline.")
@click.option(
    "--format", "format_", type=click.Choice(get_args(Format)), default="text", show_default=True,
    help="How findings are written.",
)  # fmt: skip
@options.input_format
@options.text_field
@options.id_field
@options.voice
@options.output
@options.jobs
@options.progress
@options.weights
def check(
    files: tuple[Path, ...],
    rules: tuple[Rule, ...],
    baseline: Path | None,
    write_baseline: bool,
    format_: Format,
    input_format: Kind | None,
    text_field: str,
    id_field: str,
    voices: tuple[str, ...],
    output: Path | None,
    jobs: int | None,
    progress_: progress.Kind | None,
    weights: Path,
) -> None:
    """Fail where passages of FILES, or of stdin, resemble a propaganda technique.

    \b
    Examples:
      spinmark check --fail-on any:0.8 articles/
      spinmark check --fail-on name_calling --fail-on loaded_language:0.9 --voice author draft.md
      spinmark check --baseline accepted.json --write-baseline articles/
      spinmark check --baseline accepted.json articles/
      spinmark check --format github articles/
      spinmark check --format sarif --output findings.sarif articles/

    The exit code is 1 where something was found, 2 where something could not be read or the usage is wrong, and
    0 else. Accepted findings are known by technique and sentence, so they stay accepted when the text around
    them changes.
    """
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            raise click.UsageError("Give FILES, or a text through stdin.")
        files = (STDIN,)
    if write_baseline and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE.")
    tally, found = Tally(), 0
    try:
        card = read_card(weights / "card.toml")
        breaches = Breaches.of(rules, card)
        known = _baseline(baseline, missing_ok=write_baseline)
        input_bytes = bytes_in(files, input_format)
        pool = pool_for(
            Analysis(
                _Rendered(breaches),
                weights,
                min_confidence=breaches.least_confidence,
                techniques=tuple(breaches.least),
                voices=voices or None,
            ),
            jobs,
            input_bytes,
            many=holds_many(files, input_format),
        )
        kind = progress.kind_for(progress_, results_on_terminal=output is None and sys.stdout.isatty())
        with (
            destination(output) as out,
            Progress(kind, input_bytes) as shown,
            _writer(format_, out, card.model) as write,
            pool,
        ):
            items = documents(
                files,
                input_format,
                Fields(text_field, id_field),
                notice=lambda source, sentence: shown.say(f"spinmark: {printable(source)}: {sentence}"),
                count=shown.count,
            )
            for row in rows(shown.watch(items), pool, tally):
                if row.problem is not None:
                    shown.say(f"spinmark: {printable(str(row.problem))}")
                elif row.error is not None:
                    shown.say(f"spinmark: {printable(row.source)}: {row.error.reason}")
                elif row.document is not None and row.result is not None:
                    report = row.result
                    if report.status == "unsupported_language":
                        shown.say(
                            f"spinmark: {printable(row.source)}: not checked, the text seems to be in another "
                            f"language than English ({report.language})"
                        )
                    if known is not None:
                        report = replace(report, flags=known.fresh(row.source, row.document.id, report))
                    if not write_baseline:
                        found += len(report.flags)
                        write(row.source, row.document, report)
                shown.update(tally)
            shown.finish(tally)
        if write_baseline and known is not None and not tally.failed:
            with destination(known.path) as out:
                out.json(known.renewed())
    except SpinmarkError as error:
        raise click.ClickException(str(error)) from error
    _summary(tally, found, known, write_baseline)
    sys.exit(FAILED if tally.failed else FOUND if found else 0)


def _baseline(path: Path | None, *, missing_ok: bool) -> Baseline | None:
    if path is None:
        return None
    if path.exists():
        return Baseline.read(path)
    if missing_ok:
        return Baseline(path)
    raise click.ClickException(
        f"{printable(str(path))}: there is no such baseline; --write-baseline makes one"
    )


def _summary(tally: Tally, found: int, known: Baseline | None, written: bool) -> None:
    parts = []
    if found:
        parts.append("1 passage found" if found == 1 else f"{found:,} passages found")
    if known is not None and written and not tally.failed:
        findings = "1 finding" if known.found == 1 else f"{known.found:,} findings"
        parts.append(f"{findings} accepted in {known.path}")
    elif known is not None and written:
        parts.append(f"{known.path} left as it was")
    elif known is not None:
        if known.accepted:
            parts.append(f"{known.accepted:,} accepted")
        if known.gone:
            parts.append(f"{known.gone:,} accepted but gone (--write-baseline forgets them)")
    parts += tally.said()
    if parts:
        click.echo(f"spinmark: {', '.join(map(printable, parts))}", err=True)


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A report with what breaks the rules, made where the model is."""

    breaches: Breaches

    def __call__(self, _source: str, _document: Document, report: Report) -> Report:
        return self.breaches.within(report)


Write = Callable[[str, Document, Report], None]


@contextmanager
def _writer(format_: Format, out: Output, model: Model) -> Iterator[Write]:
    if format_ == "sarif":
        log = SarifLog(model, version("spinmark"))
        out.write(log.begin().encode())
        yield lambda source, document, report: out.write(
            log.report(report, source_of(source, document)).encode()
        )
        out.write(log.end().encode())
    elif format_ == "github":
        yield lambda source, document, report: out.write(
            github.commands(report, source_of(source, document)).encode()
        )
    elif format_ == "jsonl":
        yield lambda _source, _document, report: out.json(report.to_json())
    else:
        yield lambda source, document, report: out.text("".join(_lines(source, document, report)))


def _lines(source: str, document: Document, report: Report) -> Iterator[str]:
    """Yield a line for each flag, as compilers write them: editors jump to its place."""
    place = source_of(source, document)
    positions = Positions(report.text)
    name = source if place.exact or document.id in (None, source) else f"{source}#{document.id}"
    for flag in report.flags:
        where = printable(name)
        if place.exact:
            where += ":{}:{}".format(*positions.of(flag.span.start))
        technique = click.style(BY_ID[flag.technique].name.lower(), bold=True)
        yield (
            f"{where}: {who_says_it(report, flag)} Resembles {technique} ({flag.confidence:.2f}): "
            f"“{printable(flag.quote)}”\n"
        )
