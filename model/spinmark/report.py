"""The result that every surface speaks, and its only serialiser."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, Final, Literal, NotRequired, TypedDict, get_args

from spinmark.taxonomy import BY_ID, Group

SCHEMA: Final = "spinmark.report/1"
EXPLANATION_SCHEMA: Final = "spinmark.explanation/1"

VoiceKind = Literal["author", "quoted", "reported"]
VOICES: tuple[VoiceKind, ...] = get_args(VoiceKind)
Status = Literal["ok", "unsupported_language", "too_short", "truncated"]

# What JSON lets stand and other readers trip over: the controls that `json` leaves, of which some steer a
# terminal, the separators at which some readers break lines, and lone surrogates, which UTF-8 cannot hold.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points of the analysed text."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def overlap(self, other: "Span") -> int:
        """Return the number of code points that both spans hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says a passage: the author, or somebody quoted or reported.

    `speaker` is where the text names the speaker, None where it does not or where the author speaks.
    `contested_by` is the passage of the same text that disputes the claim, where one was found.
    """

    kind: VoiceKind = "author"
    speaker: Span | None = None
    contested: bool = False
    contested_by: Span | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """A word, or a few, in or near a passage, and how far they moved its confidence.

    `weight` is what the confidence loses without them; below zero they kept it down.
    """

    span: Span
    weight: float


@dataclass(frozen=True, slots=True)
class Flag:
    """A passage that resembles a technique; `confidence` is a calibrated probability in [0, 1].

    `cues` is None where nobody asked for them.
    """

    technique: str
    span: Span
    quote: str
    confidence: float
    voice: Voice = Voice()
    cues: tuple[Cue, ...] | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """Which weights made a report."""

    name: str
    version: str
    sha256: str


class ModelJson(TypedDict):
    """`Model` as the contract has it."""

    name: str
    version: str
    sha256: str


class AttributionJson(TypedDict):
    """Who says a flag's words."""

    voice: VoiceKind
    speaker: str | None
    speaker_start: int | None
    speaker_end: int | None


class PlaceJson(TypedDict):
    """A passage of the text, in code points."""

    start: int
    end: int


class CueJson(TypedDict):
    """A word, or a few, that moved a confidence: by `weight`, below zero where they kept it down."""

    start: int
    end: int
    start_utf16: int
    end_utf16: int
    weight: float


class FlagJson(TypedDict):
    """A passage that resembles a technique."""

    start: int
    end: int
    start_utf16: int
    end_utf16: int
    text: str
    technique: str
    group: Group
    confidence: float
    attribution: AttributionJson
    contested: bool
    contested_by: PlaceJson | None
    cues: NotRequired[list[CueJson]]


class SummaryJson(TypedDict):
    """A report in numbers."""

    flags: int
    by_technique: dict[str, int]
    by_voice: dict[VoiceKind, int]
    flagged_fraction: float


class ReportHeadJson(TypedDict):
    """What a report says of the text as a whole."""

    schema: Literal["spinmark.report/1"]
    id: str | int | None
    model: ModelJson
    language: str | None
    status: Status
    text_length: int
    summary: SummaryJson


class ReportJson(ReportHeadJson):
    """Everything that was found in one text."""

    flags: list[FlagJson]


class ExplanationJson(TypedDict):
    """Which words moved the confidence that a passage resembles a technique."""

    schema: Literal["spinmark.explanation/1"]
    model: ModelJson
    start: int
    end: int
    start_utf16: int
    end_utf16: int
    text: str
    technique: str
    confidence: float
    cues: list[CueJson]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found in one text; `flags` stand in reading order, then by confidence."""

    text: str
    flags: tuple[Flag, ...]
    model: Model
    status: Status = "ok"
    language: str | None = "en"
    id: str | int | None = None

    view: ClassVar["Callable[[Report], str] | None"] = None
    """Makes the view in a notebook; the package sets it, as the module that can stands behind this one."""

    def _repr_html_(self) -> str | None:
        return None if Report.view is None else Report.view(self)

    def to_dict(self) -> ReportJson:
        """Return the report as the JSON object of the contract."""
        utf16 = _Utf16Offsets(self.text)
        by_technique = Counter(flag.technique for flag in self.flags)
        by_voice = Counter(flag.voice.kind for flag in self.flags)
        return {
            "schema": SCHEMA,
            "id": self.id,
            "model": _model(self.model),
            "language": self.language,
            "status": self.status,
            "text_length": len(self.text),
            "flags": [_flag(self.text, flag, utf16) for flag in self.flags],
            "summary": {
                "flags": len(self.flags),
                "by_technique": {id_: by_technique[id_] for id_ in BY_ID if by_technique[id_]},
                "by_voice": {kind: by_voice[kind] for kind in VOICES},
                "flagged_fraction": self._flagged_fraction(),
            },
        }

    def to_json(self) -> str:
        """Return the report as one line of JSON, without a line break at its end.

        See `json_line`.
        """
        return json_line(self.to_dict())

    def _flagged_fraction(self) -> float:
        """Return the share of the text's code points that at least one flag covers."""
        covered, reached = 0, 0
        for flag in sorted(self.flags, key=lambda f: f.span):
            covered += max(0, flag.span.end - max(reached, flag.span.start))
            reached = max(reached, flag.span.end)
        return round(covered / len(self.text), 4) if self.text else 0.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage resembles a technique, or does not: `cues` stand in reading order."""

    text: str
    technique: str
    span: Span
    confidence: float
    cues: tuple[Cue, ...]
    model: Model

    def to_dict(self) -> ExplanationJson:
        """Return the explanation as the JSON object of the contract."""
        utf16 = _Utf16Offsets(self.text)
        return {
            "schema": EXPLANATION_SCHEMA,
            "model": _model(self.model),
            "start": self.span.start,
            "end": self.span.end,
            "start_utf16": utf16[self.span.start],
            "end_utf16": utf16[self.span.end],
            "text": self.text[self.span.start : self.span.end],
            "technique": self.technique,
            "confidence": round(self.confidence, 4),
            "cues": _cues(self.cues, utf16),
        }

    def to_json(self) -> str:
        """Return the explanation as one line of JSON, without a line break at its end."""
        return json_line(self.to_dict())


class FlagLines:
    """The flags of one text as JSON objects, for who cannot wait for the report; they are the report's own."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._utf16 = _Utf16Offsets(text)

    def to_dict(self, flag: Flag) -> FlagJson:
        return _flag(self._text, flag, self._utf16)


def json_line(value: object) -> str:
    """Return `value` as one line of compact JSON that always encodes to UTF-8 and cannot steer a terminal.

    >>> print(json_line({"id": "\\ud800", "text": "Überzeugt\\x9b2J"}))
    {"id":"\\ud800","text":"Überzeugt\\u009b2J"}
    """
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", line)


class _Utf16Offsets:
    """Code-point offset -> UTF-16 offset, for one text.

    Most texts have no character beyond the Basic Multilingual Plane; there the two are the same.
    """

    def __init__(self, text: str) -> None:
        astral = not text.isascii() and max(text) > "\uffff"
        self._offsets = (
            list(accumulate((2 if ord(c) > 0xFFFF else 1 for c in text), initial=0)) if astral else None
        )

    def __getitem__(self, offset: int) -> int:
        return self._offsets[offset] if self._offsets is not None else offset


def _model(model: Model) -> ModelJson:
    return {"name": model.name, "version": model.version, "sha256": model.sha256}


def _flag(text: str, flag: Flag, utf16: _Utf16Offsets) -> FlagJson:
    speaker, contested_by = flag.voice.speaker, flag.voice.contested_by
    value: FlagJson = {
        "start": flag.span.start,
        "end": flag.span.end,
        "start_utf16": utf16[flag.span.start],
        "end_utf16": utf16[flag.span.end],
        "text": flag.quote,
        "technique": flag.technique,
        "group": BY_ID[flag.technique].group,
        "confidence": round(flag.confidence, 4),
        "attribution": {
            "voice": flag.voice.kind,
            "speaker": None if speaker is None else text[speaker.start : speaker.end],
            "speaker_start": None if speaker is None else speaker.start,
            "speaker_end": None if speaker is None else speaker.end,
        },
        "contested": flag.voice.contested,
        "contested_by": None
        if contested_by is None
        else {"start": contested_by.start, "end": contested_by.end},
    }
    if flag.cues is not None:
        value["cues"] = _cues(flag.cues, utf16)
    return value


def _cues(cues: Sequence[Cue], utf16: _Utf16Offsets) -> list[CueJson]:
    return [
        {
            "start": cue.span.start,
            "end": cue.span.end,
            "start_utf16": utf16[cue.span.start],
            "end_utf16": utf16[cue.span.end],
            "weight": round(cue.weight, 4),
        }
        for cue in cues
    ]
