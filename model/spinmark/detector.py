"""Text -> report: composes tokenizer, scorer, decoder and voice."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spinmark.card import OUTPUTS
from spinmark.decode import Hit, decode
from spinmark.errors import OptionError, SpanError, UnscoredError
from spinmark.evidence import Evidence
from spinmark.language import identify
from spinmark.report import VOICES, Explanation, Flag, Model, Report, Span, Status, Voice
from spinmark.scorer import Scorer, Scores, joined
from spinmark.taxonomy import BY_ID, TECHNIQUE_IDS
from spinmark.tokens import Tokenizer, Tokens
from spinmark.voice import RUN_SCORE, SpeechScores, Voices, attribute

WEIGHTS = Path(__file__).parent / "weights"

MIN_WORDS = 2
"""A single word has no context that could make it a technique."""

MAX_EXPLAINED = 64
"""The flags of a report that get cues, from the top; each costs up to some forty windows, a third of a second."""

Turn = Callable[[], AbstractContextManager[object]]
"""Gives what is held while one window is scored; whoever shares the model hands it on in between."""


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
        explain: bool = False,
        turn: Turn | None = None,
    ) -> Report:
        """Return what stands out in `text`, of any length, at a cost linear in it.

        `min_confidence` in [0, 1] replaces each technique's own threshold; `techniques` and `voices` keep
        only the flags named. A text in another language or with fewer than two words is not scored: the
        report's status says so. `explain` adds cues to the first `MAX_EXPLAINED` flags. `turn` is entered for
        each window that is scored; what it raises ends the analysis. Raises: OptionError; TypeError, no str.
        """
        wanted = _Wanted.checked(min_confidence, techniques, voices)
        status, language = _reading(text)
        if status != "ok":
            return Report(text, (), self.model, status=status, language=language, id=id)
        windows = self._tokenizer.windows(text)
        scores = self._scores(windows, turn)
        hits = self._kept(decode(text, scores, self._scorer.card), wanted)
        flags = _flags(text, hits, _voices(text, hits, scores), wanted)
        if explain:
            flags = self._explained(flags, self._evidence(text, windows, turn))
        return Report(text, tuple(flags), self.model, language=language, id=id)

    def stream(
        self,
        text: str,
        *,
        id: str | int | None = None,  # noqa: A002  (the contract's name)
        min_confidence: float | None = None,
        techniques: Collection[str] | None = None,
        voices: Collection[str] | None = None,
        explain: bool = False,
        turn: Turn | None = None,
    ) -> Iterator[Flag | Report]:
        """Yield the flags of `analyze` in their order, each as soon as nothing further on can change it.

        The report, with the same flags, comes last. A flag waits for its voice: a speaker may be named a few
        lines below. Raises: OptionError, before the first flag.
        """
        wanted = _Wanted.checked(min_confidence, techniques, voices)
        return self._stream(text, id, wanted, explain, turn)

    def explain(self, text: str, span: Span, technique: str, *, turn: Turn | None = None) -> Explanation:
        """Return which words move the confidence that `span` resembles `technique`, whether it was flagged or not.

        The cost is that of the passage's own windows, some forty times for a passage of a few sentences.
        `turn` is as in `analyze`. Raises: OptionError, the technique is none; SpanError, the passage is none of
        the text; UnscoredError, the model gives it no score, as to a text in another language.
        """
        if technique not in BY_ID:
            raise OptionError("technique", technique, "an id that `spinmark techniques` lists")
        if not 0 <= span.start < span.end <= len(text):
            raise SpanError(span.start, span.end, len(text))
        status, language = _reading(text)
        if status == "too_short":
            raise UnscoredError(span.start, span.end, f"the text has fewer than {MIN_WORDS} words")
        if status != "ok":
            raise UnscoredError(
                span.start, span.end, f"the text seems to be in another language ({language})"
            )
        evidence = self._evidence(text, self._tokenizer.windows(text), turn)
        confidence = evidence.confidence(span, technique)
        if confidence is None:
            raise UnscoredError(span.start, span.end, "nothing in it can be read")
        return Explanation(text, technique, span, confidence, evidence.cues(span, technique), self.model)

    def _stream(
        self, text: str, id_: str | int | None, wanted: "_Wanted", explain: bool, turn: Turn | None
    ) -> Iterator[Flag | Report]:
        status, language = _reading(text)
        if status != "ok":
            yield Report(text, (), self.model, status=status, language=language, id=id_)
            return
        windows = self._tokenizer.windows(text)
        evidence = self._evidence(text, windows, turn) if explain else None
        found: list[Flag] = []
        for flag in self._attributed(text, self._stretches(text, windows, turn), wanted):
            cues = None
            if evidence is not None and len(found) < MAX_EXPLAINED:
                cues = evidence.cues(flag.span, flag.technique)
            found.append(replace(flag, cues=cues))
            yield found[-1]
        yield Report(text, tuple(found), self.model, language=language, id=id_)

    def _attributed(self, text: str, stretches: "Iterable[_Stretch]", wanted: "_Wanted") -> Iterator[Flag]:
        """Yield the flags of a text whose scores come in stretches, each as soon as its voice is certain."""
        waiting: deque[Hit] = deque()
        voices: Voices | None = None
        for stretch in stretches:
            waiting.extend(self._kept(decode(text, stretch.new, self._scorer.card), wanted))
            if voices is None and waiting:  # reading the whole text for its speech is not free
                voices = Voices(text)
            if voices is None:
                continue
            voices.hear(speech_of(stretch.all))
            while waiting and (stretch.last or voices.certain_at(waiting[0].span) <= stretch.end):
                hit = waiting.popleft()
                yield from _flags(text, [hit], [voices.voice(hit.span, hit.technique)], wanted)

    def _stretches(self, text: str, windows: Sequence[Tokens], turn: Turn | None) -> "Iterator[_Stretch]":
        """Score the windows one after the other and yield what cannot change any more, in stretches."""
        if not windows:
            return
        spans = np.concatenate([w.spans[w.core[0] : w.core[1]] for w in windows])
        outputs = np.empty((len(spans), len(OUTPUTS)), np.float32)
        done = scored = 0
        for window in windows:
            before = scored
            scores = self._score(window, turn)
            scored += len(scores.spans)
            outputs[before:scored] = scores.outputs
            so_far = Scores(spans[:scored], outputs[:scored])
            cut = scored if scored == len(spans) else self._cut(text, so_far, max(before, done + 1))
            if cut is not None:
                yield _Stretch(Scores(spans[:cut], outputs[:cut]), done, last=cut == len(spans))
                done = cut

    def _cut(self, text: str, scores: Scores, least: int) -> int | None:
        """Return the last token, from `least` on, before which the scores can be cut without changing a thing.

        No passage of any technique reaches over the cut, as the tokens on both sides are below the candidates'
        score; neither does a speaker's name, nor a word.
        """
        first = max(0, least - 2)
        heard = (scores.techniques[first:] >= self._scorer.card.decoding.candidate_score).max(axis=1)
        named = scores.of("speaker")[first:] >= RUN_SCORE
        for token in range(len(scores.spans) - 1, least - 1, -1):
            i = token - first
            if not heard[i] and not heard[i - 1] and not named[max(0, i - 2) : i].any():
                start = int(scores.spans[token, 0])
                if text[start - 1].isspace() and text[start].isalnum():
                    return token
        return None

    def _scores(self, windows: Sequence[Tokens], turn: Turn | None) -> Scores:
        if turn is None:
            return self._scorer.score(windows)
        return joined([self._score(window, turn) for window in windows])

    def _score(self, window: Tokens, turn: Turn | None) -> Scores:
        if turn is None:
            return self._scorer.score_one(window)
        with turn():
            return self._scorer.score_one(window)

    def _evidence(self, text: str, windows: Sequence[Tokens], turn: Turn | None) -> Evidence:
        return Evidence(
            text,
            windows,
            lambda window: self._score(window, turn),
            self._scorer.card,
            self._tokenizer.mask,
        )

    def _explained(self, flags: Sequence[Flag], evidence: Evidence) -> list[Flag]:
        return [
            replace(flag, cues=evidence.cues(flag.span, flag.technique)) if i < MAX_EXPLAINED else flag
            for i, flag in enumerate(flags)
        ]

    def _kept(self, hits: Iterable[Hit], wanted: "_Wanted") -> list[Hit]:
        return [
            hit
            for hit in hits
            if hit.confidence >= self._threshold(hit, wanted.min_confidence)
            and (wanted.techniques is None or hit.technique in wanted.techniques)
        ]

    def _threshold(self, hit: Hit, min_confidence: float | None) -> float:
        if min_confidence is not None:
            return min_confidence
        return self._scorer.card.calibrations[TECHNIQUE_IDS.index(hit.technique)].threshold


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The options of an analysis."""

    min_confidence: float | None
    techniques: Collection[str] | None
    voices: Collection[str] | None

    @classmethod
    def checked(
        cls, min_confidence: float | None, techniques: Collection[str] | None, voices: Collection[str] | None
    ) -> "_Wanted":
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise OptionError("min_confidence", min_confidence, "a number from 0 to 1")
        for name in techniques or ():
            if name not in BY_ID:
                raise OptionError("techniques", name, "an id that `spinmark techniques` lists")
        for name in voices or ():
            if name not in VOICES:
                raise OptionError("voice", name, f"one of {', '.join(VOICES)}")
        return cls(min_confidence, techniques, voices)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Scores from the text's beginning to a place that nothing crosses; those from `since` on are new."""

    all: Scores
    since: int
    last: bool

    @property
    def new(self) -> Scores:
        return Scores(self.all.spans[self.since :], self.all.outputs[self.since :])

    @property
    def end(self) -> int:
        return int(self.all.spans[-1, 1])


def _reading(text: str) -> tuple[Status, str | None]:
    """Return whether a text is scored, and its language. Raises: TypeError."""
    if not isinstance(text, str):
        raise TypeError(f"the text is of type {type(text).__name__}, expected str")
    if len(text.split(maxsplit=MIN_WORDS)) < MIN_WORDS:
        return "too_short", None
    language = identify(text)
    return "ok" if language == "en" else "unsupported_language", language


def _voices(text: str, hits: Sequence[Hit], scores: Scores) -> list[Voice]:
    return attribute(text, [h.span for h in hits], speech_of(scores), [h.technique for h in hits])


def speech_of(scores: Scores) -> SpeechScores:
    """Return what the network's heads for speech say of a text, out of all of its scores."""
    return SpeechScores(
        scores.spans,
        scores.of("quoted"),
        scores.of("reported"),
        scores.of("speaker"),
        scores.of("contested"),
    )


def _flags(text: str, hits: Sequence[Hit], voices: Sequence[Voice], wanted: _Wanted) -> list[Flag]:
    return [
        Flag(hit.technique, hit.span, text[hit.span.start : hit.span.end], hit.confidence, voice)
        for hit, voice in zip(hits, voices, strict=True)
        if wanted.voices is None or voice.kind in wanted.voices
    ]
