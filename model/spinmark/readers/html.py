"""HTML -> the main text of the page, paragraphs apart, without navigation, comments and what is hidden.

trafilatura does it: of the kept extractors (Apache-2.0) it has the best mean score in the comparison of
Bevendorff et al., "An Empirical Comparison of Web Content Extraction Algorithms" (SIGIR 2023). On our pages
resiliparse, which is a third of its size, kept teasers and lost lists; readability keeps no more than one
column; selectolax parses and leaves the choice to its caller.

What a page sets off as a quotation gets the marks of one, as browsers show `<q>`, since layout is all that says so
and text has no layout: `<blockquote>` opens with a mark in each paragraph, and ends with whom it is by, where the
page says that in it or in a caption.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from spinmark.errors import InputError
from spinmark.readers import limits
from spinmark.readers.document import Notice
from spinmark.readers.encoding import decode
from spinmark.readers.needed import needed

if TYPE_CHECKING:
    from lxml.html import HtmlElement

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
    _mark_quotations(tree)
    text = trafilatura.extract(tree, include_comments=False, include_tables=True, output_format="txt")
    blocks = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if not blocks:
        raise InputError(name, "is a page without running text")
    return "\n\n".join(blocks) + "\n"


_SOURCE = (
    ".//footer | ./cite[not(following-sibling::*)] | .//*[self::p or self::div][count(*) = 1 and cite and"
    " normalize-space(translate(text(), '–—-', '')) = '']"
)
_MARKS = "“”\"«»„‘’'"


def _mark_quotations(tree: HtmlElement) -> None:
    for quoted in list(tree.iter("q")):
        _surround(quoted, *("‘’" if next(quoted.iterancestors("q"), None) is not None else "“”"))
    for quoted in list(tree.iter("q")):
        quoted.drop_tag()
    for block in tree.xpath("//blockquote[not(ancestor::blockquote)]"):
        sources = block.xpath(_SOURCE)
        figure = next(block.iterancestors("figure"), None)
        if figure is not None:
            figure.tag = "div"  # the extractor drops figures
            sources += figure.xpath("./figcaption")
        by = next((name for source in sources if (name := _words(source).lstrip("–—- "))), "")
        for source in sources:
            if source.getparent() is not None:
                source.drop_tree()
        paragraphs = [p for p in block.xpath(".//p | .//li") if _words(p)] or [block]
        if not _words(block):
            continue
        marked = _words(paragraphs[0])[0] in _MARKS
        for paragraph in paragraphs if not marked else ():
            _surround(paragraph, "“", "”" if paragraph is paragraphs[-1] else "")
        if by:
            _surround(paragraphs[-1], "", f" – {by}")


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _surround(element: HtmlElement, opening: str, closing: str) -> None:
    """Write `opening` before the text of an element and `closing` after it."""
    if opening:
        element.text = opening + (element.text or "").lstrip()
    if closing and len(element):
        element[-1].tail = (element[-1].tail or "").rstrip() + closing
    elif closing:
        element.text = (element.text or "").rstrip() + closing


def _declared(content: bytes) -> str | None:
    """Return the codec that the page declares; Latin-1 means windows-1252, as the standard has it."""
    found = _DECLARED.search(content[:_DECLARATION_BYTES])
    if found is None:
        return None
    label = found[1].decode("ascii").lower()
    return "cp1252" if label in ("iso-8859-1", "latin1", "us-ascii", "ascii") else label
