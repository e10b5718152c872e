"""`card.toml` -> the tables of figures in `model/README.md`, so that the two cannot disagree."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

SOURCES = {
    "web_dev": "real web articles, development third",
    "ptc_dev": "PTC training articles, held-out fifth",
    "semeval2021_dev": "SemEval-2021 Task 6, its development file",
    "corpus_test": "our corpus, test fifth",
}
FIGURES = {
    "reader_typed_precision": "typed precision, as shown",
    "reader_typed_recall": "typed recall, as shown",
    "best_f1_typed_f1": "typed span F1",
    "best_f1_span_identification_f1": "span identification F1",
    "best_document_micro_f1": "per text, micro F1",
    "best_document_macro_f1": "per text, macro F1",
    "expected_calibration_error": "calibration error",
    "false_flags_per_1000_quiet_words": "false flags per 1,000 quiet words",
    "hard_negatives_clean": "hard negatives kept clean",
}
_TABLE = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->)", re.DOTALL)


def figures_table(metrics: Mapping[str, Mapping[str, float]]) -> str:
    """Return a Markdown table with a row a figure and a column a source."""
    present = [source for source in SOURCES if source in metrics]
    lines = [
        "| | " + " | ".join(SOURCES[source] for source in present) + " |",
        "|---|" + "---|" * len(present),
        *(
            f"| {title} | "
            + " | ".join(f"{metrics[s][name]:.3f}" if name in metrics[s] else "–" for s in present)
            + " |"
            for name, title in FIGURES.items()
        ),
        "| texts / marked passages | "
        + " | ".join(f"{metrics[s]['documents']:g} / {metrics[s]['spans']:g}" for s in present)
        + " |",
    ]
    return "\n".join(lines) + "\n"


def with_figures(readme: str, card: Path) -> str:
    """Return the model card's text with its table made anew from `card.toml`."""
    metrics = tomllib.loads(card.read_text(encoding="utf-8"))["metrics"]
    return _TABLE.sub(lambda _: figures_table(metrics), readme)
