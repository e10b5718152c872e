import json

import pytest

from spinmark.report import Span
from spinmark_training.marks import offset_lines, read_offsets, read_speech, read_words, speech_lines
from spinmark_training.markup import MarkedSpan, MarkupError, Speech

TEXTS = {
    "a1": "Now or never. They said: now or never, and\nthen nothing more was said of it.",
    "a2": "A mill.",
}


def write(folder, content: str):
    path = folder / "invented.ann"
    path.write_text(content, encoding="utf-8")
    return path


def test_quoted_words_become_offsets(tmp_path):
    path = write(
        tmp_path,
        "# by hand\n@ a1\nslogan | Now or never | author | - | -\n"
        "repetition | or never [2] | quoted | They | contested\n\n@ a2\nnone\n",
    )
    assert read_words(path, TEXTS) == {
        "a1": (
            MarkedSpan(Span(0, 12), "slogan", contested=False),
            MarkedSpan(Span(29, 37), "repetition", contested=True),
        ),
        "a2": (),
    }


def test_a_left_out_middle_and_a_line_break_are_bridged(tmp_path):
    (marked,) = read_words(write(tmp_path, "@ a1\nslogan | They … and then | author | - | -"), TEXTS)["a1"]
    assert TEXTS["a1"][marked.span.start : marked.span.end] == "They said: now or never, and\nthen"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("slogan | now and then | author | - | -", "occurrence 1 is not in the text: 'now and then'"),
        ("slogan | or never [3] | author | - | -", "occurrence 3 is not in the text"),
        ("lying | Now | author | - | -", "no technique 'lying'"),
        ("slogan | Now", "not enough values"),
    ],
)
def test_a_mark_at_fault_is_named_with_its_file_and_line(tmp_path, line, reason):
    with pytest.raises(MarkupError, match=rf"invented\.ann:2: .*{reason}"):
        read_words(write(tmp_path, f"@ a1\n{line}\n"), TEXTS)


@pytest.mark.parametrize(
    "content", ["slogan | Now | author | - | -", "\n@ a9\nslogan | Now | author | - | -"]
)
def test_a_mark_of_no_text_is_named_with_its_file_and_line(tmp_path, content):
    with pytest.raises(MarkupError, match=r"invented\.ann:\d: "):
        read_words(write(tmp_path, content), TEXTS)


def test_offsets_survive_being_written_and_read(tmp_path):
    marks = {
        "b": (
            MarkedSpan(Span(0, 12), "slogan", contested=False),
            MarkedSpan(Span(0, 3), "euphemism", contested=True),
        ),
        "a": (),
    }
    path = tmp_path / "marks.jsonl"
    path.write_text("".join(line + "\n" for line in offset_lines(marks)), encoding="utf-8")
    assert read_offsets(path) == marks
    assert [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()] == ["a", "b"]


def test_no_file_holds_no_marks(tmp_path):
    assert read_offsets(tmp_path / "nowhere.jsonl") == {}


def test_speech_is_kept_as_offsets(tmp_path):
    inner = Speech(Span(10, 20), "quoted", None)
    outer = Speech(Span(4, 30), "reported", Span(0, 3))
    path = tmp_path / "speech.jsonl"
    path.write_text("\n".join(speech_lines({"web:a1": (inner, outer), "ptc:b2": ()})), encoding="utf-8")
    assert read_speech(path) == {"web:a1": (outer, inner), "ptc:b2": ()}
    assert read_speech(tmp_path / "none.jsonl") == {}
