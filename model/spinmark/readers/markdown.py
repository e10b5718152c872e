"""Markdown -> its prose, at the same offsets: whatever is not meant to be read as a sentence becomes blanks.

A block quote is somebody's words: it gets quotation marks in place of its `>` and its last line break, as those of
a web page do.

The text of a document stays the file as it stands, so that a flag's offsets, lines and columns are those that
an editor shows and `check` can point to; only the detector reads the prose. HTML has no such choice: its
entities and its layout make the file's own characters useless as text.

markdown-it-py (MIT, no compiled parts) finds the blocks; it gives no offsets within a line, so the marks there
are found by patterns.
"""

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt

_LONE_RETURN = re.compile(r"\r(?!\n)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_FRONT_MATTER = re.compile(
    r"\A(?P<fence>---|\+\+\+)[ \t]*\r?\n.*?^(?P=fence)[ \t]*\r?$", re.DOTALL | re.MULTILINE
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\r\n]+\]:[ \t]*\S[^\r\n]*", re.MULTILINE)
_PREFIX = re.compile(r"[ \t]*(?:(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])|#{1,6}(?=[ \t]))[ \t]*)+")

# A call-out is written as a block quote, and is the author's own.
_CALL_OUT = re.compile(
    r"[ \t>]*(?:\[!\w+\]|[*_]*(?:note|tip|hint|info|important|warning|caution|danger|attention|update|edit|tl;?dr)\b)",
    re.IGNORECASE,
)
_OWN_MARK = re.compile(r"[ \t>]*[“”\"«»„‘’']")
_SOURCE = re.compile(r"[ \t>]*(?P<dash>[–—]|--?)[ \t]*(?=[^\W\d_])[^\n]{2,80}(?<![.?!])$")
_EMPTY = re.compile(r"[ \t]*(?:>[ \t]*)+\s*")
_NOTHING_MORE = re.compile(r"[ \t>]*(?:\n|\Z)")

# Blanked in this order within the lines of a block of prose; the first group where there is one.
_INLINE = (
    re.compile(r"(?<!`)(`+)(?!`)(?:(?!\1).)*+\1(?!`)", re.DOTALL),  # code
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"<(?:https?|mailto|ftp):[^<>\s]*>", re.IGNORECASE),
    re.compile(r"</?[a-zA-Z][^<>]*>"),
    re.compile(r"\b(?:https?://|www\.)[^\s<>()\[\]]*[^\s<>()\[\].,;:!?'\"*_]"),
)
_LINK_END = re.compile(
    r"\]\((?:[^()\\\n]|\\.|\([^()\n]*\))*\)|\]\[[^\[\]\n]*\]"
)  # the target of [words](target "title") and of [words][name]
_MARKS = (
    re.compile(r"(?<!\\)\*+(?=\S)|(?<=\S)(?<!\\)\*+"),  # emphasis
    re.compile(r"(?<![\w\\])_+(?=\S)|(?<=\S)(?<!\\)_+(?!\w)"),
    re.compile(r"~~"),
    re.compile(r"\\(?=[!-/:-@\[-`{-~])"),
)


def prose(text: str) -> str:
    """Return `text` with blanks in place of code, front matter, HTML, link targets, URLs and marks.

    Line breaks within a paragraph become blanks too, as Markdown reads them, and a block quote has quotation marks.

    >>> prose("Never `rm` **this**, see [the note](https://example.org/a).")
    'Never        this  , see  the note                        .'
    """
    out = list(_LONE_RETURN.sub("\n", text))
    front = _FRONT_MATTER.match("".join(out))
    if front is not None:
        _blank(out, 0, front.end())
    body = "".join(out)
    for match in _DEFINITION.finditer(body):
        _blank(out, *match.span())
    starts = [match.start() for match in _LINE.finditer(body)]
    starts.append(len(body))

    def extent(first: int, end: int) -> tuple[int, int]:
        return starts[min(first, len(starts) - 1)], starts[min(end, len(starts) - 1)]

    in_table = in_quote = 0
    quotes: list[list[tuple[int, int]]] = []
    for token in _parser().parse(body.replace("\0", " ")):
        in_table += {"table_open": 1, "table_close": -1}.get(token.type, 0)
        in_quote += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "blockquote_open" and in_quote == 1:
            quotes.append([])
        if token.map is None:
            continue
        first, end = token.map
        if token.type in ("fence", "code_block", "html_block", "hr"):
            _blank(out, *extent(first, end))
        elif token.type == "table_open":
            _blank(out, *extent(first + 1, first + 2))
        elif token.type == "heading_open" and token.markup in ("=", "-"):
            _blank(out, *extent(end - 1, end))
        elif token.type == "inline":
            _blank_block(out, body, starts, first, end, bool(in_table))
            if in_quote and not in_table:
                quotes[-1].append((first, end))
    for quote in quotes:
        _mark_quotation(out, body, starts, quote)
    return "".join("\r" if new == "\n" and old == "\r" else new for old, new in zip(text, out, strict=True))


def _blank_block(out: list[str], body: str, starts: list[int], first: int, end: int, in_table: bool) -> None:
    """Blank what is not prose in the lines of one paragraph, heading or table row."""
    block_start, block_end = starts[first], starts[end]
    for line in range(first, end):
        line_end = starts[line + 1]
        prefix = _PREFIX.match(body, starts[line], line_end)
        if prefix is not None:
            _blank(out, *prefix.span())
        stripped = body[starts[line] : line_end].rstrip("\r\n")
        last = line == end - 1
        hard = stripped.endswith(("  ", "\\"))
        if not last and not hard and not in_table:
            _blank(out, starts[line] + len(stripped), line_end, breaks=True)
    for pattern in _INLINE:
        for match in pattern.finditer("".join(out[block_start:block_end])):
            _blank(out, block_start + match.start(), block_start + match.end())
    for start, stop in _link_marks("".join(out[block_start:block_end])):
        _blank(out, block_start + start, block_start + stop)
    for pattern in _MARKS:
        for match in pattern.finditer("".join(out[block_start:block_end])):
            _blank(out, block_start + match.start(), block_start + match.end())
    if in_table:
        for i in range(block_start, block_end):
            if out[i] == "|":
                out[i] = " "


def _mark_quotation(out: list[str], body: str, starts: list[int], paragraphs: list[tuple[int, int]]) -> None:
    """Open a quotation in each paragraph of a block quote and close it in the last, before the line with its source.

    The mark that closes stands in place of a line break, so that only one is there which a blank line follows.
    """
    if not paragraphs:
        return
    begin = starts[paragraphs[0][0]]
    if _OWN_MARK.match(body, begin) or _CALL_OUT.match(body, begin):
        return
    first, end = paragraphs[-1]
    for line in range(paragraphs[0][0], end):
        if _EMPTY.fullmatch(body, starts[line], starts[line + 1]):
            _blank(out, starts[line], starts[line + 1])
    last = starts[end - 1]
    in_paragraph = end - first > 1
    source = _SOURCE.match("".join(out[last : starts[end]]).rstrip())
    if source is not None and (in_paragraph or len(paragraphs) > 1):
        dash = source["dash"]
        out[last + source.start("dash") : last + source.end("dash")] = "–".ljust(len(dash))
        if not in_paragraph:
            paragraphs = paragraphs[:-1]
    else:
        source = None
    for opening, _ in paragraphs:
        mark = body.find(">", starts[opening], starts[opening + 1])
        if mark >= 0:
            out[mark] = "“"
    if source is not None and in_paragraph:
        out[last - 1] = "”"
        return
    end = paragraphs[-1][1]
    close = starts[end - 1] + len(body[starts[end - 1] : starts[end]].rstrip())
    line_break = body.find("\n", close)
    if close < line_break or (line_break >= 0 and _NOTHING_MORE.match(body, close + 1)):
        out[close] = "”"


def _link_marks(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the marks of links and pictures stand; the words between them stay."""
    opened: list[int] = []
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == "[":
            opened.append(at)
        elif text[at] == "]" and opened:
            start = opened.pop()
            end = _LINK_END.match(text, at)
            if end is not None:
                yield (start - 1 if text[start - 1 : start] == "!" else start), start + 1
                yield at, end.end()
                at = end.end()
                continue
        at += 1


def _blank(out: list[str], start: int, end: int, breaks: bool = False) -> None:
    for i in range(start, end):
        if breaks or out[i] not in "\r\n":
            out[i] = " "


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")
