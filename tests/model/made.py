"""Invented reports for the tests of the formats."""

from spinmark.report import Cue, Flag, Model, Report, Span, Voice

MODEL = Model("spinmark-en", "0.1.0", "0" * 64)

TEXT = (
    "😀 The minister spoke in Odla.\r\n\r\n“The strikes were an inevitable response to months of their "
    "provocative attacks,” Bell said. Observers saw no such attack.\n\n"
    "=SUM(A1) is no slogan. Now or never: the traitors\nof Odla <b>have</b> sold us.\n"
)


def span_of(words: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start, start + len(words))


def flag(technique: str, words: str, confidence: float, voice: Voice = Voice(), **more) -> Flag:  # noqa: B008
    return Flag(technique, span_of(words), words, confidence, voice, **more)


BELL = Voice("quoted", span_of("Bell"), True, span_of("Observers saw no such attack."))

FLAGS = (
    flag(
        "justification_by_provocation",
        "an inevitable response to months of their provocative attacks",
        0.814,
        BELL,
        cues=(Cue(span_of("inevitable"), 0.31), Cue(span_of("months"), -0.02)),
    ),
    flag("loaded_language", "provocative attacks,” Bell", 0.64, Voice("quoted", span_of("Bell"))),
    flag("slogan", "=SUM(A1) is no slogan", 0.5, Voice("reported")),
    flag("slogan", "Now or never", 0.55),
    flag("name_calling", "traitors\nof Odla <b>have</b>", 0.77),
)

REPORT = Report(TEXT, FLAGS, MODEL, id="odla")
QUIET = Report("The mill stands empty now.", (), MODEL, id=7)
GERMAN = Report("Die Mühle steht leer.", (), MODEL, status="unsupported_language", language="de")
