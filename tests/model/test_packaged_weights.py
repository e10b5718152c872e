"""The chain with the packaged weights. What was learned may change, so only what must hold is asserted."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinmark import Detector
from spinmark.card import read_card
from spinmark.detector import WEIGHTS
from spinmark.report import VOICES, Report

CHARGED = (
    "These spineless traitors have sold our children to the butchers across the river. Either we strike now or "
    "nothing of our great nation will be left! “The raid was an inevitable response to their endless "
    "provocations,” General Bell said on Monday. Everybody knows that he is right, so why do the cowards in the "
    "council still whine about a few broken windows? What about the bridge that their own friends burned down?"
)
GARDEN = (
    "Tomatoes are sown indoors in March and planted out after the last frost. The plants need full sun, a stake "
    "and regular water at the root. Side shoots are removed by hand every week. The first fruit ripens about "
    "sixty days after planting, and the harvest lasts into October. In cool summers the plants do better in a "
    "greenhouse, where the soil is changed every third year. The seeds keep for four years in a dry place."
)


@pytest.fixture(scope="module")
def everything(detector) -> Report:
    """Give the report on a charged text with every candidate that the model has."""
    return detector.analyze(CHARGED, min_confidence=0)


def assert_sound(report: Report) -> None:
    for flag in report.flags:
        assert flag.quote == report.text[flag.span.start : flag.span.end]
        assert flag.quote.strip() == flag.quote != ""
        assert 0 <= flag.confidence <= 1
    places = [(f.span.start, -f.confidence) for f in report.flags]
    assert places == sorted(places)
    techniques = {f.technique for f in report.flags}
    for technique in techniques:
        spans = [f.span for f in report.flags if f.technique == technique]
        assert all(a.end <= b.start for a, b in pairwise(spans))


def test_the_card_names_the_model_that_reports_name(detector):
    assert detector.model == read_card(WEIGHTS / "card.toml").model
    assert detector.model.name == "spinmark-en"


def test_thresholds_are_probabilities_that_show_something_and_hide_something(detector, everything):
    assert all(0 < c.threshold < 1 for c in read_card(WEIGHTS / "card.toml").calibrations)
    shown = detector.analyze(CHARGED).flags
    assert 0 < len(shown) < len(everything.flags)
    assert set(shown) <= set(everything.flags)


def test_a_charged_text_stands_out_and_a_gardening_book_does_not(detector):
    assert len(detector.analyze(CHARGED).flags) >= 3
    assert detector.analyze(GARDEN).flags == ()


def test_flags_are_sound(everything):
    assert everything.flags
    assert_sound(everything)


@settings(max_examples=25)
@given(data=st.data())
def test_flags_are_sound_in_any_text(detector, any_text, data):
    text = (
        f"They say that {data.draw(any_text)} and that is the end of it, you traitors {data.draw(any_text)}"
    )
    report = detector.analyze(text, min_confidence=0)
    assert_sound(report)
    assert json.loads(report.to_json())["text_length"] == len(text)


def test_a_lower_bound_shows_all_that_a_higher_one_shows(detector):
    shown = [set(detector.analyze(CHARGED, min_confidence=n / 10).flags) for n in range(11)]
    assert all(more >= fewer for more, fewer in pairwise(shown))
    assert len(shown[0]) > len(shown[10])


def test_filters_keep_the_flags_that_they_name_and_change_none(detector, everything):
    for technique in {flag.technique for flag in everything.flags}:
        kept = detector.analyze(CHARGED, min_confidence=0, techniques=[technique]).flags
        assert kept == tuple(flag for flag in everything.flags if flag.technique == technique)
    for voice in VOICES:
        kept = detector.analyze(CHARGED, min_confidence=0, voices=[voice]).flags
        assert kept == tuple(flag for flag in everything.flags if flag.voice.kind == voice)


@pytest.mark.parametrize(
    ("text", "status", "language"),
    [
        ("", "too_short", None),
        ("Traitors!", "too_short", None),
        (
            "Kunta korjaa sillan ensi viikolla, eikä asiasta kysytty keneltäkään.",
            "unsupported_language",
            "fi",
        ),
        ("Die Verräter haben unsere Kinder an die Schlächter verkauft!", "unsupported_language", "de"),
        (CHARGED, "ok", "en"),
    ],
)
def test_the_status_says_whether_a_text_was_checked(detector, text, status, language):
    report = detector.analyze(text)
    assert (report.status, report.language) == (status, language)
    assert status == "ok" or report.flags == ()


def test_the_same_text_gives_the_same_bytes(detector):
    first = detector.analyze(CHARGED * 5, min_confidence=0.2).to_json()
    assert detector.analyze(CHARGED * 5, min_confidence=0.2).to_json() == first
    assert Detector.load(threads=2).analyze(CHARGED * 5, min_confidence=0.2).to_json() == first


def test_threads_that_share_a_detector_get_the_bytes_of_one(detector):
    texts = [f"{n} times they said so. {CHARGED[: 40 * n]}" for n in range(1, 9)] + [CHARGED * 3]
    expected = [detector.analyze(text, min_confidence=0).to_json() for text in texts]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda text: detector.analyze(text, min_confidence=0).to_json(), texts * 2))
    assert found == expected * 2


def long_text(chars: int) -> Iterator[str]:
    """Yield paragraphs, no two alike, of `chars` characters and a few more."""
    total = n = 0
    while total < chars:
        n += 1
        paragraph = f"Report {n} from plot {n % 7}. {GARDEN if n % 5 else CHARGED}\n\n"
        total += len(paragraph)
        yield paragraph


def test_300_000_characters_are_analysed_to_the_end(detector):
    text = "".join(long_text(300_000))
    report = detector.analyze(text)
    assert report.status == "ok"
    assert_sound(report)
    tenths = {flag.span.start * 10 // len(text) for flag in report.flags}
    assert tenths == set(range(10))


def test_what_stands_far_behind_changes_nothing_before_it(detector):
    text = "".join(long_text(6_000))
    alone = detector.analyze(text, min_confidence=0.2).flags
    longer = detector.analyze(text + "".join(long_text(6_000)), min_confidence=0.2).flags
    # The last windows of the shorter text see what follows; a window and its context are below 2,000 characters.
    bound = len(text) - 2_000
    assert [f for f in alone if f.span.end < bound] == [f for f in longer if f.span.end < bound] != []


def test_a_passage_keeps_its_flags_between_quiet_paragraphs(detector):
    alone = {(f.technique, f.quote) for f in detector.analyze(CHARGED, min_confidence=0.3).flags}
    text = f"{GARDEN * 4}\n\n{CHARGED}\n\n{GARDEN * 4}"
    among = {(f.technique, f.quote) for f in detector.analyze(text, min_confidence=0.1).flags}
    kept = sum(
        any(t == technique and (q in quote or quote in q) for t, q in among) for technique, quote in alone
    )
    assert kept >= 0.7 * len(alone) > 0
