"""Tables, read back by Python's csv module and by pyarrow."""

import csv
import io
import json
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.made import GERMAN, MODEL, QUIET, REPORT

from spinmark.formats import csv as ours
from spinmark.formats.csv import guarded, unguarded
from spinmark.formats.parquet import GROUP_ROWS, ParquetTable, flags_table
from spinmark.formats.table import COLUMNS, NAMES, error_row, rows
from spinmark.report import Flag, Report, Span


def as_csv(*reports: Report) -> list[dict[str, str]]:
    content = ours.header() + "".join(ours.lines(rows(report)) for report in reports)
    return list(csv.DictReader(io.StringIO(content, newline=""), strict=True))


def as_parquet(*reports: Report) -> list[dict]:
    out = io.BytesIO()
    with ParquetTable(out) as table:
        for report in reports:
            table.write(rows(report))
    return pq.read_table(io.BytesIO(out.getvalue())).to_pylist()


def test_a_row_holds_what_the_contract_says_of_the_flag():
    report = json.loads(REPORT.to_json())
    found = list(rows(REPORT))
    assert [row["flag"] for row in found] == [1, 2, 3, 4, 5]
    for row, flag in zip(found, report["flags"], strict=True):
        assert set(row) == set(NAMES)
        assert (row["id"], row["status"], row["model"]) == ("odla", "ok", "spinmark-en")
        for name in (
            "technique",
            "group",
            "confidence",
            "start",
            "end",
            "start_utf16",
            "end_utf16",
            "text",
            "contested",
        ):
            assert row[name] == flag[name]
        for name in ("voice", "speaker", "speaker_start", "speaker_end"):
            assert row[name] == flag["attribution"][name]
        contested_by = flag["contested_by"] or {"start": None, "end": None}
        assert (row["contested_start"], row["contested_end"]) == tuple(contested_by.values())


def test_every_value_has_the_type_of_its_column():
    for row in (*rows(REPORT), *rows(QUIET), *rows(GERMAN), error_row(3, "line 1 is not JSON")):
        assert list(row) == list(NAMES)
        assert all(row[c.name] is None or type(row[c.name]) is c.type for c in COLUMNS)


def test_a_document_without_flags_and_a_row_that_could_not_be_read_have_one_row():
    (quiet,), (german,) = rows(QUIET), rows(GERMAN)
    assert (quiet["id"], quiet["status"], quiet["flag"], quiet["technique"]) == ("7", "ok", None, None)
    assert (german["status"], german["language"]) == ("unsupported_language", "de")
    bad = error_row("a", "line 2 has no field 'text'")
    assert (bad["id"], bad["status"], bad["error"]) == ("a", "error", "line 2 has no field 'text'")


def test_csv_gives_every_value_back():
    for found, row in zip(
        as_csv(REPORT, QUIET, GERMAN), [*rows(REPORT), *rows(QUIET), *rows(GERMAN)], strict=True
    ):
        for name in NAMES:
            value = row[name]
            words = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            assert unguarded(found[name]) == words


def test_csv_runs_nothing_in_a_spreadsheet():
    cells = [row["text"] for row in as_csv(REPORT)]
    assert cells[2] == "'=SUM(A1) is no slogan"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'=", "''@"])
def test_no_cell_begins_as_a_formula(start):
    assert guarded(f"{start}cmd|' /C calc'!A0").startswith("'")


@given(st.text())
def test_a_guarded_cell_gives_its_text_back_through_the_file(text):
    (cells,) = csv.reader(io.StringIO(ours._lines([[guarded(text), "x"]]), newline=""), strict=True)
    kept = "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\r\n" else c for c in text
    )
    assert unguarded(cells[0]) == kept
    assert cells[1] == "x"


def test_no_control_character_reaches_a_terminal_through_csv():
    text = "The \x1b]0;owned\x07\x1b[2J traitors \x9b2J\x00 \ud800 came."
    report = Report(text, (Flag("name_calling", Span(0, len(text)), text, 0.9),), MODEL, id="\x1b[2J")
    content = ours.lines(rows(report))
    assert not {c for c in content if unicodedata.category(c) in ("Cc", "Cs")} - {"\r", "\n"}
    assert content.encode("utf-8")


def test_parquet_gives_every_value_back_with_its_type():
    assert as_parquet(REPORT, QUIET, GERMAN) == [*rows(REPORT), *rows(QUIET), *rows(GERMAN)]


def test_parquet_names_its_schema_and_says_what_its_columns_mean():
    out = io.BytesIO()
    with ParquetTable(out):
        pass
    schema = pq.read_schema(io.BytesIO(out.getvalue()))
    assert schema.metadata[b"schema"] == b"spinmark.report/1"
    assert schema.names == list(NAMES)
    assert [schema.field(c.name).metadata[b"meaning"].decode() for c in COLUMNS] == [
        c.meaning for c in COLUMNS
    ]
    assert schema.field("confidence").type == pa.float64()


def test_a_table_of_reports_is_what_their_file_holds():
    reports = [REPORT, QUIET, GERMAN]
    table = flags_table(reports)
    assert table.to_pylist() == as_parquet(*reports)
    frame = table.to_pandas()
    assert frame.groupby("status").size().to_dict() == {"ok": 6, "unsupported_language": 1}
    assert frame["technique"].dropna().tolist() == [flag.technique for flag in REPORT.flags]
    assert flags_table([]).column_names == list(NAMES)


def test_parquet_is_written_in_groups():
    out = io.BytesIO()
    with ParquetTable(out) as table:
        for _ in range(2 * GROUP_ROWS + 1):
            table.write(rows(QUIET))
    assert pq.ParquetFile(io.BytesIO(out.getvalue())).num_row_groups == 3


def test_parquet_holds_what_utf8_can():
    text = "a\ud83d b \ud83d\ude00 😀"
    report = Report(text, (Flag("slogan", Span(0, len(text)), text, 0.9),), MODEL)
    (row,) = as_parquet(report)
    assert row["text"].encode("utf-8")
    assert row["text"].startswith("a\ufffd b")


@pytest.mark.parametrize("fails", [True, False])
def test_a_parquet_file_is_closed_whatever_happens(tmp_path, fails):
    class StoppedError(Exception):
        pass

    def write() -> None:
        with ParquetTable(tmp_path / "a.parquet") as table:
            table.write(rows(QUIET))
            if fails:
                raise StoppedError

    if fails:
        with pytest.raises(StoppedError):
            write()
    else:
        write()
        assert pq.read_table(tmp_path / "a.parquet").num_rows == 1


def test_the_documentation_lists_the_columns():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    table = page.partition("<!-- columns -->")[2].partition("<!-- /columns -->")[0].strip().splitlines()
    assert table[2:] == [f"| `{c.name}` | {c.type.__name__} | {c.meaning} |" for c in COLUMNS]
