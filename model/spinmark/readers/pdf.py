"""PDF -> the text of its pages, printed lines joined to paragraphs.

pypdf reads it: pure Python (BSD-3), so a hostile file meets no native parser, and in our comparison its text
was that of PDFium, ligatures apart, which are undone here; pdfplumber reads across columns.
"""

import io
import logging
import re
import statistics
import unicodedata
from collections import Counter

from spinmark.errors import InputError
from spinmark.readers.document import Notice
from spinmark.readers.needed import needed

FULL_LINE = 0.8
"""A line of at least this share of the usual length runs on in the next one, unless a sentence ends there."""

MAX_PAGES = 5_000

_LIGATURE = re.compile("[\ufb00-\ufb06]")
_DIGITS = re.compile(r"\d+")
_ENDED = re.compile(r"""[.!?…:]["'”’»)\]]*$""")


def pdf_text(content: bytes, name: str, notice: Notice) -> str:
    """Return the text of the file. Raises: InputError where it has none."""
    with needed(name, "pdf"):
        from pypdf import PdfReader
        from pypdf.errors import DependencyError
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its messages hold parts of the file
    pages: list[list[str]] = []
    failed = 0
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(name, "is locked by a password")
        if len(reader.pages) > MAX_PAGES:
            raise InputError(name, f"has {len(reader.pages):,} pages, the most is {MAX_PAGES:,}")
        for page in reader.pages:
            try:
                pages.append(page.extract_text().splitlines())
            except (InputError, MemoryError):
                raise
            except Exception:  # noqa: BLE001  (a damaged page is answered by errors of many kinds)
                failed += 1
    except (InputError, MemoryError):
        raise
    except DependencyError as error:
        raise InputError(name, "is encrypted in a way that needs the library cryptography") from error
    except Exception as error:  # pypdf answers damaged files by errors of many kinds
        raise InputError(name, "is no PDF or is damaged") from error
    if failed:
        notice(f"{failed} of {failed + len(pages)} pages could not be read")
    text = paragraphs(_without_margins(pages))
    if not text.strip():
        raise InputError(name, "holds no text; pictures of pages must go through character recognition first")
    return text


def paragraphs(pages: list[list[str]]) -> str:
    """Join printed lines to paragraphs, over page breaks too, and undo hyphenation and ligatures.

    >>> paragraphs([["The council of Odla voted on Mon-", "day to close the old mill on Tannery", "Lane."]])
    'The council of Odla voted on Monday to close the old mill on Tannery Lane.\\n'
    """
    lines = [_LIGATURE.sub(_apart, line).strip() for page in pages for line in page]
    lengths = sorted(len(line) for line in lines if line)
    usual = statistics.quantiles(lengths, n=10)[7] if len(lengths) > 1 else 0
    blocks: list[str] = []
    running = False
    for line in lines:
        if not line:
            running = False
            continue
        if not running:
            blocks.append(line)
        elif blocks[-1].endswith("\xad") or (re.search(r"[^\W\d_]-$", blocks[-1]) and line[0].islower()):
            blocks[-1] = blocks[-1][:-1] + line
        else:
            blocks[-1] += " " + line
        full = len(line) >= FULL_LINE * usual
        running = full if not _ENDED.search(line) else len(line) >= usual
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _apart(ligature: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", ligature[0])


def _without_margins(pages: list[list[str]]) -> list[list[str]]:
    """Drop the numbers and the running titles at the head and foot of pages: what three of them share there."""
    seen = Counter(
        _DIGITS.sub("0", line.strip()) for page in pages for line in {*page[:1], *page[-1:]} if line.strip()
    )

    def is_margin(line: str) -> bool:
        return line.strip().isdigit() or seen[_DIGITS.sub("0", line.strip())] >= 3

    kept = []
    for page in pages:
        start, end = 0, len(page)
        if end and is_margin(page[0]):
            start = 1
        if end > start and is_margin(page[-1]):
            end -= 1
        kept.append(page[start:end])
    return kept
