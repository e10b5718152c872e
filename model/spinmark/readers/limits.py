"""How much of one thing is read: beyond it the thing, not the machine, gives up."""

MAX_DOCUMENT_BYTES = 64 * 1024**2
"""One text, page or PDF. The longest books hold 5 MB of text."""

MAX_HTML_BYTES = 8 * 1024**2
"""One web page. The extractor's memory is about 40 times the page."""

MAX_HTML_ELEMENTS = 100_000
"""The extractor takes some 0.2 ms for each; long articles have a few thousand. The parser bounds their depth."""

MAX_ROW_BYTES = 16 * 1024**2
"""One line of JSONL; for CSV and TSV as many characters."""

MAX_SPOOLED_BYTES = 16 * 1024**3
"""What a packed or piped Parquet file may take on disk, since it must be read from its end."""

FREE_UNPACKED_BYTES = 256 * 1024**2
MAX_UNPACKING_RATIO = 200
"""Packed files that grow beyond this much are given up once they hold more than the former. Logs of a
single repeated line reach about 150; bombs start at 1,000."""
