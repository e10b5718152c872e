"""`spinmark techniques`."""

import json
from dataclasses import asdict

import click

from spinmark.cli import options
from spinmark.cli.output import write_json, write_text
from spinmark.formats import technique_lines
from spinmark.taxonomy import BY_ID, TECHNIQUES


@click.command(short_help="Explain the techniques.")
@click.argument("ids", nargs=-1, type=options.Technique(), metavar="[ID]...")
@options.text_or_json
def techniques(ids: tuple[str, ...], format_: str) -> None:
    """Explain the techniques: what each is, how it works, and when the same words are legitimate.

    \b
    Examples:
      spinmark techniques
      spinmark techniques whataboutism slogan
      spinmark techniques --format json
    """
    chosen = [BY_ID[id_] for id_ in ids] if ids else TECHNIQUES
    if format_ == "json":
        write_json(None, json.dumps({"techniques": [asdict(t) for t in chosen]}, ensure_ascii=False))
    else:
        write_text(None, "\n".join(technique_lines(t) for t in chosen))
