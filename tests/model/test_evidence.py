"""Which words moved a score: with the tiny model each word's share is known beforehand."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinmark import Detector, OptionError, Span, SpanError, UnscoredError
from spinmark.card import OUTPUTS
from spinmark.evidence import MAX_BESIDE, MAX_INSIDE, MIN_WEIGHT, Evidence
from spinmark.report import Explanation
from spinmark.scorer import Scorer
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer

TEXT = (
    "The traitors on the council closed the mill, and the bakers are the vermin of this town. "
    "The closing was an inevitable response to the whatabout of the union."
)


def span_of(text: str, passage: str) -> Span:
    start = text.index(passage)
    return Span(start, start + len(passage))


def words(explanation: Explanation) -> list[tuple[str, float]]:
    text = explanation.text
    return [(text[c.span.start : c.span.end], round(c.weight, 4)) for c in explanation.cues]


@pytest.fixture
def counted(tiny_weights, tokenizer):
    """Give the evidence of a text and the list of windows that were scored for it."""
    scorer = Scorer(tiny_weights, threads=1)

    def evidence(text: str):
        scored = []

        def score(window):
            scored.append(window)
            return scorer.score([window])

        return Evidence(text, tokenizer.windows(text), score, scorer.card, tokenizer.mask), scored

    return evidence


def test_a_word_weighs_what_the_confidence_loses_without_it(tiny_detector):
    explained = tiny_detector.explain(TEXT, span_of(TEXT, "traitors"), "name_calling")
    assert words(explained) == [("traitors", 0.94)]
    assert explained.confidence == pytest.approx(0.95)
    # Confidence is the passage's highest score: without "inevitable" it is that of "response".
    explained = tiny_detector.explain(
        TEXT, span_of(TEXT, "inevitable response"), "justification_by_provocation"
    )
    assert words(explained) == [("inevitable", 0.1)]


def test_a_word_that_keeps_a_confidence_down_weighs_less_than_nothing(weights_folder, make_graph):
    tokenizer = Tokenizer(weights_folder.path / "tokenizer.json")
    (traitors,) = tokenizer.windows("traitors")
    table = np.full((500, len(OUTPUTS)), 0.01, np.float32)
    table[traitors.ids[1], OUTPUTS.index("name_calling")] = 0.5
    table[tokenizer.mask, OUTPUTS.index("name_calling")] = 0.9  # as if the word hidden had spoken against it
    weights_folder.write(make_graph(table), weights_folder.tokenizer)
    text = "You traitors of x."
    explained = Detector.load(weights_folder.path).explain(text, span_of(text, "traitors of"), "name_calling")
    assert words(explained) == [("traitors", -0.4), ("of", -0.4)]


def test_a_passage_that_was_not_flagged_is_explained_as_well(tiny_detector):
    explained = tiny_detector.explain(TEXT, span_of(TEXT, "the bakers are the vermin"), "slogan")
    assert explained.confidence == pytest.approx(0.01)
    assert explained.cues == ()
    explained = tiny_detector.explain(TEXT, span_of(TEXT, "the bakers are the vermin"), "name_calling")
    assert words(explained) == [("vermin", 0.59)]


def test_every_flag_is_explained_with_the_confidence_that_it_has(tiny_detector):
    text = f"{TEXT} “{TEXT}” ¡traitors! (vermin)... "
    report = tiny_detector.analyze(text * 3, min_confidence=0)
    assert len(report.flags) > 15
    for flag in report.flags:
        explained = tiny_detector.explain(text * 3, flag.span, flag.technique)
        assert explained.confidence == flag.confidence


def test_words_around_the_passage_are_hidden_too_and_no_further_than_the_bound(counted):
    text = "Now ames bell cole dane ekes ford gray hall iris jack then the traitors left the town of marl by the way at once."
    evidence, scored = counted(text)
    evidence.cues(span_of(text, "traitors"), "name_calling")
    assert len(scored) == 1 + MAX_BESIDE + 1 + MAX_BESIDE


def test_the_words_of_a_long_passage_are_hidden_in_groups(counted, tokenizer):
    text = (
        "So they say the traitors of it all did go on and on for the sake of the thing that was to be had. "
        * 30
    )
    windows = tokenizer.windows(text)
    evidence, scored = counted(text)
    cues = evidence.cues(Span(0, len(text)), "name_calling")
    # Each window once as it is; then each group where it shows, which context lets be in two or three.
    assert MAX_INSIDE <= len(scored) - len(windows) <= (len(windows) + MAX_INSIDE) * 3
    assert len(cues) <= MAX_INSIDE


def test_a_passage_of_two_windows_is_measured_over_both(tiny_detector, tokenizer):
    filler = "It is as it was and so it will be. "
    text = filler * 3 + "The traitors " + "and so on " * 20 + "vermin left. " + filler * 3
    passage = span_of(text, "traitors " + "and so on " * 20 + "vermin")
    assert len(tokenizer.windows(text)) > 2
    explained = tiny_detector.explain(text, passage, "name_calling")
    assert explained.confidence == pytest.approx(0.95)
    assert len(explained.cues) == 1
    cue = explained.cues[0]
    assert cue.weight == pytest.approx(0.95 - 0.6)
    assert "traitors" in text[cue.span.start : cue.span.end]


@pytest.mark.parametrize(
    ("passage", "cue"),
    [
        ("traitors", "traitors"),
        ("“Traitors!”", "Traitors"),
        ("(the vermin)", "vermin"),
        ("raitor", "traitors"),
        ("vermin-like", "vermin-like"),
        ("vermin—like", "vermin"),
    ],
)
def test_a_cue_is_a_whole_word_without_the_marks_around_it(tiny_detector, passage, cue):
    text = f"They are {passage if passage != 'raitor' else 'traitors'} to us."
    explained = tiny_detector.explain(text, span_of(text, passage), "name_calling")
    assert [word for word, _ in words(explained)] == [cue]


@given(data=st.data())
@settings(max_examples=60)
def test_cues_are_passages_of_any_text_in_reading_order(tiny_detector, any_text, data):
    text = "The end of the traitors and of the " + data.draw(any_text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    technique = data.draw(st.sampled_from(["name_calling", "loaded_language", "slogan"]))
    try:
        explained = tiny_detector.explain(text, Span(start, end), technique)
    except UnscoredError:
        return
    assert 0 <= explained.confidence <= 1
    reached = 0
    for cue in explained.cues:
        assert reached <= cue.span.start < cue.span.end <= len(text)
        assert MIN_WEIGHT <= abs(cue.weight) <= 1
        reached = cue.span.end
    shown = json.loads(explained.to_json())
    assert shown["text"] == text[start:end].encode("utf-16", "surrogatepass").decode(
        "utf-16", "surrogatepass"
    )


def test_an_explanation_is_written_by_the_reports_serialiser(tiny_detector):
    text = "😀 You traitors, all of you."
    value = json.loads(tiny_detector.explain(text, span_of(text, "traitors"), "name_calling").to_json())
    cue = {"start": 6, "end": 14, "start_utf16": 7, "end_utf16": 15, "weight": 0.94}
    assert value == {
        "schema": "spinmark.explanation/1",
        "model": {"name": "tiny", "version": "1", "sha256": tiny_detector.model.sha256},
        "start": 6,
        "end": 14,
        "start_utf16": 7,
        "end_utf16": 15,
        "text": "traitors",
        "technique": "name_calling",
        "confidence": 0.95,
        "cues": [cue],
    }
    flag = tiny_detector.analyze(text, explain=True).to_dict()["flags"][0]
    assert flag["cues"] == [cue]
    assert "cues" not in tiny_detector.analyze(text).to_dict()["flags"][0]


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 3), (0, 0), (5, 3), (0, 158), (158, 159), (10**9, 10**9 + 1)]
)
def test_a_span_outside_the_text_is_refused_with_the_length(tiny_detector, start, end):
    text = TEXT[:157]
    with pytest.raises(SpanError, match="<= 157, the length of the text") as caught:
        tiny_detector.explain(text, Span(start, end), "slogan")
    assert isinstance(caught.value, OptionError)
    assert (caught.value.start, caught.value.end, caught.value.length) == (start, end, 157)


def test_an_unknown_technique_is_refused(tiny_detector):
    with pytest.raises(OptionError, match="technique is 'lying', expected an id") as caught:
        tiny_detector.explain(TEXT, Span(0, 8), "lying")
    assert caught.value.option == "technique"


@pytest.mark.parametrize(
    ("text", "span", "reason"),
    [
        ("traitors", Span(0, 8), "fewer than 2 words"),
        (
            "Kaupunginvaltuusto ilmoitti, että silta suljetaan eikä keneltäkään kysytty mitään.",
            Span(0, 8),
            "(fi)",
        ),
        ("The end of the line. \u200b\u200b The end.", Span(21, 23), "nothing in it can be read"),
        ("The end of the line.   The end.", Span(20, 23), "nothing in it can be read"),
    ],
    ids=["too short", "Finnish", "without width", "spaces"],
)
def test_a_passage_without_a_score_is_refused_with_the_reason(tiny_detector, text, span, reason):
    with pytest.raises(UnscoredError) as caught:
        tiny_detector.explain(text, span, "slogan")
    assert reason in str(caught.value)
    assert (caught.value.start, caught.value.end) == (span.start, span.end)


def test_only_the_first_flags_of_a_long_report_get_cues(tiny_detector):
    text = "They call us traitors for it. " * 80
    report = tiny_detector.analyze(text, explain=True)
    assert len(report.flags) == 80
    assert [flag.cues is not None for flag in report.flags] == [True] * 64 + [False] * 16


def test_the_packaged_model_gives_weight_to_the_words_that_make_the_passage(detector):
    text = (
        "The minister called the strikes an inevitable response to their provocative attacks. "
        "Monitors recorded no attack that week."
    )
    flags = {flag.technique: flag for flag in detector.analyze(text, explain=True, min_confidence=0.2).flags}
    cues = flags["justification_by_provocation"].cues
    heaviest = max(cues, key=lambda cue: cue.weight).span
    assert text[heaviest.start : heaviest.end] in ("inevitable", "response", "provocative", "attacks")
    assert set(flags) <= set(TECHNIQUE_IDS)
