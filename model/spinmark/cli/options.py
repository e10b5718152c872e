"""The options that several verbs share."""

from pathlib import Path

import click

from spinmark.cli.meant import meant
from spinmark.cli.progress import KINDS as PROGRESS
from spinmark.detector import WEIGHTS
from spinmark.readers import KINDS
from spinmark.report import VOICES
from spinmark.taxonomy import TECHNIQUE_IDS

READ = click.Path(path_type=Path, allow_dash=True, readable=False)
"""A path to read from. What cannot be read is said when its turn comes: it must not cost the files beside it."""

WRITTEN = click.Path(dir_okay=False, readable=False, path_type=Path)


class Technique(click.Choice[str]):
    """The id of a technique; what is none is answered by those that look like it, not by all of them."""

    def __init__(self) -> None:
        super().__init__(TECHNIQUE_IDS)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in TECHNIQUE_IDS:
            self.fail(no_technique(value), param, ctx)
        return value


def no_technique(name: str) -> str:
    """Return what to say to a name that is none."""
    return f"{name!r} is no technique.{meant(name, TECHNIQUE_IDS)} `spinmark techniques` lists them."


text_field = click.option(
    "--text-field", default="text", show_default=True, help="The field of a row with its text."
)
id_field = click.option("--id-field", default="id", show_default=True, help="The field of a row with its id.")
min_confidence = click.option(
    "--min-confidence", type=click.FloatRange(0, 1),
    help="Show flags of at least this confidence, in place of each technique's own threshold.",
)  # fmt: skip
technique = click.option(
    "--technique", "techniques", multiple=True, type=Technique(), metavar="ID",
    help="Show this technique alone; may be given several times.",
)  # fmt: skip
voice = click.option(
    "--voice", "voices", multiple=True, type=click.Choice(VOICES), help="Show flags in this voice alone."
)
weights = click.option(
    "--weights", type=click.Path(path_type=Path), default=WEIGHTS, show_default="those of the package",
    help="Folder of another model.",
)  # fmt: skip
input_format = click.option(
    "--input-format", type=click.Choice(KINDS),
    help="What the input is. Default: what each name says, text where it says nothing.",
)  # fmt: skip
output = click.option("--output", type=WRITTEN, help="Write here, whole or not at all.")
jobs = click.option(
    "--jobs", type=click.IntRange(1), show_default="all cores", help="How many processes share the work."
)
progress = click.option(
    "--progress", "progress_", type=click.Choice(PROGRESS), show_default="bar on a terminal",
    help="How to tell on stderr how far the run got.",
)  # fmt: skip
text_or_json = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="How results are written.",
)  # fmt: skip
