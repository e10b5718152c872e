"""The command line: results on stdout, everything else on stderr.

Each verb is a module of this package, imported only when it is called or described.
"""

from importlib import import_module
from importlib.metadata import entry_points

import click

from spinmark.cli.meant import meant

VERBS = {
    "check": "spinmark.cli.check",
    "compare": "spinmark.cli.compare",
    "doctor": "spinmark.cli.doctor",
    "evaluate": "spinmark.cli.evaluate",
    "explain": "spinmark.cli.explain",
    "score": "spinmark.cli.score",
    "techniques": "spinmark.cli.techniques",
}
"""Verb -> the module that holds it, under the same name."""


class _Verbs(click.Group):
    """The verbs above and those that other installed packages offer in `spinmark.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        others = (entry.name for entry in entry_points(group="spinmark.commands"))
        return sorted({*super().list_commands(ctx), *VERBS, *others})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is None and cmd_name in VERBS:
            command = getattr(import_module(VERBS[cmd_name]), cmd_name)
        for entry in entry_points(group="spinmark.commands", name=cmd_name) if command is None else ():
            command = entry.load()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            ctx.fail(f"There is no command {name!r}.{meant(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="spinmark")
def main() -> None:
    """Mark passages that resemble propaganda techniques, and say who speaks them.

    \b
    Examples:
      spinmark score article.txt
      spinmark score articles/ --format html --output report/
      spinmark explain article.txt
      spinmark check --fail-on any:0.8 drafts/
      spinmark score --help

    Everything happens on this machine; no text leaves it.
    """
