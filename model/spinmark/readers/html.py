"""HTML -> the main text of the page, paragraphs apart, without navigation, comments and what is hidden.

trafilatura does it: of the kept extractors (Apache-2.0) it has the best mean score in the comparison of
Bevendorff et al., "An Empirical Comparison of Web Content Extraction Algorithms" (SIGIR 2023). On our pages
resiliparse, which is a third of its size, kept teasers and lost lists; readability keeps no more than one
column; selectolax parses and leaves the choice to its caller.
"""

import logging
import re

from spinmark.errors import InputError
from spinmark.readers import limits
from spinmark.readers.document import Notice
from spinmark.readers.encoding import decode
from spinmark.readers.needed import needed

_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_DECLARATION_BYTES = 1024  # as far as browsers look

_HIDDEN = (
    "//*[@hidden or @aria-hidden='true' or contains(translate(@style, ' ABCDEFGHIJKLMNOPQRSTUVWXYZ',"
    " 'abcdefghijklmnopqrstuvwxyz'), 'display:none')]"
)


def page_text(content: bytes, name: str, notice: Notice) -> str:
    """Return the text of the page. Raises: InputError where it has none."""
    if len(content) > limits.MAX_HTML_BYTES:
        raise InputError(name, f"is a page of more than {limits.MAX_HTML_BYTES:,} bytes")
    page = decode(content, name, notice, _declared(content))
    with needed(name, "html"):
        import trafilatura
        from lxml import etree, html
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its messages hold parts of the page
    parser = html.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise InputError(name, "is an empty page") from error
    if sum(1 for _ in tree.iter()) > limits.MAX_HTML_ELEMENTS:
        raise InputError(name, f"is a page of more than {limits.MAX_HTML_ELEMENTS:,} elements")
    for element in tree.xpath(_HIDDEN):
        if element.getparent() is not None:
            element.drop_tree()
    text = trafilatura.extract(tree, include_comments=False, include_tables=True, output_format="txt")
    blocks = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if not blocks:
        raise InputError(name, "is a page without running text")
    return "\n\n".join(blocks) + "\n"


def _declared(content: bytes) -> str | None:
    """Return the codec that the page declares; Latin-1 means windows-1252, as the standard has it."""
    found = _DECLARED.search(content[:_DECLARATION_BYTES])
    if found is None:
        return None
    label = found[1].decode("ascii").lower()
    return "cp1252" if label in ("iso-8859-1", "latin1", "us-ascii", "ascii") else label
