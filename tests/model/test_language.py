import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.language import ENGLISH_SHARE, MAX_CHARS, identify

ENGLISH = (
    "The council said on Monday that it would close the mill by the river, and that nobody had been asked."
)
OTHERS = {
    "de": "Der Stadtrat teilte am Montag mit, dass die Mühle am Fluss geschlossen wird und niemand gefragt wurde.",
    "fr": "Le conseil municipal a annoncé lundi la fermeture du moulin au bord de la rivière, sans consulter personne.",
    "fi": "Kaupunginvaltuusto ilmoitti maanantaina, että joen varrella oleva mylly suljetaan eikä keneltäkään kysytty.",
    "ru": "Городской совет сообщил в понедельник, что мельница у реки будет закрыта и никого не спросили.",
    "ar": "أعلن المجلس البلدي يوم الاثنين أن الطاحونة القريبة من النهر ستغلق ولم يسأل أحد.",
    "zh": "市议会周一表示，河边的磨坊将关闭，没有人被征求意见。",
}


@pytest.mark.parametrize("code", OTHERS)
def test_a_text_in_another_language_is_named(code):
    assert identify(OTHERS[code]) == code


@pytest.mark.parametrize("text", [ENGLISH, ENGLISH.upper(), "\ufeff" + ENGLISH, "«" + ENGLISH + "»"])
def test_running_english_is_english(text):
    assert identify(text) == "en"


@pytest.mark.parametrize(
    "text", ["", " ", "12 34", "… — !", "😀 😀 😀", "\ud800 \ud800", "\x00\x00"], ids=ascii
)
def test_a_text_without_words_counts_as_english(text):
    assert identify(text) == "en"


@pytest.mark.parametrize(
    "text",
    ["Lock her up!", "Enough is enough", "MAGA MAGA", "Drain swamp now", "Ames v Bell", "lol smh ngl"],
)
def test_a_short_text_is_no_other_language_without_certainty(text):
    assert identify(text) == "en"


def test_an_english_text_with_a_foreign_quotation_is_english():
    assert identify(f"{ENGLISH} “Wir bleiben,” said the miller, who was born there. {ENGLISH}") == "en"


def test_only_the_beginning_of_a_text_is_looked_at():
    long = (OTHERS["de"] + " ") * (MAX_CHARS // len(OTHERS["de"]) + 1)
    assert identify(long + ENGLISH * 1000) == "de"
    assert identify((ENGLISH + " ") * (MAX_CHARS // len(ENGLISH) + 1) + OTHERS["de"] * 1000) == "en"


def test_function_words_count_from_their_share_on():
    words = ["the"] * 1 + ["zzyzx"] * round(1 / ENGLISH_SHARE - 1)
    assert identify(" ".join(words)) == "en"


@given(data=st.data())
def test_any_text_has_a_language(any_text, data):
    assert identify(data.draw(any_text)).isalpha()


def test_running_english_never_loads_the_identifier():
    code = (
        "import gc; from py3langid.langid import LanguageIdentifier; from spinmark.language import identify\n"
        f"identify({ENGLISH!r}); print(any(isinstance(o, LanguageIdentifier) for o in gc.get_objects()))\n"
        f"identify({OTHERS['fi']!r}); print(any(isinstance(o, LanguageIdentifier) for o in gc.get_objects()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
