"""Direct speech by its form: quotation marks, dialogue dashes and the labels of a transcript.

Form alone decides here; who speaks is for `speakers`. Everything is one pass over the text's lines, a line
being what print calls a paragraph.
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from spinmark.report import Span
from spinmark.voice.speakers import DATELINE

_MARK = re.compile(r"[\"“”„‟«»‹›‘’‚'″]|``|''")
_CLOSERS = {
    "“": "”“\"", "”": "”", "„": "“”\"‟", "‟": "”", "«": "»", "»": "«»", "‹": "›", "›": "‹›",
    '"': '"”“', "″": "″", "‘": "’'", "’": "’", "‚": "‘’", "'": "'’", "``": "''",
}  # fmt: skip
_SINGLE = frozenset("'’‘‚")
_OPENS_AFTER = frozenset(" \t\xa0\u202f([{/—–-:=>\"“„«‘'‚¿¡…*_~")

# Words that begin with an apostrophe, which is no quotation mark.
_ELISION = re.compile(
    r"['’‘](?:em|tis|twas|twere|til|till|cause|cos|cuz|bout|round|n|nuff|ere|\d\ds)\b", re.IGNORECASE
)
_SINGLE_CLOSE = re.compile(r"(?<=[^\s(\[{])['’](?!\w)")

_DASH = re.compile(r"[ \t]*(?:[–—―‒]|--?)[ \t\xa0]+(?=\S)|[—―–](?=\w)")
_HYPHEN = re.compile(r"[ \t]*-")
_LABEL = re.compile(
    r"(?:\[?\d{1,2}[:.]\d\d\]? ?(?:[–-] )?)?(?P<label>@?[^\W\d_][\w.'’&@-]*(?:[ /][\w.'’&@#-]+){0,5}(?:,? \([^)\n]{1,30}\))?)"
    r"(?: \([^)\n]{1,40}\))?:[ \t]+(?=\S)"
)
_NOT_A_SPEAKER = re.compile(
    r"(?:note|nb|n\.b|p\.?s\.?|edit|updated?|warning|attention|subject|re|to|from|date|cc|tl;?dr|pov|facts?|myth|example|"
    r"correction|breaking|photo|picture|sources?|price|time|place|venue|where|when|who|what|why|how|reminder|exclusive|"
    r"watch|video|live|analysis|opinion|poll|results?|item|step|chapter|part|section|article|title|figure|table|summary|"
    r"conclusion|background|agenda|present|apologies|ingredients|method|contact|tip|hint|verdict|status|version|"
    r"translation|thread|thesis|claim|lesson|remember|listen|look|so|and|but|also|then|now|today|tomorrow|yesterday|"
    r"next|first|second|third|finally|psa|rt|sir|madam|advertisement|advertorial|sponsored|trending|recommended|credits?|"
    r"images?|pictured|captions?|files?|gallery|more|keywords|tags|categories|disclaimer|disclosure|editor['’]s note|"
    r"(?:related|read|see|also|watch|listen|click|share|subscribe|sign up|follow|more|don['’]t miss|you may|story) .*|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:the|in|to|dear|its?|if|my|your|a|an|this|that|these|one|no|not|either|for|from|re|regarding|here|i|i'll|let|what|they|we|you|every\w*|one|update|regarding|bombshell|soon|top|bottom|about|here|there|"
    r"notes|letters?|petition|revealed|question of|point of)\b.*)",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:q|a|question|answer|me|him|her|them|us|everyone|nobody|host|caller|presenter|interviewer|"
    r"(?:(?:the|my|your|his|her|our|also|same|deputy|foreign|prime|interior|city|first|old)\s+)*(?:[\w’'-]+\s+){0,3}?"
    r"(?:reporter|anchor|moderator|\w*minister|mayor|pm|president|premier|chancellor|senator|sen\.?|rep\.?|governor|general|"
    r"gen\.?|col\.?|colonel|captain|admiral|police|cops?|judge|chief|boss|landlord|landlady|teacher|head|ceo|coach|union|"
    r"official|councillor|cllr|uncle|aunt|dad|mum|mom|grandma|grandad|brother|sister|neighbou?r|delegate|representative|"
    r"ambassador|envoy|kremlin|spokes(?:man|woman|person)|chair(?:man)?|director|secretary|sheriff|commissioner|"
    r"prosecutor|lawyer|counsel|witness|mp|husband|wife|doctor|dr|mr|mrs|ms|prof|professor|manager|owner|account|army|"
    r"government|ministry|airline|bishop|father|mother|son|daughter|leader|treasurer|clerk|timeline|voice|expert|rector|"
    r"dean|office|company|ex|school|commander))\b"
    r"(?:\.? (?-i:[A-Z])[\w.'’-]*){0,3}(?: (?:of|for|from|after|on|at|in) .{1,40})?(?:,? \(.*\))?",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"(?:[A-Z][\w'’-]+|[A-Z]\.)(?: (?:[A-Z][\w.'’-]*|von|van|de|der|al|bin)){1,3}|@\w+|[A-Z]{2,}(?: [A-Z.]+){0,3}"
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A stretch between quotation marks.

    `inner` is without the marks, `outer` with them. `closed` is False where the paragraph ends first.
    `continues` says that its paragraph re-opens the quotation that the paragraph before left open.
    """

    inner: Span
    outer: Span
    closed: bool = True
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of a dialogue or transcript: what is said, and its label where it has one."""

    span: Span
    label: Span | None = None
    spoken: bool = True
    """False for a lone `Minister: …`, as headlines write what they do not quote word for word."""


def lines(text: str) -> list[Span]:
    """Return the lines of `text` that hold anything, without their line breaks and outer white space."""
    return [Span(m.start(), m.end()) for m in re.finditer(r"[^\s](?:[^\n\r]*[^\s])?", text)]


def quotations(text: str, text_lines: list[Span]) -> list[Quotation]:
    """Return all quotations, outer before inner.

    >>> text = "“I said ‘no’,” the boys' teacher wrote."
    >>> [text[q.inner.start : q.inner.end] for q in quotations(text, lines(text))]
    ['I said ‘no’,', 'no']
    """
    found: list[Quotation] = []
    left_open: Quotation | None = None
    between: list[Span] = []
    for line in text_lines:
        scan = _scan(text, line)
        if left_open is not None:
            opener = text[left_open.outer.start : left_open.inner.start]
            if text.startswith(opener, line.start):
                between = []
                scan.found = [
                    replace(q, continues=True) if q.outer.start == line.start else q for q in scan.found
                ]
            elif scan.stray_close is not None and text[scan.stray_close] in _CLOSERS[opener]:
                # The paragraphs in between were not re-opened, yet the last of them closes the quotation.
                last = Span(line.start, scan.stray_close)
                found += [
                    Quotation(span, span, closed=False, continues=True)
                    for span in (*between, last)
                    if len(span)
                ]
                left_open = None
            elif len(between) < _LONGEST_GAP:
                between.append(line)
            else:
                left_open = None
        elif (stray := _closing_alone(text, line, scan)) is not None:
            found.append(Quotation(Span(line.start, stray), Span(line.start, stray + 1)))
        found += scan.found
        unclosed = next((q for q in scan.found if not q.closed), None)
        if unclosed is not None:
            left_open, between = unclosed, []
        elif scan.found and scan.found[0].continues:
            left_open = None
    return found


def _closing_alone(text: str, line: Span, scan: "_Scan") -> int | None:
    """Return where the curly mark stands that closes a quotation from the line's beginning, whose opening mark is missing."""
    at = scan.stray_close
    alone = at is not None and at > line.start and text[at] == "”"
    return at if alone and not any(q.outer.start < at for q in scan.found) else None


def introduced(text: str, text_lines: list[Span]) -> list[Quotation]:
    """Return the paragraphs that are set off without marks, as block quotes are: the one after `Ada Krohl wrote:`.

    >>> text = "As Ada Krohl wrote in May:\\n\\nI never saw the letter.\\n\\nShe did."
    >>> [text[q.inner.start : q.inner.end] for q in introduced(text, lines(text))]
    ['I never saw the letter.']
    """
    found: list[Quotation] = []
    for lead, words in pairwise(text_lines):
        if (
            text[lead.end - 1] == ":"
            and _INTRODUCES.search(text, max(lead.start, lead.end - 120), lead.end)
            and _SET_OFF.match(text, words.start, words.end)
            and text[words.end - 1] in ".!?…"
        ):
            found.append(Quotation(words, words, closed=False))
    return found


_INTRODUCES = re.compile(
    r"\b(?:says?|said|saying|wrote|writes?|writing|puts? it|putting it|posted|tweeted|adds|added|adding|explains|explained|"
    r"continues|continued|reads?|states|stated|declares|declared|remarks|remarked|notes|noted|argues|argued|told|replies|"
    r"replied|answers|answered|concludes|concluded|recalls|recalled|observes|observed|"
    r"(?:statement|introduction|letter|brief|motion|post|e-?mail|message|note|tweet|release|memo|op-ed|review|essay|diary|speech))"
    r"\b[^.:;!?\n]{0,60}:$"
)
_SET_OFF = re.compile(r"(?![\"“„«‘'‚–—―•*·>\-\d#@(\[]|https?:|[a-z])(?:\S+\s+){3}\S")
"""What may be a block quote: no list, link or question, and no marks of its own."""


def posts(text: str, text_lines: list[Span]) -> list[Turn]:
    """Return the posts that a page embeds, with who signed them: `… — Ada Krohl (@krohl) May 4, 2021`.

    >>> text = "We never met. — Ada Krohl (@krohl) May 4, 2021"
    >>> [(text[t.span.start : t.span.end], text[t.label.start : t.label.end]) for t in posts(text, lines(text))]
    [('We never met.', 'Ada Krohl')]
    """
    found: list[Turn] = []
    for before, line in pairwise([Span(0, 0), *text_lines]):
        signed = _SIGNED_POST.search(text, line.start, line.end)
        if signed is None:
            continue
        words = Span(line.start, signed.start())
        if not len(words):
            words = before  # the signature is a line of its own
        if len(words):
            found.append(Turn(words, Span(*signed.span("name"))))
    return found


_SIGNED_POST = re.compile(
    r"\s*(?:—|–|―|--)\s?(?P<name>[^\s—–()][^—–()\n]{0,58}[^\s—–()]) \(@\w{1,30}\),?"
    r"(?: (?:[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8}\.?,? \d{4}))?$"
)

_LONGEST_GAP = 12
"""Paragraphs that a quotation may run on without a new opening mark."""


_DEEPEST = 6
"""Quotations inside one another; more open marks than these are noise, and would cost their square."""


@dataclass(slots=True)
class _Scan:
    """The quotations of one line, and where a mark closes what the line did not open."""

    found: list[Quotation]
    stray_close: int | None = None


def _scan(text: str, line: Span) -> _Scan:
    found: list[Quotation] = []
    stray: int | None = None
    open_marks: list[tuple[str, int, int]] = []
    last_close = max((m.start() for m in _SINGLE_CLOSE.finditer(text, line.start, line.end)), default=-1)
    for mark in _MARK.finditer(text, line.start, line.end):
        sign = mark[0]
        before = text[mark.start() - 1] if mark.start() > line.start else " "
        after = text[mark.end()] if mark.end() < line.end else " "
        partner = next(
            (i for i in reversed(range(len(open_marks))) if sign in _CLOSERS[open_marks[i][0]]), None
        )
        if partner is not None and _closes(text, sign, before, after, mark.end(), last_close):
            _, outer, inner = open_marks[partner]
            del open_marks[partner:]
            found.append(Quotation(Span(inner, mark.start()), Span(outer, mark.end())))
        elif _opens(text, sign, before, after, mark.start(), last_close):
            if partner is not None and sign == open_marks[partner][0]:
                # The same mark opens again: what it opened before ends here, or was a slip in mid-sentence.
                _, outer, inner = open_marks[partner]
                del open_marks[partner:]
                ended = _SENTENCE_ENDS.search(text, inner, mark.start())
                if ended is not None:
                    found.append(Quotation(Span(inner, ended.end("stop")), Span(outer, ended.end("stop"))))
            if len(open_marks) < _DEEPEST:
                open_marks.append((sign, mark.start(), mark.end()))
        elif stray is None and not open_marks and sign in '”"»' and not after.isalnum():
            stray = mark.start()
    for sign, outer, inner in open_marks:
        if (sign not in _SINGLE or outer == line.start) and inner < line.end:
            found.append(Quotation(Span(inner, line.end), Span(outer, line.end), closed=False))
            break
    found = [q for q in found if len(q.inner)]
    return _Scan(sorted(found, key=lambda q: (q.outer.start, -q.outer.end)), stray)


_SENTENCE_ENDS = re.compile(r"(?P<stop>[.?!…])\s+$")


def _closes(text: str, sign: str, before: str, after: str, following: int, last_close: int) -> bool:
    if sign in ("'", "’"):
        if before.isspace() or after.isalnum():
            return False
        # `the boys' heads`: a plural possessive where the real closing mark comes later.
        possessive = before in "sS" and after == " " and text[following + 1 : following + 2].islower()
        return not (possessive and last_close > following)
    return not (sign in '"“″' and before.isspace() and (after.isalnum() or after in "…'"))


def _opens(text: str, sign: str, before: str, after: str, position: int, last_close: int) -> bool:
    if sign == "''" or (before not in _OPENS_AFTER and before != "\u200b"):
        return False
    if sign in "«»„“‹›" and after.isspace():
        return sign in "«»“"  # French sets a space inside
    if after.isspace():
        return False
    if sign in _SINGLE:
        if _ELISION.match(text, position):
            return False
        return sign == "‚" or (sign == "‘" and last_close < 0) or (position < last_close and sign != "’")
    return True


def dialogue(text: str, text_lines: list[Span]) -> list[Span]:
    """Return what stands after the dashes of dialogue, to the end of the line or the next such dash.

    The attribution is still inside. A list of catchwords is no dialogue: where no line of a run ends as a
    sentence does, or the run follows a colon and goes on with semicolons, nothing is spoken.
    """
    spoken: list[Span] = []
    run: list[tuple[Span, re.Match[str]]] = []
    before = ""
    for line in [*text_lines, Span(len(text), len(text))]:
        dash = _DASH.match(text, line.start, line.end)
        if dash is not None:
            run.append((line, dash))
            continue
        if run and _is_dialogue(text, run, before):
            for run_line, opening in run:
                spoken += _between_dashes(text, Span(opening.end(), run_line.end))
        run = []
        before = text[line.start : line.end]
        first = _INNER_DASH.search(text, line.start, line.end)
        if (
            first is not None
            and text[line.end - 1] in _ENDS_LINE  # else a credit: `… on Monday. — Picture by Ada Krohl`
            and not _DATELINE.match(text, line.start, line.end)
        ):
            spoken += _between_dashes(text, Span(first.end(), line.end))
    return spoken


def address(text: str, line: Span) -> Span | None:
    """Return whom a line of dialogue addresses by title: `Minister, was it you?` or `Was it you, Mr Krohl?`."""
    found = _ADDRESS.match(text, line.start, line.end) or _ADDRESS_LAST.search(text, line.start, line.end)
    return None if found is None else Span(*found.span("title"))


_TITLE = (
    r"(?P<title>(?:(?:Mr|Mrs|Ms|Madam|Father|Dr|Professor|General|Minister|Senator|Captain|Colonel|Prime) [A-Z][\w’'-]+)"
    r"|(?:Prime )?(?:Minister|President|Mayor|Senator|Governor|General|Marshal|Admiral|Colonel|Captain|Commissioner|"
    r"Chancellor|Ambassador|Professor|Doctor|Director|Secretary|Bishop|Inspector|Sheriff|Commander|Excellency|Councillor|Judge))"
)
_ADDRESS = re.compile(rf"{_TITLE}, ")
_ADDRESS_LAST = re.compile(rf", {_TITLE}[.?!]+(?=\s|$)")

_ENDS_LINE = ".?!…\"”’»'"
_INNER_DASH = re.compile(r"(?<=[.!?…] )[–—] (?=[A-ZÀ-Ý¿¡])")
_DATELINE = re.compile(DATELINE)


def _between_dashes(text: str, span: Span) -> list[Span]:
    cuts = list(_INNER_DASH.finditer(text, span.start, span.end))
    starts = [span.start, *(m.end() for m in cuts)]
    ends = [*(m.start() for m in cuts), span.end]
    return [Span(a, b) for a, b in zip(starts, ends, strict=True) if text[a:b].strip()]


def _is_dialogue(text: str, run: list[tuple[Span, re.Match[str]]], before: str) -> bool:
    ends = [text[line.end - 1] for line, _ in run]
    hyphens = _HYPHEN.match(text, run[0][0].start) is not None
    if not any(end in _ENDS_LINE for end in ends):
        return False
    listed = before.endswith(":") and (
        hyphens or any(end in ";," for end in ends) or text[run[0][1].end()].islower()
    )
    return not listed and (len(run) > 1 or not hyphens)


def transcript(text: str, text_lines: list[Span]) -> list[Turn]:
    """Return the turns of an interview, play or thread: `HOST: …`, `Q: …`, `@name: …`.

    A turn runs on over lines without a label while another labelled line follows. Where few lines are labelled,
    only a label that names a role or person is one: `Reminder: …` is not.
    """
    text_lines = [part for line in text_lines for part in _at_labels(text, line)]
    labels = {i: m for i, line in enumerate(text_lines) if (m := _label(text, line)) is not None}
    certain = {
        i: m for i, m in labels.items() if _ROLE.fullmatch(m["label"]) or _PERSON.fullmatch(m["label"])
    }
    threaded = len(labels) > 1 and len(labels) * 2 >= len(text_lines)
    chosen = labels if threaded else certain
    if not threaded and len({m["label"] for m in chosen.values()}) == 1:
        chosen = {i: m for i, m in chosen.items() if _ROLE.fullmatch(m["label"])}  # `WANTED: …` names nobody
    turns: list[Turn] = []
    indices = sorted(chosen)
    if not indices:
        return []
    for index, following in zip(indices, [*indices[1:], indices[-1] + 1], strict=True):
        match = chosen[index]
        label = Span(*match.span("label"))
        headline = (
            match["label"][0].isupper()
            and len(text_lines) == 1
            and len(text_lines[0]) < 110
            and text[text_lines[0].end - 1] not in ".?!…"
        )
        turns.append(Turn(Span(match.end(), text_lines[index].end), label, spoken=not headline))
        if threaded or _is_formal(match["label"]):
            turns += [Turn(line, label) for line in text_lines[index + 1 : following]]
    return turns


def _at_labels(text: str, line: Span) -> list[Span]:
    """Cut a line where a label stands inside it: `Question: … ? Answer: …`."""
    cuts = [
        m.start()
        for m in _INNER_LABEL.finditer(text, line.start, line.end)
        if _ROLE.fullmatch(m["label"]) and len(m["label"]) < 40 and not _FINITE.search(m["label"])
    ]
    edges = [line.start, *cuts, line.end]
    return [Span(a, b) for a, b in pairwise(edges) if b > a]


_FINITE = re.compile(r" (?:is|was|are|were|has|had|have|will|would|can|must|does|did)\b")
"""A verb makes a label a sentence: `The union has counted: …`."""

_INNER_LABEL = re.compile(
    r"(?<=[.?!)] )(?P<label>(?:The )?[A-Z][\w.'’-]*(?: [\w.'’-]+){0,4}):[ \t]+(?=[^\s\"“‘'«„])"
)


def _is_formal(label: str) -> bool:
    """Say whether a label is one of a printed interview, whose answers may run over paragraphs."""
    return label.isupper() or label in ("Q", "A", "Question", "Answer")


def _label(text: str, line: Span) -> re.Match[str] | None:
    match = _LABEL.match(text, line.start, min(line.end, line.start + 100))
    if match is None:
        return None
    return match if _ROLE.fullmatch(match["label"]) or not _NOT_A_SPEAKER.fullmatch(match["label"]) else None
