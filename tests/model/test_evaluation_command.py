"""`spinmark evaluate` with the tiny model, which finds the words that stand for a technique."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spinmark import Detector
from spinmark.cli import main
from spinmark.evaluation.gold import GoldSpan, GoldText, classes_of
from spinmark.evaluation.judge import Judge
from spinmark.report import Span as Place
from spinmark.scorer import Scorer
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer

# The tiny model scores traitors .95 and vermin .6 as name_calling, monstrous .9 as loaded_language, whatabout .7 as
# whataboutism; its confidence is that score and its threshold .5.
ENEMIES = "The traitors sold the harbour and the vermin laughed about it."
BRIDGE = "The monstrous bridge was closed in the morning."
CALM = "The garden was watered in the morning."

Span = tuple[str, str]


def row(id_: str, text: str, *marks: Span, **more: object) -> dict[str, object]:
    spans = [
        {"start": text.index(words), "end": text.index(words) + len(words), "technique": technique}
        for words, technique in marks
    ]
    return {"id": id_, "text": text, "spans": spans, **more}


GOLD = (
    row("a", ENEMIES, ("traitors", "name_calling"), source="one", kind="positive"),
    row("b", BRIDGE, ("monstrous bridge", "loaded_language"), source="one", kind="positive"),
    row("c", CALM, source="two", kind="neutral"),
    row("d", "He asked whatabout meant in the old play.", source="two", kind="hard_negative"),
)


@pytest.fixture
def gold(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes rows to a file."""

    def write(*rows: object, name: str = "gold.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def evaluated(tiny_weights: Path) -> Callable[..., Result]:
    """Give a function that runs `spinmark evaluate` with the tiny model."""

    def run(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(
            main, ["evaluate", *map(str, arguments), "--weights", str(tiny_weights)], input=stdin
        )

    return run


def figures(result: Result) -> dict[str, float | None]:
    assert result.exit_code == 0, result.stderr
    return {name: one["value"] for name, one in json.loads(result.stdout)["overall"]["figures"].items()}


def test_the_figures_are_those_that_the_rows_give_by_hand(evaluated, gold):
    found = figures(evaluated(gold(*GOLD), "--format", "json"))
    # flags: traitors 8/8 right, vermin wrong, monstrous 9/9 right, whatabout wrong
    assert found["typed_span_precision"] == 2 / 4
    # marks: traitors whole, "monstrous bridge" 9 of its 16 characters
    assert found["typed_span_recall"] == round((1 + 9 / 16) / 2, 4)
    assert found["document_micro_precision"] == round(2 / 3, 4)
    assert found["document_micro_recall"] == 1
    assert found["technique_micro_f1"] == 1
    assert found["false_flags_per_1000_words"] == 0  # in the 7 words of c
    assert found["hard_negatives_clean"] == 0
    # |.95 − 1|, |.6 − 0|, |.9 − 1|, |.7 − 0| in the bins .9 (two flags), .6 and .7
    assert found["expected_calibration_error"] == pytest.approx((0.15 + 0.6 + 0.7) / 4, abs=1e-4)


def test_a_least_confidence_replaces_the_thresholds(evaluated, gold):
    found = figures(evaluated(gold(*GOLD), "--format", "json", "--min-confidence", "0.65"))
    assert found["typed_span_precision"] == round(2 / 3, 4)  # vermin, .6, is gone
    found = figures(evaluated(gold(*GOLD), "--format", "json", "--min-confidence", "0.8"))
    assert found["typed_span_precision"] == 1
    assert found["hard_negatives_clean"] == 1


def test_techniques_that_were_not_looked_for_are_not_counted(evaluated, gold):
    unaware = row("a", ENEMIES, labelled=["slogan"])
    assert figures(evaluated(gold(unaware), "--format", "json"))["false_flags_per_1000_words"] == 0


def test_a_text_in_another_language_counts_and_is_told(evaluated, gold):
    finnish = "Hallituksen päätös sulkea satama herätti paljon keskustelua koko kaupungissa eilen illalla."
    result = evaluated(gold(*GOLD, row("e", finnish, ("satama", "slogan"))))
    assert "1 text was not checked (unsupported language)" in result.stdout


def test_the_table_names_techniques_slices_and_intervals(evaluated, gold):
    result = evaluated(gold(*GOLD))
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "tiny 1 on gold.jsonl\n4 texts with 34 words and 2 marked passages; 4 flags"
    )
    for words in (
        "1,000 bootstrap resamples",
        "typed span F1",
        "Loaded language",
        "By source",
        "By kind",
        "(best)",
    ):
        assert words in result.stdout


def test_without_resamples_there_are_no_intervals(evaluated, gold):
    found = json.loads(evaluated(gold(*GOLD), "--format", "json", "--resamples", "0").stdout)
    assert found["interval"]["resamples"] == 0
    assert {one["low"] for one in found["overall"]["figures"].values()} == {None}


def test_rows_come_from_several_files_and_from_stdin(evaluated, gold):
    one = gold(*GOLD[:2], name="one.jsonl")
    result = evaluated(one, "-", "--format", "json", stdin="".join(json.dumps(r) + "\n" for r in GOLD[2:]))
    found = json.loads(result.stdout)
    assert found["files"] == ["one.jsonl", "stdin"]
    assert found["overall"] == json.loads(evaluated(gold(*GOLD), "--format", "json").stdout)["overall"]


def test_bad_rows_are_all_named_and_nothing_is_measured(evaluated, gold):
    path = gold(GOLD[0], {"id": "x"}, GOLD[1], row("y", CALM, ("garden", "gardening")))
    result = evaluated(path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"{path}:2: 'text' is missing or not a string" in result.stderr
    assert f"{path}:4: span 0 names the technique 'gardening'" in result.stderr
    assert "watered" not in result.stderr


def test_of_many_bad_rows_some_are_named_and_the_rest_counted(evaluated, gold):
    result = evaluated(gold(*[{}] * 25))
    assert result.stderr.count("gold.jsonl:") == 20
    assert "and 5 more" in result.stderr


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_without_rows_is_an_error(evaluated, tmp_path, content):
    path = tmp_path / "empty.jsonl"
    path.write_text(content, encoding="utf-8")
    result = evaluated(path)
    assert result.exit_code == 1
    assert "no annotated text" in result.stderr


def test_a_file_that_is_not_there_is_named(evaluated, tmp_path):
    result = evaluated(tmp_path / "nowhere.jsonl")
    assert result.exit_code == 1
    assert "nowhere.jsonl" in result.stderr


def test_weights_that_are_not_there_are_named(gold, tmp_path):
    result = CliRunner().invoke(main, ["evaluate", str(gold(*GOLD)), "--weights", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "card.toml" in result.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("x", "--format", "xml"), ("x", "--resamples", "-1"), ("x", "--seed", "-1")]
)
def test_a_wrong_usage_is_exit_2(evaluated, arguments):
    assert evaluated(*arguments).exit_code == 2


def test_the_page_is_written_whole_to_a_file(evaluated, gold, tmp_path):
    output = tmp_path / "page.html"
    result = evaluated(gold(*GOLD), "--format", "html", "--output", output)
    assert (result.exit_code, result.stdout) == (0, "")
    page = output.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert "traitors" not in page


@pytest.mark.parametrize("text", [ENEMIES, BRIDGE, CALM, ENEMIES * 40])
@pytest.mark.parametrize("min_confidence", [None, 0.65])
def test_what_counts_as_shown_is_what_the_library_shows(judge, tiny_weights, text, min_confidence):
    judged = judge.read(GoldText("a", text, (), classes_of(TECHNIQUE_IDS)))
    shown = judged.shown(judge.thresholds(min_confidence))
    report = Detector.load(tiny_weights).analyze(text, min_confidence=min_confidence)
    assert tuple(judged.flags[i] for i in shown) == report.flags


@pytest.fixture
def judge(tiny_weights: Path) -> Judge:
    return Judge(Tokenizer(tiny_weights / "tokenizer.json"), Scorer(tiny_weights))


def test_inside_a_mark_the_class_with_the_highest_mean_score_comes_first(judge):
    text = "They said whatabout traitors again and again."
    place = Place(text.index("whatabout"), text.index(" again"))
    both = GoldText("a", text, (GoldSpan(place, ("slogan",)),), classes_of(TECHNIQUE_IDS))
    # over the two words: name_calling .95 and .01, whataboutism .01 and .7
    assert judge.read(both).ranked[0][:2] == ("name_calling", "whataboutism")
    group = classes_of(["slogan", "whataboutism", "red_herring"], [["red_herring", "whataboutism"]])
    merged = GoldText("a", text, (GoldSpan(place, ("slogan",)),), group)
    assert judge.read(merged).ranked[0] == ("red_herring|whataboutism", "slogan")


def test_a_mark_without_a_word_in_it_is_given_no_technique(judge):
    blank = GoldText("a", "The   garden.", (GoldSpan(Place(3, 6), ("slogan",)),), classes_of(TECHNIQUE_IDS))
    assert judge.read(blank).ranked == ((),)


def test_marks_are_given_voices_only_where_annotators_gave_one(judge):
    text = 'Moll said: "The traitors sold the harbour."'
    place = Place(text.index("traitors"), text.index(" sold"))
    classes = classes_of(TECHNIQUE_IDS)
    voiced = GoldText("a", text, (GoldSpan(place, ("name_calling",), "quoted"),), classes)
    assert [voice.kind for voice in judge.read(voiced).voices] == ["quoted"]
    assert judge.read(GoldText("a", text, (GoldSpan(place, ("name_calling",)),), classes)).voices == ()


def test_calling_another_verb_does_not_load_the_evaluation():
    code = (
        "import sys; from spinmark.cli import main; main(['techniques', 'slogan'], standalone_mode=False); "
        "sys.exit(any(name.startswith('spinmark.evaluation') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
