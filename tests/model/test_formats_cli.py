"""`spinmark score` with each format: what goes in as files comes out as files that others read."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import html5lib
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from spinmark.cli import main
from spinmark.formats.table import NAMES

TEXT = "The traitors on the council closed the mill, and the bakers are the vermin of this town."
ROWS = [
    {"id": "a", "text": TEXT, "day": "2023-05-01"},
    {"id": "b", "text": "The mill stands empty now.", "day": "2024-02-01"},
    {"id": "c", "body": "x"},
    {"id": "d", "text": "All vermin, they say.", "day": "2024-05-01"},
]


@pytest.fixture
def score(tiny_weights: Path) -> Callable[..., Result]:
    def run(*arguments: object) -> Result:
        command = ["score", "--weights", str(tiny_weights), "--jobs", "1", *map(str, arguments)]
        result = CliRunner().invoke(main, command)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def rows(tmp_path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.fixture
def article(tmp_path) -> Path:
    path = tmp_path / "article.md"
    path.write_text("# Odla\n\nThe **traitors** on\nthe council.\n", encoding="utf-8")
    return path


def test_csv_has_a_row_a_flag_and_a_row_for_what_has_none(score, rows):
    result = score("--format", "csv", rows)
    found = list(csv.DictReader(io.StringIO(result.stdout, newline="")))
    assert list(found[0]) == list(NAMES)
    assert [(r["id"], r["status"], r["text"]) for r in found] == [
        ("a", "ok", "traitors"), ("a", "ok", "vermin"), ("b", "ok", ""), ("c", "error", ""), ("d", "ok", "vermin"),
    ]  # fmt: skip
    assert result.exit_code == 1


def test_parquet_goes_to_a_file_and_to_a_pipe_alike(score, rows, tmp_path):
    out = tmp_path / "flags.parquet"
    assert score("--format", "parquet", "--output", out, rows).exit_code == 1
    piped = score("--format", "parquet", rows).stdout_bytes
    assert pq.read_table(out) == pq.read_table(io.BytesIO(piped))
    assert pq.read_table(out).column("text").to_pylist() == ["traitors", "vermin", None, None, "vermin"]


def test_parquet_in_gives_the_reports_of_jsonl_in(score, rows, tmp_path):
    good = [row for row in ROWS if "text" in row]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(good), path)
    reports = [line for line in score(rows).stdout.splitlines() if "error" not in json.loads(line)]
    assert score(path).stdout.splitlines() == reports


def test_sarif_points_to_the_line_in_markdown(score, article):
    result = score("--format", "sarif", article)
    (run,) = json.loads(result.stdout)["runs"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (3, 7, 15)
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_sarif_says_what_could_not_be_read(score, article, rows, tmp_path):
    result = score("--format", "sarif", article, rows, tmp_path / "nowhere.txt")
    (run,) = json.loads(result.stdout)["runs"]
    said = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert [words.rpartition(": ")[2] for words in said] == [
        "line 3 has no field 'text' among 'id', 'body'; --text-field names another",
        "No such file or directory",
    ]
    assert len(run["results"]) == 4


def test_workflow_commands_point_to_the_line(score, article):
    result = score("--format", "github", article)
    assert result.stdout == (
        f"::warning title=Resembles name calling (0.95),file={article},line=3,endLine=3,col=7,endColumn=15::"
        "The author's own words. “traitors”\n"
    )


def test_annotations_are_a_page_a_line(score, rows):
    pages = [json.loads(line) for line in score("--format", "w3c", rows).stdout.splitlines()]
    assert [len(page["items"]) for page in pages] == [2, 0, 1]
    assert pages[0]["items"][0]["target"]["source"].endswith("rows.jsonl#a")


def test_one_text_becomes_a_page(score, article, tmp_path):
    out = tmp_path / "report.html"
    assert score("--format", "html", "--output", out, article).exit_code == 0
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        out.read_text(encoding="utf-8")
    )
    assert ["".join(mark.itertext()) for mark in root.iter("mark")] == ["traitors"]
    assert out.read_text(encoding="utf-8") == score("--format", "html", article).stdout


def test_several_texts_become_a_folder_with_a_page_over_time(score, rows, tmp_path):
    out = tmp_path / "report"
    assert score("--format", "html", "--date-field", "day", "--output", out, rows).exit_code == 1
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "3 passages stand out in 2 of 3 documents." in index
    assert "Flags per 1,000 words, by month" in index
    assert sorted(p.name for p in (out / "documents").iterdir()) == ["000001.html", "000003.html"]


def test_rows_of_several_files_are_named_by_their_file_as_well(score, rows, article, tmp_path):
    out = tmp_path / "report"
    score("--format", "html", "--output", out, rows, article)
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        (out / "index.html").read_text(encoding="utf-8")
    )
    links = [a for a in root.iter("a") if (a.get("href") or "").endswith(".html")]
    assert {a.text for a in links} == {f"{rows}#a", f"{rows}#d", str(article)}


def test_what_was_taken_out_of_a_page_is_written_and_pointed_into(score, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>The <b>traitors</b> on the council.</p>", encoding="utf-8")
    result = score("--format", "sarif", "--extracted", tmp_path / "texts", page)
    physical = json.loads(result.stdout)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == (tmp_path / "texts" / "page.html.txt").as_uri()
    written = (tmp_path / "texts" / "page.html.txt").read_text(encoding="utf-8")
    region = physical["region"]
    assert written[region["charOffset"] :][: region["charLength"]] == "traitors"


def test_an_encoding_other_than_utf8_is_said(score, tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes("The café’s owners are traitors.".encode("cp1252"))
    result = score("--format", "json", path)
    assert result.stderr == f"spinmark: {path}: read as windows-1252\n"
    assert json.loads(result.stdout)["flags"][0]["text"] == "traitors"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "html", "a.txt", "b.txt"),
        ("--format", "sarif", "--resume", "--output", "x", "a.txt"),
        ("--format", "parquet", "--resume", "--output", "x", "a.jsonl"),
        ("--format", "xml", "a.txt"),
    ],
    ids=" ".join,
)
def test_what_a_format_cannot_do_is_a_wrong_usage(score, arguments):
    result = score(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_folder_that_is_there_already_is_left_alone(score, rows, tmp_path):
    out = tmp_path / "report"
    score("--format", "html", "--output", out, rows)
    before = (out / "index.html").read_bytes()
    again = score("--format", "html", "--output", out, rows)
    assert again.exit_code == 2
    assert f"--output {out} is there already and not empty; give another name or remove it." in again.stderr
    assert (out / "index.html").read_bytes() == before


def test_a_folder_that_is_empty_is_filled(score, rows, tmp_path):
    (tmp_path / "report").mkdir()
    assert score("--format", "html", "--output", tmp_path / "report", rows).exit_code == 1
    assert (tmp_path / "report" / "index.html").is_file()


@pytest.mark.parametrize(("field", "told"), [("date", False), ("published", True), ("id", True)])
def test_a_date_field_that_says_no_date_is_told(score, tmp_path, field, told):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "x", "date": "2024-05-01"}) + "\n", encoding="utf-8")
    result = score("--date-field", field, "--format", "html", "--output", tmp_path / "report", path)
    sentence = f"spinmark: no row has a date such as 2024-05-01 in the field {field!r}: nothing over time\n"
    assert result.stderr == (sentence if told else "")


@pytest.mark.parametrize("format_", ["csv", "w3c", "github"])
def test_a_resumed_run_gives_the_bytes_of_an_unbroken_one(score, rows, tmp_path, format_):
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    score("--format", format_, "--output", whole, rows)
    assert score("--format", format_, "--output", resumed, "--resume", rows).exit_code == 1
    assert resumed.read_bytes() == whole.read_bytes()
