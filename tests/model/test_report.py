import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.report import Flag, Model, Report, Span, Voice, json_line
from spinmark.taxonomy import BY_ID, TECHNIQUE_IDS

MODEL = Model("spinmark-en", "0.1.0", "0" * 64)


def flag_at(text: str, start: int, end: int, technique: str = "slogan", **rest) -> Flag:
    return Flag(technique, Span(start, end), text[start:end], **{"confidence": 0.5, **rest})


def report_of(text: str, *flags: Flag, **rest) -> Report:
    return Report(text, flags, MODEL, **rest)


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


@st.composite
def flags_in(draw: st.DrawFn, text: str) -> list[Flag]:
    """Draw flags anywhere in `text`, some with a speaker or a contesting passage."""
    span = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(lambda s: Span(min(s), max(s)))
    voice = st.builds(
        Voice,
        kind=st.sampled_from(["author", "quoted", "reported"]),
        speaker=st.none() | span,
        contested=st.booleans(),
        contested_by=st.none() | span,
    )
    return [
        flag_at(text, s.start, s.end, draw(st.sampled_from(TECHNIQUE_IDS)), voice=draw(voice))
        for s in draw(st.lists(span, max_size=5))
    ]


def test_the_json_has_the_keys_of_the_contract_in_its_order():
    text = "Ames said: “They made us do it.” They did not."
    voice = Voice("quoted", speaker=Span(0, 4), contested=True, contested_by=Span(33, 46))
    report = report_of(text, flag_at(text, 12, 30, "blame_shifting", confidence=0.87, voice=voice), id="a")
    assert report.to_json() == (
        '{"schema":"spinmark.report/1","id":"a",'
        f'"model":{{"name":"spinmark-en","version":"0.1.0","sha256":"{"0" * 64}"}},'
        '"language":"en","status":"ok","text_length":46,'
        '"flags":[{"start":12,"end":30,"start_utf16":12,"end_utf16":30,"text":"They made us do it",'
        '"technique":"blame_shifting","group":"justification","confidence":0.87,'
        '"attribution":{"voice":"quoted","speaker":"Ames","speaker_start":0,"speaker_end":4},'
        '"contested":true,"contested_by":{"start":33,"end":46}}],'
        '"summary":{"flags":1,"by_technique":{"blame_shifting":1},'
        '"by_voice":{"author":0,"quoted":1,"reported":0},"flagged_fraction":0.3913}}'
    )


def test_what_is_not_known_is_null():
    text = "They made us do it."
    report = report_of(text, flag_at(text, 0, 18), language=None).to_dict()
    assert report["id"] is None
    assert report["language"] is None
    (flag,) = report["flags"]
    assert flag["attribution"] == {
        "voice": "author",
        "speaker": None,
        "speaker_start": None,
        "speaker_end": None,
    }
    assert flag["contested"] is False
    assert flag["contested_by"] is None


@given(data=st.data())
def test_both_offsets_lead_to_the_same_words_in_any_text(any_text, data):
    text = data.draw(any_text)
    report = json.loads(report_of(text, *data.draw(flags_in(text))).to_json())
    units = utf16(text)
    assert report["text_length"] == len(text)
    for flag in report["flags"]:
        assert text[flag["start"] : flag["end"]] == flag["text"]
        assert units[2 * flag["start_utf16"] : 2 * flag["end_utf16"]] == utf16(flag["text"])
        who = flag["attribution"]
        if who["speaker"] is not None:
            assert text[who["speaker_start"] : who["speaker_end"]] == who["speaker"]


@given(data=st.data())
def test_any_report_is_one_line_of_utf8_that_reads_back_as_it_was(any_text, data):
    text = data.draw(any_text)
    report = report_of(text, *data.draw(flags_in(text)), id=data.draw(st.none() | any_text))
    line = report.to_json()
    assert json.loads(line.encode("utf-8")) == report.to_dict()
    assert len(line.splitlines()) == 1
    assert not re.search("[\x00-\x1f\x7f-\x9f]", line)


@pytest.mark.parametrize(
    ("character", "written"),
    [
        ("\ud83d", "\\ud83d"),
        ("\udfff", "\\udfff"),
        ("\x1b", "\\u001b"),
        ("\x9b", "\\u009b"),
        ("\u2028", "\\u2028"),
        ("é", "é"),
        ("😀", "😀"),
    ],
)
def test_only_what_harms_a_reader_is_escaped(character, written):
    assert json_line({"id": character}) == f'{{"id":"{written}"}}'


def test_a_text_that_spells_an_escape_is_not_taken_for_one():
    assert json.loads(json_line("\\ud800 \ud800")) == "\\ud800 \ud800"


@pytest.mark.parametrize(
    ("spans", "fraction"),
    [
        ([], 0.0),
        ([(0, 10)], 1.0),
        ([(2, 4)], 0.2),
        ([(2, 4), (4, 6)], 0.4),
        ([(2, 6), (4, 8)], 0.6),
        ([(0, 8), (2, 4), (3, 5)], 0.8),
        ([(6, 8), (0, 2)], 0.4),
        ([(1, 4), (1, 4)], 0.3),
    ],
)
def test_the_flagged_fraction_counts_each_character_once(spans, fraction):
    text = "0123456789"
    report = report_of(text, *(flag_at(text, start, end) for start, end in spans))
    assert report.to_dict()["summary"]["flagged_fraction"] == fraction


def test_an_empty_text_is_not_flagged_at_all():
    assert report_of("").to_dict()["summary"]["flagged_fraction"] == 0.0


@given(data=st.data())
def test_the_flagged_fraction_is_that_of_the_characters_covered(data):
    text = "x" * data.draw(st.integers(1, 60))
    flags = data.draw(flags_in(text))
    covered = {i for flag in flags for i in range(flag.span.start, flag.span.end)}
    assert report_of(text, *flags).to_dict()["summary"]["flagged_fraction"] == round(
        len(covered) / len(text), 4
    )


def test_the_summary_counts_flags_in_the_order_of_the_taxonomy_and_leaves_zeros_out():
    text = "They made us do it."
    flags = [flag_at(text, 0, 4, t) for t in ("euphemism", "slogan", "name_calling", "slogan")]
    flags[0] = replace(flags[0], voice=Voice("reported"))
    summary = report_of(text, *flags).to_dict()["summary"]
    assert summary["flags"] == 4
    assert list(summary["by_technique"].items()) == [("name_calling", 1), ("slogan", 2), ("euphemism", 1)]
    assert list(summary["by_voice"].items()) == [("author", 3), ("quoted", 0), ("reported", 1)]


@pytest.mark.parametrize("technique", TECHNIQUE_IDS)
def test_a_flag_names_the_group_of_its_technique(technique):
    text = "They made us do it."
    (flag,) = report_of(text, flag_at(text, 0, 4, technique)).to_dict()["flags"]
    assert flag["group"] == BY_ID[technique].group


def test_a_confidence_is_rounded_to_four_places():
    text = "They made us do it."
    (flag,) = report_of(text, flag_at(text, 0, 4, confidence=0.123456)).to_dict()["flags"]
    assert flag["confidence"] == 0.1235


def test_flags_stand_in_the_json_as_in_the_report():
    text = "They made us do it."
    flags = [flag_at(text, 0, end, confidence=end / 20) for end in (4, 9, 12)]
    starts = [f["end"] for f in report_of(text, *flags).to_dict()["flags"]]
    assert all(a < b for a, b in pairwise(starts))


@pytest.mark.parametrize(
    ("a", "b", "shared"),
    [((0, 4), (4, 8), 0), ((0, 5), (4, 8), 1), ((0, 9), (4, 8), 4), ((6, 9), (0, 2), 0), ((3, 3), (0, 9), 0)],
)
def test_two_spans_share_the_characters_that_both_hold(a, b, shared):
    assert Span(*a).overlap(Span(*b)) == Span(*b).overlap(Span(*a)) == shared
