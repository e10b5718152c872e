"""Report -> lines for a terminal."""

import re
import textwrap
import unicodedata

import click

from spinmark.report import Flag, Report, Span
from spinmark.taxonomy import BY_ID, Group, Technique

CONTEXT_CHARS = 60
"""How much of the text is shown on either side of a passage."""

_COLOUR: dict[Group, str] = {
    "attack": "red",
    "justification": "yellow",
    "simplification": "cyan",
    "distraction": "magenta",
    "call": "blue",
    "wording": "green",
}


def text_report(report: Report, name: str | None = None, width: int = 88) -> str:
    """Return the report as lines for a terminal, coloured by ANSI codes; `click.echo` strips them elsewhere.

    The passage itself stands between `[` and `]`, so that it can be told without colour.
    """
    head = f"{printable(name)}: " if name else ""
    lines = [head + headline(report)]
    for flag in report.flags:
        lines += ["", *_flag_lines(report, flag, width)]
    return "\n".join(lines) + "\n"


def who_says_it(report: Report, flag: Flag) -> str:
    """Return the sentence that a reader must see first: whose words these are, and whether they are disputed.

    >>> from spinmark.report import Model, Voice
    >>> text = "Putin called it a forced step. It was not forced."
    >>> voice = Voice("quoted", speaker=Span(0, 5), contested=True, contested_by=Span(31, 49))
    >>> flag = Flag("justification_by_provocation", Span(16, 29), text[16:29], 0.81, voice)
    >>> who_says_it(Report(text, (flag,), Model("spinmark-en", "1", "")), flag)
    'Putin, quoted. The text disputes this.'
    """
    voice = flag.voice
    if voice.kind == "author":
        who = "The author's own words."
    elif voice.speaker is None:
        who = f"Somebody {voice.kind}, not named."
    else:
        speaker = printable(_words(report.text, voice.speaker))
        who = f"{speaker[:1].upper()}{speaker[1:]}, {voice.kind}."
    return who + (" The text disputes this." if voice.contested else "")


def technique_lines(technique: Technique, width: int = 88) -> str:
    """Return a technique's entry as a person reads it."""
    parts = [
        click.style(technique.name, bold=True) + f"  ({technique.id}, {technique.group})",
        *_wrapped(technique.definition, width),
        *_wrapped(f"How it works: {technique.effect}", width),
        *_wrapped(f"Ask yourself: {technique.question}", width),
        *_wrapped(f"Legitimate: {technique.legitimate}", width),
        *(line for example in technique.examples for line in _wrapped(f"Example: {example}", width)),
    ]
    return "\n".join(parts) + "\n"


def printable(text: str) -> str:
    """Return `text` on one line without control characters, so that no input can steer a terminal.

    Every kind of space becomes a plain one, what has no width and no effect is left out, and the marks that
    turn the direction of text are replaced as controls are.

    >>> printable("a\\x1b[2Jb\\nc\\xa0d")
    'a�[2Jb c d'
    """
    return "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character in "\u200c\u200d" or character.isprintable():  # the joiners of emoji and of several scripts
        return character
    category = unicodedata.category(character)
    if character in "\t\r\n\x0b\x0c\x85" or category in ("Zs", "Zl", "Zp"):
        return " "
    if character in "\xad\u200b\u2060\ufeff":
        return ""
    # Unassigned is what this Python does not know yet, such as the newest emoji.
    return character if category in ("Cn", "Co") else "\N{REPLACEMENT CHARACTER}"


def headline(report: Report) -> str:
    """Return the sentence that says what came out."""
    if report.status == "too_short":
        return "too short to say anything about."
    if report.status == "unsupported_language":
        return f"not checked: the text seems to be in another language than English ({report.language})."
    length = f"{len(report.text):,} characters checked"
    if not report.flags:
        return f"nothing found ({length}). That is no clean bill: much is missed."
    passages = "1 passage stands" if len(report.flags) == 1 else f"{len(report.flags)} passages stand"
    return f"{passages} out ({length})."


def _flag_lines(report: Report, flag: Flag, width: int) -> list[str]:
    technique = BY_ID[flag.technique]
    colour = _COLOUR[technique.group]
    lines = [
        "  " + click.style(who_says_it(report, flag), bold=True),
        f"  resembles {click.style(technique.name.lower(), fg=colour, bold=True)} ({flag.confidence:.2f})",
    ]
    before = report.text[max(0, flag.span.start - CONTEXT_CHARS) : flag.span.start]
    after = report.text[flag.span.end : flag.span.end + CONTEXT_CHARS]
    # Wrapped before it is coloured, for the codes would count as characters; \0 and \1 cannot occur in it.
    shown = printable(before).lstrip() + "\0" + printable(flag.quote) + "\1" + printable(after).rstrip()
    start = "…" if flag.span.start > CONTEXT_CHARS else ""
    end = "…" if flag.span.end + CONTEXT_CHARS < len(report.text) else ""
    inside = False
    for line in textwrap.wrap(start + shown + end, width - 4, break_on_hyphens=False):
        styled, inside = _styled(line, inside, colour)
        lines.append("    " + styled)
    if flag.voice.contested_by is not None:
        lines += _wrapped(
            f"disputed by: {printable(_words(report.text, flag.voice.contested_by))}", width, "    "
        )
    return lines


def _styled(line: str, inside: bool, colour: str) -> tuple[str, bool]:
    """Colour what stands between \\0 and \\1, and return whether the line ends inside; `inside`: it begins so."""
    out = ""
    for piece in re.split("([\0\1])", line):
        if piece == "\0":
            out, inside = out + "[", True
        elif piece == "\1":
            out, inside = out + "]", False
        else:
            out += click.style(piece, fg=colour, underline=True) if inside and piece else piece
    return out, inside


def _wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)


def _words(text: str, span: Span) -> str:
    return text[span.start : span.end]
