"""Report -> rows, one a flag; the columns of CSV and Parquet.

A document without flags and a row that could not be read have one row too, whose columns from `flag` on are
empty: a table in which they were missing would say less than was done.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from spinmark.report import Report

Value = str | int | float | bool | None
Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type and what it holds."""

    name: str
    type: type[str] | type[int] | type[float] | type[bool]
    meaning: str


COLUMNS = (
    Column("id", str, "The document's id; of a file among several, its name."),
    Column(
        "status",
        str,
        "`ok`, `unsupported_language`, `too_short`, or `error` for a row that could not be read.",
    ),
    Column("error", str, "Why it could not be read."),
    Column("language", str, "ISO 639-1 code."),
    Column("text_length", int, "Code points of the text."),
    Column("flag", int, "The number of the flag in its document, from 1; empty where nothing was flagged."),
    Column("technique", str, "The technique's id."),
    Column("group", str, "The technique's group."),
    Column("confidence", float, "Calibrated probability, 0 to 1."),
    Column("start", int, "Where the passage begins, in code points."),
    Column("end", int, "Where it ends, exclusive."),
    Column("start_utf16", int, "The same in UTF-16 code units."),
    Column("end_utf16", int, "The same in UTF-16 code units."),
    Column("text", str, "The passage."),
    Column("voice", str, "`author`, `quoted` or `reported`."),
    Column("speaker", str, "Who says it, in the text's own words."),
    Column("speaker_start", int, "Where the text names the speaker."),
    Column("speaker_end", int, "Its end, exclusive."),
    Column("contested", bool, "Whether the text itself disputes the passage."),
    Column("contested_start", int, "Where it does."),
    Column("contested_end", int, "Its end, exclusive."),
    Column("model", str, "The model's name."),
    Column("model_version", str, "The model's version."),
)
NAMES = tuple(column.name for column in COLUMNS)


def rows(report: Report) -> Iterator[Row]:
    """Yield the rows of a report, each with a value for every column."""
    value = report.to_dict()
    document: Row = dict.fromkeys(NAMES)
    document |= {
        "id": None if report.id is None else str(report.id),
        "status": value["status"],
        "language": value["language"],
        "text_length": value["text_length"],
        "model": value["model"]["name"],
        "model_version": value["model"]["version"],
    }
    for number, flag in enumerate(value["flags"], start=1):
        attribution, contested_by = flag["attribution"], flag["contested_by"]
        yield document | {
            "flag": number,
            "technique": flag["technique"],
            "group": flag["group"],
            "confidence": flag["confidence"],
            "start": flag["start"],
            "end": flag["end"],
            "start_utf16": flag["start_utf16"],
            "end_utf16": flag["end_utf16"],
            "text": flag["text"],
            "voice": attribution["voice"],
            "speaker": attribution["speaker"],
            "speaker_start": attribution["speaker_start"],
            "speaker_end": attribution["speaker_end"],
            "contested": flag["contested"],
            "contested_start": None if contested_by is None else contested_by["start"],
            "contested_end": None if contested_by is None else contested_by["end"],
        }
    if not value["flags"]:
        yield document


def error_row(id_: str | int | None, reason: str) -> Row:
    """Return the row of what could not be read."""
    return dict.fromkeys(NAMES) | {
        "id": None if id_ is None else str(id_),
        "status": "error",
        "error": reason,
    }
