import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark import language
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
    "es": "El ayuntamiento anunció el lunes que cerrará el molino junto al río y que nadie fue consultado.",
    "pt": "A câmara municipal anunciou na segunda-feira que vai fechar o moinho junto ao rio sem ouvir ninguém.",
    "it": "Il consiglio comunale ha annunciato lunedì che il mulino sul fiume sarà chiuso senza sentire nessuno.",
    "nl": "De gemeenteraad zei maandag dat de molen aan de rivier dichtgaat en dat niemand iets is gevraagd.",
    "pl": "Rada miasta ogłosiła w poniedziałek, że młyn nad rzeką zostanie zamknięty i nikogo nie zapytano.",
    "tr": "Belediye meclisi pazartesi günü nehir kenarındaki değirmenin kapatılacağını ve kimseye sorulmadığını duyurdu.",
}
SIBLINGS = {
    "Byrådet vil lukke møllen ved åen.": {"da", "no", "nb", "nn"},
    "Ingen ble spurt om møllen, sa ordføreren.": {"da", "no", "nb", "nn"},
    "Nadie preguntó por el molino de la ribera.": {"es", "gl", "ca", "pt", "an", "ast"},
    "Ninguém perguntou pelo moinho da ribeira.": {"pt", "gl"},
    "Walikota akan menutup pasar lama di tepi sungai itu.": {"id", "ms", "jv"},
    "Primátor chce zavřít starý mlýn u řeky.": {"cs", "sk"},
}
"""A line that two or more languages could claim, with those that it could be."""


@pytest.mark.parametrize("code", OTHERS)
def test_a_text_in_another_language_is_named(code):
    assert identify(OTHERS[code]) == code


@pytest.mark.parametrize("text", SIBLINGS)
def test_a_line_that_sibling_languages_share_is_not_english(text):
    assert identify(text) in SIBLINGS[text]


@pytest.mark.parametrize(
    "text",
    [
        "FULL TIME: Odla Rovers 2 Kessik Athletic 1 (Maro 14, Quill 61; Dunn 90+2)",
        "The ban now runs until 30 September.",
        "Joint session, Thursday. Agenda: harbour, ferry, bridge.",
        "#SaveTheMill #Odla @mara_quill WAKE UP PEOPLE",
        "Minister Jean-Luc Arnaud, Ambassador Giovanni Rossi, Señora Quintero: Geneva summit, day two",
        "Ministry statement, signed by Col. Wojciech Brzeziński.",
        "gonna b lit tmrw fam, no cap fr fr",
        "Vote thieves think say we sleep",
    ],
)
def test_english_of_names_slang_and_few_function_words_is_english(text):
    assert identify(text) == "en"


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


def test_threads_that_ask_at_once_load_the_identifier_once():
    language._load.cache_clear()
    meet = threading.Barrier(8)

    def ask(_: int) -> str:
        meet.wait(timeout=20)
        return language.identify("Este texto no está escrito en inglés, sino en otra lengua.")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"es"}
    assert language._load.cache_info().misses == 1
