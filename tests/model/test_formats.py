import re
import unicodedata
from dataclasses import replace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.formats import printable, technique_lines, text_report, who_says_it
from spinmark.report import Flag, Model, Report, Span, Voice
from spinmark.taxonomy import BY_ID, GROUPS, TECHNIQUES

MODEL = Model("spinmark-en", "0.1.0", "0" * 64)
TEXT = (
    "The minister spoke in Odla on Monday. “The strikes were an inevitable response to months of their "
    "provocative attacks on our people,” Bell said. Observers saw no such attack. The mill stands empty now, "
    "and the baker has moved his oven to the school."
)
PASSAGE = "an inevitable response to months of their provocative attacks on our people"


def flag_of(text: str, passage: str, technique: str = "justification_by_provocation", **voice) -> Flag:
    start = text.index(passage)
    return Flag(technique, Span(start, start + len(passage)), passage, 0.814, Voice(**voice))


def span_of(text: str, words: str) -> Span:
    return Span(text.index(words), text.index(words) + len(words))


def plain(report: Report, **options) -> str:
    return click.unstyle(text_report(report, **options))


QUOTED = flag_of(
    TEXT,
    PASSAGE,
    kind="quoted",
    speaker=span_of(TEXT, "Bell"),
    contested=True,
    contested_by=span_of(TEXT, "Observers saw no such attack."),
)


def test_a_report_reads_so():
    assert plain(Report(TEXT, (QUOTED,), MODEL), name="odla.txt") == (
        "odla.txt: 1 passage stands out (249 characters checked).\n"
        "\n"
        "  Bell, quoted. The text disputes this.\n"
        "  resembles justification by provocation (0.81)\n"
        "    The minister spoke in Odla on Monday. “The strikes were [an inevitable response to\n"
        "    months of their provocative attacks on our people],” Bell said. Observers saw no\n"
        "    such attack. The mill stands…\n"
        "    disputed by: Observers saw no such attack.\n"
    )


@pytest.mark.parametrize(
    ("voice", "words"),
    [
        (Voice(), "The author's own words."),
        (Voice("quoted"), "Somebody quoted, not named."),
        (Voice("reported"), "Somebody reported, not named."),
        (Voice("reported", speaker=span_of(TEXT, "The minister")), "The minister, reported."),
        (Voice("quoted", speaker=span_of(TEXT, "minister")), "Minister, quoted."),
        (Voice("quoted", contested=True), "Somebody quoted, not named. The text disputes this."),
        (Voice(contested=True), "The author's own words. The text disputes this."),
    ],
)
def test_a_reader_first_sees_who_says_it(voice, words):
    report = Report(TEXT, (replace(QUOTED, voice=voice),), MODEL)
    assert who_says_it(report, report.flags[0]) == words
    shown = plain(report).splitlines()
    assert shown.index(f"  {words}") < next(i for i, line in enumerate(shown) if "resembles" in line)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (Report("Hi", (), MODEL, status="too_short", language=None), "too short to say anything about."),
        (
            Report("Die Mühle", (), MODEL, status="unsupported_language", language="de"),
            "not checked: the text seems to be in another language than English (de).",
        ),
        (
            Report("x" * 1234, (), MODEL),
            "nothing found (1,234 characters checked). That is no clean bill: much is missed.",
        ),
        (Report(TEXT, (QUOTED, QUOTED), MODEL), "2 passages stand out (249 characters checked)."),
    ],
)
def test_the_first_line_says_what_came_out(report, words):
    assert plain(report).splitlines()[0] == words


def test_nobody_is_judged():
    shown = plain(Report(TEXT, (QUOTED,), MODEL))
    assert not re.search(r"propaganda|lie|fake|guilty|verdict", shown, re.IGNORECASE)


def test_what_is_left_out_of_the_context_is_marked():
    text = "a" * 200 + " traitors " + "b" * 200
    lines = plain(Report(text, (flag_of(text, "traitors", "name_calling"),), MODEL), width=400).splitlines()
    assert lines[-1] == "    …" + "a" * 59 + " [traitors] " + "b" * 59 + "…"
    lines = plain(Report("You traitors!", (flag_of("You traitors!", "traitors", "name_calling"),), MODEL))
    assert lines.splitlines()[-1] == "    You [traitors]!"


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_has_a_colour(group):
    technique = next(t for t in TECHNIQUES if t.group == group)
    shown = text_report(Report("You traitors!", (flag_of("You traitors!", "traitors", technique.id),), MODEL))
    assert re.search("\x1b\\[3[1-6]m", shown)


@pytest.mark.parametrize("width", [30, 50, 88])
def test_the_passage_is_coloured_on_each_line_that_it_reaches_and_nothing_else_is(width):
    shown = text_report(Report(TEXT, (QUOTED,), MODEL), width=width)
    lines = [line for line in shown.splitlines() if line.startswith("    ") and "disputed by" not in line]
    underlined = [piece for line in lines for piece in re.findall("\x1b\\[4m(.*?)\x1b\\[0m", line)]
    assert " ".join(underlined) == PASSAGE
    assert all(line.count("\x1b[4m") == line.count("\x1b[0m") for line in lines)
    assert any(len(click.unstyle(line)) > width / 2 for line in lines)


@pytest.mark.parametrize("width", [24, 40, 88, 200])
def test_no_line_is_wider_than_asked(width):
    shown = plain(Report(TEXT, (QUOTED,), MODEL), width=width)
    assert max(len(line) for line in shown.splitlines()[4:]) <= width


HOSTILE = (
    "Their \x1b]0;owned\x07 \x1b[2J traitors \x9b31m spoke.\r\x00\x08\x7f \u202egnirts\u202c \u2066x\u2069 \ud800 "
    "\x1bP payload \x1b\\ said Bell\x1b[0m."
)


def test_no_input_can_steer_the_terminal():
    flag = flag_of(HOSTILE, "\x1b[2J traitors \x9b31m spoke.\r\x00", "name_calling", kind="quoted")
    voice = Voice("quoted", span_of(HOSTILE, "Bell\x1b[0m"), True, span_of(HOSTILE, "\x1bP payload \x1b\\"))
    report = Report(HOSTILE, (replace(flag, voice=voice),), MODEL)
    shown = click.unstyle(text_report(report, name="a\x1b[2J\nb.txt"))
    assert not {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs")} - {"\n"}
    assert shown.encode("utf-8")
    assert shown.splitlines()[0].startswith("a�[2J b.txt: ")


@given(data=st.data())
def test_printable_text_is_one_line_without_controls(any_text, data):
    shown = printable(data.draw(any_text))
    assert len(shown.splitlines()) <= 1
    assert not {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {
        "\u200c",
        "\u200d",
    }
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Überzeugt, “ja” – 漢字 שלום 😀", "Überzeugt, “ja” – 漢字 שלום 😀"),
        ("a\xa0b\u2009c\u202fd\u3000e", "a b c d e"),
        ("a\r\nb\tc\u2028d\x85e", "a  b c d e"),
        ("pro\xadpa\u200bgan\ufeffda", "propaganda"),
        ("👩‍🚀 ❤️ e\u0301", "👩‍🚀 ❤️ e\u0301"),
        ("می‌خواهم", "می‌خواهم"),
        ("\U0001fae8 \U0001facd", "\U0001fae8 \U0001facd"),
        ("\x1b\x9b\x7f\u202e\ud800", "�����"),
    ],
)
def test_what_people_write_stays_legible(text, shown):
    assert printable(text) == shown


@given(data=st.data())
def test_any_flag_of_any_text_is_shown_with_its_words(any_text, data):
    text = data.draw(any_text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    flag = Flag("slogan", Span(start, end), text[start:end], 0.5)
    shown = click.unstyle(text_report(Report(text, (flag,), MODEL), width=10_000)).splitlines()
    assert f"[{' '.join(printable(text[start:end]).split())}]" in " ".join(shown[-1].split()).replace(
        "[ ", "["
    ).replace(" ]", "]")


def test_an_entry_of_the_taxonomy_holds_all_that_a_reader_may_ask():
    technique = BY_ID["whataboutism"]
    shown = " ".join(click.unstyle(technique_lines(technique)).split())
    for field in ("name", "id", "group", "definition", "effect", "question", "legitimate"):
        assert getattr(technique, field) in shown
    assert all(f"Example: {example}" in shown for example in technique.examples)


@pytest.mark.parametrize("width", [40, 88])
def test_an_entry_keeps_its_width(width):
    for technique in TECHNIQUES:
        lines = click.unstyle(technique_lines(technique, width)).splitlines()
        assert max(len(line) for line in lines[1:]) <= width
