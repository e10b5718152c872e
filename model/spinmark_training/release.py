"""A trained network -> `weights/`: graph, tokenizer, and the card with calibration, hashes and figures."""

import json
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spinmark.card import OUTPUTS
from spinmark.evaluation.measures import (
    Labelled,
    expected_calibration_error,
    presence_f1,
    span_figures,
)
from spinmark.scorer import Scorer
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark_training.calibrate import Fit, Sample, fit, samples, score_documents, thresholds
from spinmark_training.data import Document, digest, share
from spinmark_training.evaluate import classes_of, gold_passages
from spinmark_training.export import export
from spinmark_training.network import encoder_folder

CANDIDATE_SCORE = 0.1
EDGE_RATIO = 0.4
FOLDS = 5
"""With halves a fit sees so much less than the shipped one that web precision as shown moves by .03 with the split."""

SPAN_GRID = tuple(float(least) for least in np.arange(0.1, 0.8, 0.05))
TEXT_GRID = tuple(float(least) for least in np.arange(0.02, 0.8, 0.02))
"""The confidences that are tried for the best F1 of passages, and of which techniques a text has."""

NAME = "spinmark-en"


@dataclass(frozen=True, slots=True)
class Judged:
    """A development or test document with its candidates, each with a confidence fitted without it."""

    document: Document
    found: tuple[tuple[Sample, float], ...]

    def predicted(self, least: Mapping[str, float] | float) -> list[Labelled]:
        """Return the passages of at least this confidence, one for all or by technique, as its source names them."""
        name = classes_of(self.document)
        out = []
        for sample, confidence in self.found:
            technique = TECHNIQUE_IDS[sample.candidate.technique]
            if confidence >= (least if isinstance(least, float) else least[technique]):
                out.append((sample.candidate.span, name(technique) or technique))
        return out


def release(
    weights: Path, documents: Sequence[Document], sources: Mapping[str, Path], version: str, folder: Path
) -> None:
    """Write `model.onnx`, `tokenizer.json` and `card.toml` to `folder`.

    Confidences are fitted on the `dev` parts. The figures of a document of theirs come from a calibration
    fitted without its fifth, so none is judged by confidences that it helped to fit; those of `test` parts
    come from the shipped calibration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    export(weights, folder / "model.onnx")
    shutil.copy(encoder_folder() / "tokenizer.json", folder / "tokenizer.json")
    neutral = Fit((1.0, 0.0, 0.0), (0.0,) * len(TECHNIQUE_IDS), (0.0,) * len(TECHNIQUE_IDS))
    _write_card(folder, version, neutral, [0.5] * len(TECHNIQUE_IDS), {}, {})
    scorer, tokenizer = Scorer(folder), Tokenizer(folder / "tokenizer.json")

    dev = [d for d in documents if d.part == "dev" and d.source != "tq"]
    test = [d for d in documents if d.part == "test"]
    dev_scores = score_documents(dev, tokenizer, scorer)
    dev_samples = samples(dev, dev_scores, CANDIDATE_SCORE, EDGE_RATIO)
    shipped = fit(dev_samples)
    least = thresholds(dev_samples, shipped)
    judged = judge_crosswise(dev, dev_samples)
    test_samples = samples(test, score_documents(test, tokenizer, scorer), CANDIDATE_SCORE, EDGE_RATIO)
    judged += judge(test, test_samples, shipped)
    figures = measure(judged, dict(zip(TECHNIQUE_IDS, least, strict=True)))
    hashes = {name: digest(path) for name, path in sources.items()}
    _write_card(folder, version, shipped, least, figures, hashes)


def judge(documents: Sequence[Document], given: Sequence[Sample], with_fit: Fit) -> list[Judged]:
    """Return each document with its samples and their confidences."""
    found: dict[int, list[tuple[Sample, float]]] = defaultdict(list)
    for sample in given:
        found[sample.document].append((sample, with_fit.confidence(sample.candidate)))
    return [Judged(document, tuple(found[i])) for i, document in enumerate(documents)]


def judge_crosswise(documents: Sequence[Document], given: Sequence[Sample]) -> list[Judged]:
    """Judge each of `FOLDS` parts of the documents by a calibration that was fitted on all others."""
    fold = [int(FOLDS * share(f"fold:{d.source}:{d.id}")) for d in documents]
    out: dict[int, Judged] = {}
    for part in range(FOLDS):
        others = fit([s for s in given if fold[s.document] != part])
        for i, judged in enumerate(judge(documents, given, others)):
            if fold[i] == part:
                out[i] = judged
    return [out[i] for i in range(len(documents))]


def measure(judged: Sequence[Judged], least: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return the card's figures: for each source, at the reader's thresholds and at the best single confidence.

    That is another for passages than for which techniques a text has.
    """
    out: dict[str, dict[str, float]] = {}
    by_source: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_source[f"{one.document.source}_{one.document.part}"].append(one)
    for source, those in by_source.items():
        classes = {name for j in those for t in TECHNIQUE_IDS if (name := classes_of(j.document)(t))}
        # A passage too doubtful to be shown may still tell that its text has the technique somewhere.
        best = max(SPAN_GRID, key=lambda least: span_figures(_pairs(those, least), typed=True).f1)
        best_text = max(TEXT_GRID, key=lambda least: presence_f1(_pairs(those, least), classes)[0])
        entry: dict[str, float] = {
            "documents": len(those),
            "spans": sum(len(gold_passages(j.document)) for j in those),
            "best_f1_confidence": best,
        }
        for label, chosen in (("reader", least), ("best_f1", best)):
            pairs = _pairs(those, chosen)
            typed, untyped = span_figures(pairs, typed=True), span_figures(pairs, typed=False)
            entry |= {
                f"{label}_typed_precision": typed.precision,
                f"{label}_typed_recall": typed.recall,
                f"{label}_typed_f1": typed.f1,
                f"{label}_span_identification_f1": untyped.f1,
            }
        entry["best_document_confidence"] = best_text
        for label, chosen in (("reader", least), ("best", best_text)):
            micro, macro, _ = presence_f1(_pairs(those, chosen), classes)
            entry |= {f"{label}_document_micro_f1": micro, f"{label}_document_macro_f1": macro}
        pool = [(c, s.correct) for j in those for s, c in j.found]
        if pool:
            entry["expected_calibration_error"] = expected_calibration_error(*zip(*pool, strict=True))
        entry |= _silence(those, least)
        out[source] = {key: round(value, 4) for key, value in entry.items()}
    return out


def _pairs(
    those: Sequence[Judged], least: Mapping[str, float] | float
) -> list[tuple[list[Labelled], list[Labelled]]]:
    """Return what is predicted and what is marked, of each document."""
    return [(j.predicted(least), gold_passages(j.document)) for j in those]


def _silence(those: Sequence[Judged], least: Mapping[str, float]) -> dict[str, float]:
    """Return how often nothing is said where there is nothing: quiet documents and our hard negatives."""
    out = {}
    quiet = [j for j in those if not j.document.spans and j.document.kind in ("", "neutral", "article")]
    words = sum(len(j.document.text.split()) for j in quiet)
    if words:
        out["quiet_words"] = float(words)
        out["false_flags_per_1000_quiet_words"] = 1000 * sum(len(j.predicted(least)) for j in quiet) / words
    hard = [j for j in those if j.document.kind == "hard_negative"]
    if hard:
        clean = sum(
            {name for _, name in j.predicted(least)} <= {s.techniques[0] for s in j.document.spans}
            for j in hard
        )
        out["hard_negatives"] = float(len(hard))
        out["hard_negatives_clean"] = clean / len(hard)
    return out


def _write_card(
    folder: Path,
    version: str,
    fitted: Fit,
    least: Sequence[float],
    figures: Mapping[str, Mapping[str, float]],
    hashes: Mapping[str, str],
) -> None:
    """Write `card.toml`, the one file that says what the weights are."""
    peak, mean, others = fitted.slopes
    lines = [
        "# Written by spinmark_training.release; `spinmark.card` reads it, and model/README.md explains it.",
        f"outputs = {json.dumps(OUTPUTS)}",
        "",
        "[model]",
        f'name = "{NAME}"',
        f'version = "{version}"',
        f'sha256 = "{digest(folder / "model.onnx")}"',
        f'tokenizer_sha256 = "{digest(folder / "tokenizer.json")}"',
        "",
        "[decoding]",
        f"candidate_score = {CANDIDATE_SCORE}",
        f"edge_ratio = {EDGE_RATIO}",
        "",
        "[calibration]",
        f"slope_peak = {peak:.4f}",
        f"slope_mean = {mean:.4f}",
        f"slope_others = {others:.4f}",
        "",
    ]
    for technique, bias, length, threshold in zip(
        TECHNIQUE_IDS, fitted.biases, fitted.lengths, least, strict=True
    ):
        lines += [
            f"[technique.{technique}]",
            f"threshold = {threshold:.2f}",
            f"bias = {bias:.4f}",
            f"slope_length = {length:.4f}",
            "",
        ]
    for name, sha256 in hashes.items():
        lines += [f"[data.{name}]", f'sha256 = "{sha256}"', ""]
    for source, entry in figures.items():
        lines += [f"[metrics.{source}]", *(f"{key} = {value:g}" for key, value in entry.items()), ""]
    (folder / "card.toml").write_text("\n".join(lines), encoding="utf-8")
