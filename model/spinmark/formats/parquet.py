"""Rows -> Arrow: a Parquet file, Zstandard within, or a table in memory, its columns typed and explained."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from spinmark.errors import OptionError, installing
from spinmark.formats.table import COLUMNS, NAMES, Row, rows
from spinmark.report import SCHEMA, Report

__all__ = ["ParquetTable", "flags_table"]

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_ROWS = 10_000
"""Rows held in memory; Parquet is read by groups of this size."""


def flags_table(reports: Iterable[Report]) -> "pa.Table":
    """Return the table that `--format parquet` writes: one row a flag, one for a report without any.

    `flags_table(reports).to_pandas()` is a data frame. Raises: OptionError where pyarrow is missing.
    """
    schema = _schema()
    import pyarrow as pa

    return pa.Table.from_batches(
        [_batch([row for report in reports for row in rows(report)], schema)], schema
    )


def _schema() -> "pa.Schema":
    try:
        import pyarrow as pa
    except ImportError as error:
        raise OptionError("format", "parquet", f"pyarrow to be installed: {installing('parquet')}") from error
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    return pa.schema(
        [pa.field(c.name, types[c.type], metadata={"meaning": c.meaning}) for c in COLUMNS],
        metadata={"schema": SCHEMA},
    )


def _batch(rows_: list[Row], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    columns = {name: [_storable(row[name]) for row in rows_] for name in NAMES}
    return pa.RecordBatch.from_pydict(columns, schema=schema)


class ParquetTable:
    """A file of rows, complete once it is closed. Raises: OptionError where pyarrow is missing."""

    def __init__(self, out: BinaryIO | Path) -> None:
        self._schema = _schema()
        from pyarrow.parquet import ParquetWriter

        self._writer = ParquetWriter(out, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def write(self, rows: Iterable[Row]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_batch(_batch(self._rows, self._schema))
            self._rows = []


def _storable(value: object) -> object:
    """Replace what UTF-8 cannot hold."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
