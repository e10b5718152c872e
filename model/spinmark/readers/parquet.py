"""Parquet: one row a document, read in small batches."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from spinmark.errors import InputError
from spinmark.readers.document import BadRow, Document, Fields, missing
from spinmark.readers.needed import needed
from spinmark.readers.opening import seekable

BATCH_ROWS = 256

BUFFER_BYTES = 1024**2
"""Read piece by piece: data frames are often written as one row group, whose column would be held as a whole."""


def read_parquet(
    stream: BinaryIO, name: str, fields: Fields, rows: range | None = None
) -> Iterator[Document | BadRow]:
    """Yield one document or bad row for each row, in order, or for some rows alone, counted from 0.

    Raises: InputError.
    """
    with needed(name, "parquet"):
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    with seekable(stream, name) as source:
        number = 0
        try:
            file = ParquetFile(source, pre_buffer=False, buffer_size=BUFFER_BYTES)
            names = file.schema_arrow.names
            if fields.text not in names:
                raise InputError(name, missing("column", fields.text, names))
            wanted = dict.fromkeys((fields.text, fields.id, fields.date))
            columns = [f for f in wanted if f is not None and f in names]
            sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
            number, groups = _groups(sizes, rows)
            for batch in file.iter_batches(BATCH_ROWS, groups, columns=columns, use_threads=False):
                values = {column: batch.column(column) for column in columns}
                for i in range(batch.num_rows):
                    number += 1
                    if rows is None or number - 1 in rows:
                        yield _row(values, i, number, fields)
                if rows is not None and number >= rows.stop:
                    return
        except (pa.ArrowException, OSError) as error:
            where = f" after row {number:,}" if number else ""
            raise InputError(name, f"is no Parquet file or is damaged{where}") from error


def _row(values: dict[str, Any], i: int, number: int, fields: Fields) -> Document | BadRow:
    try:
        row = {column: array[i].as_py() for column, array in values.items()}
    except UnicodeDecodeError:
        return BadRow(None, f"row {number} is not UTF-8")
    id_ = row.get(fields.id)
    if isinstance(id_, bool) or not isinstance(id_, str | int | None):
        id_ = str(id_)
    text = row[fields.text]
    if not isinstance(text, str):
        return BadRow(id_, f"row {number} has no string in {fields.text!r}")
    date = row.get(fields.date) if fields.date is not None else None
    return Document(id_, text, date=None if date is None else str(date))


def _groups(sizes: Sequence[int], rows: range | None) -> tuple[int, list[int]]:
    """Return how many rows stand before the row groups that hold some rows, or all, and which groups these are.

    >>> _groups([10, 5, 10], range(12, 16))
    (10, [1, 2])
    """
    before = start = 0
    groups: list[int] = []
    for index, size in enumerate(sizes):
        end = start + size
        if rows is None or (start < rows.stop and end > rows.start):
            before = before if groups else start
            groups.append(index)
        start = end
    return before, groups


def row_groups(path: Path, name: str) -> list[tuple[int, int]]:
    """Return the rows and the bytes of each row group. Raises: InputError."""
    with needed(name, "parquet"):
        import pyarrow as pa
        from pyarrow.parquet import read_metadata
    try:
        metadata = read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(name, "is no Parquet file or is damaged") from error
    groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
    return [(group.num_rows, group.total_byte_size) for group in groups]
