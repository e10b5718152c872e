"""Does the text itself dispute a passage, and by which of its sentences.

Each sentence near the passage is weighed by what it holds: words of refutation, figures, a negation, a source's
finding, words of the passage taken up again. The heaviest one decides. What a rival merely denies weighs little.
Some techniques are disputed often, since they claim something (a cause, a provocation, a figure), others hardly ever.

`contest.toml` beside this file holds the weights, which `spinmark_training.contest_fit` writes and explains.
"""

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinmark.report import Span

_CUES: dict[str, str] = {
    "reality": r"\b(?:in (?:reality|truth|actual fact)|the truth is|the reality is|actually|in (?:point of )?fact)\b",
    "false": r"\b(?:false|untrue|baseless|unfounded|groundless|misleading|debunk\w*|disprov\w*|refut\w*|contradict\w*|fabricat\w*|"
    r"invented|hoax|myth|fiction|wrong|mistaken|lie[sd]?|lying|nonsense|not true|no basis|no foundation|no truth|bears? out|"
    r"otherwise|discredit\w*|staged|without (?:offering |giving |any )*evidence|so-called|a different story)\b",
    "evidence": r"\b(?:no (?:evidence|proof|sign|trace|record|such|support)|not? (?:a single|one)|none of|nothing (?:of|in|to)|never (?:been|had|was))\b",
    "negation": r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|isn't|wasn't|weren't|didn't|doesn't|don't|hasn't|hadn't)\b|n[’']t\b",
    "finding": r"\b(?:show(?:s|ed|n)?|found|finds|list(?:s|ed)?|record(?:s|ed)?|register|minutes|log(?:s|book)?|footage|video|data|figures|"
    r"statistics|accounts|survey|report|inquiry|court|tribunal|ruled|judge|audit\w*|documents?|invoices?|receipts?|studies|study|"
    r"recordings?|photographs?|measured|counted|inspect\w*|witness\w*|testif\w*|according to|poll|census|historians?)\b",
    "number": r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|half|third)\b",
    "earlier": r"\b(?:before|earlier|already|since|previous\w*|years?|months?|days?|weeks?|hours?|later|after|until|ago|had been|first)\b",
    "own": r"\b(?:own|himself|herself|itself|themselves)\b",
    "but": r"\b(?:but|yet|however|although|though|whereas|while|only|even so|despite)\b",
    "first person": r"\b(?:I|we|my|our|me|us)\b",
    "retort": r"[?!]",
    "denial": r"\b(?:den(?:y|ies|ied)|reject(?:s|ed)?|disput(?:e|es|ed)|dismiss(?:es|ed)?|declined|refus(?:ed|es)|called|said it|accus\w+|critici\w+|regret\w*)\b",
    "meeting": r"\b(?:vote[sd]?|meet(?:s|ing)?|debate|decision|expected|will|adjourned|resumes?|applau\w+|laugh\w*|comment)\b",
    "past perfect": r"\b(?:had|have|has) (?:\w+ )?(?:been|\w+ed|\w+en)\b",
}
_CUE = {name: re.compile(pattern) for name, pattern in _CUES.items()}
"""For words in lower case, which costs half of ignoring case, except `first person`: `us` is not `US`."""

_PLAIN = re.compile(
    r"^(?:(?:but|yet) )?(?:in (?:reality|truth|fact|actual fact)|the (?:truth|reality|fact) is|that is (?:false|untrue|not true)|"
    r"this is (?:false|untrue|not true)|there is no (?:evidence|proof|basis)|no evidence (?:of|for|that|has|supports))\b|"
    r"\b(?:although|though|when|but|while|whereas) in (?:reality|truth|fact)\b|\b(?:baseless|unfounded|debunked|false|groundless|discredited) "
    r"(?:claims?|allegations?|assertions?|accusations?)\b|\b(?:without|not) (?:offering|providing|giving|presenting|citing) (?:any )?evidence\b",
    re.IGNORECASE,
)

_TAKEN_UP = re.compile(
    r"^(?:(?:but|yet) )?(?:that|this|it) (?:is|was) (?:false|untrue|not true)\b|"
    r"\b(?:evidence|proof|basis) (?:of|for) (?:that|this|it|any of (?:that|this|it))\b|"
    r"\b(?:the|that|this|these|those|such) (?:claim|allegation|accusation|assertion|charge)s?\b",
    re.IGNORECASE,
)
"""What speaks of the sentence before without a word of it."""

_PLACES = ("same", "before", *(f"after {n}" for n in range(1, 7)))
_AHEAD = 11
"""So many sentences behind a passage are looked through for those after it: its own speaker's are passed over."""

_VOICES = ("author", "other", "same speaker")
FEATURES = (
    *_CUES, *_PLACES, *_VOICES, "overlap", "overlap 2", "new paragraph", "short quotation", "quoted", "short",
    "long", "number next", "false by author", "negated overlap", "numbered finding", "last", "bias",
)  # fmt: skip
"""The columns of a candidate's features."""

_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}")
_STOP = frozenset(
    "that this with from have been were they their them there which would could should about after before because when "
    "what said says will your than then more most only also into over just like very much some such each every other "
    "does did being these those where while under again against between both same through until since even".split()
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence, or the rest of one, that may dispute a passage; `features` is float64 [features].

    `plain` says that it contradicts in so many words, in the author's voice, and speaks of the same matter.
    """

    span: Span
    features: npt.NDArray[np.float64]
    plain: bool = False


@dataclass(frozen=True, slots=True)
class HeadWeights:
    """Of a logistic model: sentences score(all candidates) + contested logit(contested head) + bias >= threshold."""

    sentences: float
    contested: float
    bias: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What contest has learned, all as log odds.

    `features` is float64 [features]. `techniques` is what a passage's technique adds, 0 on the average of those that
    were marked, so that a passage without one is a passage of any. `threshold` holds without the model's heads.
    """

    features: npt.NDArray[np.float64]
    techniques: Mapping[str, float]
    threshold: float
    heads: HeadWeights


def read_weights(path: Path) -> Weights:
    """Read `contest.toml`. Raises: KeyError, a feature has no weight."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Weights(
        np.array([table["features"][name] for name in FEATURES], float),
        table["techniques"],
        table["threshold"],
        HeadWeights(**table["heads"]),
    )


PACKAGED = Path(__file__).with_suffix(".toml")


@cache
def packaged_weights() -> Weights:
    return read_weights(PACKAGED)


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of speech and its speaker's words, as far as contest needs them."""

    span: Span
    speaker: str


@dataclass(frozen=True, slots=True)
class _Words:
    """What a stretch of text holds, whatever passage is asked about."""

    cues: Mapping[str, bool]
    content: set[str]
    length: int

    @classmethod
    def of(cls, words: str) -> "_Words":
        low = words.lower()
        cues = {
            name: pattern.search(words if name == "first person" else low) is not None
            for name, pattern in _CUE.items()
        }
        return cls(cues, _content(low), len(words.split()))


class Contest:
    """The sentences of one text, ready to be asked about its passages."""

    def __init__(
        self, text: str, sentences: Sequence[Span], said: Sequence[Said], weights: Weights | None = None
    ) -> None:
        """Take what is said in the order in which it begins; `weights` None stands for the packaged ones."""
        self.text = text
        self._weights = weights or packaged_weights()
        self._sentences = sentences
        self._starts = [s.start for s in sentences]
        self._said = said
        self._said_starts = [s.span.start for s in said]
        self._said_reach = list(accumulate((s.span.end for s in said), max))
        self._frequent = _frequent(text, sentences)
        self._cached: dict[Span, _Words] = {}

    def disputing(
        self, passage: Span, speech: Said, quoted: bool, head: float | None, technique: str | None = None
    ) -> Span | None:
        """Return the sentence that disputes a passage, or None; `head` is the contested head's highest score."""
        candidates = self.candidates(passage, speech, quoted)
        plain = [c.span for c in candidates if c.plain]
        if plain:  # what follows rather than what stands before, and the nearest
            return min(plain, key=lambda span: (span.end <= passage.start, abs(span.start - passage.start)))
        if not candidates:
            return None
        score, heaviest = weigh(candidates, self._weights.features)
        score += self._weights.techniques.get(technique or "", 0.0)
        threshold = self._weights.threshold
        if head is not None:
            heads = self._weights.heads
            score = heads.sentences * score + heads.contested * head_logit(head) + heads.bias
            threshold = heads.threshold
        return heaviest if score >= threshold else None

    def candidates(self, passage: Span, speech: Said, quoted: bool) -> list[Candidate]:
        """Return what stands near the passage: its sentence's rest, the sentence before and six after."""
        first = max(0, bisect_right(self._starts, passage.start) - 1)
        last = max(first, bisect_right(self._starts, passage.end - 1) - 1)
        places: list[tuple[int, Span]] = [
            (0, self._trim(Span(self._sentences[first].start, min(speech.span.start, passage.start)))),
            (0, self._trim(Span(max(speech.span.end, passage.end), self._sentences[last].end))),
        ]
        opening = max(0, bisect_right(self._starts, min(speech.span.start, passage.start)) - 1)
        if opening > 0:
            places.append((1, self._trim(self._sentences[opening - 1])))
        place, index = 2, last + 1
        while place < len(_PLACES) and index < min(len(self._sentences), last + 1 + _AHEAD):
            span = self._trim(self._sentences[index])
            if speech.span.end < span.end:
                places.append((place, span))
                place += 1
            index += 1
        words = _content(self.text[passage.start : passage.end]) - self._frequent
        ends_text = last + 1 >= len(self._sentences)
        return [
            self._candidate(place, span, passage, words, speech, quoted, ends_text)
            for place, span in places
            if len(self.text[span.start : span.end].split()) > 1
        ]

    def _trim(self, span: Span) -> Span:
        start, end = span.start, max(span.start, span.end)
        while start < end and not self.text[start].isalnum():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return Span(start, end)

    def _words(self, span: Span) -> "_Words":
        """Read a span once: the passages of a text share most of their sentences."""
        words = self._cached.get(span)
        if words is None:
            words = self._cached[span] = _Words.of(self.text[span.start : span.end])
        return words

    def _candidate(
        self,
        place: int,
        span: Span,
        passage: Span,
        words: set[str],
        speech: Said,
        quoted: bool,
        ends_text: bool,
    ) -> Candidate:
        read = self._words(span)
        cues, length = read.cues, read.length
        places = [place == i for i in range(len(_PLACES))]
        voice_at = self._voice(span, speech)
        voice = [voice_at == i for i in range(len(_VOICES))]
        overlap = len(words & read.content)
        between = self.text[min(passage.end, span.end) : max(passage.start, span.start)]
        rest = [
            overlap > 0, overlap > 1, "\n" in between, quoted and len(self.text[passage.start : passage.end].split()) < 5,
            quoted, length < 7, length > 24, cues["number"] * (place == 2), cues["false"] * voice[0],
            cues["negation"] * (overlap > 0), cues["number"] * cues["finding"], ends_text, True,
        ]  # fmt: skip
        plain = place < 4 and voice[0] and _PLAIN.search(self.text[span.start : span.end]) is not None
        if plain and place > 0:
            claimed = _content(self.text[speech.span.start : speech.span.end])
            next_one = place == _PLACES.index("after 1")
            taken_up = next_one and _TAKEN_UP.search(self.text[span.start : span.end]) is not None
            plain = taken_up or bool(claimed & read.content)
        return Candidate(span, np.array((*cues.values(), *places, *voice, *rest), float), plain)

    def _voice(self, span: Span, speech: Said) -> int:
        """Return 0 where the author speaks, 1 for somebody else, 2 for the passage's own speaker."""
        holding: list[Said] = []
        index = bisect_left(self._said_starts, span.end) - 1
        while index >= 0 and self._said_reach[index] > span.start:
            if self._said[index].span.overlap(span) * 2 >= len(span):
                holding.append(self._said[index])
            index -= 1
        if not holding:
            return 0
        return (
            2
            if any(s.speaker and _last_word(s.speaker) == _last_word(speech.speaker) for s in holding)
            else 1
        )


def _last_word(name: str) -> str:
    return name.split()[-1].lower() if name else ""


def _frequent(text: str, sentences: Sequence[Span]) -> set[str]:
    """Return the words that run through a long text: that a sentence takes them up says nothing."""
    if len(sentences) < _LONG_TEXT:
        return set()
    counts = Counter(word for s in sentences for word in _content(text[s.start : s.end]))
    return {word for word, count in counts.items() if count > max(2, len(sentences) // 8)}


_LONG_TEXT = 9
"""Sentences from which on a word can run through a text."""


def _content(text: str) -> set[str]:
    """Return the content words of a text, cut to their first five letters."""
    return {w[:5] for w in _CONTENT_WORD.findall(text.lower()) if w not in _STOP}


def weigh(candidates: Sequence[Candidate], weights: npt.NDArray[np.float64]) -> tuple[float, Span]:
    """Return how much the candidates dispute their passage, and the one that does it most.

    The former is the soft maximum of their weights, log(mean(exp(weight))), as log odds.
    """
    logits = np.stack([c.features for c in candidates]) @ weights
    highest = float(logits.max())
    return highest + float(np.log(np.exp(logits - highest).mean())), candidates[int(logits.argmax())].span


def head_logit(probability: float) -> float:
    """Return the log odds of a head's score, kept off 0 and 1 by a thousandth."""
    return float(np.log((probability + 1e-3) / (1 - probability + 1e-3)))
