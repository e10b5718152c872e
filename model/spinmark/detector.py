"""Text -> report: composes tokenizer, scorer, decoder and voice."""

from collections.abc import Collection
from pathlib import Path

from spinmark.decode import Hit, decode
from spinmark.errors import OptionError
from spinmark.language import identify
from spinmark.report import VOICES, Flag, Model, Report
from spinmark.scorer import Scorer
from spinmark.taxonomy import BY_ID, TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark.voice import SpeechScores, attribute

WEIGHTS = Path(__file__).parent / "weights"

MIN_WORDS = 2
"""A single word has no context that could make it a technique."""


class Detector:
    """Finds passages that resemble propaganda techniques; safe to use from several threads.

    >>> detector = Detector.load()
    >>> report = detector.analyze("They left us no choice: the raid was an answer to their shelling.")
    >>> [flag.technique for flag in report.flags]
    ['justification_by_provocation']
    """

    def __init__(self, tokenizer: Tokenizer, scorer: Scorer) -> None:
        self._tokenizer = tokenizer
        self._scorer = scorer

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int | None = None) -> "Detector":
        """Load the weights of `folder`, by default those that the package ships.

        `threads` is the number of cores that one analysis may use. Raises: WeightsError.
        """
        scorer = Scorer(folder, threads)
        return cls(Tokenizer(folder / "tokenizer.json"), scorer)

    @property
    def model(self) -> Model:
        return self._scorer.card.model

    def analyze(
        self,
        text: str,
        *,
        id: str | int | None = None,  # noqa: A002  (the contract's name)
        min_confidence: float | None = None,
        techniques: Collection[str] | None = None,
        voices: Collection[str] | None = None,
    ) -> Report:
        """Return what stands out in `text`, of any length, at a cost linear in it.

        `min_confidence` in [0, 1] replaces each technique's own threshold; `techniques` and `voices` keep
        only the flags named. A text in another language or with fewer than two words is not scored: the
        report's status says so. Raises: OptionError.
        """
        _check(min_confidence, techniques, voices)
        if len(text.split(maxsplit=MIN_WORDS)) < MIN_WORDS:
            return Report(text, (), self.model, status="too_short", language=None, id=id)
        language = identify(text)
        if language != "en":
            return Report(text, (), self.model, status="unsupported_language", language=language, id=id)
        scores = self._scorer.score(self._tokenizer.windows(text))
        hits = [
            hit
            for hit in decode(text, scores, self._scorer.card)
            if hit.confidence >= self._threshold(hit, min_confidence)
            and (techniques is None or hit.technique in techniques)
        ]
        speech = SpeechScores(
            scores.spans,
            scores.of("quoted"),
            scores.of("reported"),
            scores.of("speaker"),
            scores.of("contested"),
        )
        flags = tuple(
            Flag(hit.technique, hit.span, text[hit.span.start : hit.span.end], hit.confidence, voice)
            for hit, voice in zip(hits, attribute(text, [hit.span for hit in hits], speech), strict=True)
            if voices is None or voice.kind in voices
        )
        return Report(text, flags, self.model, language=language, id=id)

    def _threshold(self, hit: Hit, min_confidence: float | None) -> float:
        if min_confidence is not None:
            return min_confidence
        return self._scorer.card.calibrations[TECHNIQUE_IDS.index(hit.technique)].threshold


def _check(
    min_confidence: float | None, techniques: Collection[str] | None, voices: Collection[str] | None
) -> None:
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise OptionError("min_confidence", min_confidence, "a number from 0 to 1")
    for name in techniques or ():
        if name not in BY_ID:
            raise OptionError("techniques", name, "an id that `spinmark techniques` lists")
    for name in voices or ():
        if name not in VOICES:
            raise OptionError("voice", name, f"one of {', '.join(VOICES)}")
