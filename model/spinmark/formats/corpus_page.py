"""The figures of a corpus -> its page: tables that hold every number, with drawings beside them."""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping

from spinmark.formats import markup
from spinmark.formats.summary import CorpusSummary, Period, periods
from spinmark.report import VOICES, Model, VoiceKind
from spinmark.taxonomy import BY_ID

MAX_SPEAKERS = 50
MAX_PASSAGES = 50
MAX_CHARTS = 6
"""Techniques drawn over time, the most frequent ones."""

MAX_QUOTE_CHARS = 300
_BAR_WIDTH = 200


def corpus_page(summary: CorpusSummary, model: Model, title: str = "A corpus") -> str:
    """Return the page."""
    body = (
        f'<header>\n<h1>{markup.line(title)}</h1>\n<p class="headline">{_headline(summary)}</p>\n'
        f"<p>{markup.CAUTION}</p>\n</header>\n<main>\n{_figures(summary)}"
    )
    if summary.flags:
        body += (
            _techniques(summary)
            + _speakers(summary)
            + _time(summary)
            + _passages(summary)
            + _documents(summary)
        )
    body += (
        f"</main>\n<footer><p>Spinmark, {markup.line(model.name)} {markup.line(model.version)}, SHA-256 "
        f"{markup.line(model.sha256[:12])}…. Made on this machine; nothing was sent anywhere.</p></footer>\n"
    )
    return markup.frame(f"{title} — Spinmark", body)


def _headline(summary: CorpusSummary) -> str:
    if not summary.flags:
        return f"Nothing found in {_count(summary.documents, 'document')}. That is no clean bill: much is missed."
    stand = "stands" if summary.flags == 1 else "stand"
    return (
        f"{_count(summary.flags, 'passage')} {stand} out in {summary.flagged:,} of "
        f"{_count(summary.documents, 'document')}."
    )


def _figures(summary: CorpusSummary) -> str:
    figures = [
        (f"{summary.words:,}", "words checked"),
        (f"{_rate(summary.flags, summary.words)}", "flags per 1,000 words"),
        *((f"{summary.voices[kind]:,}", f"flags {_SAID[kind]}") for kind in VOICES),
        (f"{summary.contested:,}", "disputed in their own text"),
    ]
    if summary.statuses["unsupported_language"]:
        figures.append((f"{summary.statuses['unsupported_language']:,}", "not checked: another language"))
    if summary.statuses["too_short"]:
        figures.append((f"{summary.statuses['too_short']:,}", "too short to say anything about"))
    if summary.unread:
        figures.append((f"{summary.unread:,}", "could not be read"))
    items = "".join(f"<li><b>{number}</b> {words}</li>" for number, words in figures)
    return f'<ul class="figures">{items}</ul>\n'


_SAID: dict[VoiceKind, str] = {
    "author": "in the author’s own words",
    "quoted": "in quotations",
    "reported": "in reported speech",
}


def _techniques(summary: CorpusSummary) -> str:
    ranked = sorted(summary.techniques.items(), key=lambda item: -item[1].flags)
    most = ranked[0][1].flags
    rows = "".join(
        f'<tr><th scope="row" title="{markup.line(BY_ID[id_].definition)}">{markup.line(BY_ID[id_].name)}</th>'
        f"<td>{_bar(tally.voices, most)}</td>{_numbers(tally.voices)}"
        f'<td class="number">{tally.documents:,}</td></tr>\n'
        for id_, tally in ranked
    )
    return (
        f'<section>\n<h2 id="techniques">Techniques</h2>\n<div class="wide"><table>\n'
        f"<caption>{markup.voice_key()}</caption>\n"
        f'<thead><tr><th scope="col">resembles</th><th scope="col">flags</th>{_VOICE_HEADS}'
        f'<th scope="col" class="number">documents</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</section>\n'
    )


_VOICE_HEADS = (
    '<th scope="col" class="number">author</th><th scope="col" class="number">quoted</th>'
    '<th scope="col" class="number">reported</th>'
)


def _speakers(summary: CorpusSummary) -> str:
    ranked = heapq.nlargest(MAX_SPEAKERS, summary.speakers.items(), key=lambda item: item[1].flags)
    if not ranked:
        return ""
    most = ranked[0][1].flags
    rows = "".join(
        f'<tr><th scope="row">{_short(name, 80)}</th><td>{_bar(tally.voices, most)}</td>'
        f'<td class="number">{tally.voices["quoted"]:,}</td><td class="number">{tally.voices["reported"]:,}</td>'
        f'<td class="number">{tally.documents:,}</td><td>{_named(tally.techniques)}</td></tr>\n'
        for name, tally in ranked
    )
    left = len(summary.speakers) - len(ranked)
    return (
        '<section>\n<h2 id="speakers">Speakers</h2>\n<div class="wide"><table>\n'
        "<caption>Those whose words were flagged, as the texts name them; one person may go by several names. "
        f"{_left(left, 'speaker', summary)}</caption>\n"
        '<thead><tr><th scope="col">speaker</th><th scope="col">flags</th><th scope="col" class="number">quoted</th>'
        '<th scope="col" class="number">reported</th><th scope="col" class="number">documents</th>'
        f'<th scope="col">most often</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</section>\n'
    )


def _time(summary: CorpusSummary) -> str:
    unit, found = periods(summary.periods)
    if len(found) < 2:
        return ""
    undated = f" {_count(summary.undated, 'document')} without a date left out." if summary.undated else ""
    charts = ""
    dated: Counter[str] = sum((period.techniques for period in found.values()), Counter())
    ranked = [id_ for id_, _ in dated.most_common(MAX_CHARTS)]
    top = max((rate for id_ in ranked for rate in _rates(found, _of(id_))), default=0.0)
    for id_ in ranked:
        name = markup.line(BY_ID[id_].name)
        chart = _chart(found, _of(id_), top=top, small=True)
        charts += f"<figure><figcaption>{name}</figcaption>{chart}</figure>\n"
    rows = "".join(
        f'<tr><th scope="row">{key}</th><td class="number">{period.documents:,}</td>'
        f'<td class="number">{period.words:,}</td><td class="number">{period.techniques.total():,}</td>'
        f'<td class="number">{_rate(period.techniques.total(), period.words)}</td></tr>\n'
        for key, period in found.items()
    )
    return (
        f'<section>\n<h2 id="time">Over time</h2>\n<p class="soft">Flags per 1,000 words, by {unit}. Dotted: no '
        f'text of that {unit}.{undated}</p>\n<div class="wide">{_chart(found, _all)}</div>'
        f'<h3>The most frequent techniques</h3>\n<p class="soft">All on one scale.</p>\n<div class="multiples">\n{charts}</div>\n'
        f'<details><summary>The numbers</summary><table><thead><tr><th scope="col">{unit}</th>'
        '<th scope="col" class="number">documents</th><th scope="col" class="number">words</th>'
        '<th scope="col" class="number">flags</th><th scope="col" class="number">per 1,000 words</th></tr></thead>'
        f"<tbody>\n{rows}</tbody></table></details>\n</section>\n"
    )


def _all(techniques: Counter[str]) -> int:
    return techniques.total()


def _of(id_: str) -> Callable[[Counter[str]], int]:
    return lambda techniques: techniques[id_]


def _rates(found: Mapping[str, Period], number: Callable[[Counter[str]], int]) -> list[float]:
    """Return flags per 1,000 words of each period, 0 where there are no words."""
    return [1000 * number(p.techniques) / p.words if p.words else 0.0 for p in found.values()]


def _chart(
    found: Mapping[str, Period],
    number: Callable[[Counter[str]], int],
    top: float | None = None,
    small: bool = False,
) -> str:
    """Return columns of flags per 1,000 words, one a period; `top` is the rate that fills the height."""
    width, height, left, bottom = (320, 120, 34, 22) if small else (960, 220, 44, 24)
    rates = _rates(found, number)
    top = top or max(rates) or 1.0
    step = (width - left) / len(rates)
    tall = height - bottom - 12
    base = height - bottom
    columns = ""
    for i, ((key, period), rate) in enumerate(zip(found.items(), rates, strict=True)):
        x, wide = left + i * step + step * 0.12, step * 0.76
        says = f"{key}: {rate:.2f} per 1,000 words, {_count(period.documents, 'document')}"
        if not period.words:
            columns += f'<rect class="missing" x="{x:.1f}" y="12" width="{wide:.1f}" height="{tall}"><title>{key}: no text</title></rect>'
            continue
        high = tall * rate / top
        columns += f'<rect class="column" x="{x:.1f}" y="{base - high:.1f}" width="{wide:.1f}" height="{high:.1f}"><title>{says}</title></rect>'
    keys = list(found)
    shown = sorted({0, len(keys) - 1} if small or len(keys) < 3 else {0, len(keys) // 2, len(keys) - 1})
    labels = ""
    for i in shown:
        anchor = "start" if i == 0 else "end" if i == len(keys) - 1 else "middle"
        x = left + (i + (0 if i == 0 else 1 if i == len(keys) - 1 else 0.5)) * step
        labels += f'<text x="{x:.1f}" y="{height - 6}" text-anchor="{anchor}">{keys[i]}</text>'
    highest = keys[rates.index(max(rates))]
    says = f"From {keys[0]} to {keys[-1]}; the most, {max(rates):.2f} per 1,000 words, in {highest}."
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{says}">'
        f'<line x1="{left}" y1="{base}" x2="{width}" y2="{base}"/><line x1="{left}" y1="12" x2="{width}" y2="12"/>'
        f'<text x="{left - 6}" y="16" text-anchor="end">{_tick(top)}</text>'
        f'<text x="{left - 6}" y="{base}" text-anchor="end">0</text>{columns}{labels}</svg>\n'
    )


def _tick(rate: float) -> str:
    """Return the label of a height, with as many digits as fit beside it.

    >>> _tick(1234.5), _tick(56.34), _tick(5.634), _tick(0.0563)
    ('1,234', '56', '5.6', '0.056')
    """
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _passages(summary: CorpusSummary) -> str:
    ranked = heapq.nlargest(
        MAX_PASSAGES, summary.passages.values(), key=lambda passage: (passage.times, passage.confidence)
    )
    rows = "".join(
        f'<tr><td class="number">{passage.times:,}</td>'
        f'<td><a href="{markup.line(passage.link)}">“{_short(passage.quote, MAX_QUOTE_CHARS)}”</a></td>'
        f"<td>{markup.line(BY_ID[passage.technique].name.lower())}</td>"
        f'<td class="number">{passage.confidence:.2f}</td></tr>\n'
        for passage in ranked
    )
    left = len(summary.passages) - len(ranked)
    return (
        '<section>\n<h2 id="passages">The most flagged passages</h2>\n<div class="wide"><table>\n'
        f"<caption>By how often they occur, then by confidence. {_left(left, 'passage', summary)}</caption>\n"
        '<thead><tr><th scope="col" class="number">times</th><th scope="col">passage</th>'
        '<th scope="col">resembles</th><th scope="col" class="number">at most</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table></div>\n</section>\n"
    )


def _documents(summary: CorpusSummary) -> str:
    entries = summary.top
    most = entries[0].flags
    rows = "".join(
        f'<tr><th scope="row"><a href="{markup.line(entry.link)}">{_short(entry.name, 120)}</a></th>'
        f"<td>{_bar(entry.voices, most)}</td>{_numbers(entry.voices)}"
        f'<td class="number">{_rate(entry.flags, entry.words)}</td><td>{_named(entry.techniques)}</td></tr>\n'
        for entry in entries
    )
    left = summary.flagged - len(entries)
    more = f"{_count(left, 'more document')} with flags are not listed. " if left else ""
    return (
        '<section>\n<h2 id="documents">Documents</h2>\n<div class="wide"><table>\n'
        f"<caption>Those with flags, the most first. {more}</caption>\n"
        f'<thead><tr><th scope="col">document</th><th scope="col">flags</th>{_VOICE_HEADS}'
        '<th scope="col" class="number">per 1,000 words</th><th scope="col">most often</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table></div>\n</section>\n"
    )


def _bar(voices: Mapping[VoiceKind, int], most: int) -> str:
    """Return a bar cut by voice; `most` fills its width. The numbers stand beside it."""
    x, pieces = 1.0, ""
    for kind in VOICES:
        if count := voices.get(kind, 0):
            width = (_BAR_WIDTH - 2) * count / most
            pieces += f'<rect class="v-{kind}" x="{x:.1f}" y="1" width="{width:.1f}" height="10"/>'
            x += width
    return f'<svg class="bar" viewBox="0 0 {_BAR_WIDTH} 12" preserveAspectRatio="none" aria-hidden="true">{pieces}</svg>'


def _numbers(voices: Mapping[VoiceKind, int]) -> str:
    return "".join(f'<td class="number">{voices.get(kind, 0):,}</td>' for kind in VOICES)


def _named(techniques: Mapping[str, int], most: int = 2) -> str:
    ranked = sorted(techniques.items(), key=lambda item: -item[1])[:most]
    return ", ".join(f"{markup.line(BY_ID[id_].name.lower())} {count:,}" for id_, count in ranked)


def _left(left: int, what: str, summary: CorpusSummary) -> str:
    if summary.forgotten:
        return "The rarest were not counted to the end: there are very many."
    return f"{_count(left, f'more {what}')} not shown." if left else ""


def _short(text: str, most: int) -> str:
    return markup.line(text if len(text) <= most else text[: most - 1].rstrip() + "…")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _rate(flags: int, words: int) -> str:
    return f"{1000 * flags / words:.2f}" if words else "–"
