"""File name -> the format that it announces."""

from pathlib import PurePath
from typing import Literal, get_args

Kind = Literal["text", "markdown", "html", "pdf", "jsonl", "csv", "tsv", "parquet"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROWS: frozenset[Kind] = frozenset({"jsonl", "csv", "tsv", "parquet"})

PACKED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}

SUFFIXES: dict[str, Kind] = {
    ".txt": "text", ".text": "text",
    ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".pdf": "pdf",
    ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv", ".tab": "tsv",
    ".parquet": "parquet",
}  # fmt: skip


def packing_of(name: PurePath) -> str | None:
    """Return how the file is packed, by its name: `gzip`, `zstd` or None."""
    return PACKED.get(name.suffix.lower())


def announced(name: PurePath) -> Kind | None:
    """Return the format that the name announces, None where it announces none.

    >>> announced(PurePath("rows.JSONL.gz")), announced(PurePath("notes"))
    ('jsonl', None)
    """
    bare = name.with_suffix("") if packing_of(name) else name
    return SUFFIXES.get(bare.suffix.lower())


def kind_of(name: PurePath) -> Kind:
    """Return the format that the name announces; a name that announces none is text."""
    return announced(name) or "text"
