"""The one document that some verbs read."""

from pathlib import Path

import click

from spinmark.corpus import Document, Fields, documents
from spinmark.errors import InputError
from spinmark.formats import printable
from spinmark.readers import Kind


def the_document(
    path: Path, kind: Kind | None, id_: str | None = None, fields: Fields | None = None
) -> Document:
    """Return what the file holds; of a file with several rows the one that has the id.

    Raises: click.ClickException where it cannot be read, click.UsageError where it is not one document.
    """
    found: Document | None = None
    for source, item in documents(
        [path],
        kind,
        fields or Fields(),
        notice=lambda source, sentence: click.echo(f"spinmark: {printable(source)}: {sentence}", err=True),
    ):
        if isinstance(item, InputError):
            raise click.ClickException(printable(str(item)))
        if id_ is not None and str(item.id) != id_:
            continue
        if not isinstance(item, Document):
            raise click.ClickException(f"{printable(source)}: {item.reason}")
        if found is not None:
            raise click.UsageError(f"{printable(source)} holds several documents; say which by --id.")
        found = item
    if found is None:
        raise click.ClickException(
            f"{printable(str(path))}: has no row with the id {id_!r}"
            if id_
            else f"{printable(str(path))}: holds no document"
        )
    return found
