"""Passages -> who says each, and whether the text itself disputes it.

Form finds direct speech (`quotation`), verbs and phrases find reported speech (`reporting`), `speakers` says
whom they name, `contest` which passage of the text disputes the words.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from spinmark.report import Span, Voice, VoiceKind
from spinmark.segment import split
from spinmark.voice import quotation as form
from spinmark.voice import turns
from spinmark.voice.contest import Candidate, Contest, Said
from spinmark.voice.heads import REACH_CHARS, RUN_SCORE, Heads, PassageScores, SpeechScores
from spinmark.voice.naming import Candidate as NameCandidate
from spinmark.voice.naming import Known, Names
from spinmark.voice.quotation import Quotation
from spinmark.voice.reporting import Attribution, attributions, quoted_by
from spinmark.voice.speakers import GUESSED, Named, Referents, Subject, first_subject
from spinmark.voice.trust import Bounds, packaged_bounds

__all__ = ["RUN_SCORE", "Speech", "SpeechScores", "Voices", "attribute", "disputants", "speech"]


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of somebody's words.

    `how` says how the speaker was found, see `trust`; `given_at` where a verb or phrase gives them to the speaker.
    """

    span: Span
    kind: VoiceKind
    speaker: Span | None
    how: str = ""
    given_at: Span | None = None


def attribute(
    text: str,
    passages: Sequence[Span],
    scores: SpeechScores | None = None,
    techniques: Sequence[str] | None = None,
) -> list[Voice]:
    """Return the voice of each passage: the innermost speech that holds at least half of it.

    `techniques` are the passages' own, one each; whether a claim is disputed is told better with them.
    """
    if not passages:
        return []
    reading = _Reading(text)
    judge = _Judge(reading, None if scores is None else Heads(text, scores))
    known: Sequence[str | None] = techniques or [None] * len(passages)
    return [judge.voice(passage, technique) for passage, technique in zip(passages, known, strict=True)]


def disputants(text: str, passages: Sequence[Span], given: Sequence[Speech]) -> list[list[Candidate]]:
    """Return the sentences that may dispute each passage, for training.

    Speech is what form finds; a passage outside that lies in the speech `given`, or has no candidates.
    """
    reading = _Reading(text)
    judge = _Judge(reading, None)
    return [judge.candidates(passage, given) for passage in passages]


class Voices:
    """The voices of one text's passages, while its scores still come in; each is that of `attribute`."""

    def __init__(self, text: str) -> None:
        reading = _Reading(text)
        self._judge = _Judge(reading, None)

    def hear(self, scores: SpeechScores) -> None:
        """Take the scores from the text's beginning to a place further on than before.

        No name may reach over that place, except at the text's end: see `Heads.extend`.
        """
        self._judge.hear(scores)

    def certain_at(self, passage: Span) -> int:
        """Return up to which code point scores must have come for the voice of a passage to be certain."""
        return max(passage.end + REACH_CHARS, self._judge.speaker_end(passage))

    def trust(self, bounds: Bounds) -> None:
        """Let other bounds than the packaged ones hold from now on."""
        self._judge.bounds = bounds

    def words_of(self, passage: Span) -> Voice:
        """Return kind and speaker alone, at a part of the cost."""
        region = self._judge.words_of(passage)
        return Voice() if region is None else Voice(region.kind, region.speaker)

    def name_candidates(self, passage: Span) -> list[NameCandidate]:
        """Return who may have said a passage, for training: nobody for the author's own; scores must have been heard."""
        return self._judge.name_candidates(passage)

    def voice(self, passage: Span, technique: str | None = None) -> Voice:
        return self._judge.voice(passage, technique)


class _Judge:
    """Brings form, heads and contest together for the passages of one text."""

    def __init__(self, reading: "_Reading", heads: Heads | None) -> None:
        text, regions = reading.text, reading.speech()
        self.bounds = packaged_bounds()
        self._text = text
        self._reading = reading
        self._regions = regions
        self._heads: Heads | None = None
        self._names_near: Names | None = None
        if heads is not None:
            self._take(heads)
        self._names = [
            text[r.speaker.start : r.speaker.end] if r.speaker is not None else "" for r in regions
        ]
        said = [Said(r.span, name) for r, name in zip(regions, self._names, strict=True)]
        self._contest = Contest(text, reading.sentences, said)
        self._starts = [r.span.start for r in regions]
        # The furthest end so far: the regions that begin before a passage and end before it need no look.
        self._reach = list(accumulate((r.span.end for r in regions), max))

    def words_of(self, passage: Span) -> Speech | None:
        """Return the speech that a passage belongs to, as form and heads together see it."""
        return self._words_of(passage, None if self._heads is None else self._heads.over(passage))

    def _words_of(self, passage: Span, heads: PassageScores | None) -> Speech | None:
        region = self._innermost(passage)
        if heads is None:
            guessed = region is not None and region.how.startswith(GUESSED)
            return replace(region, speaker=None, how="") if guessed and region is not None else region
        heard = self._heard(passage, region, heads)
        return None if heard is None else Speech(heard.span, heard.kind, self._named(passage), heard.how)

    def voice(self, passage: Span, technique: str | None = None) -> Voice:
        heads = None if self._heads is None else self._heads.over(passage)
        region = self._words_of(passage, heads)
        if region is None:
            return Voice()
        by = self._contest.disputing(
            passage,
            self._said(region),
            region.kind == "quoted",
            None if heads is None else heads.contested,
            technique,
        )
        return Voice(region.kind, region.speaker, by is not None, by)

    def candidates(self, passage: Span, given: Sequence[Speech]) -> list[Candidate]:
        """Return what may dispute a passage; `given` holds it where form finds no speech."""
        holding = [s for s in given if s.span.overlap(passage) * 2 >= len(passage)]
        region = self._innermost(passage) or min(holding, key=lambda s: len(s.span), default=None)
        if region is None:
            return []
        return self._contest.candidates(passage, self._said(region), region.kind == "quoted")

    def _said(self, region: Speech) -> Said:
        name = "" if region.speaker is None else self._contest.text[region.speaker.start : region.speaker.end]
        return Said(region.span, name)

    def hear(self, scores: SpeechScores) -> None:
        if self._heads is None:
            self._take(Heads(self._text, scores))
        else:
            self._heads.extend(scores)

    def _take(self, heads: Heads) -> None:
        self._heads = heads
        r = self._reading
        self._names_near = Names(r.text, r.sentences, r.referents, r.subjects, r.between_marks, heads)

    def speaker_end(self, passage: Span) -> int:
        """Return where the name ends that form gives the passage's words to, 0 without one."""
        region = self._innermost(passage)
        return 0 if region is None or region.speaker is None else region.speaker.end

    def name_candidates(self, passage: Span) -> list[NameCandidate]:
        assert self._heads is not None
        assert self._names_near is not None
        if self._heard(passage, self._innermost(passage), self._heads.over(passage)) is None:
            return []
        return self._names_near.candidates(passage, self.known(passage))

    def known(self, passage: Span) -> Known:
        """Return what form knows of a passage and of the speech before it."""
        region = self._innermost(passage)
        index = bisect_left(self._starts, passage.start) - 1
        nearest = passage.start - REACH_CHARS
        while index >= 0 and self._regions[index].speaker is None and self._starts[index] > nearest:
            index -= 1
        last = self._regions[index] if index >= 0 and self._regions[index].span.end >= nearest else None
        return Known(
            "" if region is None else region.kind,
            None if region is None else region.speaker,
            "" if region is None else region.how,
            None if last is None else last.speaker,
            0 if last is None else last.span.end,
        )

    def _innermost(self, passage: Span) -> Speech | None:
        """Return the shortest region that holds at least half of the passage.

        Where none does, but it begins and ends in quotations that hold half of it together, as in `“It is us,” he said.
        “Not me.”`, it is the one that holds most.
        """
        best: Speech | None = None
        quoted: list[tuple[int, Speech]] = []
        index = bisect_left(self._starts, passage.end) - 1
        while index >= 0 and self._reach[index] > passage.start:
            region = self._regions[index]
            held = region.span.overlap(passage)
            if held * 2 >= len(passage) and (best is None or len(region.span) < len(best.span)):
                best = region
            if held and region.kind == "quoted":
                quoted.append((held, region))
            index -= 1
        if (
            best is None
            and any(region.span.start <= passage.start < region.span.end for _, region in quoted)
            and any(region.span.start < passage.end <= region.span.end for _, region in quoted)
            and sum(held for held, _ in quoted) * 2 >= len(passage)
        ):
            best = max(quoted, key=lambda pair: pair[0])[1]
        return best

    def _heard(self, passage: Span, region: Speech | None, heads: PassageScores) -> Speech | None:
        """Return the speech that a passage belongs to as the heads correct it, its speaker apart."""
        assert self._heads is not None
        if region is None:
            if heads.reported >= self.bounds.reported:
                return Speech(passage, "reported", None, "heads")
            return Speech(passage, "quoted", None, "heads") if heads.quoted >= self.bounds.quoted else None
        if region.kind == "reported":
            own = heads.quoted + heads.reported
            # `Every expert says so` may be an argument of the author's own, which the head of the whole tells.
            itself = region.given_at is not None and passage.start <= region.given_at.start < passage.end
            if itself and own < self.bounds.citing:
                return None
            around = self._heads.over(region.span)  # a word alone may score low amid what is plainly reported
            if max(own, around.quoted + around.reported) < self.bounds.speech:
                return None
        return region

    def _named(self, passage: Span) -> Span | None:
        assert self._names_near is not None
        return self._names_near.choose(passage, self.known(passage), self.bounds.name)


def speech(text: str) -> list[Speech]:
    """Return all speech of `text` in reading order, outer before inner."""
    return _Reading(text).speech()


class _Reading:
    """One text's sentences, quotations and attributions, found once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = form.lines(text)
        self.quotations = sorted(
            form.quotations(text, self.lines) + form.introduced(text, self.lines),
            key=lambda q: (q.outer.start, -q.outer.end),
        )
        self.masked = _masked(text, self.quotations)
        self.sentences = split(self.masked)
        self._starts = [s.start for s in self.sentences]
        self.attributions = [attributions(self.masked, s) for s in self.sentences]
        self.referents = Referents(self.masked, self.sentences)

    @property
    def subjects(self) -> list[Span]:
        """Return the subjects of all verbs of speech in reading order."""
        return sorted({a.subject.span for found in self.attributions for a in found if a.subject is not None})

    @property
    def between_marks(self) -> list[Span]:
        """Return what stands in the outermost quotation marks, in reading order."""
        return [q.inner for q in self.quotations]

    def sentence_at(self, position: int) -> int:
        return max(0, bisect_right(self._starts, position) - 1)

    def speech(self) -> list[Speech]:
        labelled = turns.transcript(self.text, self.lines) + turns.posts(self.text, self.lines)
        dashes = turns.dialogue(self.text, self.lines)
        spoken = sorted([t.span for t in labelled] + dashes)
        found = [Speech(t.span, "quoted" if t.spoken else "reported", t.label, "label") for t in labelled]
        found += self._answered([self._after_dash(span) for span in dashes])
        inner = self._nested()
        within: dict[Quotation, Named | None] = {}
        unnamed: list[int] = []  # paragraphs before of a quotation whose speaker its last paragraph may name
        last: tuple[int, Named | None] = (-1, None)
        for event in self._events():
            if isinstance(event, Attribution):
                speaker = self._remember(self.referents.resolve(event.subject))
                last = (event.at.end, speaker)
                if event.content is not None and not _overlaps(spoken, event.content):
                    found.append(_said(event.content, "reported", speaker, event.at))
            elif event in within:
                found.append(_said(event.inner, "quoted", within[event]))
            else:
                speaker = self._speaker_of(event)
                if speaker is None and event.continues:
                    speaker = _on("continued", last[1])
                if speaker is None and last[0] >= 0 and self._goes_on(last[0], event):
                    speaker = _on("same line", last[1])  # a quotation that goes on after its attribution
                speaker = self._remember(speaker or self._introduced(event) or self._topic_before(event))
                last = (event.outer.end, speaker)
                if not event.continues:
                    unnamed = []
                if speaker is None or speaker.how == "topic":
                    unnamed.append(len(found))
                elif unnamed:
                    for index in unnamed:
                        found[index] = _said(found[index].span, "quoted", _on("continued", speaker))
                    unnamed = []
                speaker = speaker or self._subject_of(event)
                found.append(_said(event.inner, "quoted", speaker))
                if event in inner:
                    within |= self._speakers_within(event, inner[event])
        return sorted(found, key=lambda s: (s.span.start, -s.span.end))

    def _goes_on(self, said: int, quotation: Quotation) -> bool:
        """Say whether a quotation follows what was said up to `said` with no sentence of the author's between."""
        between = self.text[said : quotation.outer.start]
        if "\n" in between:
            return False
        here, there = self.sentence_at(max(0, said - 1)), self.sentence_at(quotation.outer.start)
        return there - here < 2 and (there == here or self._alone(quotation))

    def _alone(self, quotation: Quotation) -> bool:
        """Say whether a quotation begins its sentence."""
        sentence = self.sentences[self.sentence_at(quotation.outer.start)]
        return not self.masked[sentence.start : quotation.outer.start].strip()

    def _remember(self, speaker: Named | None) -> Named | None:
        if speaker is not None:
            self.referents.add(speaker.span)
        return speaker

    def _nested(self) -> dict[Quotation, list[Quotation]]:
        """Return the quotations inside each quotation that stands in no other."""
        nested: dict[Quotation, list[Quotation]] = {}
        around: Quotation | None = None
        for quotation in self.quotations:
            if around is not None and quotation.outer.end <= around.inner.end:
                nested.setdefault(around, []).append(quotation)
            else:
                around = quotation
        return nested

    def _events(self) -> list[Attribution | Quotation]:
        """Return quotations and attributions in reading order, an attribution before the words that it gives."""
        placed: list[tuple[int, int, Attribution | Quotation]] = [
            (q.outer.start, 1, q) for q in self.quotations
        ]
        placed += [(a.at.start, 0, a) for found in self.attributions for a in found]
        return [event for _, _, event in sorted(placed, key=lambda p: p[:2])]

    def _speaker_of(self, quotation: Quotation) -> Named | None:
        last = self.sentence_at(max(quotation.outer.start, quotation.outer.end - 1))
        subject = quoted_by(self.masked, self.sentences[last], quotation.outer, self.attributions[last])
        first = self.sentence_at(quotation.outer.start)
        if subject is None and first != last:
            subject = quoted_by(self.masked, self.sentences[first], quotation.outer, self.attributions[first])
        return self.referents.resolve(subject)

    def _speakers_within(
        self, around: Quotation, inner: Sequence[Quotation]
    ) -> dict[Quotation, Named | None]:
        """Return whom the speaker of `around` gives the quotations inside it to."""
        shift = around.inner.start
        words = self.text[shift : around.inner.end]
        moved = [Quotation(_moved(q.inner, -shift), _moved(q.outer, -shift)) for q in inner]
        masked = _masked(words, moved)
        sentences = split(masked)
        starts = [s.start for s in sentences]
        found: dict[Quotation, Named | None] = {}
        for original, quotation in zip(inner, moved, strict=True):
            sentence = sentences[max(0, bisect_right(starts, quotation.outer.start) - 1)]
            subject = quoted_by(masked, sentence, quotation.outer, attributions(masked, sentence))
            found[original] = None if subject is None else Named(_moved(subject.span, shift), "nested")
        return found

    def _introduced(self, quotation: Quotation) -> Named | None:
        """Return who speaks in the paragraph after `Ada Krohl wrote to us:`."""
        index = self.sentence_at(quotation.outer.start)
        if index == 0 or not self._alone(quotation):
            return None
        lead = self.sentences[index - 1]
        if not self.masked[lead.start : quotation.outer.start].rstrip().endswith(":"):
            return None
        speakers = [a.subject for a in self.attributions[index - 1] if a.subject is not None]
        if speakers:
            return self.referents.resolve(replace(speakers[-1], how="introduced"))
        subject = first_subject(self.masked, lead.start, lead.end)
        return self.referents.resolve(None if subject is None else replace(subject, how="introduced"))

    def _topic_before(self, quotation: Quotation) -> Named | None:
        """Return whom the sentence before is about, where a quotation stands as a sentence of its own after it."""
        index = self.sentence_at(quotation.outer.start)
        whole = self._alone(quotation) and self.text[quotation.inner.end - 1] in ".?!…"
        if (
            not whole
            or index == 0
            or "\n" in self.masked[self.sentences[index - 1].start : quotation.outer.start]
        ):
            return None
        topic = self.referents.topic(index - 1)
        return None if topic is None else Named(topic, "topic")

    def _subject_of(self, quotation: Quotation) -> Named | None:
        """Return what a sentence is about that quotes some words without saying whose: a guess for the heads."""
        sentence = self.sentences[self.sentence_at(quotation.outer.start)]
        return self.referents.resolve(
            _guessed(first_subject(self.masked, sentence.start, quotation.outer.start))
        )

    def _answered(self, lines: list[Speech]) -> list[Speech]:
        """Give the answers to whom the questions address: `– Minister, was it you?`, then `– It was not.`."""
        answers: Span | None = None
        asked = 0
        for index, line in enumerate(lines):
            apart = index > 0 and self.text[lines[index - 1].span.end : line.span.start].strip(
                " \t\xa0\r\n–—―‒-"
            )
            if index == 0 or apart or line.speaker is not None:
                answers = None
            if line.speaker is None and answers is not None and (index - asked) % 2:
                lines[index] = _said(line.span, line.kind, Named(answers, "vocative"))
            address = turns.address(self.text, line.span)
            if address is not None and (answers is None or (index - asked) % 2 == 0):
                answers, asked = address, index
        return lines

    def _after_dash(self, span: Span) -> Speech:
        """Return the words of a line of dialogue, up to the attribution that ends them."""
        for index in range(self.sentence_at(span.start), self.sentence_at(span.end - 1) + 1):
            sentence = self.sentences[index]
            for a in self.attributions[index]:
                if a.subject is None or a.at.start < span.start or a.at.start >= span.end:
                    continue
                if a.subject.pronoun in ("i", "we", "you") or a.subject.how == "hypothetical":
                    continue  # what the speaker says of himself
                begin = min(a.at.start, a.subject.span.start)
                lead = self.masked[max(span.start, sentence.start) : begin].rstrip()
                if lead and lead[-1] in ",?!–—":
                    begin = max(span.start, sentence.start) + len(lead)
                    goes_on = a.content is not None and a.content.end > a.at.end + 2
                    end = a.content.end if goes_on and a.content is not None else begin
                    speaker = self._remember(self.referents.resolve(a.subject))
                    return _said(Span(span.start, end), "quoted", speaker)
        return Speech(span, "quoted", None)


def _guessed(subject: Subject | None) -> Subject | None:
    return None if subject is None else replace(subject, how=GUESSED)


def _said(span: Span, kind: VoiceKind, speaker: Named | None, given_at: Span | None = None) -> Speech:
    if speaker is None:
        return Speech(span, kind, None, "", given_at)
    return Speech(span, kind, speaker.span, speaker.how, given_at)


def _on(how: str, speaker: Named | None) -> Named | None:
    return None if speaker is None else Named(speaker.span, how)


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _overlaps(ordered: Sequence[Span], span: Span) -> bool:
    """Say whether `span` overlaps one of the spans, which stand in order and apart."""
    index = bisect_right(ordered, span)
    return any(other.overlap(span) > 0 for other in ordered[max(0, index - 1) : index + 1])


def _masked(text: str, quotations: Sequence[Quotation]) -> str:
    """Return `text` with quoted words as NUL, but for the mark that ends their last sentence."""
    parts: list[str] = []
    reached = 0
    for q in quotations:
        if q.inner.start < reached or len(q.inner) < 2:
            continue
        keep = 1 if text[q.inner.end - 1] in ".!?…,;:" else 0
        parts.append(text[reached : q.inner.start])
        parts.append("\0" * (len(q.inner) - keep))
        parts.append(text[q.inner.end - keep : q.inner.end])
        reached = q.inner.end
    return "".join((*parts, text[reached:]))
