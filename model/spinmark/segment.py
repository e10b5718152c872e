"""Text -> sentences: short pieces that cover every character, in one linear pass."""

import re

from spinmark.report import Span

MAX_CHARS = 600
"""A sentence longer than this is cut at a space; real ones rarely reach half of it."""

# Words whose full stop does not end a sentence. Single capitals (initials) are handled by the pattern.
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st rev gen col lt sgt capt cmdr sen rep gov pres hon jr sr no vs etc inc ltd co corp "
    "fig vol pp ed est approx dept univ jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e u.s u.k u.n".split()
)

# The end of a sentence: its mark, closing quotes and brackets, then white space. A line break always ends one.
# The look-behind and the possessive repeats keep a long run of dots linear: no part of it is tried twice.
_END = re.compile(r"""(?<![.!?…])[.!?…]++["'”’»“)\]]*+(?=\s)|\n+""")
_WORD_BEFORE = re.compile(r"(?:^|[\s(\"'“‘])([\w.]{1,12})$")


def split(text: str) -> list[Span]:
    """Return the sentences of `text`: they touch, cover all of it and hold at most `MAX_CHARS` each.

    >>> [text[s.start : s.end] for text in ["Dr. Ames left. We stayed!"] for s in split(text)]
    ['Dr. Ames left. ', 'We stayed!']
    """
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if match.end() <= start:  # a line break in the white space that the sentence before it took along
            continue
        end = _skip_space(text, match.end())
        if text[match.start()] == "\n" or _ends_sentence(text, match.start(), end):
            _append_bounded(spans, text, start, end)
            start = end
    if start < len(text):
        _append_bounded(spans, text, start, len(text))
    return spans


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _ends_sentence(text: str, mark: int, following: int) -> bool:
    if following < len(text) and text[following].islower():
        return False
    if text[mark] != "." or "\n" in text[mark:following]:
        return True
    word = _WORD_BEFORE.search(text, max(0, mark - 14), mark)
    if word is None:
        return True
    stem = word[1].lower()
    return stem not in _ABBREVIATIONS and not (len(stem) == 1 and word[1].isupper())


def _append_bounded(spans: list[Span], text: str, start: int, end: int) -> None:
    while end - start > MAX_CHARS:
        space = text.rfind(" ", start + MAX_CHARS // 2, start + MAX_CHARS)
        cut = space + 1 if space >= 0 else start + MAX_CHARS
        spans.append(Span(start, cut))
        start = cut
    spans.append(Span(start, end))
