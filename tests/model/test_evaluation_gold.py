"""Annotated texts as JSON lines: what a row may hold, and what is said of one that is wrong."""

import json
import re
from pathlib import Path

import pytest

from spinmark.errors import InputError
from spinmark.evaluation.gold import GoldSpan, GoldText, class_name, classes_of, read_gold
from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS

TEXT = "They are traitors, said Moll."


def row(**changes: object) -> dict[str, object]:
    given = {"id": "a", "text": TEXT, "spans": [{"start": 9, "end": 17, "technique": "name_calling"}]}
    return {name: value for name, value in (given | changes).items() if value is not ...}


def read(*rows: object) -> list[GoldText | InputError]:
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows]
    return list(read_gold(lines, "gold.jsonl"))


def test_a_row_of_id_text_and_spans_is_judged_in_all_techniques():
    (found,) = read(row())
    assert found == GoldText(
        "a", TEXT, (GoldSpan(Span(9, 17), ("name_calling",)),), {id_: id_ for id_ in TECHNIQUE_IDS}
    )
    assert found.words == 5


def test_everything_that_a_span_can_say_is_read():
    mark = {
        "start": 9, "end": 17, "techniques": ["slogan", "name_calling"], "voice": "quoted",
        "speaker": {"start": 24, "end": 28}, "contested": False,
    }  # fmt: skip
    (found,) = read(row(spans=[mark], source="s", genre="letter", kind="article"))
    assert found.spans == (
        GoldSpan(Span(9, 17), ("slogan", "name_calling"), "quoted", Span(24, 28), True, False),
    )
    assert (found.source, found.genre, found.kind) == ("s", "letter", "article")


def test_a_speaker_that_the_text_does_not_name_differs_from_one_that_nobody_marked():
    named, unnamed = read(
        row(spans=[{"start": 0, "end": 4, "technique": "slogan", "speaker": None}]), row(id="b")
    )
    assert named.spans[0].speaker_marked
    assert not unnamed.spans[0].speaker_marked


def test_a_merged_group_is_one_class_and_what_is_not_labelled_is_none():
    (found,) = read(
        row(
            labelled=["straw_man", "name_calling", "red_herring", "slogan"],
            merged=[["red_herring", "straw_man"]],
        )
    )
    assert found.classes == {
        "name_calling": "name_calling",
        "straw_man": "straw_man|red_herring",
        "red_herring": "straw_man|red_herring",
        "slogan": "slogan",
    }
    assert classes_of(["slogan"]) == {"slogan": "slogan"}


def test_a_class_of_several_techniques_is_named_by_all_of_them():
    assert class_name("slogan") == "Slogan"
    assert class_name("straw_man|red_herring|whataboutism") == "Straw man, red herring or whataboutism"


@pytest.mark.parametrize(("kind", "quiet"), [("", True), ("neutral", True), ("hard_negative", False)])
def test_a_text_without_marks_is_quiet_unless_it_is_a_hard_negative(kind, quiet):
    (found,) = read(row(spans=[], kind=kind))
    assert found.quiet is quiet


def test_blank_lines_are_left_out_and_lines_keep_their_numbers():
    good, bad = read(b"\n", row(), b"  \r\n", b"{")
    assert isinstance(good, GoldText)
    assert str(bad).startswith("gold.jsonl:4: not JSON")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "not JSON (nested too deeply)"),
        (b"[]", "the row is not a JSON object"),
        (row(id=...), "'id' is missing"),
        (row(id=True), "'id' is missing"),
        (row(text=None), "'text' is missing"),
        (row(spans=...), "'spans' is missing"),
        (row(labeled=["slogan"]), "unknown field 'labeled'"),
        (row(genre=3), "'genre' is missing or not a string"),
        (row(labelled=["slogans"]), "labelled names the technique 'slogans'"),
        (row(labelled=[]), "labelled names no techniques"),
        (row(labelled=["slogan"]), "span 0 is name_calling, which is not in 'labelled'"),
        (row(merged="slogan"), "'merged' is not a list"),
        (row(merged=[["slogan", "straw_man"], ["slogan", "red_herring"]]), "names a technique twice"),
        (row(labelled=["name_calling", "slogan"], merged=[["slogan", "straw_man"]]), "not in 'labelled'"),
        (row(spans=[3]), "span 0 is not a JSON object"),
        (row(spans=[{"start": 0, "end": 4}]), "span 0 needs either"),
        (
            row(spans=[{"start": 0, "end": 4, "technique": "slogan", "techniques": ["slogan"]}]),
            "needs either",
        ),
        (row(spans=[{"start": 0, "end": 4, "technique": "slogan", "voices": 1}]), "unknown field 'voices'"),
        (row(spans=[{"start": 4, "end": 4, "technique": "slogan"}]), "span 0 runs from 4 to 4"),
        (row(spans=[{"start": 0, "end": 30, "technique": "slogan"}]), "within 0 to 29"),
        (row(spans=[{"start": -1, "end": 3, "technique": "slogan"}]), "runs from -1"),
        (row(spans=[{"start": True, "end": 3, "technique": "slogan"}]), "runs from True"),
        (row(spans=[{"start": 0.0, "end": 3, "technique": "slogan"}]), "runs from 0.0"),
        (row(spans=[{"start": 0, "end": 3, "technique": "slogan", "voice": "he"}]), "has the voice 'he'"),
        (row(spans=[{"start": 0, "end": 3, "technique": "slogan", "contested": 1}]), "'contested'"),
        (
            row(spans=[{"start": 0, "end": 3, "technique": "slogan", "speaker": {"start": 9, "end": 99}}]),
            "the speaker of span 0 runs from 9 to 99",
        ),
    ],
)
def test_a_row_that_is_wrong_is_named_with_file_line_and_reason_and_without_its_text(wrong, reason):
    good, bad = read(row(id="first"), wrong)
    assert isinstance(good, GoldText)
    assert isinstance(bad, InputError)
    assert bad.source == "gold.jsonl:2"
    assert reason in str(bad)
    assert "traitors" not in str(bad)


def test_an_id_that_occurs_twice_in_a_source_is_wrong():
    first, second, other = read(row(), row(), row(source="elsewhere"))
    assert str(second) == "gold.jsonl:2: the id 'a' stands on line 1 already"
    assert isinstance(first, GoldText)
    assert isinstance(other, GoldText)


DOCS = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


def test_the_row_that_the_docs_show_is_read():
    shown = re.search(r"```json\n(.*)\n```", DOCS)
    assert shown
    (found,) = read(shown[1].encode())
    assert isinstance(found, GoldText)
    assert found.text[found.spans[0].span.start : found.spans[0].span.end] == found.text.rstrip(".")


@pytest.mark.parametrize(("table", "at"), [("row", "the row"), ("span", "span 0")])
def test_the_docs_list_every_field_and_no_other(table, at):
    rows = re.search(rf"\| field of a {table} \|.*?\n\n", DOCS, re.DOTALL)
    assert rows
    listed = re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in rows[0].strip().split("\n")[2:]))
    wrong = row(nothing=1) if table == "row" else row(spans=[{"nothing": 1}])
    (error,) = read(wrong)
    assert str(error).endswith(f"{at} has an unknown field 'nothing', expected {', '.join(sorted(listed))}")
