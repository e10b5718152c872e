"""The ablation: which texts a variant trains on, what its figures mean, and the tables for the card."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

import pytest

from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark_training.ablation import (
    BASELINE,
    CURVE,
    CURVE_RECIPE,
    CURVE_STEPS,
    MINED_COPIES,
    RAW,
    RELEASED,
    VARIANTS,
    Figures,
    Found,
    Outcome,
    Texts,
    ablate,
    mined,
    outcomes,
    tables,
    training_texts,
)
from spinmark_training.data import ALL, Document, LabelledSpan
from spinmark_training.train import Recipe, epoch_batches

BY_NAME = {variant.name: variant for variant in VARIANTS}


def document(
    id_: str, text: str, *spans: LabelledSpan, part: str = "train", source: str = "corpus"
) -> Document:
    return Document(id_, source, text, spans, ALL, part)


def marked(start: int, end: int, technique: str = "slogan") -> LabelledSpan:
    return LabelledSpan(Span(start, end), (technique,))


ITEMS = [document(f"mill-{n:04}", f"Case {n}.", marked(0, 4), part="train") for n in range(1, 401)]
WEB = [document("w", "The mill closed.", source="web")]
HELD_OUT = [document("x-0001", "Not for training.", part="dev"), document("x-0003", "Nor this.", part="test")]
TEXTS = Texts([*ITEMS, *WEB, *HELD_OUT], [document("t", "Nobody read this.", source="transfer")])


def test_the_curve_reads_our_corpus_alone_and_as_much_of_it_at_each_point(tmp_path: Path):
    whole, half, quarter = (
        [d.id for d in training_texts(TEXTS, BY_NAME[name], tmp_path)]
        for name in ("curve-all", "curve-half", "curve-quarter")
    )
    assert set(quarter) < set(half) < set(whole) == {d.id for d in ITEMS}
    assert len(whole) == 400
    assert {half.count(id_) for id_ in half} == {2}
    assert {quarter.count(id_) for id_ in quarter} == {4}
    assert 320 < len(half) < 480
    assert 300 < len(quarter) < 500


@pytest.mark.parametrize("name", ["curve-half", "curve-quarter"])
def test_a_minimal_pair_is_left_out_or_kept_as_one(name: str, tmp_path: Path):
    kept = {int(d.id.rpartition("-")[2]) for d in training_texts(TEXTS, BY_NAME[name], tmp_path)}
    assert all((n in kept) == (n + 1 in kept) for n in range(1, 400, 2))


def test_no_variant_trains_on_what_is_held_out(tmp_path: Path):
    (tmp_path / "mined.jsonl").touch()
    for variant in VARIANTS:
        assert {d.part for d in training_texts(TEXTS, variant, tmp_path)} == {"train"}


def test_texts_without_labels_come_with_a_teacher_alone(tmp_path: Path):
    (tmp_path / "mined.jsonl").touch()
    with_them = [
        v.name for v in VARIANTS if any(d.source == "transfer" for d in training_texts(TEXTS, v, tmp_path))
    ]
    assert with_them == ["unlabelled"]
    assert all(v.taught for v in VARIANTS if v.unlabelled)


def test_each_variant_changes_one_thing():
    for variant in VARIANTS[1:]:
        whole = variant.corpus is not None
        changed = len(variant.changes) + whole + (not variant.taught) + variant.unlabelled + variant.mined
        assert changed == 1, variant.name
        assert variant.recipe == replace(CURVE_RECIPE if whole else BASELINE, **variant.changes)
        assert (variant.recipe == BASELINE) == (not variant.changes and not whole)
    assert len({v.name for v in VARIANTS} | {RAW, RELEASED}) == len(VARIANTS) + 2


def test_windows_without_context_hold_their_core_alone(tokenizer: Tokenizer):
    (text,) = [document("w", "The miller opened the gate at six. " * 60, source="web")]
    lengths = {}
    for context in (True, False):
        recipe = replace(Recipe(), web_copies=1, context=context, joining=0.0)
        batches = epoch_batches([text], tokenizer, recipe, 0, None)
        lengths[context] = sorted(len(e.ids) for batch in batches for e in batch)
    tokens = len(tokenizer.windows(text.text, 5000, 5000)[0].ids) - 2
    assert sum(n - 2 for n in lengths[False]) == tokens
    assert sum(n - 2 for n in lengths[True]) > tokens


def test_paragraphs_are_mined_where_no_reader_marks_what_the_release_flags(tmp_path: Path):
    loud = "They are vermin and traitors who will destroy our great nation, and you know it."
    plain = "The library opens at nine on weekdays."
    text = "\n".join((plain, loud, plain, loud))
    second = len(plain) + 1 + len(loud) + 1 + len(plain) + 1
    source = document("7", text, source="web")
    reading = document("web:7", text, marked(second + 3, second + 20), source="reading")
    other = document("web:8", loud, source="reading")
    held_out = document("9", loud, source="web", part="dev")
    texts = Texts([source, reading, document("8", loud, source="web"), other, held_out], ())
    found = mined(texts, tmp_path / "mined.jsonl")
    assert [(d.text, d.part, d.spans, d.labelled) for d in found] == [(loud, "train", (), ALL)] * 2
    assert mined(texts, tmp_path / "mined.jsonl") == found  # now from the file
    training = training_texts(texts, BY_NAME["mined"], tmp_path)
    assert sum(d.source == "mined" for d in training) == 2 * MINED_COPIES


def test_figures_are_those_of_the_best_threshold():
    text = "One two three four five six seven eight nine ten. " * 20  # 200 words
    sure, unsure = (Span(0, 10), "slogan"), (Span(100, 120), "slogan")
    quiet = document("2", text)
    found = Found(
        [document("1", text, marked(0, 10), marked(200, 210, "euphemism")), quiet],
        [[(sure, 0.62), (unsure, 0.3)], [((Span(0, 5), "slogan"), 0.22)]],
    )
    # Above .3 one passage is right, one of two marked is found: precision 1, recall 1/2.
    assert found.figures() == Figures(typed=0.6667, untyped=0.6667, false_flags=0.0)
    assert found.by_technique() == {"slogan": 1.0, "euphemism": 0.0}
    loud = Found(found.documents, [found.passages[0], [((Span(0, 5), "slogan"), 0.62)]])
    # Precision 1/2 and recall 1/2; one flag in the 200 words of the text without a mark.
    assert loud.figures() == Figures(typed=0.5, untyped=0.5, false_flags=5.0)


def outcome(variant: str, seed: int, typed: float, slogan: float = 0.0) -> Outcome:
    figures = {source: Figures(typed, typed + 0.1, 1.0) for source in ("web", "ptc", "corpus")}
    return Outcome("", seed, variant, 160, 1, figures, {"slogan": slogan}, {"slogan": 80})


def test_the_table_compares_each_run_with_the_baseline_of_its_own_seed():
    found = [
        outcome("baseline", 0, 0.10), outcome("baseline", 1, 0.20), outcome(RAW, 0, 0.05),
        outcome("context-none", 0, 0.11), outcome("context-none", 1, 0.18), outcome("mined", 2, 0.9),
    ]  # fmt: skip
    rows = {line.split(" | ")[0].removeprefix("| "): line.split(" | ") for line in tables(found).splitlines()}
    assert rows[VARIANTS[0].title][1:3] == ["2", ".150 (.100 to .200)"]
    assert rows["windows without neighbouring context"][1:3] == ["2", "-.005 (-.020 to +.010)"]
    assert rows["the last weights in place of their running average"][1:3] == ["1", "-.050"]
    assert rows[BY_NAME["mined"].title][1:3] == ["0", "–"]  # its seed has no baseline yet


def test_the_curve_waits_for_seeds_that_have_all_of_its_points():
    points = dict(zip(CURVE, (0.2, 0.3, 0.5), strict=True))
    whole = [outcome(name, seed, 0.1, f1 + seed / 10) for name, f1 in points.items() for seed in (0, 1)]
    lines = tables([*whole, outcome("curve-all", 2, 0.1, 0.9)]).splitlines()
    (slogan,) = (line for line in lines if line.startswith("| slogan "))
    assert slogan == "| slogan | 80 | .250 | .350 | .550 | +.200 (+.200 to +.200) |"
    assert sum(line.startswith("| ") and line.split(" ")[1] in TECHNIQUE_IDS for line in lines) == 26
    assert not any("slogan" in line for line in tables(whole[:3]).splitlines())


def test_workers_share_the_runs_and_none_is_done_twice(tmp_path: Path):
    random = Random(0)
    words = "mill river bread never again they always say closed gate".split()
    items = [
        document(f"a-{n:04}", " ".join(random.choices(words, k=12)), marked(0, 9), part=part)
        for n in range(1, 41)
        for part in ("train" if n % 3 else "dev",)
    ]
    held_out = [document(s, "They say never again.", part="dev", source=s) for s in ("web", "ptc")]
    texts = Texts([*items, *held_out], ())
    two = (VARIANTS[0], BY_NAME["curve-all"])
    ablate(texts, tmp_path, seeds=1, steps=1, worker=1, workers=2, variants=two)
    assert [o.variant for o in outcomes(tmp_path)] == ["curve-all"]
    ablate(texts, tmp_path, seeds=1, steps=1, variants=two)
    ablate(texts, tmp_path, seeds=1, steps=1, variants=two)
    found = outcomes(tmp_path)
    assert [(o.variant, o.seed) for o in found] == [
        ("baseline", 0),
        (RAW, 0),
        (RELEASED, 0),
        ("curve-all", 0),
    ]
    assert found[0].spans == found[-1].spans == {"slogan": 27}
    assert [o.steps for o in found] == [1, 1, 1, CURVE_STEPS]
    assert set(found[0].figures) == {"web", "ptc", "corpus"}


def test_runs_that_began_from_other_weights_are_not_gone_on_with(tmp_path: Path):
    before = {**asdict(outcome("baseline", 0, 0.1, 0.5)), "weights": "of another release"}
    (tmp_path / "outcomes-0.jsonl").write_text(json.dumps(before) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="began from other weights"):
        ablate(Texts((), ()), tmp_path, seeds=1, steps=1)
