from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.segment import MAX_CHARS, split


class CountingText(str):
    """A text that counts how many of its characters are looked at one by one."""

    looks = 0

    def __getitem__(self, place):
        type(self).looks += 1
        return super().__getitem__(place)


def sentences(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split(text)]


@given(data=st.data())
def test_sentences_touch_and_cover_every_character(any_text, data):
    text = data.draw(any_text)
    spans = split(text)
    assert "".join(text[s.start : s.end] for s in spans) == text
    assert all(a.end == b.start for a, b in pairwise(spans))
    assert all(0 < len(s) <= MAX_CHARS for s in spans)


@given(st.text('ab .\n!"”', max_size=2000))
def test_sentences_cover_long_texts_of_few_characters(text):
    assert "".join(sentences(text)) == text


def test_an_empty_text_has_no_sentences():
    assert split("") == []


@pytest.mark.parametrize(
    "text",
    [
        "The mill closed.| Nobody asked.",
        "Really?!| Yes…| No!",
        "“Go.”| She went. |He stayed.",
        '"Go." |She went.',
        "(They left.) |We stayed.",
        "One line\n|Another line\n\n|A third",
        "No full stop\r\n|Next",
        "One.|   \n\n Two.",
        "Dr. Ames met Mr. Bell at St. John's.| They spoke.",
        "The U.S. Army left.| So did J. R. Bell.",
        "It cost 3.50 in May, e.g. at Bell's.",
        "He said “why?” and left.| Then it rained.",
        "She said so... and then did not.",
        "Prices rose by 4.5.| Wages did not.",
        "See example.com/a.b for more.",
        "Mr. Bell\n|left.",
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text):
    # The bar stands before or after the white space; a sentence takes along what follows it.
    assert [s.strip() for s in sentences(text.replace("|", ""))] == [s.strip() for s in text.split("|")]


def test_a_sentence_takes_along_the_white_space_behind_it():
    assert sentences("One.  \n\n \t Two.") == ["One.  \n\n \t ", "Two."]


def test_a_long_sentence_is_cut_at_a_space():
    pieces = sentences("seven " * 300)
    assert "".join(pieces) == "seven " * 300
    assert all(piece.endswith(" ") and len(piece) > MAX_CHARS // 2 for piece in pieces)


def test_a_word_without_end_is_cut_at_the_limit():
    assert [len(piece) for piece in sentences("x" * 1500)] == [MAX_CHARS, MAX_CHARS, 300]


# Each of these made an earlier version try every part of the text from every place in it.
SLOW = [".", "\n ", '."', '..."""', "a. ", "\r\n", " \n\n", "? ", "Mr. ", "x", "”", ".\xa0", "…\n"]


@pytest.mark.parametrize("unit", SLOW, ids=repr)
def test_twice_the_text_is_looked_at_at_most_twice_as_often(unit):
    def looks(times: int) -> int:
        CountingText.looks = 0
        split(CountingText(unit * times))
        return CountingText.looks

    assert looks(4000) <= 2 * looks(2000) + 100


@pytest.mark.parametrize("unit", SLOW, ids=repr)
def test_a_million_characters_of_one_kind_are_split(unit):
    # What the pattern itself costs cannot be counted; quadratic, this would take hours.
    text = unit * (1_000_000 // len(unit))
    assert sum(len(s) for s in split(text)) == len(text)
