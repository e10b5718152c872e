"""Bytes -> str, and what they were read as where that is not UTF-8."""

import codecs

from spinmark.errors import InputError
from spinmark.readers.document import Notice

_MARKS = (  # the longer first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

LATIN_ASCII_SHARE = 0.6
"""From this share of ASCII on it is Latin script, and bytes that are not UTF-8 are windows-1252, which English was
written in for decades. The detector would decide by a few bytes there: it named cp932 for one sentence with a
pound sign and a curly apostrophe, cp1006 for the word "naïve". Texts in other scripts have less than a quarter."""

_HEAD = 4096


def decode(content: bytes, name: str, notice: Notice, declared: str | None = None) -> str:
    """Return the text, line breaks untouched, without a byte-order mark; say an encoding other than UTF-8.

    `declared` is what the file says of itself; it is believed where the bytes bear it out. Raises: InputError.
    """
    encoding = encoding_of(content, name, declared)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            name, f"is damaged {encoding}: byte 0x{content[error.start]:02x} on line {line:,}"
        ) from error
    if encoding not in ("utf-8", "utf-8-sig"):
        notice(f"read as {spoken(encoding)}")
    return text


def encoding_of(content: bytes, name: str, declared: str | None = None, cut: bool = False) -> str:
    """Return the name of the codec for `content`; `cut` says that it may end within a character.

    Raises: InputError where this is no text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    wide = _wide(content[:_HEAD])
    if wide is not None:
        return wide
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(content, final=not cut)
    except UnicodeDecodeError:
        return _legacy(content, name, declared)
    return "utf-8"


def _wide(head: bytes) -> str | None:
    """Return which UTF-16 it is that has lost its mark: every other byte of Latin script is zero."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    low, high = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if high > 0.9 * pairs and low < 0.1 * pairs:
        return "utf-16-le"
    if low > 0.9 * pairs and high < 0.1 * pairs:
        return "utf-16-be"
    return None


def _legacy(content: bytes, name: str, declared: str | None) -> str:
    if b"\0" in content[:_HEAD]:
        raise InputError(name, "holds binary data, not text")
    if declared is not None and _decodes(content, declared):
        return declared
    ascii_share = 1 - len(content.translate(None, bytes(range(128)))) / len(content)
    if ascii_share >= LATIN_ASCII_SHARE and _decodes(content, "cp1252"):
        return "cp1252"
    from charset_normalizer import from_bytes

    for match in from_bytes(content[: 1024**2]):  # the likeliest first
        if not match.encoding.startswith(("utf_16", "utf_32")) and _decodes(content, match.encoding):
            return match.encoding
    raise InputError(name, "is in no encoding that could be told")


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except (LookupError, UnicodeError):
        return False
    return True


def spoken(encoding: str) -> str:
    """Return the name that people know the encoding by.

    >>> spoken("cp1252"), spoken("utf-16-le"), spoken("koi8_r")
    ('windows-1252', 'UTF-16', 'koi8-r')
    """
    if encoding.startswith(("utf-16", "utf-32")):
        return encoding[:6].upper()
    return encoding.replace("_", "-").replace("cp125", "windows-125")
