"""The model card's figures are those of `card.toml`."""

from pathlib import Path

from spinmark.detector import WEIGHTS
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
