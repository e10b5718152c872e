"""What somebody meant who wrote a name that is none."""

from collections.abc import Iterable


def meant(word: str, known: Iterable[str]) -> str:
    """Return a question after the names that look like `word`, with a space before it; nothing where none does.

    >>> meant("Name-caling", ["name_calling", "slogan"]), meant("x", ["slogan"])
    (" Did you mean 'name_calling'?", '')
    """
    from difflib import get_close_matches  # not loaded where nothing is wrong

    close = get_close_matches(word.casefold().replace("-", "_").replace(" ", "_"), known)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
