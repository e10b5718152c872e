"""Rows -> a Parquet file, Zstandard within, the columns typed and the contract's name in its metadata."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from spinmark.errors import OptionError
from spinmark.formats.table import COLUMNS, NAMES, Row
from spinmark.report import SCHEMA

GROUP_ROWS = 10_000
"""Rows held in memory; Parquet is read by groups of this size."""


class ParquetTable:
    """A file of rows, complete once it is closed. Raises: OptionError where pyarrow is missing."""

    def __init__(self, out: BinaryIO | Path) -> None:
        try:
            import pyarrow as pa
            from pyarrow.parquet import ParquetWriter
        except ImportError as error:
            raise OptionError(
                "format", "parquet", "pyarrow to be installed: pip install 'spinmark[parquet]'"
            ) from error
        types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
        self._schema = pa.schema(
            [pa.field(c.name, types[c.type], metadata={"meaning": c.meaning}) for c in COLUMNS],
            metadata={"schema": SCHEMA},
        )
        self._batch = pa.RecordBatch
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
            columns = {name: [_storable(row[name]) for row in self._rows] for name in NAMES}
            self._writer.write_batch(self._batch.from_pydict(columns, schema=self._schema))
            self._rows = []


def _storable(value: object) -> object:
    """Replace what UTF-8 cannot hold."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
