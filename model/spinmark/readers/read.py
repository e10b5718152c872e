"""An opened source -> its documents, by its format."""

from collections.abc import Iterator
from typing import BinaryIO

from spinmark.readers.delimited import read_delimited
from spinmark.readers.document import BadRow, Document, Fields, Notice
from spinmark.readers.encoding import decode
from spinmark.readers.html import page_text
from spinmark.readers.jsonl import read_jsonl
from spinmark.readers.kinds import Kind
from spinmark.readers.opening import lines, read_whole
from spinmark.readers.parquet import read_parquet
from spinmark.readers.pdf import pdf_text


def read(
    stream: BinaryIO,
    name: str,
    kind: Kind,
    *,
    id: str | None = None,  # noqa: A002  (the contract's name)
    fields: Fields = Fields(),  # noqa: B008
    notice: Notice,
) -> Iterator[Document | BadRow]:
    """Yield what `stream` holds, in order; `id` becomes that of a source which is one document.

    Raises: InputError, where the source cannot be read or cannot be read any further.
    """
    match kind:
        case "jsonl":
            yield from read_jsonl(lines(stream), fields)
        case "csv" | "tsv":
            yield from read_delimited(stream, name, kind, fields, notice)
        case "parquet":
            yield from read_parquet(stream, name, fields)
        case "html":
            yield Document(id, page_text(read_whole(stream, name), name, notice), extracted=True)
        case "pdf":
            yield Document(id, pdf_text(read_whole(stream, name), name, notice), extracted=True)
        case "markdown":
            from spinmark.readers.markdown import prose

            text = decode(read_whole(stream, name), name, notice)
            yield Document(id, text, prose=prose(text))
        case "text":
            yield Document(id, decode(read_whole(stream, name), name, notice))
