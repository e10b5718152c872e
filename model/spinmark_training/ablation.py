"""What each part of the recipe brings, and how far more of our corpus would help: many short runs, one change each.

Parts of the recipe are judged where they are to help: the released weights are trained further, with the part and
without. From the published encoder a run this short learns hardly any technique: after a million tokens of all sources
typed F1 on our corpus was .16, with all of it and with half. So the learning curve, which must start there, reads
nothing but our corpus. Only differences say anything: what helps a short run need not help a long one.
"""

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, count, islice
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import numpy as np
import torch

from spinmark.card import read_card
from spinmark.decode import candidates
from spinmark.detector import WEIGHTS, Detector
from spinmark.evaluation.measures import Labelled, overlaps, span_figures
from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark_training.data import Document, key_of, pair_of, share
from spinmark_training.distil import network_scores
from spinmark_training.evaluate import classes_of, gold_passages
from spinmark_training.examples import Example
from spinmark_training.export import read_graph
from spinmark_training.network import SpanNetwork, encoder_folder
from spinmark_training.release import CANDIDATE_SCORE, EDGE_RATIO
from spinmark_training.teacher import Network
from spinmark_training.train import Learner, Recipe, epoch_batches

STEPS = 250
SLICE = 1500
"""So many documents are cut into windows and sorted into batches at once."""

MINED_CONFIDENCE = 0.3
MINED_COPIES = 3
THRESHOLDS = tuple(float(t) for t in np.arange(CANDIDATE_SCORE, 0.8, 0.05))
SOURCES = ("web", "ptc", "corpus")

BASELINE = Recipe(
    batch_tokens=2048,
    encoder_rate=5e-5,
    head_rate=4e-4,
    average=0.98,
    web_copies=1,
    taught_share=0.4,
    read_share=0.2,
)
"""As `FURTHER`, before speech on real pages was a part of it. Smaller batches than a training's, so that a short run has more steps; the average reaches as far back in it."""

CURVE_RECIPE = Recipe(batch_tokens=1024, encoder_rate=2e-4, head_rate=2e-3, average=0.98)
CURVE_STEPS = 3
"""Times as many steps as the other runs, of half the tokens."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The baseline with one change: to the recipe, to the texts, or without the teacher.

    Of a point of the learning curve, `corpus` is the part of our corpus that it reads, each item repeated so that
    all points read as much.
    """

    name: str
    title: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    corpus: float | None = None
    taught: bool = True
    unlabelled: bool = False
    mined: bool = False

    @property
    def recipe(self) -> Recipe:
        """The recipe with the changes."""
        return replace(BASELINE if self.corpus is None else CURVE_RECIPE, **self.changes)


RAW = "raw"
"""The baseline's weights at the end of a run in place of their running average: no run of its own."""

RELEASED = "released"
"""The weights that the runs start from: no run either."""

VARIANTS = (
    Variant("baseline", "trained further, with themselves as the teacher"),
    Variant("curve-quarter", "a quarter of our corpus", corpus=0.25),
    Variant("curve-half", "half of our corpus", corpus=0.5),
    Variant("curve-all", "all of our corpus", corpus=1.0),
    Variant("mined", "paragraphs that they flag wrongly, three times more", mined=True),
    Variant("sentences", "a loss on each sentence's highest token", {"sentence_weight": 0.5}),
    Variant("untaught", "without a teacher", taught=False),
    Variant("readings-none", "without our readings", {"reading_share": 0.0}),
    Variant("corpus-none", "without our corpus", {"corpus_share": 0.0}),
    Variant("unexchanged", "names of sides not exchanged", {"exchanged_share": 0.0}),
    Variant("unlabelled", "texts that nobody marked as well", unlabelled=True),
    Variant("context-none", "windows without neighbouring context", {"context": False}),
    Variant("merged-none", "PTC's merged classes left out", {"one_of_weight": 0.0}),
    Variant("any-none", "without the loss of “any technique”", {"any_weight": 0.0}),
    Variant("joined-never", "short windows never joined", {"joining": 0.0}),
    Variant("web-twice", "web articles twice", {"web_copies": 2}),
    Variant("whole-words", "without word dropout", {"word_dropout": 0.0}),
)
CURVE = tuple(v.name for v in VARIANTS if v.corpus is not None)
ORDER = (VARIANTS[0].name, RAW, RELEASED, *(v.name for v in VARIANTS[1:]))


@dataclass(frozen=True, slots=True)
class Figures:
    """Span F1 on one source's development part, typed and untyped, each at its best threshold.

    `false_flags` are those of the typed threshold, on the texts without a mark, per 1,000 words.
    """

    typed: float
    untyped: float
    false_flags: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: figures by source, and on our corpus typed F1 by technique; `spans` it had there to learn from.

    `weights` is the SHA-256 of the graph that was released then.
    """

    weights: str
    seed: int
    variant: str
    steps: int
    seconds: int
    figures: dict[str, Figures]
    by_technique: dict[str, float]
    spans: dict[str, int]


@dataclass(frozen=True, slots=True)
class Texts:
    """All that the runs read: what is marked, readings included, and what is not."""

    marked: Sequence[Document]
    unlabelled: Sequence[Document]


def ablate(
    texts: Texts,
    folder: Path,
    seeds: int,
    steps: int,
    worker: int = 0,
    workers: int = 1,
    variants: Sequence[Variant] = VARIANTS,
) -> None:
    """Do each `workers`th run of `variants` times seeds that `folder` lacks, from the `worker`th on.

    A run's outcome is a line of `outcomes-WORKER.jsonl`, so what was stopped goes on with the next run.

    Raises: ValueError, the runs in `folder` began from other weights, so that a difference would say nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = outcomes(folder)
    weights = _released_hash()
    if any(o.weights != weights for o in found):
        raise ValueError(f"the runs in {folder} began from other weights: name another folder")
    done = {(o.seed, o.variant) for o in found}
    planned = [(seed, variant) for variant in variants for seed in range(seeds)]
    for seed, variant in planned[worker::workers]:
        if (seed, variant.name) not in done:
            for outcome in run(texts, variant, seed, steps, folder):
                with (folder / f"outcomes-{worker}.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(outcome)) + "\n")


def run(texts: Texts, variant: Variant, seed: int, steps: int, folder: Path) -> Iterator[Outcome]:
    """Train one variant and yield its outcome; for the baseline those of `RAW` and, once, `RELEASED` as well."""
    started = time.monotonic()
    recipe = replace(variant.recipe, seed=seed)
    tokenizer = Tokenizer(encoder_folder() / "tokenizer.json")
    training = training_texts(texts, variant, folder)
    torch.manual_seed(seed)
    released = read_graph(WEIGHTS / "model.onnx")
    if variant.corpus is None:
        learner = Learner(deepcopy(released), recipe, released if variant.taught else None)
    else:
        learner, steps = Learner(SpanNetwork.from_minilm(), recipe), steps * CURVE_STEPS
    learner.start_epoch(0)
    for number, batch in enumerate(islice(_endless(training, tokenizer, recipe), steps)):
        learner.step(batch, number / steps, number)
    items = {d.id: d for d in training if d.source == "corpus"}.values()
    spans = dict(Counter(s.techniques[0] for d in items for s in d.spans))
    results: list[tuple[str, Network]] = [(variant.name, learner.average)]
    if variant.name == "baseline":
        results += [(RAW, learner.network), (RELEASED, released)][: 1 if seed else 2]
    for name, network in results:
        figures, by_technique = {}, {}
        for source in SOURCES:
            held_out = [d for d in texts.marked if d.source == source and d.part == "dev"]
            found = Found.by(network, held_out, tokenizer, recipe.context)
            figures[source] = found.figures()
            if source == "corpus":
                by_technique = found.by_technique()
        seconds = round(time.monotonic() - started)
        yield Outcome(_released_hash(), seed, name, steps, seconds, figures, by_technique, spans)


def _released_hash() -> str:
    return read_card(WEIGHTS / "card.toml").model.sha256


def training_texts(texts: Texts, variant: Variant, folder: Path) -> list[Document]:
    """Return the training documents of a variant, as often as they come."""
    out = [d for d in texts.marked if d.part == "train"]
    if variant.corpus is not None:
        # Numbered like the parts, so that a pair stays together and a quarter lies within the half.
        out = [d for d in out if d.source == "corpus" and share(f"curve:{pair_of(d.id)}") < variant.corpus]
        out *= round(1 / variant.corpus)
    if variant.unlabelled:
        out += texts.unlabelled
    if variant.mined:
        out += mined(texts, folder / "mined.jsonl") * MINED_COPIES
    return out


def _endless(training: list[Document], tokenizer: Tokenizer, recipe: Recipe) -> Iterator[list[Example]]:
    order = list(training)
    Random(recipe.seed).shuffle(order)
    slices = [order[at : at + SLICE] for at in range(0, len(order), SLICE)]
    return chain.from_iterable(
        epoch_batches(slices[epoch % len(slices)], tokenizer, recipe, epoch, None) for epoch in count()
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What a network found in documents: passages with their mean score, and what is marked, named as the source does."""

    documents: Sequence[Document]
    passages: Sequence[Sequence[tuple[Labelled, float]]]

    @classmethod
    def by(
        cls, network: Network, documents: Sequence[Document], tokenizer: Tokenizer, context: bool
    ) -> "Found":
        """Read the documents with a network."""
        passages = []
        for document, scores in zip(
            documents, network_scores(documents, tokenizer, network, context), strict=True
        ):
            name = classes_of(document)
            passages.append(
                [
                    ((c.span, class_), c.mean)
                    for c in candidates(document.text, scores, CANDIDATE_SCORE, EDGE_RATIO)
                    if (class_ := name(TECHNIQUE_IDS[c.technique])) is not None
                ]
            )
        return cls(documents, passages)

    def figures(self) -> Figures:
        """Return F1 at the best thresholds, and the false flags."""
        least = self._best(typed=True)
        quiet = [
            (len(d.text.split()), len(said))
            for d, (said, marked) in zip(self.documents, self._pairs(least), strict=True)
            if not marked
        ]
        words, flags = map(sum, zip(*quiet, strict=True)) if quiet else (0, 0)
        return Figures(
            round(span_figures(self._pairs(least), typed=True).f1, 4),
            round(span_figures(self._pairs(self._best(typed=False)), typed=False).f1, 4),
            round(1000 * flags / max(1, words), 3),
        )

    def by_technique(self) -> dict[str, float]:
        """Return typed F1 of each class that is marked anywhere, at the threshold that is best for all together."""
        sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(4))
        for said, marked in self._pairs(self._best(typed=True)):
            for name, overlap in overlaps(said, marked).items():
                sums[name] += overlap
        return {
            name: round(2 * earned * found / max(1e-9, earned * gold + found * predicted), 4)
            for name, (earned, predicted, found, gold) in sums.items()
            if gold
        }

    def _best(self, typed: bool) -> float:
        return max(THRESHOLDS, key=lambda least: span_figures(self._pairs(least), typed).f1)

    def _pairs(self, least: float) -> list[tuple[list[Labelled], list[Labelled]]]:
        return [
            ([passage for passage, score in found if score >= least], gold_passages(document))
            for document, found in zip(self.documents, self.passages, strict=True)
        ]


def mined(texts: Texts, path: Path) -> list[Document]:
    """Return the paragraphs of texts that we read which the released weights flag and no reader marks, as unmarked.

    They are looked up in `path`, JSON lines of key, start and end, or written there.
    """
    read: dict[str, list[Document]] = defaultdict(list)
    for document in texts.marked:
        if document.part == "train" and document.source in ("reading", "ptc", "web"):
            read[key_of(document)].append(document)
    read = {key: those for key, those in read.items() if any(d.source == "reading" for d in those)}
    if not path.exists():
        detector = Detector.load(WEIGHTS, threads=1)
        rows = []
        for key, those in read.items():
            flags = detector.analyze(those[0].text, min_confidence=MINED_CONFIDENCE).flags
            for paragraph in _wrongly_flagged(those, [flag.span for flag in flags]):
                rows.append(json.dumps({"key": key, "start": paragraph.start, "end": paragraph.end}))
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        part.replace(path)
    out = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        source = read[row["key"]][0]
        text = source.text[row["start"] : row["end"]]
        out.append(
            Document(f"{row['key']}:{row['start']}", "mined", text, (), frozenset(TECHNIQUE_IDS), "train")
        )
    return out


def _wrongly_flagged(readings: Sequence[Document], flagged: Sequence[Span]) -> Iterator[Span]:
    """Yield the paragraphs with a flag in which none of the readings marks anything."""
    start = 0
    for line in readings[0].text.split("\n"):
        paragraph = Span(start, start + len(line))
        start = paragraph.end + 1
        marked = any(s.span.overlap(paragraph) for d in readings for s in d.spans)
        if not marked and any(f.overlap(paragraph) for f in flagged):
            yield paragraph


def outcomes(folder: Path) -> list[Outcome]:
    """Read the outcomes that there are, in the order of the variants and seeds."""
    found = []
    for path in sorted(folder.glob("outcomes-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            row["figures"] = {source: Figures(**f) for source, f in row["figures"].items()}
            found.append(Outcome(**row))
    return sorted(found, key=lambda o: (ORDER.index(o.variant), o.seed))


def tables(found: Sequence[Outcome]) -> str:
    """Return the two tables of the model card in Markdown: the ablation, and the learning curve by technique."""
    by = {(o.variant, o.seed): o for o in found}
    return "\n\n".join(("\n".join(_ablation_rows(by)), "\n".join(_curve_rows(by))))


_Outcomes = Mapping[tuple[str, int], Outcome]
"""By the name of the variant and the seed."""

_COLUMNS = tuple((source, figure) for source in SOURCES for figure in ("typed", "untyped", "false_flags"))


def _ablation_rows(by: _Outcomes) -> Iterator[str]:
    """Yield the baseline's figures, then each variant's differences from the baselines of its own seeds."""
    heads = {"typed": "typed F1", "untyped": "span F1", "false_flags": "false flags"}
    yield "| | seeds | " + " | ".join(f"{source}, {heads[figure]}" for source, figure in _COLUMNS) + " |"
    yield "|---" * (2 + len(_COLUMNS)) + "|"
    titles = {v.name: v.title for v in VARIANTS}
    titles |= {RAW: "the last weights in place of their running average", RELEASED: "not trained further"}
    for name in sorted({name for name, _ in by} - set(CURVE), key=ORDER.index):
        seeds = [seed for other, seed in by if other == name and ("baseline", seed) in by]
        cells = []
        for source, figure in _COLUMNS:
            values = [float(getattr(by[name, seed].figures[source], figure)) for seed in seeds]
            if name != "baseline":
                base = [float(getattr(by["baseline", seed].figures[source], figure)) for seed in seeds]
                values = [value - other for value, other in zip(values, base, strict=True)]
            cells.append(_cell(values, signed=name != "baseline"))
        yield f"| {titles[name]} | {len(seeds)} | " + " | ".join(cells) + " |"


def _curve_rows(by: _Outcomes) -> Iterator[str]:
    """Yield typed F1 on our corpus by how much of it there was, over the seeds that have all three figures."""
    seeds = [s for s in sorted({seed for _, seed in by}) if all((name, s) in by for name in CURVE)]
    yield "| | passages to learn from | a quarter | half | all | from half to all |"
    yield "|---" * 6 + "|"
    if seeds:
        typed = {name: [by[name, s].figures["corpus"].typed for s in seeds] for name in CURVE}
        yield _curve_row("**all together**", sum(by["curve-all", seeds[0]].spans.values()), typed)
    for technique in TECHNIQUE_IDS if seeds else ():
        f1 = {name: [by[name, s].by_technique.get(technique, 0.0) for s in seeds] for name in CURVE}
        yield _curve_row(technique, by["curve-all", seeds[0]].spans.get(technique, 0), f1)


def _curve_row(name: str, passages: int, f1: Mapping[str, Sequence[float]]) -> str:
    gained = [more - less for more, less in zip(f1["curve-all"], f1["curve-half"], strict=True)]
    cells = [*(_cell([fmean(f1[point])]) for point in CURVE), _cell(gained, signed=True)]
    return f"| {name} | {passages} | " + " | ".join(cells) + " |"


def _cell(values: Sequence[float], signed: bool = False) -> str:
    """Return the mean, and the least and the most of several, such as `+.012 (-.003 to +.020)`."""
    if not values:
        return "–"

    def shown(value: float) -> str:
        return f"{value:{'+' if signed else ''}.3f}".replace("0.", ".", 1)

    mean = shown(fmean(values))
    return f"{mean} ({shown(min(values))} to {shown(max(values))})" if len(values) > 1 else mean
