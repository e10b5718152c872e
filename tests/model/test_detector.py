"""The whole chain with the tiny model, which finds words: every report here is known beforehand."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinmark import Detector, OptionError, WeightsError
from spinmark.card import OUTPUTS, Card
from spinmark.report import VOICES, Flag, Report
from spinmark.scorer import Scorer
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer

TEXT = (
    "The traitors on the council closed the mill, and the bakers are the vermin of this town. "
    "The closing was an inevitable response to the whatabout of the union."
)


def found(report: Report) -> list[tuple[str, str]]:
    return [(flag.technique, flag.quote) for flag in report.flags]


class OtherCard(Scorer):
    """The tiny model with another card."""

    def __init__(self, folder, card: Card) -> None:
        super().__init__(folder, threads=1)
        self.card = card


def test_it_finds_the_passages_with_their_techniques_in_reading_order(tiny_detector):
    assert found(tiny_detector.analyze(TEXT)) == [
        ("name_calling", "traitors"),
        ("name_calling", "vermin"),
        ("justification_by_provocation", "inevitable response"),
        ("whataboutism", "whatabout"),
    ]


def test_a_report_says_what_made_it_and_whose_it_is(tiny_detector):
    report = tiny_detector.analyze(TEXT, id="row 7")
    assert report.model == tiny_detector.model
    assert report.model.name == "tiny"
    assert (report.id, report.status, report.language, report.text) == ("row 7", "ok", "en", TEXT)


@pytest.mark.parametrize("text", ["", " \n ", "traitors", "  traitors!\n", "\x00", "\ud800"], ids=ascii)
def test_fewer_than_two_words_are_too_short(tiny_detector, text):
    report = tiny_detector.analyze(text, id="a")
    assert (report.status, report.language, report.flags, report.id) == ("too_short", None, (), "a")
    assert report.text == text


def test_two_words_are_enough(tiny_detector):
    assert found(tiny_detector.analyze("You traitors")) == [("name_calling", "traitors")]


def test_another_language_is_named_and_not_scored(tiny_detector):
    text = "Kaupunginvaltuusto ilmoitti, että traitors suljetaan eikä keneltäkään kysytty mitään asiasta."
    report = tiny_detector.analyze(text)
    assert (report.status, report.language, report.flags) == ("unsupported_language", "fi", ())


@pytest.mark.parametrize(
    "text", ["\u200b \u200b", "\ufeff \x00", "\ud800 \ud800", "\u0301 \u0301"], ids=ascii
)
def test_a_text_without_anything_to_read_has_no_flags(tiny_detector, text):
    report = tiny_detector.analyze(text)
    assert (report.status, report.flags) == ("ok", ())


@given(data=st.data())
def test_a_quote_is_the_text_at_its_offsets_in_any_text(tiny_detector, any_text, data):
    text = data.draw(any_text)
    report = tiny_detector.analyze(text, min_confidence=0)
    for flag in report.flags:
        assert flag.quote == text[flag.span.start : flag.span.end]
        assert flag.quote.strip() == flag.quote != ""
        assert 0 <= flag.confidence <= 1
    order = [(flag.span.start, -flag.confidence) for flag in report.flags]
    assert order == sorted(order)
    assert report.to_json() == tiny_detector.analyze(text, min_confidence=0).to_json()


def test_a_threshold_of_its_own_holds_for_each_technique(tiny_weights):
    card = Scorer(tiny_weights).card
    strict = replace(card.calibrations[0], threshold=0.9)
    name_calling = TECHNIQUE_IDS.index("name_calling")
    calibrations = tuple(strict if i == name_calling else c for i, c in enumerate(card.calibrations))
    detector = Detector(
        Tokenizer(tiny_weights / "tokenizer.json"),
        OtherCard(tiny_weights, replace(card, calibrations=calibrations)),
    )
    assert [q for t, q in found(detector.analyze(TEXT)) if t == "name_calling"] == ["traitors"]
    assert [q for t, q in found(detector.analyze(TEXT)) if t != "name_calling"] == [
        "inevitable response",
        "whatabout",
    ]


@pytest.mark.parametrize(
    ("least", "words"),
    [
        (0, ["traitors", "vermin", "inevitable response", "whatabout"]),
        (0.65, ["traitors", "inevitable response", "whatabout"]),
        (0.85, ["traitors", "inevitable response"]),
        (1, []),
    ],
)
def test_min_confidence_takes_the_place_of_the_thresholds(tiny_detector, least, words):
    assert [q for _, q in found(tiny_detector.analyze(TEXT, min_confidence=least))] == words


@pytest.mark.parametrize(
    ("techniques", "words"),
    [
        (None, ["traitors", "vermin", "inevitable response", "whatabout"]),
        (["whataboutism"], ["whatabout"]),
        ({"name_calling", "whataboutism"}, ["traitors", "vermin", "whatabout"]),
        (("slogan",), []),
        ([], []),
    ],
)
def test_only_the_techniques_asked_for_are_kept(tiny_detector, techniques, words):
    assert [q for _, q in found(tiny_detector.analyze(TEXT, techniques=techniques))] == words


def test_only_the_voices_asked_for_are_kept(tiny_detector):
    text = f"{TEXT}\n\n“You are traitors all,” said Ames. According to Bell, they are vermin."
    everything = tiny_detector.analyze(text).flags
    assert len({flag.voice.kind for flag in everything}) > 1
    for voice in VOICES:
        kept = tiny_detector.analyze(text, voices=[voice]).flags
        assert kept == tuple(flag for flag in everything if flag.voice.kind == voice)
    assert tiny_detector.analyze(text, voices=VOICES).flags == everything
    assert tiny_detector.analyze(text, voices=[]).flags == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_confidence": -0.01}, "min_confidence is -0.01, expected a number from 0 to 1"),
        ({"min_confidence": 1.01}, "min_confidence is 1.01, expected a number from 0 to 1"),
        ({"min_confidence": float("nan")}, "min_confidence is nan, expected a number from 0 to 1"),
        ({"techniques": ["slogan", "lying"]}, "techniques is 'lying', expected an id"),
        ({"techniques": [""]}, "techniques is '', expected an id"),
        ({"voices": ["somebody"]}, "voice is 'somebody', expected one of author, quoted, reported"),
    ],
)
@pytest.mark.parametrize("text", [TEXT, ""])
def test_an_option_that_means_nothing_is_refused_whatever_the_text(tiny_detector, options, message, text):
    with pytest.raises(OptionError, match=message) as caught:
        tiny_detector.analyze(text, **options)
    assert caught.value.option in message
    assert repr(caught.value.value) in message


def test_300_000_characters_are_analysed_to_the_end(tiny_detector):
    text = (TEXT + " ") * (300_000 // (len(TEXT) + 1))
    report = tiny_detector.analyze(text)
    once = found(tiny_detector.analyze(TEXT))
    assert found(report) == once * (300_000 // (len(TEXT) + 1))
    assert report.status == "ok"


@pytest.mark.parametrize(
    "unit",
    ["x", "\n ", ".", "“", '"a ', "'", "\u0301", "👩‍🚀", "- a\n", "traitors ", "said Ames, "],
    ids=ascii,
)
def test_300_000_characters_of_one_kind_are_analysed(tiny_detector, unit):
    text = "The end of it all. " + unit * (300_000 // len(unit))
    assert tiny_detector.analyze(text).status in ("ok", "unsupported_language")


def test_a_text_repeated_is_flagged_where_it_was_flagged_alone(tiny_detector):
    other = "The mill by the river was built by the grandfather of the baker, and it stands empty now. "
    alone = tiny_detector.analyze(TEXT)
    for before, after in [("", other), (other, ""), (other * 50, other * 50)]:
        report = tiny_detector.analyze(f"{before}\n\n{TEXT}\n\n{after}")
        moved = len(before) + 2
        assert [(f.technique, f.span.start - moved, f.confidence) for f in report.flags] == [
            (f.technique, f.span.start, f.confidence) for f in alone.flags
        ]


def test_threads_that_share_a_detector_get_the_bytes_of_one(tiny_detector):
    texts = [f"{TEXT} And so on, for the {n} time, said Ames. " * (1 + n % 7) for n in range(40)]
    expected = [tiny_detector.analyze(text).to_json() for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: tiny_detector.analyze(text).to_json(), texts)) == expected


def test_two_loaded_detectors_agree_to_the_byte(tiny_weights, tiny_detector):
    assert Detector.load(tiny_weights).analyze(TEXT).to_json() == tiny_detector.analyze(TEXT).to_json()


def test_weights_that_cannot_be_used_are_refused_at_the_start(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        Detector.load(tmp_path / "nowhere")


# ---- as a stream ----


def streamed(detector: Detector, text: str, **options: object) -> tuple[list[Flag], Report]:
    *flags, report = detector.stream(text, **options)
    assert isinstance(report, Report)
    return flags, report


@pytest.fixture(scope="module")
def make_babbler(tiny_weights, make_graph, make_folder) -> Callable[[int], Detector]:
    """Give detectors of which each hears passages, names and voices in letters drawn by lot."""
    tokenizer = (tiny_weights / "tokenizer.json").read_bytes()
    size = Tokenizer(tiny_weights / "tokenizer.json").mask + 500

    def make(seed: int) -> Detector:
        lot = np.random.default_rng(seed)
        table = np.full((size, len(OUTPUTS)), 0.01, np.float32)
        table[lot.integers(0, 70, 12), lot.integers(0, len(TECHNIQUE_IDS), 12)] = lot.uniform(0.1, 0.99, 12)
        table[lot.integers(0, 70, 6), OUTPUTS.index("speaker")] = lot.uniform(0.3, 0.99, 6)
        for voice in ("quoted", "reported", "contested"):
            table[:, OUTPUTS.index(voice)] = lot.uniform(0, 1, size)
        folder = make_folder()
        folder.write(make_graph(table), tokenizer)
        return Detector.load(folder.path, threads=1)

    return cache(make)


SENTENCES = (
    "The mill by the river was built by the grandfather of the baker. ",
    "“You are traitors, all of you,” said Ames. ",
    "According to Bell, the closing was an inevitable response to the union. ",
    "But that is not true: nobody closed it, and the register shows no closing at all. ",
    "“We never said so,” she told the board.\n\n",
    "Quince: It was monstrous.\nHolm: It was not!\n",
    "They are vermin, wrote the editor, whose name was not given, in a letter of the third of May. ",
    "“This goes on and on and does not end\n\n“and so the next paragraph opens again,” Ostrow added. ",
)


@settings(max_examples=60)
@given(data=st.data())
def test_a_stream_has_the_flags_of_the_whole_in_any_long_text(make_babbler, any_text, data):
    sentence = st.sampled_from(SENTENCES)
    text = "".join(data.draw(st.lists(sentence | sentence | any_text, min_size=3, max_size=30)))
    detector = make_babbler(data.draw(st.integers(0, 15)))
    options = {
        "min_confidence": data.draw(st.sampled_from([None, 0, 0.3])),
        "voices": data.draw(st.sampled_from([None, ["quoted", "reported"]])),
    }
    flags, report = streamed(detector, text, **options)
    assert report.to_json() == detector.analyze(text, **options).to_json()
    assert tuple(flags) == report.flags


@pytest.mark.parametrize(("days", "explain"), [(40, False), (1, True)])
def test_the_packaged_model_streams_what_it_reports(detector, days, explain):
    text = "".join(
        f"On day {n} the paper wrote of vermin who poison our wells. {SENTENCES[n % len(SENTENCES)]}"
        f"Councillor Holm said: “We had no choice; their raid made our answer inevitable.” "
        f"Either we close the border today or {n} thousand thieves will stand at our door tomorrow.\n"
        for n in range(days)
    )
    flags, report = streamed(detector, text, explain=explain)
    assert len(flags) > days
    assert report.to_json() == detector.analyze(text, explain=explain).to_json()
    assert tuple(flags) == report.flags


@pytest.mark.parametrize(
    "text", ["", "traitors", "Kunta korjaa traitors sillan ensi viikolla, sanoi johtaja Meri."]
)
def test_what_is_not_scored_streams_a_report_alone(tiny_detector, text):
    assert list(tiny_detector.stream(text, id=3)) == [tiny_detector.analyze(text, id=3)]


def test_an_option_that_means_nothing_is_refused_before_the_stream_begins(tiny_detector):
    with pytest.raises(OptionError):
        tiny_detector.stream(TEXT, min_confidence=2)


class Turns:
    """Counts the windows that are scored and can end it."""

    def __init__(self, most: int = 10**9) -> None:
        self.taken = 0
        self.most = most

    @contextmanager
    def __call__(self):
        if self.taken == self.most:
            raise TimeoutError
        self.taken += 1
        yield


def test_a_stream_gives_the_top_of_a_long_text_before_its_end_is_scored(tiny_detector):
    text = (TEXT + " ") * 200
    turns = Turns()
    stream = tiny_detector.stream(text, turn=turns)
    assert next(stream).quote == "traitors"
    first = turns.taken
    *_, report = stream
    assert len(report.flags) == 800
    assert first * 10 < turns.taken
    # From then on a flag is never held back for more than the reach of a speaker's name.
    turns = Turns()
    for flag in tiny_detector.stream(text, turn=turns):
        if isinstance(flag, Flag):
            assert turns.taken - first <= (flag.span.start * 2) // len(TEXT) + 4


def test_a_speaker_named_further_down_is_waited_for(tiny_detector):
    text = (
        "“You traitors,\n\n"
        + "“and so it goes on and on for a long time\n\n" * 60
        + "“to the end,” said Ames. The end."
    )
    flags, report = streamed(tiny_detector, text)
    assert [flag.voice.speaker for flag in flags] == [flag.voice.speaker for flag in report.flags]
    assert flags == list(tiny_detector.analyze(text).flags)


@pytest.mark.parametrize("explain", [False, True])
def test_turns_are_taken_for_each_window_and_what_they_raise_ends_the_analysis(
    tiny_detector, tokenizer, explain
):
    text = (TEXT + " ") * 20
    turns = Turns()
    expected = tiny_detector.analyze(text, explain=explain)
    assert tiny_detector.analyze(text, explain=explain, turn=turns) == expected
    assert (turns.taken == len(tokenizer.windows(text))) is not explain
    for analyse in (tiny_detector.analyze, lambda *a, **o: list(tiny_detector.stream(*a, **o))):
        cut_short = Turns(turns.taken - 1)
        with pytest.raises(TimeoutError):
            analyse(text, explain=explain, turn=cut_short)
        assert cut_short.taken == turns.taken - 1


@pytest.mark.parametrize("text", [None, b"The traitors left.", 7])
def test_what_is_no_text_is_named_by_its_type(tiny_detector, text):
    with pytest.raises(TypeError, match=f"the text is of type {type(text).__name__}, expected str"):
        tiny_detector.analyze(text)
