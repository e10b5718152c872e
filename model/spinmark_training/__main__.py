"""`python -m spinmark_training`: train, export, evaluate."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict, Unpack

import click
import torch

from spinmark.detector import WEIGHTS, Detector
from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer
from spinmark.voice.contest import PACKAGED
from spinmark_training import ablation, contest_fit
from spinmark_training.bias import side_rates
from spinmark_training.data import Document, read_all, read_corpus, read_readings, read_transfer, with_speech
from spinmark_training.distil import teach
from spinmark_training.evaluate import agreement
from spinmark_training.export import read_graph
from spinmark_training.gold import gold_lines
from spinmark_training.marks import offset_lines, read_offsets, read_words, speech_lines
from spinmark_training.markup import parse
from spinmark_training.model_card import with_figures
from spinmark_training.network import SpanNetwork, encoder_folder
from spinmark_training.release import release
from spinmark_training.teacher import TeacherNetwork, mpnet_folder
from spinmark_training.teaching import Teaching
from spinmark_training.train import FURTHER, TEACHER, Recipe, train

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Train Spinmark's model and write `spinmark/weights/`."""


_data = click.option("--data", type=FOLDER, required=True, help="Folder of the published data sets.")
_corpus = click.option("--corpus", type=FOLDER, required=True, help="Folder of our own corpus.")
_run = click.option("--run", type=click.Path(path_type=Path), required=True, help="Checkpoints and log.")
_epochs = click.option(
    "--epochs",
    type=int,
    show_default=f"{Recipe().epochs}, or {FURTHER.epochs} from a release",
    help="Of the network that is shipped.",
)
_teacher_epochs = click.option("--teacher-epochs", type=int, default=TEACHER.epochs, show_default=True)
_from_release = click.option(
    "--from-release",
    is_flag=True,
    help="Teach the package's weights who speaks, with themselves as the teacher of all else.",
)
_transfer = click.option(
    "--transfer",
    type=FILE,
    help="Texts without labels, for the teacher to score: JSON lines with id and text (tools/transfer_texts.py).",
)
_to = click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    default=WEIGHTS,
    show_default="the package's",
    help="Where the weights go.",
)
_seed = click.option("--seed", type=int, default=0, show_default=True)


class Given(TypedDict):
    """What a training run is told, by `_training`."""

    data: Path
    corpus: Path
    run: Path
    epochs: int | None
    seed: int
    teacher_epochs: int
    from_release: bool
    transfer: Path | None


def _training(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a training run."""
    for option in (_transfer, _from_release, _teacher_epochs, _seed, _epochs, _run, _corpus, _data):
        command = option(command)
    return command


@main.command("train")
@_training
def train_command(**given: Unpack[Given]) -> None:
    """Train; after a stop the same command goes on where the last whole epoch ended."""
    click.echo(_train(**given))


@main.command("release")
@_data
@_corpus
@click.option("--weights", type=FILE, required=True, help="Averaged weights of a run.")
@_to
def release_command(data: Path, corpus: Path, weights: Path, folder: Path) -> None:
    """Quantise trained weights, calibrate and measure them, and write their card."""
    _release(data, corpus, weights, folder)


@main.command("all")
@_training
@_to
def all_command(folder: Path, **given: Unpack[Given]) -> None:
    """Do everything from the texts to new weights."""
    weights = _train(**given)
    _release(given["data"], given["corpus"], weights, folder)


@main.command("ablate")
@_data
@_corpus
@_transfer
@click.option("--run", "folder", type=click.Path(path_type=Path), required=True, help="Outcomes of the runs.")
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--steps", type=int, default=ablation.STEPS, show_default=True, help="Batches a run.")
@click.option("--worker", type=int, default=0, help="Which of the workers this one is, from 0.")
@click.option("--workers", type=int, default=1, help="Programs that share the runs, of one thread each.")
def ablate_command(
    data: Path,
    corpus: Path,
    transfer: Path | None,
    folder: Path,
    seeds: int,
    steps: int,
    worker: int,
    workers: int,
) -> None:
    """Measure what each part of the recipe brings, by short runs with one change each; print the tables.

    After a stop the same command goes on with the next run.
    """
    if workers > 1:
        torch.set_num_threads(1)
    documents, readings, unlabelled = _texts(data, corpus, transfer)
    texts = ablation.Texts([*documents, *readings], unlabelled)
    ablation.ablate(texts, folder, seeds, steps, worker, workers)
    click.echo(ablation.tables(ablation.outcomes(folder)))


@main.command("marks")
@click.argument("annotations", type=FILE)
@click.argument("articles", type=FILE)
def marks_command(annotations: Path, articles: Path) -> None:
    """Turn the .ann file ANNOTATIONS on ARTICLES (JSON lines with id and text) into offsets, on stdout."""
    with articles.open(encoding="utf-8") as file:  # by line feeds alone: texts hold other separators
        rows = [json.loads(line) for line in file]
    click.echo("\n".join(offset_lines(read_words(annotations, {str(r["id"]): r["text"] for r in rows}))))


@main.command("speech")
@click.argument("marked", nargs=-1, required=True, type=FILE)
def speech_command(marked: tuple[Path, ...]) -> None:
    """Turn the speech in MARKED texts, each a file named SOURCE_ID.txt, into offsets, on stdout.

    The marks are those of our corpus; the texts stay outside the project.
    """
    said = {path.stem.replace("_", ":", 1): parse(path.read_text(encoding="utf-8"))[2] for path in marked}
    click.echo("\n".join(speech_lines(said)))


@main.command("agreement")
@_corpus
def agreement_command(corpus: Path) -> None:
    """Measure how far a second annotator agrees on 200 of the corpus's test items: the ceiling."""
    found = agreement(read_corpus(corpus), read_offsets(corpus / "second-annotation.jsonl"))
    click.echo(
        f"{found.documents} items: typed span F1 {found.typed.f1:.3f}, span identification F1 {found.untyped.f1:.3f}, "
        f"per text micro {found.document_micro_f1:.3f}, macro {found.document_macro_f1:.3f}"
    )


@main.command("gold")
@_data
@_corpus
@click.option("--part", type=click.Choice(["dev", "test"]), required=True)
@click.option(
    "--source", type=click.Choice(["web", "ptc", "semeval2021", "corpus"]), multiple=True, required=True
)
def gold_command(data: Path, corpus: Path, part: str, source: tuple[str, ...]) -> None:
    """Write a held-out part for `spinmark evaluate` to stdout; it holds texts, so keep it outside the project."""
    held_out = (d for d in read_all(data, corpus) if d.part == part and d.source in source)
    for line in gold_lines(held_out):
        click.echo(line)


@main.command("contest")
@_corpus
@click.option("--weights", type=FOLDER, default=WEIGHTS, show_default="the package's")
def contest_command(corpus: Path, weights: Path) -> None:
    """Fit what tells whether a text disputes a passage, write `voice/contest.toml`, and measure it."""
    documents = list(read_corpus(corpus))
    tokenizer, scorer = Tokenizer(weights / "tokenizer.json"), Scorer(weights)
    contest_fit.write(contest_fit.fit(documents, tokenizer, scorer), PACKAGED)
    for part in ("dev", "test"):
        figures = contest_fit.measure((d for d in documents if d.part == part), tokenizer, scorer)
        click.echo(f"{part:4} {figures}")


@main.command("bias")
@_data
@_corpus
@click.option("--weights", type=FOLDER, default=WEIGHTS, show_default="the package's")
def bias_command(data: Path, corpus: Path, weights: Path) -> None:
    """Exchange the names of nations, religions and parties in held-out paragraphs and count the flags."""
    held_out = (
        d for d in read_all(data, corpus) if d.part != "train" and d.source in ("web", "ptc", "corpus")
    )
    paragraphs = [p for d in held_out for p in d.text.split("\n") if len(p.split()) >= 8]
    for rate in side_rates(paragraphs, Detector.load(weights)):
        click.echo(
            f"{rate.kind:9} {rate.side:10} {rate.texts:5} texts {rate.flags_per_text:.3f} flags a text,"
            f" {rate.changed:.3f} changed"
        )


def _train(
    data: Path,
    corpus: Path,
    run: Path,
    epochs: int | None,
    seed: int,
    teacher_epochs: int,
    from_release: bool,
    transfer: Path | None,
) -> Path:
    """Train the teacher, let it score the training texts, train the network that is shipped.

    Or, `from_release`, teach the released network who speaks, with itself as the teacher of all else.
    """
    # The teacher's scores of a text serve for each reading of it, so readings are not scored again, and where its
    # scores are the whole target readings are not needed.
    documents, readings, unlabelled = _texts(data, corpus, transfer)
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    # Labels of whole comments say too little of where for the time that they cost.
    placed = [d for d in documents if d.source != "tq"]
    if from_release:
        released = read_graph(WEIGHTS / "model.onnx")
        recipe = replace(FURTHER, epochs=epochs or FURTHER.epochs, seed=seed)
        return train([*placed, *unlabelled], recipe, run / "student", deepcopy(released), released)
    taught = run / "teaching.npz"
    if not taught.exists():
        teacher = TeacherNetwork.from_mpnet(mpnet_folder(run))
        recipe = replace(TEACHER, epochs=teacher_epochs, seed=seed)
        weights = train([*placed, *readings], recipe, run / "teacher", teacher)
        teacher.load_state_dict(torch.load(weights, weights_only=True))
        tokenizer = Tokenizer(encoder_folder() / "tokenizer.json")
        teach([*(d for d in documents if d.part == "train"), *unlabelled], tokenizer, teacher, taught)
    torch.manual_seed(seed)
    return train(
        [*documents, *readings, *unlabelled],
        replace(Recipe(), epochs=epochs or Recipe().epochs, seed=seed),
        run / "student",
        SpanNetwork.from_minilm(),
        Teaching.read(taught),
    )


def _texts(
    data: Path, corpus: Path, transfer: Path | None
) -> tuple[list[Document], list[Document], list[Document]]:
    """Return the documents, our readings of some of them and of texts without labels, and the latter texts."""
    documents = read_all(data, corpus)
    unlabelled = list(with_speech(read_transfer(transfer), corpus / "speech.jsonl")) if transfer else []
    paths = sorted(corpus.glob("*readings.jsonl"))
    readings = [r for path in paths for r in read_readings(path, [*documents, *unlabelled])]
    return documents, readings, unlabelled


def _release(data: Path, corpus: Path, weights: Path, folder: Path) -> None:
    sources = {path.name.replace("-", "_"): path for path in sorted(data.iterdir()) if path.is_dir()}
    sources |= {"corpus": corpus, "trained_weights": weights}
    release(weights, read_all(data, corpus), sources, version("spinmark"), folder)
    if folder == WEIGHTS:
        readme = folder.parents[1] / "README.md"
        readme.write_text(
            with_figures(readme.read_text(encoding="utf-8"), folder / "card.toml"), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
