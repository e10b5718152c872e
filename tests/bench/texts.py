"""Texts to time: our own corpus's long items, joined to the length of an article."""

from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path

from spinmark_training.markup import read_items

CORPUS = Path(__file__).parents[2] / "model" / "corpus"
FILES = ("articles", "newslong", "quietlong", "weblong", "webnews")
ARTICLE_WORDS = 400
"""Least length of an article; the five files give more than 400 such."""


@cache
def articles() -> tuple[str, ...]:
    """Return all articles, each of a few items one after the other."""
    items = [[item.text for item in read_items(CORPUS / f"{name}.txt")] for name in FILES]
    turns = [texts[i] for i in range(max(map(len, items))) for texts in items if i < len(texts)]
    out: list[str] = []
    parts: list[str] = []
    for text in turns:
        parts.append(text)
        if sum(len(part.split()) for part in parts) >= ARTICLE_WORDS:
            out.append("\n\n".join(parts))
            parts = []
    return tuple(out)


def words(number: int) -> str:
    """Return a text of exactly so many words; past the corpus's 222,000 it begins anew."""
    return "".join(islice(_words(), number)).rstrip()


def _words() -> Iterator[str]:
    for article in cycle(articles()):
        for line in article.splitlines(keepends=True):
            yield from (f"{word} " for word in line.split())
        yield "\n"
