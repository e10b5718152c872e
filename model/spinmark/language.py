"""Text -> language code; the only module that knows py3langid."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MAX_CHARS = 10_000
"""The beginning of a text tells its language."""

MIN_CERTAINTY = 0.8
"""Below it the text counts as English: a short line of names and slang is not another language."""

ENGLISH_SHARE = 0.25
"""Share of function words from which a text is English without asking the identifier, which takes half a
second to load. Running English has .35 to .5 of them; other languages share only a few by chance."""

_WORD = re.compile(r"[^\W\d_]+")
_FUNCTION_WORDS = frozenset(
    "the of and to that is was for it with as his on by at from this had not are but or have an they which you "
    "were their been has would what will there if can all her she who when more no we my so up out about into "
    "than them some could these then its our only your how".split()
)


def identify(text: str) -> str:
    """Return the ISO 639-1 code of the language that `text` is most likely in; "en" where unsure."""
    beginning = text[:MAX_CHARS]
    words = _WORD.findall(beginning.lower())
    if not words or sum(word in _FUNCTION_WORDS for word in words) >= ENGLISH_SHARE * len(words):
        return "en"
    language, certainty = _identifier().classify(beginning)
    return str(language) if certainty >= MIN_CERTAINTY else "en"


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
