"""Reports -> what people and other programs read; `Report.to_json` is the contract's own form.

| module | gives |
|---|---|
| `terminal` | lines for a terminal, the passages marked in their context |
| `table`, `csv`, `parquet` | one row a flag |
| `annotations` | W3C Web Annotations, as JSON-LD |
| `sarif`, `github` | findings in files, for code hosts and editors |
| `page`, `notebook` | one text as a page that stands alone, and within a notebook |
| `summary`, `corpus_page`, `corpus_folder` | a corpus as a folder of pages |
"""

from spinmark.formats.terminal import printable, technique_lines, text_report, who_says_it

__all__ = ["printable", "technique_lines", "text_report", "who_says_it"]
