"""Reports -> the figures of a corpus, in bounded memory whatever its size."""

import datetime
import heapq
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from spinmark.formats.terminal import printable
from spinmark.report import Report, Status, VoiceKind

MAX_DOCUMENTS = 500
"""Documents listed, those with the most flags."""

MAX_COUNTED = 50_000
"""Speakers and passages counted at a time. Beyond twice as many, the rarest are let go and the page says so."""

_DATE = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?!\d)")

Voices = Counter[VoiceKind]


@dataclass(slots=True)
class Tally:
    """How often something occurs: by voice, by technique, and in how many documents."""

    voices: Voices = field(default_factory=Counter)
    techniques: Counter[str] = field(default_factory=Counter)
    documents: int = 0

    @property
    def flags(self) -> int:
        return self.voices.total()


@dataclass(slots=True)
class Passage:
    """A wording that was flagged, as it stood where its confidence was highest."""

    quote: str
    technique: str
    confidence: float
    link: str
    times: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A document in the list; the order is that of its flags, then that of the corpus."""

    flags: int
    order: int  # below zero: of two with as many flags the earlier is the greater
    name: str = field(compare=False)
    words: int = field(compare=False)
    voices: Mapping[VoiceKind, int] = field(compare=False)
    techniques: Mapping[str, int] = field(compare=False)
    link: str = field(compare=False)


@dataclass(slots=True)
class Period:
    """What fell into a day, a month or a year."""

    documents: int = 0
    words: int = 0
    techniques: Counter[str] = field(default_factory=Counter)


class CorpusSummary:
    """The figures of all reports added so far."""

    def __init__(self, max_documents: int = MAX_DOCUMENTS, max_counted: int = MAX_COUNTED) -> None:
        self._max_documents = max_documents
        self._max_counted = max_counted
        self.documents = 0
        self.flagged = 0
        self.words = 0
        self.unread = 0
        self.undated = 0
        self.forgotten = False
        self.statuses: Counter[Status] = Counter()
        self.techniques: dict[str, Tally] = {}
        self.voices: Voices = Counter()
        self.contested = 0
        self.speakers: dict[str, Tally] = {}
        self.passages: dict[tuple[str, str], Passage] = {}
        self.periods: dict[str, Period] = {}
        self._top: list[Entry] = []

    @property
    def flags(self) -> int:
        return self.voices.total()

    @property
    def top(self) -> list[Entry]:
        """The documents with the most flags, those first."""
        return sorted(self._top, reverse=True)

    def add(self, report: Report, name: str, date: str | None, link: str) -> None:
        """Count a report; `link` leads to its page, and `date` begins as ISO 8601 has it."""
        self.documents += 1
        self.statuses[report.status] += 1
        words = len(report.text.split()) if report.status in ("ok", "truncated") else 0
        self.words += words
        voices: Voices = Counter(flag.voice.kind for flag in report.flags)
        techniques = Counter(flag.technique for flag in report.flags)
        self.voices.update(voices)
        self.contested += sum(flag.voice.contested for flag in report.flags)
        self._count_date(date, words, techniques)
        if not report.flags:
            return
        self.flagged += 1
        for technique in techniques:
            self.techniques.setdefault(technique, Tally()).documents += 1
        speakers = set()
        for number, flag in enumerate(report.flags, start=1):
            self.techniques[flag.technique].voices[flag.voice.kind] += 1
            speaker = flag.voice.speaker
            if speaker is not None:
                said_by = " ".join(printable(report.text[speaker.start : speaker.end]).split())
                tally = self.speakers.setdefault(said_by, Tally())
                tally.voices[flag.voice.kind] += 1
                tally.techniques[flag.technique] += 1
                speakers.add(said_by)
            self._count_passage(flag.quote, flag.technique, flag.confidence, f"{link}#flag-{number}")
        for said_by in speakers:
            self.speakers[said_by].documents += 1
        entry = Entry(len(report.flags), -self.documents, name, words, dict(voices), dict(techniques), link)
        (heapq.heappush if len(self._top) < self._max_documents else heapq.heappushpop)(self._top, entry)
        self._forget()

    def _count_passage(self, quote: str, technique: str, confidence: float, link: str) -> None:
        quote = " ".join(printable(quote).split())
        passage = self.passages.get((technique, quote.casefold()))
        if passage is None:
            self.passages[technique, quote.casefold()] = Passage(quote, technique, confidence, link)
            return
        passage.times += 1
        if confidence > passage.confidence:
            passage.quote, passage.confidence, passage.link = quote, confidence, link

    def _count_date(self, date: str | None, words: int, techniques: Counter[str]) -> None:
        day = None if date is None else day_of(date)
        if day is None:
            self.undated += 1
            return
        period = self.periods.setdefault(day, Period())
        period.documents += 1
        period.words += words
        period.techniques.update(techniques)

    def _forget(self) -> None:
        if len(self.speakers) > 2 * self._max_counted:
            often = heapq.nlargest(self._max_counted, self.speakers.items(), key=lambda item: item[1].flags)
            self.speakers, self.forgotten = dict(often), True
        if len(self.passages) > 2 * self._max_counted:
            kept = heapq.nlargest(
                self._max_counted, self.passages.items(), key=lambda item: (item[1].times, item[1].confidence)
            )
            self.passages, self.forgotten = dict(kept), True


def day_of(date: str) -> str | None:
    """Return the part of an ISO date that says the day, the month or the year; None where it says none.

    >>> day_of("2024-05-01T10:00:00Z"), day_of("2024-5"), day_of("2024"), day_of("May 2024"), day_of("20240501")
    ('2024-05-01', '2024-05', '2024', None, None)
    """
    found = _DATE.match(date)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return "-".join([year, *(f"{int(part):02}" for part in (month, day) if part is not None)])


def periods(days: Mapping[str, Period], most: int = 60) -> tuple[str, dict[str, Period]]:
    """Return the periods in their order, none left out, by day, month or year: the finest of at most `most`.

    A date that says less than the period asks for makes the period longer.
    """
    if not days:
        return "year", {}
    finest = min(len(day) for day in days)
    for name, length in (("day", 10), ("month", 7), ("year", 4)):
        if length > finest:
            continue
        merged: dict[str, Period] = {}
        for day, period in days.items():
            into = merged.setdefault(day[:length], Period())
            into.documents += period.documents
            into.words += period.words
            into.techniques.update(period.techniques)
        every = _every(min(merged), max(merged), most)
        if every is not None or name == "year":
            keys = every if every is not None else sorted(merged)[-most:]
            return name, {key: merged.get(key, Period()) for key in keys}
    raise AssertionError("a date says its year")


def _every(first: str, last: str, most: int) -> list[str] | None:
    """Return all periods from the first to the last, None where there are more than `most`."""
    keys = [first]
    while keys[-1] < last:
        if len(keys) == most:
            return None
        keys.append(_next(keys[-1]))
    return keys


def _next(period: str) -> str:
    if len(period) == 10:
        return (datetime.date.fromisoformat(period) + datetime.timedelta(days=1)).isoformat()
    year, month = int(period[:4]), int(period[5:] or 12)
    return f"{year + month // 12:04}" + (f"-{month % 12 + 1:02}" if len(period) == 7 else "")
