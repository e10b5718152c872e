"""Direct speech by its form: the turns of a dialogue with dashes, of a transcript with labels, and embedded posts.

Form alone decides here, over the text's lines, see `quotation`.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from spinmark.report import Span
from spinmark.voice.speakers import DATELINE

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
class Turn:
    """One line of a dialogue or transcript: what is said, and its label where it has one."""

    span: Span
    label: Span | None = None
    spoken: bool = True
    """False for a lone `Minister: …`, as headlines write what they do not quote word for word."""


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
        if threaded or (_is_formal(match["label"]) and following - index <= _LONGEST_ANSWER):
            turns += [Turn(line, label) for line in text_lines[index + 1 : following]]
    return turns


_LONGEST_ANSWER = 8
"""Lines between two labels: more are the author's, between two asides such as `OUR COMMENT: …`."""


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


def posts(text: str, text_lines: list[Span]) -> list[Turn]:
    """Return the posts that a page embeds, with who signed them: `… — Ada Krohl (@krohl) May 4, 2021`.

    >>> from spinmark.voice.quotation import lines
    >>> text = "We never met. — Ada Krohl (@krohl) May 4, 2021"
    >>> [(text[t.span.start : t.span.end], text[t.label.start : t.label.end]) for t in posts(text, lines(text))]
    [('We never met.', 'Ada Krohl')]
    """
    found: list[Turn] = []
    for before, line in pairwise([Span(0, 0), *text_lines]):
        signed = _SIGNED_POST.search(text, line.start, line.end)
        if signed is None:
            continue
        words = Span(line.start, line.start + len(text[line.start : signed.start()].rstrip()))
        if not len(words):
            words = before  # the signature is a line of its own
        if len(words):
            found.append(Turn(words, Span(*signed.span("name"))))
    return found


_SIGNED_POST = re.compile(
    r"(?:—|–|―|--)\s?(?P<name>[^\s—–()][^—–()\n]{0,58}[^\s—–()]) \(@\w{1,30}\),?"
    r"(?: (?:[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8}\.?,? \d{4}))?$"
)
