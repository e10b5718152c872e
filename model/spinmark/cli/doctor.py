"""`spinmark doctor`."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, entry_points, metadata, requires, version
from pathlib import Path

import click

import spinmark.doctor as checks
from spinmark.cli import options
from spinmark.cli.output import write_json, write_text
from spinmark.doctor import Finding, Setting
from spinmark.formats import printable
from spinmark.locality import Outbound, open_files, peers

Check = Callable[[Setting], Iterable[Finding]]
"""What an entry point of the group `spinmark.checks` is."""

_STYLE = {"ok": "green", "note": "yellow", "fault": "red"}


@click.command(short_help="Check the installation, and say what to do about each fault.")
@options.text_or_json
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the server listens.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8712, show_default=True, envvar="SPINMARK_PORT",
    show_envvar=True, help="On which port.",
)  # fmt: skip
@click.option(
    "--token", envvar="SPINMARK_TOKEN", show_envvar=True, help="The token that the server asks for."
)
@options.weights
def doctor(format_: str, host: str, port: int, token: str | None, weights: Path) -> None:
    """Check the installation, the server and the way to it, and say what to do about each fault.

    \b
    Examples:
      spinmark doctor
      spinmark doctor --port 9000 --format json

    The exit code is 0 where all is well, 1 where something is at fault. A note is no fault.
    """
    asked = Outbound()
    sys.addaudithook(asked)
    findings = list(_findings(host, port, token, weights, asked))
    if format_ == "json":
        write_json(None, checks.to_json(findings, version("spinmark")))
    else:
        write_text(None, "\n".join(_lines(findings)) + "\n")
    if any(finding.state == "fault" for finding in findings):
        sys.exit(1)


def _findings(host: str, port: int, token: str | None, weights: Path, asked: Outbound) -> Iterator[Finding]:
    yield checks.python(sys.version_info[:3], metadata("spinmark")["Requires-Python"])
    yield checks.packages(requires("spinmark") or [], _installed)
    package = Path(checks.__file__).parent
    if os.name == "posix":  # elsewhere the bits of a file's mode mean something else
        yield checks.permissions(package)
    found, detector = checks.weights(weights)
    yield found
    yield checks.telemetry(os.environ)
    if detector is not None:
        yield checks.sentence(detector)
        here = Path("/proc/self")
        yield checks.locality(detector, asked, partial(peers, here), partial(open_files, here))
    setting = Setting(host, port, token, version("spinmark"), None if detector is None else detector.model)
    for entry in entry_points(group="spinmark.checks"):
        more: Check = entry.load()
        yield from more(setting)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _lines(findings: list[Finding]) -> Iterator[str]:
    """Yield the findings as a person reads them, what to do below what is."""
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        state = click.style(f"{finding.state:5}", fg=_STYLE[finding.state])
        yield f"{state}  {finding.check:{width}}  {printable(finding.found)}"
        if finding.advice is not None:
            yield f"{'':{width + 9}}{click.style('→', bold=True)} {printable(finding.advice)}"
    faults = sum(finding.state == "fault" for finding in findings)
    yield ""
    yield f"{faults} of {len(findings)} checks found a fault." if faults else "All is well."
