"""Direct speech by its form: quotation marks, and paragraphs that are set off without them.

Form alone decides here; who speaks is for `speakers`. Everything is one pass over the text's lines, a line
being what print calls a paragraph.
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from spinmark.report import Span

_MARK = re.compile(r"[\"“”„‟«»‹›‘’‚'″]|``|''")
_CLOSERS = {
    "“": "”“\"", "”": "”", "„": "“”\"‟", "‟": "”", "«": "»", "»": "«»", "‹": "›", "›": "‹›",
    '"': '"”“', "″": "″", "‘": "’'", "’": "’", "‚": "‘’", "'": "'’", "``": "''",
}  # fmt: skip
_SINGLE = frozenset("'’‘‚")
_OPENS_AFTER = frozenset(" \t\xa0\u202f([{/—–-:=>\"“„«‘'‚¿¡…*_~")

# Words that begin with an apostrophe, which is no quotation mark.
_ELISION = re.compile(
    r"['’‘](?:em|tis|twas|twere|til|till|cause|cos|cuz|bout|round|n|nuff|ere|\d\ds)\b", re.IGNORECASE
)
_SINGLE_CLOSE = re.compile(r"(?<=[^\s(\[{])['’](?!\w)")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A stretch between quotation marks.

    `inner` is without the marks, `outer` with them. `closed` is False where the paragraph ends first.
    `continues` says that it re-opens what the paragraph or the sentence before left open.
    """

    inner: Span
    outer: Span
    closed: bool = True
    continues: bool = False


def lines(text: str) -> list[Span]:
    """Return the lines of `text` that hold anything, without their line breaks and outer white space."""
    return [Span(m.start(), m.end()) for m in re.finditer(r"[^\s](?:[^\n\r]*[^\s])?", text)]


def quotations(text: str, text_lines: list[Span]) -> list[Quotation]:
    """Return all quotations, outer before inner.

    >>> text = "“I said ‘no’,” the boys' teacher wrote."
    >>> [text[q.inner.start : q.inner.end] for q in quotations(text, lines(text))]
    ['I said ‘no’,', 'no']
    """
    found: list[Quotation] = []
    left_open: Quotation | None = None
    between: list[Span] = []
    for line in text_lines:
        scan = _scan(text, line)
        if left_open is not None:
            opener = text[left_open.outer.start : left_open.inner.start]
            if text.startswith(opener, line.start):
                between = []
                scan.found = [
                    replace(q, continues=True) if q.outer.start == line.start else q for q in scan.found
                ]
            elif scan.stray_close is not None and text[scan.stray_close] in _CLOSERS[opener]:
                # The paragraphs in between were not re-opened, yet the last of them closes the quotation.
                last = Span(line.start, scan.stray_close)
                found += [
                    Quotation(span, span, closed=False, continues=True)
                    for span in (*between, last)
                    if len(span)
                ]
                left_open = None
            elif len(between) < _LONGEST_GAP:
                between.append(line)
            else:
                left_open = None
        elif (stray := _closing_alone(text, line, scan)) is not None:
            found.append(Quotation(Span(line.start, stray), Span(line.start, stray + 1)))
        found += scan.found
        unclosed = next((q for q in scan.found if not q.closed), None)
        if unclosed is not None:
            left_open, between = unclosed, []
        elif scan.found and scan.found[0].continues:
            left_open = None
    return found


def _closing_alone(text: str, line: Span, scan: "_Scan") -> int | None:
    """Return where the curly mark stands that closes a quotation from the line's beginning, whose opening mark is missing."""
    at = scan.stray_close
    if at is None or at == line.start or text[at] != "”" or any(q.outer.start < at for q in scan.found):
        return None
    return at


def introduced(text: str, text_lines: list[Span]) -> list[Quotation]:
    """Return the paragraphs that are set off without marks, as block quotes are: the one after `Ada Krohl wrote:`.

    >>> text = "As Ada Krohl wrote in May:\\n\\nI never saw the letter.\\n\\nShe did."
    >>> [text[q.inner.start : q.inner.end] for q in introduced(text, lines(text))]
    ['I never saw the letter.']
    """
    found: list[Quotation] = []
    for lead, words in pairwise(text_lines):
        if (
            text[lead.end - 1] == ":"
            and _INTRODUCES.search(text, max(lead.start, lead.end - 120), lead.end)
            and _SET_OFF.match(text, words.start, words.end)
            and text[words.end - 1] in ".!?…"
        ):
            found.append(Quotation(words, words, closed=False))
    return found


_INTRODUCES = re.compile(
    r"\b(?:says?|said|saying|wrote|writes?|writing|puts? it|putting it|posted|tweeted|adds|added|adding|explains|explained|"
    r"continues|continued|reads?|states|stated|declares|declared|remarks|remarked|notes|noted|argues|argued|told|replies|"
    r"replied|answers|answered|concludes|concluded|recalls|recalled|observes|observed|"
    r"(?:statement|introduction|letter|brief|motion|post|e-?mail|message|note|tweet|release|memo|op-ed|review|essay|diary|speech))"
    r"\b[^.:;!?\n]{0,60}:$"
)
_SET_OFF = re.compile(r"(?![\"“„«‘'‚–—―•*·>\-\d#@(\[]|https?:|[a-z])(?:\S+\s+){3}\S")
"""What may be a block quote: no list, link or question, and no marks of its own."""


_LONGEST_GAP = 12
"""Paragraphs that a quotation may run on without a new opening mark."""


_DEEPEST = 6
"""Quotations inside one another; more open marks than these are noise, and would cost their square."""


@dataclass(slots=True)
class _Scan:
    """The quotations of one line, and where a mark closes what the line did not open."""

    found: list[Quotation]
    stray_close: int | None = None


def _scan(text: str, line: Span) -> _Scan:
    found: list[Quotation] = []
    stray: int | None = None
    open_marks: list[tuple[str, int, int, bool]] = []
    last_close = max((m.start() for m in _SINGLE_CLOSE.finditer(text, line.start, line.end)), default=-1)
    for mark in _MARK.finditer(text, line.start, line.end):
        sign = mark[0]
        before = text[mark.start() - 1] if mark.start() > line.start else " "
        after = text[mark.end()] if mark.end() < line.end else " "
        partner = next(
            (i for i in reversed(range(len(open_marks))) if sign in _CLOSERS[open_marks[i][0]]), None
        )
        if partner is not None and _closes(text, sign, before, after, mark.end(), last_close):
            _, outer, inner, goes_on = open_marks[partner]
            del open_marks[partner:]
            found.append(Quotation(Span(inner, mark.start()), Span(outer, mark.end()), continues=goes_on))
        elif _opens(text, sign, before, after, mark.start(), last_close):
            reopened = False
            if partner is not None and sign == open_marks[partner][0]:
                # The same mark opens again: what it opened before ends here, or was a slip in mid-sentence.
                _, outer, inner, goes_on = open_marks[partner]
                del open_marks[partner:]
                ended = _SENTENCE_ENDS.search(text, inner, mark.start())
                if ended is not None:
                    end = ended.end("stop")
                    found.append(Quotation(Span(inner, end), Span(outer, end), continues=goes_on))
                    reopened = True
            if len(open_marks) < _DEEPEST:
                open_marks.append((sign, mark.start(), mark.end(), reopened))
        elif stray is None and not open_marks and sign in '”"»' and not after.isalnum():
            stray = mark.start()
    for sign, outer, inner, goes_on in open_marks:
        if (sign not in _SINGLE or outer == line.start) and inner < line.end:
            found.append(
                Quotation(Span(inner, line.end), Span(outer, line.end), closed=False, continues=goes_on)
            )
            break
    found = [q for q in found if len(q.inner)]
    return _Scan(sorted(found, key=lambda q: (q.outer.start, -q.outer.end)), stray)


_SENTENCE_ENDS = re.compile(r"(?P<stop>[.?!…])\s+$")


def _closes(text: str, sign: str, before: str, after: str, following: int, last_close: int) -> bool:
    if sign in ("'", "’"):
        if before.isspace() or after.isalnum():
            return False
        # `the boys' heads`: a plural possessive where the real closing mark comes later.
        possessive = before in "sS" and after == " " and text[following + 1 : following + 2].islower()
        return not (possessive and last_close > following)
    return not (sign in '"“″' and before.isspace() and (after.isalnum() or after in "…'"))


def _opens(text: str, sign: str, before: str, after: str, position: int, last_close: int) -> bool:
    if sign == "''" or (before not in _OPENS_AFTER and before != "\u200b"):
        return False
    if sign in "«»„“‹›" and after.isspace():
        return sign in "«»“"  # French sets a space inside
    if after.isspace():
        return False
    if sign in _SINGLE:
        if _ELISION.match(text, position):
            return False
        return sign == "‚" or (sign == "‘" and last_close < 0) or (position < last_close and sign != "’")
    return True
