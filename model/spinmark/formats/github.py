"""Report -> workflow commands, which GitHub and Forgejo show beside the lines of a change.

Source: GitHub Docs, "Workflow commands for GitHub Actions", setting a warning message.
"""

from typing import Literal

from spinmark.formats.positions import Positions
from spinmark.formats.source import Source
from spinmark.formats.terminal import printable, who_says_it
from spinmark.report import Report
from spinmark.taxonomy import BY_ID

Level = Literal["notice", "warning", "error"]


def commands(report: Report, source: Source, level: Level = "warning") -> str:
    """Return one command a flag; without a line where the text is not the file's own."""
    positions = Positions(report.text)
    out = ""
    for flag in report.flags:
        technique = BY_ID[flag.technique]
        properties = {"title": f"Resembles {technique.name.lower()} ({flag.confidence:.2f})"}
        if source.file is not None:
            properties["file"] = source.file.as_posix()
        if source.exact:
            (line, column), (end_line, end_column) = (
                positions.of(flag.span.start),
                positions.of(flag.span.end),
            )
            properties |= {"line": str(line), "endLine": str(end_line)}
            if line == end_line:  # columns of a finding over several lines are refused
                properties |= {"col": str(column), "endColumn": str(end_column)}
        message = f"{who_says_it(report, flag)} “{printable(flag.quote)}”"
        out += (
            f"::{level} {','.join(f'{k}={_property(v)}' for k, v in properties.items())}::{_data(message)}\n"
        )
    return out


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    # A name may hold anything; what could steer a terminal does not get through.
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
