"""Offset in code points -> line and column, both from 1, as editors count them."""

import re
from bisect import bisect_right

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Positions:
    """The lines of one text.

    >>> Positions("ab\\r\\ncd").of(5)
    (2, 2)
    """

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]

    def of(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
