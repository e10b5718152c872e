"""What a revision did to the flags of a text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.report import Flag, Model, Report, Span, Voice
from spinmark.revision import Comparison, compare

MODEL = Model("plain", "1", "0" * 64)
OLD = (
    "The traitors closed the mill. The bakers moved the oven to the school.\n\n"
    "They are the vermin of this town. Nobody asked the council.\n"
)


def report(text: str, *quotes: str, technique: str = "name_calling", confidence: float = 0.7) -> Report:
    """Return a report on a text, with a flag on each of the quotes, the first time that it stands there."""
    flags = []
    for quote in quotes:
        start = text.index(quote)
        flags.append(Flag(technique, Span(start, start + len(quote)), quote, confidence, Voice()))
    return Report(text, tuple(sorted(flags, key=lambda flag: flag.span)), MODEL)


def numbers(comparison: Comparison) -> tuple[int, int, int]:
    return len(comparison.removed), len(comparison.added), len(comparison.kept)


def test_a_text_that_was_not_changed_keeps_all():
    one = report(OLD, "traitors", "vermin")
    assert numbers(compare(one, one)) == (0, 0, 2)


def test_words_that_were_struck_out_took_their_flag_with_them():
    comparison = compare(
        report(OLD, "traitors", "vermin"), report(OLD.replace("the vermin", "the bakers"), "traitors")
    )
    (change,) = comparison.removed
    assert (numbers(comparison), change.flag.quote, change.words) == ((1, 0, 1), "vermin", "changed")


def test_words_that_were_written_brought_a_flag():
    comparison = compare(report(OLD, "vermin"), report(OLD + "They are monstrous.", "vermin", "monstrous"))
    (change,) = comparison.added
    assert (numbers(comparison), change.flag.quote, change.words) == ((0, 1, 1), "monstrous", "changed")


def test_a_flag_that_came_or_went_without_its_words_says_so():
    changed = OLD.replace("Nobody asked", "Somebody asked")
    gone = compare(report(OLD, "vermin"), report(changed))
    come = compare(report(OLD), report(changed, "vermin"))
    assert [c.words for c in (*gone.removed, *come.added)] == ["kept", "kept"]


@pytest.mark.parametrize(
    "changed",
    [
        "A new beginning.\n\n" + OLD,
        OLD.replace("\n\n", "\n\nA line between.\n\n"),
        OLD.replace("of this town", "of that town"),
        OLD.replace(". ", ".\n"),
        "\n\n".join(reversed(OLD.strip().split("\n\n"))),
    ],
    ids=["before", "between", "in the sentence", "line breaks", "moved"],
)
def test_a_passage_is_known_again_wherever_it_stands(changed):
    comparison = compare(report(OLD, "traitors", "vermin"), report(changed, "traitors", "vermin"))
    assert numbers(comparison) == (0, 0, 2)
    assert [(old.quote, new.quote) for old, new in comparison.kept] == [
        ("traitors", "traitors"),
        ("vermin", "vermin"),
    ]


def test_a_passage_that_reaches_further_now_is_the_same():
    comparison = compare(report(OLD, "the vermin"), report(OLD, "They are the vermin of this town"))
    assert numbers(comparison) == (0, 0, 1)


def test_another_technique_on_the_same_words_is_another_flag():
    comparison = compare(report(OLD, "vermin"), report(OLD, "vermin", technique="loaded_language"))
    assert numbers(comparison) == (1, 1, 0)
    assert comparison.removed[0].words == comparison.added[0].words == "kept"


def test_of_two_like_passages_each_is_matched_once():
    twice = "They are the vermin. They were the vermin.\n"
    first, second = report(twice, "vermin"), report(twice)
    both = Report(twice, (*first.flags, Flag("name_calling", Span(35, 41), twice[35:41], 0.7)), MODEL)
    assert both.flags[1].quote == "vermin"
    assert numbers(compare(both, first)) == (1, 0, 1)
    assert numbers(compare(second, both)) == (0, 2, 0)


def test_two_texts_that_have_nothing_in_common_keep_nothing():
    comparison = compare(report(OLD, "traitors"), report("Quite another text of fools.", "fools"))
    assert numbers(comparison) == (1, 1, 0)


def test_an_empty_text_is_compared():
    assert numbers(compare(report(""), report(OLD, "vermin"))) == (0, 1, 0)
    assert numbers(compare(report(OLD, "vermin"), report(""))) == (1, 0, 0)


words = st.lists(st.sampled_from("the mill vermin traitors closed. and\n\n “town” é".split(" ")), max_size=30)


@given(words, words)
def test_every_flag_has_one_place_in_a_comparison_and_the_way_back_is_its_mirror(before, after):
    one, other = (
        Report(
            text,
            tuple(
                Flag("name_calling", Span(m, m + 6), text[m : m + 6], 0.7)
                for m in range(len(text))
                if text.startswith("vermin", m)
            ),
            MODEL,
        )
        for text in (" ".join(before), " ".join(after))
    )
    there, back = compare(one, other), compare(other, one)
    assert {c.flag for c in there.removed} | {old for old, _ in there.kept} == set(one.flags)
    assert {c.flag for c in there.added} | {new for _, new in there.kept} == set(other.flags)
    assert len(there.removed) + len(there.kept) == len(one.flags)
    assert len(there.added) + len(there.kept) == len(other.flags)
    assert (len(back.added), len(back.removed)) == (len(there.removed), len(there.added))


def test_a_whole_book_that_was_rewritten_is_compared():
    old = " ".join(f"The word {n} of many." for n in range(3000))
    new = " ".join(f"A word {n} of a few." for n in range(3000))
    assert numbers(compare(report(old, "word 7 of"), report(new, "word 7 of"))) == (0, 0, 1)


def test_the_json_holds_flags_as_a_report_has_them():
    comparison = compare(
        report(OLD, "traitors", "vermin"), report(OLD.replace("vermin", "bakers"), "traitors")
    )
    value = json.loads(comparison.to_json())
    assert value["schema"] == "spinmark.comparison/1"
    assert value["before"]["flags"] == 2
    assert value["removed"] == [{"flag": comparison.before.to_dict()["flags"][1], "words": "changed"}]
    assert value["kept"] == [
        {"before": comparison.before.to_dict()["flags"][0], "after": comparison.after.to_dict()["flags"][0]}
    ]
    assert value["summary"] == {
        "removed": 1,
        "added": 0,
        "kept": 1,
        "by_technique": {"name_calling": {"before": 2, "after": 1}},
    }
