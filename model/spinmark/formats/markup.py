"""What both kinds of page share: escaping, the frame with its policy, the words about a report.

No page holds a script, loads anything or speaks to anybody. Its policy allows one style sheet, by its hash.
"""

import base64
import hashlib
import html
import re
from functools import cache
from importlib.resources import files

from spinmark.formats.terminal import printable
from spinmark.report import VOICES, Report, VoiceKind

# Controls, surrogates and what Unicode will never be characters: the last two of each plane, and 32 more.
_NEVER = "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
_CONTROL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NEVER}]")

VOICE_WORDS: dict[VoiceKind, str] = {
    "author": "the author’s own words",
    "quoted": "quoted",
    "reported": "reported",
}

CAUTION = (
    "A mark says that a wording <em>resembles</em> a technique. It does not say whether anything is true, or that "
    "anybody meant to mislead. Much is missed, and part of what is marked is wrong."
)


def line(text: object) -> str:
    """Return `text` as markup of one line, without control characters."""
    return verbatim(printable(str(text)))


def verbatim(text: str) -> str:
    """Return `text` as markup, character by character: line breaks stay, what HTML cannot hold is replaced."""
    return html.escape(
        _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
    )


def frame(title: str, body: str, style: str = "") -> str:
    """Return a whole page."""
    css = _css() + style
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{line(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def made_by(report: Report) -> str:
    """Return the line that says which model made a report."""
    model = report.model
    return f"{line(model.name)} {line(model.version)}, SHA-256 {line(model.sha256[:12])}…"


def voice_key() -> str:
    """Return the legend of the voices, as the bars and the underlines draw them."""
    return "".join(
        f'<span class="key"><svg class="swatch" viewBox="0 0 16 10" width="16" height="10" aria-hidden="true">'
        f'<rect class="v-{voice}" width="16" height="10"/></svg> {VOICE_WORDS[voice]}</span>'
        for voice in VOICES
    )


@cache
def _css() -> str:
    return files("spinmark").joinpath("formats/page.css").read_text(encoding="utf-8")
