"""`python -m spinmark_training`: train, export, evaluate."""

from dataclasses import replace
from pathlib import Path

import click

from spinmark_training.data import read_all
from spinmark_training.train import Recipe, train

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Train Spinmark's model and write `spinmark/weights/`."""


@main.command("train")
@click.option("--data", type=FOLDER, required=True, help="Folder of the published data sets.")
@click.option("--corpus", type=FOLDER, required=True, help="Folder of our own corpus, in markup.")
@click.option("--annotations", type=FILE, multiple=True, help="Further .ann files for the web articles.")
@click.option(
    "--run", "run_folder", type=click.Path(path_type=Path), required=True, help="Checkpoints and log."
)
@click.option("--epochs", type=int, default=Recipe().epochs, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def train_command(
    data: Path, corpus: Path, annotations: tuple[Path, ...], run_folder: Path, epochs: int, seed: int
) -> None:
    """Train; after a stop the same command goes on where the last whole epoch ended."""
    documents = read_all(data, corpus, annotations)
    weights = train(documents, replace(Recipe(), epochs=epochs, seed=seed), run_folder)
    click.echo(weights)


if __name__ == "__main__":
    main()
