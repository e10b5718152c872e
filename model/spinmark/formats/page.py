"""Report -> a page that stands alone: the text with its marks, a strip of where they lie, and a card for each.

Filters are check boxes that the style sheet reads, so the page needs no script. Each mark has the number of its
card and the underline of its voice: nothing is told by colour alone.
"""

from collections import Counter
from itertools import pairwise

from spinmark.formats import markup
from spinmark.formats.terminal import headline, who_says_it
from spinmark.report import VOICES, Flag, Report, Span
from spinmark.taxonomy import BY_ID

LANES = 4
"""Underlines drawn below one another where marks overlap; a deeper one shares the last."""

MAX_CUES = 6
STRIP_WIDTH = 1000
STRIP_LANE = 9


def page(report: Report, name: str | None = None, index: str | None = None) -> str:
    """Return the page; `index` is where the page of the corpus lies, if it is part of one."""
    title = name or "A text"
    back = f'<p class="back"><a href="{markup.line(index)}">← all documents</a></p>\n' if index else ""
    body = (
        f"<header>\n{back}<h1>{markup.line(title)}</h1>\n"
        f'<p class="headline">{markup.line(headline(report))}</p>\n'
        f"<p>{markup.CAUTION}</p>\n</header>\n"
    )
    if report.flags:
        body += _strip(report) + _filters(report)
    body += '<main class="columns">\n' + _text(report) + _cards(report) + "</main>\n"
    body += f"<footer><p>Spinmark, {markup.made_by(report)}. Made on this machine; nothing was sent anywhere.</p></footer>\n"
    return markup.frame(f"{title} — Spinmark", body, _filter_style(report))


def _strip(report: Report) -> str:
    """Return a drawing of where in the text the flags lie, each a link to its mark."""
    length = max(1, len(report.text))
    lanes = _lanes(report.flags)
    height = STRIP_LANE * (max(lanes) + 1) + 7
    ticks = ""
    for number, (flag, lane) in enumerate(zip(report.flags, lanes, strict=True), start=1):
        technique = BY_ID[flag.technique]
        x = STRIP_WIDTH * flag.span.start / length
        width = max(4.0, STRIP_WIDTH * len(flag.span) / length)
        x = min(x, STRIP_WIDTH - width)
        ticks += (
            f'<a href="#mark-{number}" tabindex="-1" class="f {_classes(flag)}">'
            f"<title>{number}. {markup.line(technique.name)}, {100 * flag.span.start // length}% into the text</title>"
            f'<rect class="tick v-{flag.voice.kind}" x="{x:.1f}" y="{3 + STRIP_LANE * lane}" width="{width:.1f}" '
            f'height="{STRIP_LANE - 2}"/></a>'
        )
    first, last = report.flags[0].span.start, max(flag.span.end for flag in report.flags)
    says = f"Where the flags lie: between {100 * first // length}% and {100 * last // length}% of the text."
    return (
        f'<figure class="strip"><svg viewBox="0 0 {STRIP_WIDTH} {height}" preserveAspectRatio="none" '
        f'height="{height}" role="img" aria-label="{says}">'
        f'<line class="axis" x1="0" y1="{height - 1}" x2="{STRIP_WIDTH}" y2="{height - 1}"/>{ticks}</svg>\n'
        f"<figcaption><span>beginning of the text</span><span>{markup.voice_key()}</span><span>end</span>"
        "</figcaption></figure>\n"
    )


def _filters(report: Report) -> str:
    by_technique = Counter(flag.technique for flag in report.flags)
    by_voice = Counter(flag.voice.kind for flag in report.flags)
    techniques = "".join(
        _box(f"t-{id_}", f"{BY_ID[id_].name} ({by_technique[id_]})") for id_ in BY_ID if by_technique[id_]
    )
    voices = "".join(
        _box(f"v-{kind}", f"{markup.VOICE_WORDS[kind]} ({by_voice[kind]})")
        for kind in VOICES
        if by_voice[kind]
    )
    return (
        f'<form class="filters">\n<fieldset><legend>Techniques</legend>{techniques}</fieldset>\n'
        f"<fieldset><legend>Who says it</legend>{voices}</fieldset>\n</form>\n"
    )


def _box(id_: str, words: str) -> str:
    return f'<label><input type="checkbox" id="show-{id_}" checked> {markup.line(words)}</label>'


def _filter_style(report: Report) -> str:
    names = {f"t-{flag.technique}" for flag in report.flags} | {
        f"v-{flag.voice.kind}" for flag in report.flags
    }
    rules = ""
    for name in sorted(names):
        off = f"body:has(#show-{name}:not(:checked))"
        rules += (
            f"{off} :is(li,a,sup).f.{name}{{display:none}}\n"
            f"{off} mark.f.{name}{{text-decoration-color:transparent;background:none}}\n"
        )
    return rules


def _text(report: Report) -> str:
    edges = sorted({0, len(report.text), *(e for f in report.flags for e in (f.span.start, f.span.end))})
    lanes = _lanes(report.flags)
    numbered = list(enumerate(report.flags, start=1))
    started: set[int] = set()
    out = ""
    position = 0
    open_: list[tuple[int, Flag]] = []
    waiting = list(numbered)
    for start, end in pairwise(edges):
        while position < len(waiting) and waiting[position][1].span.start <= start:
            open_.append(waiting[position])
            position += 1
        open_ = [(number, flag) for number, flag in open_ if flag.span.end > start]
        before = after = ""
        for number, flag in open_:
            lane = min(lanes[number - 1], LANES - 1)
            anchor = "" if number in started else f' id="mark-{number}"'
            started.add(number)
            before += f'<mark{anchor} class="f {_classes(flag)} lane-{lane}">'
            after = "</mark>" + after
        piece = report.text[start:end]
        if piece.endswith("\r") and report.text.startswith("\n", end):  # an edge within one line break
            piece = piece[:-1]
        out += before + markup.verbatim(piece) + after
        for number, flag in open_:
            if flag.span.end == end:
                name = markup.line(BY_ID[flag.technique].name.lower())
                out += (
                    f'<sup class="f {_classes(flag)}"><a class="ref" href="#flag-{number}" '
                    f'aria-label="flag {number}, {name}">{number}</a></sup>'
                )
    return f'<article class="text" dir="auto" translate="no">{out}</article>\n'


def _cards(report: Report) -> str:
    seen: set[str] = set()
    cards = ""
    for number, flag in enumerate(report.flags, start=1):
        cards += _card(report, flag, number, first=flag.technique not in seen)
        seen.add(flag.technique)
    shown = f'<p class="shown">of {len(report.flags)} shown</p>\n' if report.flags else ""
    return (
        f'<aside class="cards" aria-label="What was found">\n<ol>\n{cards}</ol>\n{shown}</aside>\n'
        if cards
        else f'<aside class="cards"><p>{_UNSEEN}</p></aside>\n'
    )


_UNSEEN = (
    "Nothing found is no clean bill. The model sees some hundred words at a time: a slogan repeated over many "
    "pages, a claim refuted far below it, irony and pictures can escape it."
)


def _card(report: Report, flag: Flag, number: int, first: bool) -> str:
    technique = BY_ID[flag.technique]
    disputed = cues = ""
    if flag.voice.contested_by is not None:
        disputed = f'<p class="disputed">Disputed by: “{_passage(report, flag.voice.contested_by)}”</p>\n'
    if flag.cues:
        strongest = sorted(flag.cues, key=lambda cue: -abs(cue.weight))[:MAX_CUES]
        words = ", ".join(f"“{_passage(report, cue.span)}” ({cue.weight:+.2f})" for cue in strongest)
        cues = f"<p>Words that moved the score: {words}</p>\n"
    return (
        f'<li id="flag-{number}" value="{number}" class="f {_classes(flag)}">\n'
        f'<p class="who">{markup.line(who_says_it(report, flag))}</p>\n{disputed}'
        f'<blockquote dir="auto">{markup.line(flag.quote)}</blockquote>\n'
        f'<p>resembles <b class="name">{markup.line(technique.name.lower())}</b> ({flag.confidence:.2f})</p>\n'
        f"<p>{markup.line(technique.definition)}</p>\n"
        f'<p class="question">{markup.line(technique.question)}</p>\n'
        f"<details{' open' if first else ''}><summary>How it works, and when it is legitimate</summary>\n"
        f"<p>{markup.line(technique.effect)}</p>\n<p>Legitimate: {markup.line(technique.legitimate)}</p>\n{cues}"
        f'</details>\n<p class="back"><a href="#mark-{number}">in the text ↑</a></p>\n</li>\n'
    )


def _classes(flag: Flag) -> str:
    return f"t-{flag.technique} v-{flag.voice.kind} g-{BY_ID[flag.technique].group}"


def _passage(report: Report, span: Span) -> str:
    return markup.line(report.text[span.start : span.end])


def _lanes(flags: tuple[Flag, ...]) -> list[int]:
    """Give every flag a lane such that no two in one lane overlap, the lowest free one first."""
    ends: list[int] = []
    lanes: list[int] = []
    for flag in flags:  # in reading order
        free = next((lane for lane, end in enumerate(ends) if end <= flag.span.start), len(ends))
        ends[free : free + 1] = [flag.span.end]
        lanes.append(free)
    return lanes
