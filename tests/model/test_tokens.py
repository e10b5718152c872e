from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as WordPiece
from tokenizers.models import WordPiece as WordPieceModel

from spinmark.errors import WeightsError
from spinmark.tokens import CORE_TOKENS, FEW_SENTENCES, MAX_TOKENS, Tokenizer, _pack

# The tiny tokenizer knows single characters, so a word of n letters is n tokens.
SENTENCE = "The old mill by the river closed. "


def core_spans(windows) -> list[tuple[int, int]]:
    return [tuple(map(int, s)) for w in windows for s in w.spans[w.core[0] : w.core[1]]]


def assert_well_formed(text: str, windows) -> None:
    for window in windows:
        first, last = window.core
        assert window.ids.dtype == np.int64
        assert window.spans.dtype == np.int64
        assert window.spans.shape == (len(window.ids), 2)
        assert 3 <= len(window.ids) <= MAX_TOKENS
        assert 1 <= first < last <= len(window.ids) - 1
        assert not window.spans[[0, -1]].any()
    spans = core_spans(windows)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@given(data=st.data())
def test_the_cores_hold_each_token_of_any_text_once(tokenizer, any_text, data):
    text = data.draw(any_text) * data.draw(st.integers(1, 8))
    windows = tokenizer.windows(text)
    assert_well_formed(text, windows)
    small = tokenizer.windows(text, 20)
    assert_well_formed(text, small)
    assert core_spans(small) == core_spans(windows)


@given(data=st.data())
def test_every_letter_and_digit_of_any_text_lies_in_a_token(tokenizer, any_text, data):
    text = data.draw(any_text)
    held = np.zeros(len(text), bool)
    for start, end in core_spans(tokenizer.windows(text)):
        held[start:end] = True
    assert all(held[i] for i, c in enumerate(text) if c.isascii() and c.isalnum())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TRAITORS left", ["TRAITORS", "l", "e", "f", "t"]),
        ("tráitórs", ["tráitórs"]),
        ("tra\u0301itors", ["tra\u0301itors"]),
        ("trai\xadtors", ["trai\xadtors"]),
        ("trai\u200btors", ["trai\u200btors"]),
        ("👩‍🚀 traitors", ["👩‍🚀", "traitors"]),
        ("😀😀traitors", ["😀😀traitors"]),
        ("\ud83d traitors", ["traitors"]),
        ("\r\n\x00traitors\r\n", ["traitors"]),
        ("שלום traitors", ["שלום", "traitors"]),
        ("漢字traitors", ["漢", "字", "traitors"]),
        ("“traitors”", ["“", "traitors", "”"]),
    ],
)
def test_a_span_points_to_the_words_as_they_stand_in_the_text(tokenizer, text, words):
    assert [text[a:b] for a, b in core_spans(tokenizer.windows(text))] == words


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\x00", "\ud800", "\u200b", "\u0301"], ids=ascii)
def test_a_text_without_words_has_no_windows(tokenizer, text):
    assert tokenizer.windows(text) == []


def test_a_text_that_fits_is_one_window_that_answers_for_all_of_it(tokenizer):
    text = "x" * 40 + " " + "y" * 40
    (window,) = tokenizer.windows(text)
    assert window.core == (1, len(window.ids) - 1)


def test_the_longest_text_of_one_window_fills_it(tokenizer):
    words = " ".join(["monstrous"] * (MAX_TOKENS - 2))
    assert [len(w.ids) for w in tokenizer.windows(words)] == [MAX_TOKENS]
    assert len(tokenizer.windows(words + " monstrous")) == 2


def test_windows_of_a_longer_text_see_what_stands_on_both_sides(tokenizer):
    windows = tokenizer.windows(SENTENCE * 40)
    context = (MAX_TOKENS - 2 - CORE_TOKENS) // 2
    assert len(windows) > 5
    for window in windows[1:-1]:
        assert window.core[0] - 1 == context
        assert len(window.ids) - 1 - window.core[1] == context
    assert windows[0].core[0] == 1
    assert windows[-1].core[1] == len(windows[-1].ids) - 1


def test_cores_end_where_sentences_end(tokenizer):
    text = SENTENCE * 40
    for window in tokenizer.windows(text):
        start = int(window.spans[window.core[0], 0])
        assert start % len(SENTENCE) == 0


def test_a_sentence_longer_than_a_core_is_cut(tokenizer):
    windows = tokenizer.windows("traitors " * 3000)
    assert {w.core[1] - w.core[0] for w in windows[:-1]} <= set(range(1, CORE_TOKENS + 1))
    assert len(core_spans(windows)) == 3000


def test_tokens_do_not_depend_on_how_many_sentences_are_read_together(tokenizer):
    few = tokenizer.windows(SENTENCE * FEW_SENTENCES, max_tokens=10**6)
    many = tokenizer.windows(SENTENCE * (FEW_SENTENCES + 1), max_tokens=10**6)
    alone = tokenizer.windows(SENTENCE)[0].ids[1:-1]
    assert few[0].ids[1:-1].tolist() == [*alone] * FEW_SENTENCES
    assert many[0].ids[1:-1].tolist() == [*alone] * (FEW_SENTENCES + 1)
    assert core_spans(many)[: len(core_spans(few))] == core_spans(few)


def test_a_word_without_end_is_few_tokens(tokenizer):
    text = "x" * 300_000
    windows = tokenizer.windows(text)
    assert sum(w.core[1] - w.core[0] for w in windows) == 500


def test_the_special_tokens_come_from_the_library_alone(tokenizer):
    (window,) = tokenizer.windows("a [SEP] b [CLS] c [PAD] d [UNK]")
    cls, sep = window.ids[0], window.ids[-1]
    assert not {int(cls), int(sep), 0} & set(map(int, window.ids[1:-1]))


def test_windows_do_not_depend_on_padding_and_truncation_that_the_file_asks_for(tmp_path, tiny_weights):
    wordpiece = WordPiece.from_file(str(tiny_weights / "tokenizer.json"))
    wordpiece.enable_padding(length=64)
    wordpiece.enable_truncation(8)
    wordpiece.save(str(tmp_path / "tokenizer.json"))
    (window,) = Tokenizer(tmp_path / "tokenizer.json").windows("traitors " * 20)
    assert len(window.ids) == 22


@given(st.lists(st.integers(1, 400), max_size=30), st.integers(1, 254))
def test_packed_ranges_touch_and_cover_all_tokens_within_the_bound(lengths, core):
    ends = [int(end) for end in np.cumsum(lengths)]
    ranges = _pack(ends, core)
    assert [r[0] for r in ranges] == [0, *(r[1] for r in ranges)][: len(ranges)]
    assert (ranges[-1][1] if ranges else 0) == sum(lengths)
    assert all(0 < end - start <= core for start, end in ranges)


def test_sentences_that_fit_together_are_packed_together():
    assert _pack([50, 100, 150, 200], 160) == [(0, 150), (150, 200)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read as a tokenizer"),
        (b"", "cannot be read as a tokenizer"),
        (b"{}", "cannot be read as a tokenizer"),
        (b"\xff\xfe", "cannot be read as a tokenizer"),
    ],
)
def test_a_file_that_is_no_tokenizer_is_named_with_the_reason(tmp_path: Path, content, reason):
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=reason) as caught:
        Tokenizer(path)
    assert caught.value.path == path
    assert str(path) in str(caught.value)


def test_a_tokenizer_without_the_special_tokens_is_refused(tmp_path: Path):
    WordPiece(WordPieceModel({"[UNK]": 0, "[CLS]": 1}, unk_token="[UNK]")).save(
        str(tmp_path / "tokenizer.json")
    )
    with pytest.raises(WeightsError, match=r"has no \[SEP\] token"):
        Tokenizer(tmp_path / "tokenizer.json")
