"""Formats that point into files: SARIF against its schema, workflow commands, annotations by their selectors."""

import json
import re
from pathlib import Path, PurePath
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.made import FLAGS, GERMAN, MODEL, QUIET, REPORT, TEXT

from spinmark.formats import github
from spinmark.formats.annotations import CONTEXT, annotation_page
from spinmark.formats.positions import Positions
from spinmark.formats.sarif import SCHEMA_URI, SarifLog
from spinmark.formats.source import Source
from spinmark.report import Flag, Report, Span
from spinmark.taxonomy import TECHNIQUE_IDS

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-subset.json").read_text(encoding="utf-8"))
FILE = Source("odla.txt", PurePath("notes/odla mill.txt"), exact=True)
PAGE = Source("page.html", PurePath("page.html"))
ROW = Source("r1", PurePath("rows.jsonl"), part="r1")
PIPE = Source("stdin")


def faults(log: dict) -> list[str]:
    # Not at the head: it loads grammars for a second, and every process that shares the tests reads this file.
    from jsonschema import Draft202012Validator

    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(log)]


def valid(log: str) -> dict:
    value = json.loads(log)
    assert faults(value) == []
    return value


def sarif(*reports: tuple[Report, Source], failures: tuple[tuple[str, str], ...] = ()) -> dict:
    log = SarifLog(MODEL, "0.1.0")
    content = log.begin() + "".join(log.report(*one) for one in reports)
    for failure in failures:
        log.failure(*failure)
    return valid(content + log.end())


# Positions


def test_lines_and_columns_are_those_of_an_editor():
    text = "ab\r\ncd\re\n\n😀f"
    places = [Positions(text).of(offset) for offset in range(len(text) + 1)]
    assert places == [
        (1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1), (5, 1), (5, 2), (5, 3),
    ]  # fmt: skip


@given(st.text(alphabet="a\r\n😀\u2028", max_size=30))
def test_every_offset_lies_on_its_line(text):
    lines = re.split(r"\r\n|\n|\r", text)
    positions = Positions(text)
    for offset in range(len(text) + 1):
        line, column = positions.of(offset)
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 2  # within a line break at most
    assert positions.of(len(text)) == (len(lines), len(lines[-1]) + 1)


# SARIF


@pytest.mark.parametrize("source", [FILE, PAGE, ROW, PIPE], ids=lambda s: s.name)
@pytest.mark.parametrize("report", [REPORT, QUIET, GERMAN], ids=["flags", "quiet", "german"])
def test_every_log_keeps_to_the_schema(report, source):
    assert len(sarif((report, source))["runs"][0]["results"]) == len(report.flags)


def test_the_schema_refuses_what_is_no_log():
    with pytest.raises(AssertionError):
        valid('{"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]}')


@pytest.mark.parametrize(
    ("name", "value"), [("levle", "note"), ("level", "hint"), ("rank", 101), ("message", {"txt": "x"})]
)
def test_the_schema_finds_a_misspelt_member_and_a_value_that_it_does_not_know(name, value):
    log = sarif((REPORT, FILE))
    log["runs"][0]["results"][0][name] = value
    assert faults(log)


def test_a_log_of_several_reports_and_failures_keeps_to_the_schema():
    log = sarif(
        (QUIET, PIPE),
        (REPORT, FILE),
        (REPORT, ROW),
        failures=(("a.txt", "holds binary data"), ("b\x1b", "x")),
    )
    (run,) = log["runs"]
    assert log["$schema"] == SCHEMA_URI
    assert len(run["results"]) == 2 * len(FLAGS)
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert [n["message"]["text"] for n in invocation["toolExecutionNotifications"]] == [
        "a.txt: holds binary data", "b\ufffd: x",
    ]  # fmt: skip


def test_an_empty_log_keeps_to_the_schema():
    (run,) = sarif()["runs"]
    assert (run["results"], run["invocations"]) == ([], [{"executionSuccessful": True}])


def test_the_rules_are_the_techniques_and_results_point_to_them():
    (run,) = sarif((REPORT, FILE))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(TECHNIQUE_IDS)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_a_region_finds_its_words_by_offset_and_by_line_and_column():
    results = sarif((REPORT, FILE))["runs"][0]["results"]
    for result, flag in zip(results, FLAGS, strict=True):
        physical = result["locations"][0]["physicalLocation"]
        region = physical["region"]
        assert unquote(physical["artifactLocation"]["uri"]) == "notes/odla mill.txt"
        assert TEXT[region["charOffset"] :][: region["charLength"]] == flag.quote == region["snippet"]["text"]
        lines = re.split(r"(?<=\n)", TEXT)
        start = sum(map(len, lines[: region["startLine"] - 1])) + region["startColumn"] - 1
        end = sum(map(len, lines[: region["endLine"] - 1])) + region["endColumn"] - 1
        assert TEXT[start:end] == flag.quote


def test_a_result_says_who_says_it_and_where_the_text_disputes_it():
    result = sarif((REPORT, FILE))["runs"][0]["results"][0]
    assert result["message"]["text"] == (
        "Bell, quoted. The text disputes this. Resembles justification by provocation (0.81)."
    )
    region = result["relatedLocations"][0]["physicalLocation"]["region"]
    assert region["snippet"]["text"] == "Observers saw no such attack."


@pytest.mark.parametrize("source", [PAGE, ROW], ids=lambda s: s.name)
def test_no_region_is_given_where_the_text_is_not_the_files_own(source):
    for result in sarif((REPORT, source))["runs"][0]["results"]:
        (location,) = result["locations"]
        assert "region" not in location["physicalLocation"]
        assert (
            TEXT[location["properties"]["start"] : location["properties"]["end"]]
            == location["properties"]["text"]
        )


def test_a_finding_keeps_its_print_when_the_text_around_it_moves():
    moved = "A new line.\n" + TEXT.replace("traitors\nof", "traitors of")
    flags = [
        Flag(f.technique, Span(moved.index(q), moved.index(q) + len(q)), q, f.confidence, f.voice)
        for f in FLAGS
        for q in [f.quote.replace("\n", " ")]
        if f.voice.speaker is None and f.voice.contested_by is None
    ]
    prints = [
        {r["partialFingerprints"]["passage/v1"] for r in sarif((report, FILE))["runs"][0]["results"]}
        for report in (REPORT, Report(moved, tuple(flags), MODEL))
    ]
    assert prints[1] < prints[0]
    assert len(prints[0]) == len(FLAGS)


def test_two_findings_of_the_same_words_have_different_prints():
    text = "traitors and traitors"
    flags = (
        Flag("name_calling", Span(0, 8), "traitors", 0.9),
        Flag("name_calling", Span(13, 21), "traitors", 0.9),
    )
    results = sarif((Report(text, flags, MODEL), FILE))["runs"][0]["results"]
    assert len({r["partialFingerprints"]["passage/v1"] for r in results}) == 2


@given(data=st.data())
def test_any_text_makes_a_log_that_any_reader_of_json_takes(any_text, data):
    text = data.draw(any_text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    report = Report(text, (Flag("slogan", Span(start, end), text[start:end], 0.5),), MODEL, id=text)
    log = SarifLog(MODEL, "0.1.0")
    content = log.begin() + log.report(report, FILE) + log.end()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028]", content)
    region = json.loads(content.encode("utf-8"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"][
        "region"
    ]
    assert region["snippet"]["text"] == text[start:end]


# Workflow commands

COMMAND = re.compile(r"::(\w+) ((?:\w+=[^,:]*,?)*)::(.*)")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as the runner does."""
    level, properties, message = COMMAND.fullmatch(line).groups()
    decoded = dict(part.split("=", 1) for part in properties.split(","))
    return level, {k: unquote(v) for k, v in decoded.items()}, unquote(message)


def test_a_command_points_to_its_line_and_says_who_says_it():
    lines = github.commands(REPORT, FILE).splitlines()
    assert len(lines) == len(FLAGS)
    level, where, message = parsed(lines[0])
    assert level == "warning"
    assert where == {
        "title": "Resembles justification by provocation (0.81)", "file": "notes/odla mill.txt",
        "line": "3", "endLine": "3", "col": "19", "endColumn": "80",
    }  # fmt: skip
    assert message.startswith("Bell, quoted. The text disputes this. “an inevitable")


def test_a_command_over_several_lines_has_no_columns():
    _, where, message = parsed(github.commands(REPORT, FILE).splitlines()[-1])
    assert (where["line"], where["endLine"]) == ("5", "6")
    assert "col" not in where
    assert "“traitors of Odla <b>have</b>”" in message


def test_a_command_on_a_row_names_the_file_without_a_line():
    _, where, _ = parsed(github.commands(REPORT, ROW, "error").splitlines()[0])
    assert where["file"] == "rows.jsonl"
    assert "line" not in where


def test_no_text_and_no_name_can_make_a_command_of_its_own():
    text = "x\n::error::owned % ,:"
    report = Report(text, (Flag("slogan", Span(0, len(text)), text, 0.5),), MODEL)
    (line,) = github.commands(report, Source("a", PurePath("a\n::error::,b%"), exact=True)).splitlines()
    level, where, message = parsed(line)
    assert level == "warning"
    assert where["file"] == "a ::error::,b%"
    assert message.endswith("“x ::error::owned % ,:”")


# Annotations


def page(report: Report, source: Source) -> dict:
    return json.loads(annotation_page(report, source))


def found(text: str, selectors: list[dict]) -> set[str]:
    """Return what the selectors select, each by its own means."""
    out = set()
    for selector in selectors:
        if selector["type"] == "TextPositionSelector":
            out.add(text[selector["start"] : selector["end"]])
        else:
            whole = selector["prefix"] + selector["exact"] + selector["suffix"]
            assert text.count(whole) == 1
            at = text.index(whole) + len(selector["prefix"])
            out.add(text[at : at + len(selector["exact"])])
    return out


def test_every_annotation_is_found_again_by_position_and_by_words():
    items = page(REPORT, FILE)["items"]
    for item, flag in zip(items, FLAGS, strict=True):
        assert item["target"]["source"] == "notes/odla%20mill.txt"
        assert [s["type"] for s in item["target"]["selector"]] == [
            "TextPositionSelector",
            "TextQuoteSelector",
        ]
        assert found(TEXT, item["target"]["selector"]) == {flag.quote}


def test_an_annotation_links_the_speaker_and_what_disputes_it():
    resources = [b for b in page(REPORT, FILE)["items"][0]["body"] if b["type"] == "SpecificResource"]
    assert [(r["purpose"], found(TEXT, r["selector"])) for r in resources] == [
        ("identifying", {"Bell"}), ("linking", {"Observers saw no such attack."}),
    ]  # fmt: skip


def test_an_annotation_has_what_the_model_demands():
    value = page(REPORT, FILE)
    assert value["@context"] == CONTEXT
    assert value["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    assert (value["type"], value["partOf"]["total"], value["startIndex"]) == ("AnnotationPage", len(FLAGS), 0)
    terms = {"id", "type", "motivation", "generator", "body", "target", *CONTEXT[1]}
    for item in value["items"]:
        assert item["type"] == "Annotation"
        assert set(item) <= terms
        assert re.fullmatch(r"urn:spinmark:flag:[0-9a-f]{32}", item["id"])
        tag, comment, *_ = item["body"]
        assert (tag["purpose"], tag["value"]) == ("tagging", item["technique"].rpartition(":")[2])
        assert comment["purpose"] == "commenting"
        assert "Resembles" in comment["value"]


def test_ids_tell_flags_apart_and_stay_from_run_to_run():
    ids = [item["id"] for item in page(REPORT, FILE)["items"]]
    assert len(set(ids)) == len(FLAGS)
    assert ids == [item["id"] for item in page(REPORT, FILE)["items"]]
    assert not set(ids) & {item["id"] for item in page(REPORT, PIPE)["items"]}


def test_a_page_that_was_taken_out_is_annotated_by_words_alone():
    for item in page(REPORT, PAGE)["items"]:
        assert item["target"]["source"] == "page.html"
        assert [s["type"] for s in item["target"]["selector"]] == ["TextQuoteSelector"]


def test_a_row_is_a_part_of_its_file():
    assert {i["target"]["source"] for i in page(REPORT, ROW)["items"]} == {"rows.jsonl#r1"}


@pytest.mark.parametrize("report", [QUIET, GERMAN])
def test_a_report_without_flags_is_a_page_without_items(report):
    assert (page(report, FILE)["items"], page(report, FILE)["status"]) == ([], report.status)


@given(data=st.data())
def test_any_text_is_one_line_of_json(any_text, data):
    text = data.draw(any_text)
    report = Report(text, (Flag("slogan", Span(0, len(text)), text, 0.5),), MODEL)
    line = annotation_page(report, Source(text, None))
    assert len(line.splitlines()) == 1
    (item,) = json.loads(line.encode("utf-8"))["items"]
    assert item["target"]["selector"][1]["exact"] == text


def test_an_absolute_file_becomes_a_file_uri_and_odd_names_stay_uris():
    assert Source("a", PurePath("/tmp/a b#c.txt")).uri == "file:///tmp/a%20b%23c.txt"
    assert Source("a", PurePath("ü/\udcff?.txt")).uri == "%C3%BC/%FF%3F.txt"
