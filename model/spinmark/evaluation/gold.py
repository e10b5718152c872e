"""JSON lines -> annotated texts; what cannot be read is named by file and line.

    {"id": "a1", "text": "…", "spans": [{"start": 0, "end": 9, "technique": "slogan"}], "genre": "letter"}

docs/evaluation.md describes each field.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from spinmark.errors import InputError
from spinmark.report import VOICES, Span, VoiceKind
from spinmark.taxonomy import BY_ID, TECHNIQUE_IDS

_T = TypeVar("_T")

_ROW_FIELDS = {"id", "text", "spans", "labelled", "merged", "source", "genre", "kind"}
_SPAN_FIELDS = {"start", "end", "technique", "techniques", "voice", "speaker", "contested"}


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """A passage as annotators marked it; more than one technique means that it is one of them.

    `voice` and `contested` are None where nobody marked them; `speaker` speaks only where `speaker_marked`.
    """

    span: Span
    techniques: tuple[str, ...]
    voice: VoiceKind | None = None
    speaker: Span | None = None
    speaker_marked: bool = False
    contested: bool | None = None


@dataclass(frozen=True, slots=True)
class GoldText:
    """An annotated text.

    `classes` gives each technique that the annotators looked for the class that it is judged as: its own id,
    or those of a group that they did not tell apart, joined by `|`.
    """

    id: str | int
    text: str
    spans: tuple[GoldSpan, ...]
    classes: Mapping[str, str]
    source: str = ""
    genre: str = ""
    kind: str = ""

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def quiet(self) -> bool:
        """Say whether nothing is marked and nothing was written to look as if it should be."""
        return not self.spans and self.kind != "hard_negative"


def classes_of(labelled: Iterable[str], merged: Iterable[Iterable[str]] = ()) -> dict[str, str]:
    """Return the class of each technique, in the order of the taxonomy; a group is one class.

    >>> classes_of(["slogan", "straw_man", "red_herring"], [["red_herring", "straw_man"]])
    {'straw_man': 'straw_man|red_herring', 'red_herring': 'straw_man|red_herring', 'slogan': 'slogan'}
    """
    named = set(labelled)
    classes = {id_: id_ for id_ in TECHNIQUE_IDS if id_ in named}
    for group in merged:
        members = [id_ for id_ in TECHNIQUE_IDS if id_ in set(group)]
        classes |= {id_: "|".join(members) for id_ in members}
    return {id_: classes[id_] for id_ in TECHNIQUE_IDS if id_ in classes}


def class_name(class_: str) -> str:
    """Return how a reader is told of a class.

    >>> class_name("straw_man|red_herring")
    'Straw man or red herring'
    """
    first, *others = (BY_ID[id_].name for id_ in class_.split("|"))
    names = [first, *(name[0].lower() + name[1:] for name in others)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def read_gold(lines: Iterable[bytes], source: str) -> Iterator[GoldText | InputError]:
    """Yield one annotated text or error for each line that is not blank; an error names `source:line`."""
    seen: dict[tuple[str, str | int], int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _text(_object(line))
            before = seen.setdefault((row.source, row.id), number)
            if before != number:
                raise ValueError(f"the id {_shown(row.id)} stands on line {before} already")
        except (ValueError, RecursionError) as error:
            yield InputError(f"{source}:{number}", _reason(error))
        else:
            yield row


def _reason(error: Exception) -> str:
    """Return what is wrong, without a word of the text."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON ({error.msg}, column {error.colno})"
    return "not JSON (nested too deeply)" if isinstance(error, RecursionError) else str(error)


def _object(line: bytes) -> dict[str, Any]:
    row = json.loads(line.decode("utf-8-sig"))
    return _known(row, _ROW_FIELDS, "the row")


def _text(row: dict[str, Any]) -> GoldText:
    text = _of_type(row, "text", str, "a string")
    id_ = row.get("id")
    if isinstance(id_, bool) or not isinstance(id_, str | int):
        raise ValueError("'id' is missing or neither a string nor a whole number")
    labelled = _techniques(row.get("labelled", list(TECHNIQUE_IDS)), "labelled")
    groups = row.get("merged", [])
    if not isinstance(groups, list):
        raise ValueError("'merged' is not a list of groups of technique ids")
    merged = [_techniques(group, "merged") for group in groups]
    members = [id_ for group in merged for id_ in group]
    if len(set(members)) < len(members) or not set(members) <= set(labelled):
        raise ValueError("'merged' names a technique twice or one that is not in 'labelled'")
    classes = classes_of(labelled, merged)
    spans = tuple(
        _span(span, f"span {n}", len(text), classes)
        for n, span in enumerate(_of_type(row, "spans", list, "a list"))
    )
    names = [_of_type(row, field, str, "a string", "") for field in ("source", "genre", "kind")]
    return GoldText(id_, text, spans, classes, *names)


def _span(given: object, at: str, length: int, classes: Mapping[str, str]) -> GoldSpan:
    row = _known(given, _SPAN_FIELDS, at)
    if ("technique" in row) == ("techniques" in row):
        raise ValueError(f"{at} needs either 'technique' or 'techniques'")
    techniques = _techniques(row.get("techniques", [row.get("technique")]), at)
    for technique in techniques:
        if technique not in classes:
            raise ValueError(f"{at} is {technique}, which is not in 'labelled'")
    voice, contested, speaker = row.get("voice"), row.get("contested"), row.get("speaker")
    if voice is not None and voice not in VOICES:
        raise ValueError(f"{at} has the voice {_shown(voice)}, expected one of {', '.join(VOICES)}")
    if contested is not None and not isinstance(contested, bool):
        raise ValueError(f"{at} has {_shown(contested)} for 'contested', expected true or false")
    if speaker is not None:
        speaker = _offsets(
            _known(speaker, {"start", "end"}, f"the speaker of {at}"), f"the speaker of {at}", length
        )
    return GoldSpan(_offsets(row, at, length), techniques, voice, speaker, "speaker" in row, contested)


def _offsets(row: dict[str, Any], at: str, length: int) -> Span:
    start, end = row.get("start"), row.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
        raise ValueError(
            f"{at} runs from {_shown(start)} to {_shown(end)}, expected whole numbers within 0 to {length:,}"
        )
    return Span(start, end)


def _techniques(given: object, at: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not given:
        raise ValueError(f"{at} names no techniques")
    for id_ in given:
        if not isinstance(id_, str) or id_ not in BY_ID:
            raise ValueError(
                f"{at} names the technique {_shown(id_)}, which `spinmark techniques` does not list"
            )
    return tuple(dict.fromkeys(given))


def _known(row: object, fields: set[str], at: str) -> dict[str, Any]:
    """Return the object itself. A field that nobody reads is most likely misspelt, and would change figures."""
    if not isinstance(row, dict):
        raise ValueError(f"{at} is not a JSON object")
    for name in row:
        if name not in fields:
            raise ValueError(
                f"{at} has an unknown field {_shown(name)}, expected {', '.join(sorted(fields))}"
            )
    return row


def _of_type(
    row: dict[str, Any], field: str, type_: type[_T], expected: str, default: _T | None = None
) -> _T:
    value = row.get(field, default)
    if not isinstance(value, type_):
        raise ValueError(f"'{field}' is missing or not {expected}")
    return value


def _shown(value: object) -> str:
    """Return a field's value, shortened; never called with a text."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
