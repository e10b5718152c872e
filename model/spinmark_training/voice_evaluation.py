"""`python -m spinmark_training.voice_evaluation CORPUS`: how often `spinmark.voice` is right on our corpus and real pages."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import click

from spinmark.scorer import Scorer
from spinmark.tokens import Tokenizer
from spinmark.voice import SpeechScores, naming
from spinmark.voice.trust import PACKAGED
from spinmark_training.contest_fit import speech_scores
from spinmark_training.data import Document, Part, read_all, read_corpus, read_transfer, with_speech
from spinmark_training.voice_fit import (
    PAGE_WEIGHT,
    choices,
    fit_bounds,
    fit_naming,
    write_bounds,
    write_names,
)
from spinmark_training.voice_tally import in_sentences, in_speech, measure, ways


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the published data sets: its web articles whose speech we marked count as well.",
)
@click.option(
    "--transfer",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Texts without labels (tools/transfer_texts.py): a fit learns from those whose speech we marked.",
)
@click.option(
    "--weights",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of weights whose heads join in; form alone without it.",
)
@click.option(
    "--part", type=click.Choice(["train", "dev", "test"]), multiple=True, default=("dev",), show_default=True
)
@click.option(
    "--fit",
    "fitted",
    is_flag=True,
    help="First fit voice/naming.toml to the train part and the bounds of voice/trust.toml to train and dev, and write them.",
)
@click.option(
    "--ways", "by_way", is_flag=True, help="Count instead how often each way of form to a speaker is right."
)
def main(
    corpus: Path,
    data: Path | None,
    transfer: Path | None,
    weights: Path | None,
    part: tuple[Part, ...],
    fitted: bool,
    by_way: bool,
) -> None:
    """Measure voice, speaker and contest over the marked passages of CORPUS, and of real pages."""
    documents = [d for d in read_corpus(corpus) if d.spans]
    lent = [] if data is None else read_all(data, corpus)
    if transfer is not None:
        lent += with_speech(read_transfer(transfer), corpus / "speech.jsonl")
    lent = [d for d in lent if d.source != "corpus" and d.speech is not None]
    pages = [d for d in lent if d.source == "web"]
    if by_way:
        counted = ways(d for d in (*documents, *map(in_speech, pages)) if d.part in part)
        for way, (right, given) in sorted(counted.items(), key=lambda item: -item[1][1]):
            click.echo(f"{way:32} {right / given:.2f} of {given}")
        return
    heads: Callable[[str], SpeechScores | None] = lambda _: None  # noqa: E731
    if weights is not None:
        tokenizer, scorer = Tokenizer(weights / "tokenizer.json"), Scorer(weights)
        heads = cache(lambda text: speech_scores(text, tokenizer, scorer))
    if fitted:
        if weights is None:
            raise click.UsageError("--fit needs --weights: it is about the model's heads.")
        learned = [d for d in documents if d.part == "train"]
        for text in lent:
            learned += [in_speech(text)] * _weight(text) if text.part == "train" else []
        write_names(fit_naming(choices(_heard(learned, heads))), naming.PACKAGED)
        judged = [d for d in documents if d.part != "test"]
        for text in lent:
            judged += [text, in_sentences(text)] * _weight(text) if text.part == "train" else []
        write_bounds(fit_bounds(_heard(judged, heads)), PACKAGED)
    views: tuple[tuple[str, list[Document]], ...] = (
        ("our corpus", documents),
        ("web articles", pages),
        ("web articles, all speech", [in_speech(d) for d in pages]),
        ("web articles, whole sentences", [in_sentences(d) for d in pages]),
    )
    for one in part:
        for title, those in views:
            of_part = [d for d in those if d.part == one]
            if of_part:
                click.echo("\n".join((f"{title}, {one}", *measure(of_part, heads).lines())))


def _weight(document: Document) -> int:
    return PAGE_WEIGHT if document.source == "web" else 1


def _heard(
    documents: Iterable[Document], heads: Callable[[str], SpeechScores | None]
) -> Iterator[tuple[Document, SpeechScores]]:
    for document in documents:
        scores = heads(document.text)
        if scores is not None:
            yield document, scores


if __name__ == "__main__":
    main()
