"""The evaluation's JSON has the shape that others read; its page stands alone and says what the figures are."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from spinmark.evaluation.charts import bar, precision_recall, reliability
from spinmark.evaluation.estimates import MEASURES, TITLES, Estimate
from spinmark.evaluation.gold import GoldSpan, GoldText, classes_of
from spinmark.evaluation.judge import Judged
from spinmark.evaluation.page import html_page
from spinmark.evaluation.summary import Evaluation, evaluate
from spinmark.evaluation.table import text_table
from spinmark.report import Flag, Model, Span, Voice
from spinmark.taxonomy import TECHNIQUE_IDS

VOID = {"meta", "path", "circle", "rect", "line"}


def judged(id_: str, technique: str, found: bool, genre: str) -> Judged:
    mark = GoldSpan(Span(0, 10), (technique,), "author", None, True, False)
    flags = [
        Flag(technique, Span(0, 8 if found else 2), "", 0.3 + 0.05 * n, Voice())
        for n in range(12 if found else 1)
    ]
    return Judged(
        GoldText(id_, "word " * 30, (mark,), classes_of(TECHNIQUE_IDS), "mine", genre, "article"),
        "ok",
        tuple(flags),
        (1.0,) * len(flags),
        ((technique,),),
        (Voice(),),
    )


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    quiet = GoldText("q", "word " * 500, (), classes_of(TECHNIQUE_IDS), "mine", "news & <b>letters</b>")
    hard = GoldText("h", "word " * 50, (), classes_of(TECHNIQUE_IDS), "mine", "letter", "hard_negative")
    flag = Flag("slogan", Span(0, 4), "word", 0.55, Voice("quoted"))
    texts = [
        judged("a", "slogan", True, "letter"),
        judged("b", "straw_man", False, "letter"),
        judged("c", "slogan", False, "news & <b>letters</b>"),
        Judged(quiet, "ok", (flag,), (0.0,), (), ()),
        Judged(hard, "unsupported_language", (), (), (), ()),
    ]
    return evaluate(
        texts,
        Model("tiny", "1<i>", "0" * 64),
        lambda least: dict.fromkeys(TECHNIQUE_IDS, 0.5 if least is None else least),
        files=("gold.jsonl", "b\x1b[2J.jsonl"),
        resamples=50,
    )


class Outline(HTMLParser):
    """Collects tags and attributes, and checks that what is opened is closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def closed(self) -> bool:
        return not self._open


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.closed()
    return parser


def test_the_page_is_well_formed_and_needs_no_script_and_no_other_file(evaluation):
    page = html_page(evaluation)
    found = outline(page)
    assert not {"script", "link", "img", "iframe", "object", "image", "use"} & set(found.tags)
    assert not {name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href")}
    assert not re.search(r"url\(|@import|https?:", page)


def test_the_page_shows_every_technique_slice_and_chart(evaluation):
    page = html_page(evaluation)
    for words in (
        "Slogan",
        "Straw man",
        "Headline figures",
        "By genre",
        "By kind",
        "Who says it",
        "hard negatives",
    ):
        assert words in page
    assert outline(page).tags.count("svg") > 10
    assert page.count('class="plot"') == 2
    assert "1 text was not checked (unsupported language)" in page


def test_names_from_the_files_and_the_card_are_escaped_and_steer_no_terminal(evaluation):
    page = html_page(evaluation)
    assert "news &amp; &lt;b&gt;letters&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "\x1b" not in page + text_table(evaluation) + evaluation.to_json()


def test_the_page_says_in_words_what_colour_says(evaluation):
    page = html_page(evaluation)
    assert page.count('role="img"') == page.count("aria-label=") - page.count("<table aria-label=")
    assert "Filled dots" in page
    assert "Open dots" in page


def test_the_page_prints_and_turns_dark(evaluation):
    page = html_page(evaluation)
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page


def test_a_bar_is_as_long_as_its_figure_and_its_whisker_as_its_interval():
    drawn = bar(Estimate(0.5, 0.25, 1.0))
    assert 'width="74.0"' in drawn  # half of 150 − 2
    assert "M38.0 7.0H149.0" in drawn  # 1 + .25 · 148 to 1 + 148
    assert "whisker" not in bar(Estimate(0.5))
    assert bar(Estimate(None)) == ""
    assert 'width="148.0"' in bar(Estimate(3.0), most=2.0)


def test_the_curve_leaves_out_points_of_few_flags(evaluation):
    drawn = precision_recall(evaluation.curve, evaluation.overall)
    enough = [point for point in evaluation.curve if point.flags >= 10]
    assert 0 < len(enough) < len(evaluation.curve)
    assert drawn.count("<circle") == 2 * len(enough)
    assert drawn.count("<rect") == 2
    assert "<circle" not in precision_recall(
        [replace(p, flags=9) for p in evaluation.curve], evaluation.overall
    )


def test_the_reliability_diagram_counts_every_bin(evaluation):
    drawn = reliability(evaluation.bins)
    filled = [one for one in evaluation.bins if one.flags]
    assert drawn.count("<circle") == len(filled)
    assert drawn.count("<rect") == len(evaluation.bins) == 10
    assert sum(one.flags for one in evaluation.bins) == 15


def test_every_figure_has_a_title():
    assert sorted(name for group in TITLES.values() for name in group) == sorted(MEASURES)


def test_an_evaluation_without_marks_has_a_page_and_a_table():
    quiet = GoldText("q", "word " * 50, (), classes_of(TECHNIQUE_IDS))
    empty = evaluate(
        [Judged(quiet, "ok", (), (), (), ())],
        Model("tiny", "1", ""),
        lambda _: dict.fromkeys(TECHNIQUE_IDS, 0.5),
    )
    outline(html_page(empty))
    assert "false flags per 1,000 quiet words  0.000" in text_table(empty)


ESTIMATE = {"value": "number?", "low": "number?", "high": "number?"}
FIGURES = dict.fromkeys(MEASURES, ESTIMATE)
SLICE = {
    "name": "string", "texts": "integer", "words": "integer", "passages": "integer", "flags": "integer",
    "quiet_words": "integer", "false_flags": "integer", "hard_negatives": "integer", "figures": FIGURES,
}  # fmt: skip
POINT = {
    "min_confidence": "number", "flags": "integer",
    "typed_span_precision": "number?", "typed_span_recall": "number?", "typed_span_f1": "number?",
    "span_identification_precision": "number?", "span_identification_recall": "number?",
    "span_identification_f1": "number?", "document_micro_f1": "number?", "document_macro_f1": "number?",
}  # fmt: skip
SHAPE = {
    "schema": "string",
    "model": {"name": "string", "version": "string", "sha256": "string"},
    "files": ["string"],
    "min_confidence": "number?",
    "interval": {"level": "number", "resamples": "integer", "seed": "integer"},
    "unread": {"unsupported_language": "integer"},
    "overall": SLICE,
    "by_technique": [
        {
            "name": "string",
            "techniques": ["string"],
            "passages": "integer",
            "flags": "integer",
            "figures": dict.fromkeys(
                (
                    "typed_span_precision", "typed_span_recall", "typed_span_f1", "technique_f1",
                    "document_precision", "document_recall", "document_f1",
                ),
                ESTIMATE,
            ),
        }
    ],
    "by_voice": [
        {
            "name": "string",
            "passages": "integer",
            "flags": "integer",
            "recall": ESTIMATE,
            "precision": ESTIMATE,
        }
    ],
    "by_source": [SLICE],
    "by_genre": [SLICE],
    "by_kind": [SLICE],
    "calibration": [
        {
            "least": "number",
            "most": "number",
            "flags": "integer",
            "confidence": "number?",
            "correct": ESTIMATE,
        }
    ],
    "curve": [POINT],
    "best_of_curve": POINT,
}  # fmt: skip
TYPES = {"string": str, "integer": int, "number": (int, float)}


def assert_shape(value: object, shape: object, at: str = "$") -> None:
    if isinstance(shape, dict):
        assert isinstance(value, dict), at
        assert set(value) == set(shape), at
        for name, inner in shape.items():
            assert_shape(value[name], inner, f"{at}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        assert value, f"{at} is empty"
        for i, one in enumerate(value):
            assert_shape(one, shape[0], f"{at}[{i}]")
    elif value is None:
        assert shape.endswith("?"), at
    else:
        assert isinstance(value, TYPES[shape.rstrip("?")]), at
        assert not isinstance(value, bool), at


def test_the_json_has_the_shape_that_its_schema_promises(evaluation):
    found = json.loads(evaluation.to_json())
    assert found["schema"] == "spinmark.evaluation/1"
    assert_shape(found, SHAPE)
    assert found["overall"]["figures"]["typed_span_f1"]["value"] == round(
        evaluation.overall.figures["typed_span_f1"].value, 4
    )
