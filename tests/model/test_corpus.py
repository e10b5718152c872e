import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.corpus import BadRow, Document, Fields, documents, holds_many, read_bytes, report_on, restored
from spinmark.errors import InputError
from spinmark.readers.jsonl import read_jsonl


def row(line: bytes, **fields) -> Document | BadRow:
    (found,) = read_jsonl([line], Fields(**fields))
    return found


# Rows of JSON


def test_rows_become_documents_in_their_order():
    lines = [b'{"id": "b", "text": "two"}\n', b'{"text": "three", "x": 1}\r\n', b'{"id": "a", "text": ""}']
    assert list(read_jsonl(lines)) == [Document("b", "two"), Document(None, "three"), Document("a", "")]


def test_other_fields_may_hold_text_id_and_date():
    found = row(
        b'{"body": "x", "key": "k", "text": 3, "id": 4, "day": "2024-05"}', text="body", id="key", date="day"
    )
    assert found == Document("k", "x", date="2024-05")


def test_a_date_may_be_missing_or_a_number():
    assert row(b'{"text": "x"}', date="day") == Document(None, "x")
    assert row(b'{"text": "x", "day": 2024}', date="day") == Document(None, "x", date="2024")


@pytest.mark.parametrize(
    ("given_id", "id_"),
    [("1.5", "1.5"), ("true", "true"), ('["a", "é"]', '["a", "é"]'), ("null", None), ('""', "")],
)
def test_an_id_that_is_neither_string_nor_whole_number_is_written_as_its_json(given_id, id_):
    assert row(f'{{"id": {given_id}, "text": "x"}}'.encode()) == Document(id_, "x")


def test_a_whole_number_stays_the_id_that_it_is():
    assert row(b'{"id": 7, "text": "x"}') == Document(7, "x")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "is not JSON"),
        (b"\n", "is not JSON"),
        (b"{", "is not JSON"),
        (b'{"text": "x"} {"text": "y"}', "is not JSON (Extra data)"),
        (b'{"text": "a\nb"}', "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b'"text"', "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b"{}", "has no field 'text'"),
        (b'{"text": null}', "has no string in 'text'"),
        (b'{"text": 3}', "has no string in 'text'"),
        (b'{"text": ["x"]}', "has no string in 'text'"),
        (b'{"text": "\xff"}', "is not UTF-8 at byte 10"),
        (b"\xff\xfe", "is not UTF-8 at byte 0"),
        (b'{"text": ' + b"[" * 100_000, "is not JSON (nested too deeply)"),
        (b'{"text": "x", "id": ' + b"9" * 5000 + b"}", "is not JSON (a number is too long)"),
    ],
    ids=range(16),
)
def test_a_row_at_fault_is_named_with_its_line_and_reason(line, reason):
    good = b'{"text": "x"}'
    before, found, after = read_jsonl([good, line, good])
    assert before == after == Document(None, "x")
    assert isinstance(found, BadRow)
    assert found.reason.startswith(f"line 2 {reason}")


def test_a_row_without_text_keeps_its_id():
    assert row(b'{"id": "a7", "body": "x"}') == BadRow(
        "a7", "line 1 has no field 'text' among 'id', 'body'; --text-field names another"
    )


def test_a_byte_order_mark_is_no_part_of_the_first_row():
    assert row(b'\xef\xbb\xbf{"text": "x"}') == Document(None, "x")


def test_the_text_of_a_row_is_never_changed():
    text = "a\r\nb\x00\u2028e\u0301\ud800 \ufeff"
    assert row(json.dumps({"text": text}).encode()) == Document(None, text)


@given(st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
def test_no_row_ends_the_run(line):
    found = row(line)
    assert isinstance(found, BadRow | Document)


@pytest.mark.parametrize("id_", [None, "a", "\ud800", "\x9b2J\u2028", '"'])
def test_a_bad_row_is_one_line_of_json(id_):
    line = BadRow(id_, "line 1 is not JSON").to_json()
    assert json.loads(line.encode("utf-8")) == {"id": id_, "error": "line 1 is not JSON"}
    assert len(line.splitlines()) == 1
    assert list(json.loads(line)) == ["id", "error"]


# Files


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.txt: No such file or directory"):
        read_bytes(tmp_path / "nowhere.txt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="Is a directory"):
        read_bytes(tmp_path)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_bytes("It’s £5.".encode("cp1252"))
    (tmp_path / "b.html").write_bytes(b"<p>The traitors sold us out.</p>")
    (tmp_path / "c.jsonl").write_bytes(b'{"id": 1, "text": "x"}\n[]\n')
    (tmp_path / "d.md").write_bytes(b"The **traitors** sold\nus out.")
    (tmp_path / "e.pdf").write_bytes(b"no pdf")
    return tmp_path


def test_a_folder_gives_its_documents_in_order_and_a_bad_file_costs_itself_alone(folder):
    said = []
    found = list(documents([folder], notice=lambda *words: said.append(words)))
    assert [name.rpartition("/")[2] for name, _ in found] == [
        "a.txt", "b.html", "c.jsonl", "c.jsonl", "d.md", "e.pdf",
    ]  # fmt: skip
    assert [type(item).__name__ for _, item in found] == [
        "Document", "Document", "Document", "BadRow", "Document", "InputError",
    ]  # fmt: skip
    assert said == [(str(folder / "a.txt"), "read as windows-1252")]
    assert [item.id for _, item in found[:3]] == [str(folder / "a.txt"), str(folder / "b.html"), 1]


def test_one_file_alone_has_no_id_and_the_text_of_a_file_knows_its_file(folder):
    ((_, text),) = documents([folder / "a.txt"])
    ((_, page),) = documents([folder / "b.html"])
    assert (text.id, text.file) == (None, folder / "a.txt")
    assert (page.id, page.file, page.extracted) == (None, None, True)


def test_what_is_taken_out_is_written_out_and_offsets_refer_to_it(folder, tmp_path, tiny_detector):
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.html").write_bytes(b"<p>These traitors too.</p>")
    found = list(documents([folder / "b.html", other / "b.html"], extracted=tmp_path / "texts"))
    assert [item.file for _, item in found] == [
        tmp_path / "texts" / n for n in ("b.html.txt", "b.html.2.txt")
    ]
    for _, item in found:
        written = item.file.read_text(encoding="utf-8")
        assert written == item.text
        (flag,) = report_on(item, tiny_detector).flags
        assert written[flag.span.start : flag.span.end] == "traitors"


def test_a_folder_that_cannot_be_written_is_named(folder):
    with pytest.raises(InputError, match=r"a\.txt/b\.html\.txt: "):
        list(documents([folder / "b.html"], extracted=folder / "a.txt"))


@pytest.mark.parametrize(
    ("names", "kind", "many"),
    [
        (["a.txt"], None, False), (["a.txt", "b.html"], None, True), (["c.jsonl"], None, True), ([""], None, True),
        (["*.txt"], None, True), (["a.txt"], "jsonl", True), (["c.jsonl"], "text", False),
    ],
)  # fmt: skip
def test_paths_tell_whether_they_may_hold_many_documents(folder, names, kind, many):
    assert holds_many([folder / name for name in names], kind) is many


# Reports


def test_a_report_on_markdown_has_the_offsets_and_the_words_of_the_file(folder, tiny_detector):
    ((_, document),) = documents([folder / "d.md"])
    report = report_on(document, tiny_detector)
    assert report.text == "The **traitors** sold\nus out."
    (flag,) = report.flags
    assert (flag.span.start, flag.quote) == (6, "traitors")


def test_code_in_markdown_is_not_scored(tiny_detector, folder):
    (folder / "d.md").write_bytes(b"The mill is closed.\n\n```\ntraitors\n```\n\nWe left `vermin` there.")
    ((_, document),) = documents([folder / "d.md"])
    assert report_on(document, tiny_detector).flags == ()


def test_a_flag_over_blanked_marks_quotes_the_file(tiny_detector):
    text = "An inevitable **response** came."
    document = Document(None, text, prose="An inevitable   response   came.")
    (flag,) = report_on(document, tiny_detector).flags
    assert flag.quote == text[flag.span.start : flag.span.end]
    assert "**response" in flag.quote


def test_a_restored_report_differs_in_its_text_and_quotes_alone(tiny_detector):
    report = tiny_detector.analyze("The traitors left.")
    again = restored(report, "THE TRAITORS LEFT.")
    assert again.flags[0].quote == "TRAITORS"
    assert replace(again, text=report.text, flags=report.flags) == report
