import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.corpus import BadRow, Document, decode_utf8, read_bytes, read_jsonl
from spinmark.errors import InputError


def row(line: bytes, **fields) -> Document | BadRow:
    (found,) = read_jsonl([line], **fields)
    return found


def test_rows_become_documents_in_their_order():
    lines = [b'{"id": "b", "text": "two"}\n', b'{"text": "three", "x": 1}\r\n', b'{"id": "a", "text": ""}']
    assert list(read_jsonl(lines)) == [Document("b", "two"), Document(None, "three"), Document("a", "")]


def test_other_fields_may_hold_text_and_id():
    found = row(b'{"body": "x", "key": "k", "text": 3, "id": 4}', text_field="body", id_field="key")
    assert found == Document("k", "x")


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
    assert row(b'{"id": "a7", "body": "x"}') == BadRow("a7", "line 1 has no field 'text'")


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


@pytest.mark.parametrize("text", ["", "a\r\nb\rc\n", "e\u0301 é 😀", "\x00", "a\ufeff"])
def test_a_file_is_read_as_it_stands(text):
    assert decode_utf8(text.encode(), "a.txt") == text
    assert decode_utf8(b"\xef\xbb\xbf" + text.encode(), "a.txt") == text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("content", "byte", "offset", "line"),
    [
        (b"\xff", "ff", 0, 1),
        (b"ab\n\ncd\xe9 f\n", "e9", 6, 3),
        ("é\n".encode() + b"\x80", "80", 3, 2),
        (b"x\n" * 1000 + b"\xc3(", "c3", 2000, 1001),
        (b"ends within \xe2\x82", "e2", 12, 1),
        (b"a lone surrogate \xed\xa0\x80", "ed", 17, 1),
    ],
)
def test_bytes_that_are_not_utf8_are_named_with_their_place(mark, content, byte, offset, line):
    place = f"offset {offset + len(mark):,}, line {line:,}"
    with pytest.raises(InputError) as caught:
        decode_utf8(mark + content, "a.txt")
    assert str(caught.value) == f"a.txt: is not UTF-8: byte 0x{byte} at {place}"
    assert (caught.value.source, caught.value.reason) == ("a.txt", str(caught.value).removeprefix("a.txt: "))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.txt: No such file or directory"):
        read_bytes(tmp_path / "nowhere.txt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="Is a directory"):
        read_bytes(tmp_path)
