"""Files -> documents: one module a format, each giving the text that offsets refer to.

| format | the text of a document | needs |
|---|---|---|
| text | the file as it stands | |
| markdown | the file as it stands; what is no prose is blanked for the detector alone | |
| html | the main text of the page, taken out | `spinmark[html]` |
| pdf | the text of the pages, taken out, lines joined to paragraphs | `spinmark[pdf]` |
| jsonl, csv, tsv, parquet | one field of each row | `spinmark[parquet]` for the last |

Any of them may be packed by gzip, or by Zstandard with `spinmark[zst]`.
"""

from spinmark.readers.document import BadRow, Document, Fields, Notice
from spinmark.readers.kinds import KINDS, ROWS, Kind, kind_of
from spinmark.readers.read import read
from spinmark.readers.walk import expand

__all__ = ["KINDS", "ROWS", "BadRow", "Document", "Fields", "Kind", "Notice", "expand", "kind_of", "read"]
