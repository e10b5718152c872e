"""Text -> language code; the only module that knows py3langid."""

import re
import threading
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MAX_CHARS = 10_000
"""The beginning of a text tells its language."""

LEAST_ENGLISH = 0.01
"""Below this probability of English a text is in another language: a short line of names and slang is none.

What counts is how unlikely English is, not how certain the other language: Danish and Norwegian, Spanish and
Catalan, Indonesian and Malay share a text's probability between them. Of 57,800 pieces of our corpus, from three
words to whole items, 4 fall below it; of translated messages in 24 languages 1 % of those with nine to twelve
words stay above it and none of those with more than twenty. By the certainty of the other language it was 14 % and 3 %.
"""

MIN_CERTAINTY = 0.8
"""One or two words say little: there the other language must be this certain as well."""

ENGLISH_SHARE = 0.25
"""Share of function words from which a text is English without asking the identifier, which takes half a
second to load. Running English has .35 to .5 of them; other languages share only a few by chance."""

_ENGLISH = ("en", "pcm")
"""What the identifier calls English; lines of slang look to it like Nigerian Pidgin."""

_loading = threading.Lock()

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
    ranked = _identifier().rank(beginning)
    english = sum(share for language, share in ranked if language in _ENGLISH)
    language, certainty = next(found for found in ranked if found[0] not in _ENGLISH)
    if english >= LEAST_ENGLISH or (len(words) < 3 and certainty < MIN_CERTAINTY):
        return "en"
    return str(language)


def _identifier() -> LanguageIdentifier:
    with _loading:  # a cache alone lets threads that come at once load it several times: 250 MB for eight
        return _load()


@cache
def _load() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
