"""Each format is written here by somebody else's writer where there is one, and read by ours."""

import csv
import gzip
import io
import json
import random
import sys
import tracemalloc
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path, PurePath

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from spinmark.errors import InputError
from spinmark.readers import BadRow, Document, Fields, expand, kind_of, limits, read
from spinmark.readers.delimited import HEAD_BYTES
from spinmark.readers.encoding import decode
from spinmark.readers.markdown import prose
from spinmark.readers.needed import needed
from spinmark.readers.opening import lines, opened, read_whole
from spinmark.readers.pdf import paragraphs
from spinmark.report import Span
from spinmark.voice import attribute

TEXT = "The traitors on the council closed the mill.\r\n\r\n“No,” said the baker – and left. 😀\n"


class Said(list[str]):
    """Collects what readers say."""

    __call__ = list.append


def read_bytes(content: bytes, kind: str, name: str = "a", **options) -> list[Document | BadRow]:
    return list(read(io.BytesIO(content), name, kind, notice=options.pop("notice", Said()), **options))


def read_file(path: Path, **options) -> list[Document | BadRow]:
    with opened(path, path.name) as stream:
        return list(read(stream, path.name, kind_of(path), notice=options.pop("notice", Said()), **options))


def texts(items: list[Document | BadRow]) -> list[str]:
    return [item.text for item in items if isinstance(item, Document)]


def outcome(reading: Callable[[], object]) -> object:
    """Return what was read, or the sentence of the InputError; any other error is the test's."""
    try:
        return reading()
    except InputError as error:
        return str(error)


# Names


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text"), ("a", "text"), ("a.log", "text"), ("README.md", "markdown"), ("a.HTM", "html"),
        ("a.pdf", "pdf"), ("a.ndjson", "jsonl"), ("a.csv.gz", "csv"), ("a.tsv.zst", "tsv"), ("a.parquet", "parquet"),
        ("a.md.gz", "markdown"), ("a.gz", "text"), ("jsonl", "text"), (".csv", "text"),
    ],
)  # fmt: skip
def test_a_name_announces_its_format(name, kind):
    assert kind_of(PurePath(name)) == kind


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_gives_the_text_as_it_stands(encoding):
    said = Said()
    assert decode(TEXT.encode(encoding), "a", said) == TEXT
    assert said == ([] if encoding.startswith("utf-8") else [f"read as {encoding[:6].upper()}"])


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        ("The price is £5 and it’s good.", "cp1252", "windows-1252"),
        ("naïve", "cp1252", None),
        ("“They are traitors,” he said – the café’s owner.", "cp1252", "windows-1252"),
        ("Он сказал, что мельница закрыта навсегда, и ушел домой.", "cp1251", "windows-1251"),
    ],
)
def test_older_encodings_are_told_and_said(text, encoding, named):
    said = Said()
    read = decode(text.encode(encoding), "a", said)
    assert len(said) == 1
    if named is not None:
        assert (read, said) == (text, [f"read as {named}"])


def test_a_file_that_is_no_text_is_refused():
    with pytest.raises(InputError, match="a: holds binary data, not text"):
        decode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", "a", Said())


@pytest.mark.parametrize("content", [b"\xff\xfea", b"\xff\xfe\0\0abc"])
def test_a_mark_that_the_bytes_belie_is_named(content):
    with pytest.raises(InputError, match=r"a: is damaged utf-(16|32): byte 0x"):
        decode(content, "a", Said())


@given(st.binary(max_size=200))
def test_no_bytes_end_the_run_otherwise_than_by_an_input_error(content):
    assert isinstance(outcome(lambda: decode(content, "a", Said())), str)


@pytest.mark.parametrize("text", ["", "a\r\nb\rc\n", "e\u0301 é 😀", "\x00", "a\ufeff"])
def test_a_text_is_read_as_it_stands(text):
    assert read_bytes(text.encode(), "text", id="x") == [Document("x", text)]
    assert read_bytes(b"\xef\xbb\xbf" + text.encode(), "text", id="x") == [Document("x", text)]


# Packed files


def pack_zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": pack_zst}


@pytest.mark.parametrize("suffix", PACKERS)
def test_packed_files_hold_what_the_file_held(tmp_path, suffix):
    pack = PACKERS[suffix]
    text, rows = tmp_path / f"a.txt{suffix}", tmp_path / f"a.jsonl{suffix}"
    text.write_bytes(pack(TEXT.encode()[:20]) + pack(TEXT.encode()[20:]))  # as two members, which both allow
    rows.write_bytes(pack(b'{"text": "x"}\n' * 10_000))
    assert read_file(text) == [Document(None, TEXT)]
    assert read_file(rows) == [Document(None, "x")] * 10_000


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("cut", [3, 40, -1])
def test_a_packed_file_that_ends_early_says_so(tmp_path, suffix, cut):
    noise = random.Random(1).randbytes(300).hex()
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACKERS[suffix](noise.encode())[:cut])
    with pytest.raises(InputError, match=r"damaged|not UTF-8|ends early"):
        read_file(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_file_that_is_not_packed_says_so(tmp_path, suffix):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(b"The mill stands empty now.")
    with pytest.raises(InputError, match="is damaged, it cannot be unpacked"):
        read_file(path)


@pytest.fixture
def bomb(tmp_path) -> Path:
    """Give a file of 600 KB that unpacks to 600 MB: the same megabyte again and again."""
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n" * 1_000_000) * 600)
    return path


def test_a_bomb_is_given_up_in_little_memory(bomb):
    tracemalloc.start()
    try:
        with opened(bomb, "bomb.jsonl.gz") as stream:
            pieces = iter(lambda: stream.read(1_000_000), b"")
            with pytest.raises(InputError, match="more than 200 times its size"):
                deque(pieces, maxlen=0)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_text_beyond_the_limit_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 1001)
    with (
        opened(path, "a.txt") as stream,
        pytest.raises(InputError, match=r"a\.txt: holds more than 1,000 bytes"),
    ):
        read_whole(stream, "a.txt", 1000)


def test_a_line_beyond_the_limit_costs_itself_alone():
    content = b"a\n" + b"x" * 11 + b"\n" + b"x" * 10 + b"\n" + b"y" * 35
    assert list(lines(io.BytesIO(content), 10)) == [b"a\n", None, b"x" * 10 + b"\n", None]


def test_an_over_long_row_is_a_bad_row():
    long = b'{"text": "' + b"x" * limits.MAX_ROW_BYTES + b'"}\n'
    good = b'{"text": "y"}\n'
    found = read_bytes(good + long + good, "jsonl")
    assert found == [
        Document(None, "y"), BadRow(None, "line 2 is longer than 16,777,216 bytes"), Document(None, "y"),
    ]  # fmt: skip


# CSV and TSV


def written_csv(rows: list[list[str]], **dialect) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue().encode()


HARD = [
    "plain",
    'a "quoted" word, and more',
    "two\r\nlines\n\nand a third",
    "",
    "=1+1",
    "tab\there",
    "’ – 😀",
    " a ",
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_gives_every_text_unchanged_whatever_its_delimiter(delimiter):
    rows = [["id", "other", "text"], *([str(i), "x", text] for i, text in enumerate(HARD))]
    found = read_bytes(written_csv(rows, delimiter=delimiter), "csv")
    assert found == [Document(str(i), text) for i, text in enumerate(HARD)]


def test_csv_of_a_spreadsheet_is_read_in_its_encoding():
    rows = [["id", "text", "day"], ["1", "It’s £5 – no more.", "2024-05-01"]]
    fields = Fields(date="day")
    wanted = [Document("1", "It’s £5 – no more.", date="2024-05-01")]
    for encoding, said in (
        ("utf-8-sig", []),
        ("utf-16", ["read as UTF-16"]),
        ("cp1252", ["read as windows-1252"]),
    ):
        heard = Said()
        content = written_csv(rows).decode().encode(encoding)
        assert read_bytes(content, "csv", fields=fields, notice=heard) == wanted
        assert heard == said


def test_tsv_without_quoting_keeps_its_quotation_marks():
    content = b'id\ttext\n1\t"They left," he said.\n2\tsaid "no\n3\tplain\n'
    assert texts(read_bytes(content, "tsv")) == ['"They left," he said.', 'said "no', "plain"]


def test_tsv_of_a_spreadsheet_is_unquoted():
    rows = [["id", "text"], ["1", 'a "b"\nc\td']]
    assert texts(read_bytes(written_csv(rows, delimiter="\t"), "tsv")) == ['a "b"\nc\td']


def test_a_bad_row_of_csv_costs_itself_and_is_named_with_its_line():
    content = b'id,text\n1,a\n2,b,c\n\n3,"d" e\n4,"f\nf"\n5\n6,g\n'
    found = read_bytes(content, "csv")
    assert [getattr(item, "text", None) for item in found] == ["a", None, None, "f\nf", None, "g"]
    reasons = [item.reason for item in found if isinstance(item, BadRow)]
    assert reasons[0] == "line 3 has 3 fields, the first row has 2"
    assert reasons[1].startswith("line 5 is not a row (")
    assert reasons[2] == "line 8 has 1 fields, the first row has 2"


def test_bytes_that_are_not_utf8_cost_their_row_alone():
    beginning = b"id,text\n" + (b"1," + b"the mill " * 100 + b"\n") * (HEAD_BYTES // 900)
    found = read_bytes(beginning + b"2,caf\xe9\n3,x\n", "csv")
    assert isinstance(found[-2], BadRow)
    assert found[-2].reason == f"line {len(found)} is not UTF-8"
    assert found[-1] == Document("3", "x")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty, without even the names of columns"),
        (b"id,body\n1,x\n", "has no column 'text' among 'id', 'body'; --text-field names another"),
        (b"\x89PNG\0\0\xff", "holds binary data, not text"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(content, reason):
    with pytest.raises(InputError) as caught:
        read_bytes(content, "csv", "a.csv")
    assert str(caught.value) == f"a.csv: {reason}"


def test_a_quotation_mark_that_never_closes_is_bounded():
    content = b'id,text\n1,"open\n' + (b"x" * 999 + b"\n") * 40_000
    tracemalloc.start()
    try:
        found = read_bytes(content, "csv")
        assert tracemalloc.get_traced_memory()[1] < 8 * limits.MAX_ROW_BYTES
    finally:
        tracemalloc.stop()
    assert isinstance(found[0], BadRow)
    assert not texts(found)


def test_a_very_long_line_of_csv_costs_itself_alone():
    content = b"id,text\n1," + b"x" * (limits.MAX_ROW_BYTES + 5) + b"\n2,y\n"
    long, good = read_bytes(content, "csv")
    assert isinstance(long, BadRow)
    assert good == Document("2", "y")


# Parquet


def parquet(**columns) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_parquet_gives_every_text_unchanged():
    content = parquet(id=list(range(len(HARD))), text=HARD, day=["2024-01-01"] * len(HARD))
    found = read_bytes(content, "parquet", fields=Fields(date="day"))
    assert found == [Document(i, text, date="2024-01-01") for i, text in enumerate(HARD)]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet_reads_every_kind_of_string(type_):
    content = parquet(text=pa.array(["a", None, "b"], pa.string()).cast(type_))
    assert read_bytes(content, "parquet") == [
        Document(None, "a"), BadRow(None, "row 2 has no string in 'text'"), Document(None, "b"),
    ]  # fmt: skip


def test_a_date_of_parquet_is_written_as_iso():
    content = parquet(text=["x"], day=pa.array([20_000], pa.date32()))
    assert read_bytes(content, "parquet", fields=Fields(date="day"))[0].date == "2024-10-04"


def test_a_parquet_text_that_is_not_utf8_costs_its_row_alone():
    raw = pa.array([b"a", b"\xff", b"c"], pa.binary()).view(pa.string())
    found = read_bytes(parquet(text=raw), "parquet")
    assert found == [Document(None, "a"), BadRow(None, "row 2 is not UTF-8"), Document(None, "c")]


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_parquet_file_is_read(tmp_path, suffix):
    path = tmp_path / f"a.parquet{suffix}"
    path.write_bytes(PACKERS[suffix](parquet(text=["a", "b"])))
    assert texts(read_file(path)) == ["a", "b"]


def test_one_large_row_group_is_read_piece_by_piece(tmp_path):
    path = tmp_path / "one.parquet"
    texts_ = [f"{n:0400}" for n in range(40_000)]  # all different, so that no dictionary stands for them
    pq.write_table(pa.table({"text": texts_}), path, row_group_size=len(texts_), compression="none")
    read_so_far: list[int] = []
    with opened(path, "one", read_so_far.append) as stream:
        found = read(stream, "one", "parquet", notice=Said())
        assert next(found).text == texts_[0]
        assert sum(read_so_far) < path.stat().st_size / 3


def test_parquet_comes_through_a_pipe_too():
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    assert texts(list(read(Pipe(parquet(text=["a"])), "stdin", "parquet", notice=Said()))) == ["a"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all" * 10, parquet(text=["a"] * 9)[:-9]])
def test_a_damaged_parquet_file_says_so(content):
    with pytest.raises(InputError, match="is no Parquet file or is damaged"):
        read_bytes(content, "parquet")


def test_a_parquet_file_without_the_column_says_so():
    with pytest.raises(InputError, match="a: has no column 'text' among 'body'; --text-field names another"):
        read_bytes(parquet(body=["x"]), "parquet")


# Markdown

MARKDOWN = """---
title: The traitors' mill
---

# The mill of Odla #

These **traitors** sold
us out, _every one_ of [them](https://example.org/traitors "a title"), see <https://example.org>.
Snake_case_words and 2 * 3 * 4 stay. `rm -rf traitors`

> They left us
> no choice.

- a first point
- a second, https://example.org/x_y_z.

1. one

```python
print("vermin")
```

    indented code

| who | what |
|-----|------|
| the baker | left |

<div class="x">vermin</div>

![the alt text](a.png) and [a reference][ref] \\*not a mark\\*

Setext
======

[ref]: https://example.org/vermin 'title'
"""


def test_the_prose_of_markdown_stands_where_the_file_has_it():
    shown = prose(MARKDOWN)
    assert len(shown) == len(MARKDOWN)
    assert all(b in (a, " ", "“", "”") for a, b in zip(MARKDOWN, shown, strict=True))


def test_the_prose_of_markdown_is_what_people_read():
    words = " ".join(prose(MARKDOWN).split())
    assert words == (
        "The mill of Odla # These traitors sold us out, every one of them , see . Snake_case_words and 2 * 3 * 4 "
        "stay. “ They left us no choice.” a first point a second, . one who what the baker left the alt text and "
        "a reference *not a mark * Setext"
    ).replace("mark *", "mark *")


def test_a_paragraph_of_markdown_is_one_line_and_its_neighbour_another():
    shown = [" ".join(line.split()) for line in prose("They left\nus no choice.\n\nNo.\n").split("\n")]
    assert shown == ["They left us no choice.", "", "No.", ""]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_markdown_keeps_its_offsets_with_any_line_break(line_break):
    text = MARKDOWN.replace("\n", line_break)
    shown = prose(text)
    assert len(shown) == len(text)
    assert shown.index("traitors") == text.index("traitors**")
    assert "vermin" not in shown


@given(st.text(alphabet="ab *_`[]()<>!#>-|~\\\n\r\t:/.=1&;😀\0\u2028", max_size=80))
def test_any_markdown_keeps_its_length(text):
    shown = prose(text)
    assert len(shown) == len(text)
    assert all(b in (a, *" “”–") for a, b in zip(text, shown, strict=True))


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("> They left us\n> no choice.\n\nNo.", "“ They left us no choice.” No."),
        ("> One.\n>\n> Two.\n>\n> -- Ada Krohl\n\nNo.", "“ One. “ Two.” – Ada Krohl No."),
        ("> One.\n> — Ada Krohl\n\nNo.", "“ One.” – Ada Krohl No."),
        ("> One.\r\n\r\nNo.", "“ One.” No."),
        ("> One.\n# No", "“ One. No"),
        ("> - first\n> - second\n\nNo.", "“ first “ second” No."),
        ("> “It is,” said the miller.\n\nNo.", "“It is,” said the miller. No."),
        ("> [!NOTE]\n> Read on.\n\nNo.", "[!NOTE] Read on. No."),
        ("> **Tip:** read on.\n\nNo.", "Tip: read on. No."),
    ],
)
def test_a_block_quote_of_markdown_has_quotation_marks_but_where_it_has_its_own_or_calls_out(quoted, shown):
    assert len(prose(quoted)) == len(quoted)
    assert " ".join(prose(quoted).split()).replace(" :", ":") == shown


def test_the_words_of_a_block_quote_of_markdown_are_its_sources():
    text = prose("> They left us\n> no choice.\n>\n> — Ada Krohl, mayor\n\nThe mill is shut.\n")
    passage = Span(text.index("They left"), text.index("choice") + 6)
    (voice,) = attribute(text, [passage])
    assert voice.speaker is not None
    assert (voice.kind, text[voice.speaker.start : voice.speaker.end]) == ("quoted", "Ada Krohl")


def test_a_document_of_markdown_keeps_the_file_as_its_text():
    (document,) = read_bytes(MARKDOWN.encode(), "markdown", id="a.md")
    assert (document.text, document.prose) == (MARKDOWN, prose(MARKDOWN))


# HTML

PAGE = """<!doctype html><html lang="en"><head><meta charset="{charset}"><title>Mill closes</title>
<script>var x = "vermin";</script><style>.vermin {{}}</style></head><body>
<div class="cookie-banner"><p>We use vermin cookies to improve your experience. Accept all of them.</p></div>
<nav><ul><li><a href="/">Vermin home</a></li><li><a href="/news">News</a></li></ul></nav>
<main><article><h1>Mill closes after ninety years</h1>
<p>The council of Odla voted on Monday to close the old mill on Tannery Lane, after a debate that lasted.</p>
<p>&ldquo;They are <b>traitors</b> to this caf\u00e9,&rdquo; said the baker Emil Brandt, and left the hall.</p>
<p hidden>Hidden vermin stand here and nobody sees them on the page.</p>
<p style="display: none">More vermin that nobody sees on the page, whatever it says.</p>
<ul><li>The gates are locked on Friday.</li><li>The wheel goes to the museum.</li></ul>
</article></main>
<section id="comments"><div class="comment"><p>Shame on these vermin!</p></div></section>
<footer><p>All rights reserved. Vermin imprint.</p></footer></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "utf-16"])
def test_the_main_text_of_a_page_is_taken_out(charset):
    (document,) = read_bytes(PAGE.format(charset=charset).encode(charset), "html", id="a.html")
    blocks = document.text.split("\n\n")
    assert document.extracted
    assert blocks[0] == "Mill closes after ninety years"
    assert "“They are traitors to this café,” said the baker Emil Brandt, and left the hall." in blocks
    assert "vermin" not in document.text.lower()
    assert "The wheel goes to the museum." in document.text


QUOTING = """<html><body><article><h1>Mill closes</h1>
<p>The mill at Larsk closed on Friday after eleven years of trade, and nobody in the town was told of it before.</p>
<p>Ada Krohl wrote:</p>
<blockquote><p>They brought it upon themselves.</p><p>There was <em>no other way</em>.</p></blockquote>
<p>The clerk called it <q>a tidy end, <q>tidy</q> at last</q> and left. The council will meet again on Monday.</p>
<blockquote>This is a lie.<footer>— <cite>Jon Moll</cite>, union secretary</footer></blockquote>
<blockquote><p>Read <cite>The Mill</cite> first.</p><p>— <cite>Ida Roth</cite></p></blockquote>
<figure><blockquote><p>We were forced.</p></blockquote><figcaption>Ilse Brandt, mayor</figcaption></figure>
<blockquote>“It has its own marks,” said the miller.</blockquote><blockquote> </blockquote>
</article></body></html>"""


def test_what_a_page_sets_off_as_a_quotation_has_marks_and_its_source():
    (document,) = read_bytes(QUOTING.encode(), "html")
    assert document.text.split("\n\n")[2:] == [
        "Ada Krohl wrote:",
        "“They brought it upon themselves.",
        "“There was no other way.”",
        "The clerk called it “a tidy end, ‘tidy’ at last” and left. The council will meet again on Monday.",
        "“This is a lie.” – Jon Moll, union secretary",
        "“Read The Mill first.” – Ida Roth",
        "“We were forced.” – Ilse Brandt, mayor",
        "“It has its own marks,” said the miller.\n",
    ]


def test_a_page_that_lies_about_its_encoding_is_read_all_the_same():
    (document,) = read_bytes(PAGE.format(charset="no-such-thing").encode(), "html")
    assert "café" in document.text


def test_a_short_page_has_its_text():
    (document,) = read_bytes(b"<p>These traitors sold us out.</p>", "html")
    assert document.text == "These traitors sold us out.\n"


@pytest.mark.parametrize(
    "content",
    [b"", b"   ", b"<html><body><script>x</script></body></html>", b"<!-- x -->", b"<div>" * 400],
)
def test_a_page_without_text_says_so(content):
    with pytest.raises(InputError, match=r"a: is (an empty page|a page without running text)"):
        read_bytes(content, "html")


def test_a_page_of_many_elements_is_refused():
    with pytest.raises(InputError, match="a: is a page of more than 100,000 elements"):
        read_bytes(b"<p><b>" * 50_000 + b"These traitors sold us out.", "html")


def test_a_page_nested_beyond_reason_does_no_harm():
    said = outcome(lambda: read_bytes(b"<b>" * 50_000 + b"These traitors sold us out.", "html"))
    assert said == "a: is a page without running text"


def test_a_page_of_many_megabytes_is_refused():
    with pytest.raises(InputError, match="is a page of more than 8,388,608 bytes"):
        read_bytes(b" " * (limits.MAX_HTML_BYTES + 1), "html")


# PDF


def pdf(pages: list[list[str]]) -> bytes:
    """Return a PDF that prints each string as a line, after ISO 32000-1 (text objects, a standard font)."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(len(pages))), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, page in enumerate(pages):
        shown = b"".join(
            b"(%s) Tj T*\n"
            % line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
            for line in page
        )
        stream = b"BT /F1 12 Tf 14 TL 72 720 Td\n" + shown + b"ET"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * i)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(out))
    )


def test_the_printed_lines_of_a_pdf_become_paragraphs():
    page = [
        "Mill closes",
        "The council of Odla voted on Monday to close the old mill on Tannery",
        "Lane, after a debate that lasted until mid-",
        "night.",
        "“They are traitors to this town,” said the baker Emil Brandt, who has",
        "moved his oven.",
    ]
    (document,) = read_bytes(pdf([page]), "pdf", id="a.pdf")
    assert document.extracted
    assert "voted on Monday to close the old mill on Tannery Lane, after a debate" in document.text
    assert document.text.endswith("who has moved his oven.\n")


def test_a_sentence_goes_on_over_the_page_break_and_margins_do_not_interrupt_it():
    body = "The council of Odla voted on Monday to close the old mill, number"
    pages = [
        ["The Odla Courier", f"{body} {word} and", str(n)]
        for n, word in enumerate(["one", "two", "three"], 1)
    ]
    (document,) = read_bytes(pdf(pages), "pdf")
    assert document.text == f"{body} one and {body} two and {body} three and\n"


def test_hyphens_and_ligatures_are_undone():
    lines_ = [
        "The eﬃcient oﬃce of the town is open every day but Mon-",
        "day, when the baker ﬁnds it closed.",
    ]
    assert paragraphs([lines_]) == (
        "The efficient office of the town is open every day but Monday, when the baker finds it closed.\n"
    )


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"no pdf at all", pdf([["x"]])[:100]])
def test_a_damaged_pdf_says_so(content):
    with pytest.raises(InputError, match=r"a: (is no PDF or is damaged|holds no text)"):
        read_bytes(content, "pdf")


def test_a_pdf_without_text_says_what_it_needs():
    with pytest.raises(InputError, match="character recognition"):
        read_bytes(pdf([[]]), "pdf")


@given(st.data())
def test_no_damage_to_a_pdf_ends_the_run_otherwise_than_by_an_input_error(data):
    content = bytearray(pdf([["The mill stands empty."]]))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    assert outcome(lambda: read_bytes(bytes(content), "pdf"))


# What is missing


def test_a_library_that_is_not_installed_is_named_with_what_installs_it():
    with pytest.raises(InputError) as caught, needed("a.html", "html"):
        import no_such_library_at_all  # noqa: F401
    assert str(caught.value) == (
        "a.html: needs the library no_such_library_at_all, which is not installed: "
        f'{sys.executable} -m pip install "spinmark[html]"'
    )


# Folders and patterns


@pytest.fixture
def tree(tmp_path) -> Path:
    for name in (
        "b.txt",
        "a/2.md",
        "a/1.html",
        "a/deep/x.jsonl.gz",
        ".hidden/y.txt",
        ".z.txt",
        "a/picture.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    return tmp_path


def names(tree: Path, *paths: Path, **options) -> list[str]:
    return [
        str(found) if isinstance(found, InputError) else found.relative_to(tree).as_posix()
        for found in expand(paths, **options)
    ]


def test_a_folder_means_the_files_below_it_whose_names_announce_a_format(tree):
    assert names(tree, tree) == ["a/1.html", "a/2.md", "a/deep/x.jsonl.gz", "b.txt"]
    assert "a/picture.png" in names(tree, tree, every=True)


def test_paths_keep_their_order_and_a_file_is_taken_whatever_its_name(tree):
    assert names(tree, tree / "b.txt", tree / "a/picture.png", tree / "a/deep") == [
        "b.txt", "a/picture.png", "a/deep/x.jsonl.gz",
    ]  # fmt: skip


def test_a_pattern_means_what_it_matches(tree):
    assert names(tree, tree / "*.txt") == ["b.txt"]
    assert names(tree, tree / "a" / "*.[mh]*") == ["a/1.html", "a/2.md"]
    assert names(tree, tree / "**" / "*.md")[0] == "a/2.md"


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tree):
    (tree / "[1].txt").write_bytes(b"x")
    assert names(tree, tree / "[1].txt") == ["[1].txt"]


def test_a_folder_without_a_text_is_named(tree):
    (tree / "empty").mkdir()
    (found,) = names(tree, tree / "empty")
    assert found.startswith(f"{tree / 'empty'}: is a folder without a file whose name ends in .txt, .text, ")
    assert found.endswith(", .parquet; --input-format takes all and says what they are")


def test_a_pattern_that_nothing_matches_is_named(tree):
    assert names(tree, tree / "*.odt") == [
        f"{tree / '*.odt'}: no file has this name or matches it as a pattern"
    ]


def test_a_missing_file_is_named(tmp_path):
    with (
        pytest.raises(InputError, match=r"nowhere\.txt: No such file or directory"),
        opened(tmp_path / "nowhere.txt", "nowhere.txt"),
    ):
        pass


# Memory


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_memory_does_not_grow_with_the_rows(tmp_path, kind):
    path = tmp_path / f"rows.{kind}.gz"
    row = json.dumps({"id": "a", "text": "x" * 500}) if kind == "jsonl" else "a," + "x" * 500
    noise = random.Random(2)
    with gzip.open(path, "wt", encoding="utf-8", newline="\n") as file:
        if kind == "csv":
            file.write("id,text\n")
        for _ in range(20_000):
            file.write(row.replace("xxxxx", f"{noise.randrange(10**5):05}") + "\n")
    tracemalloc.start()
    try:
        with opened(path, path.name) as stream:
            items = read(stream, path.name, kind, notice=Said())
            for _ in islice(items, 2_000):
                pass
            before = tracemalloc.get_traced_memory()[0]
            count = sum(isinstance(item, Document) for item in items)
            after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert count == 18_000
    assert after - before < 500_000
