"""The model card's figures are those of `card.toml`."""

from pathlib import Path

from spinmark.detector import WEIGHTS
from spinmark_training.data import read_corpus
from spinmark_training.evaluate import agreement
from spinmark_training.marks import read_offsets
from spinmark_training.model_card import figures_table, with_figures

README = Path(__file__).parents[2] / "model" / "README.md"


def test_the_model_card_shows_the_figures_of_the_shipped_weights():
    readme = README.read_text(encoding="utf-8")
    assert with_figures(readme, WEIGHTS / "card.toml") == readme
    assert "real web articles" in readme


def test_a_figure_that_a_source_lacks_is_a_dash():
    table = figures_table({"ptc_dev": {"documents": 2, "spans": 3, "best_f1_typed_f1": 0.25}})
    assert "| typed span F1 | 0.250 |" in table
    assert "| calibration error | – |" in table
    assert "| texts / marked passages | 2 / 3 |" in table


def test_the_model_card_says_how_far_two_annotators_agree():
    corpus = README.parent / "corpus"
    found = agreement(read_corpus(corpus), read_offsets(corpus / "second-annotation.jsonl"))
    readme = " ".join(README.read_text(encoding="utf-8").split())
    assert found.documents == 200
    assert f"typed span F1 of {found.typed.f1:.3f}".replace("0.", ".") in readme
    assert f"identification F1 of {found.untyped.f1:.3f}".replace("0.", ".") in readme
    assert (
        f"{found.document_micro_f1:.3f} micro and {found.document_macro_f1:.3f} macro".replace("0.", ".")
        in readme
    )
