"""The chunked body on its own: every way in which its bytes may arrive, and every way to write it wrong."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waitress.buffers import OverflowableBuffer

from spinmark_server.chunked import MAX_LINE_BYTES, MAX_TRAILER_LINES, ChunkedBody


def read(*parts: bytes) -> tuple[ChunkedBody, int]:
    """Feed parts and return the body with the number of bytes that it took."""
    body = ChunkedBody(OverflowableBuffer(1 << 20))
    taken = 0
    for part in parts:
        count = body.received(part)
        taken += count
        if body.completed or body.error:
            break
        assert count == len(part)
    return body, taken


def content(body: ChunkedBody) -> bytes:
    return body.getfile().read()


@settings(deadline=None, derandomize=True)
@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    extension=st.sampled_from([b"", b";a", b"; a=b", b' ;a="b;c"']),
    trailer=st.sampled_from([b"", b"X: y\r\n", b"X: y\r\nZ:\r\n"]),
    cuts=st.lists(st.integers(0, 300), max_size=12),
    rest=st.binary(max_size=10),
)
def test_a_body_is_the_same_however_it_is_cut_and_ends_where_it_ends(chunks, extension, trailer, cuts, rest):
    whole = b"".join(b"%X%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    whole += b"0\r\n" + trailer + b"\r\n"
    sent = whole + rest
    edges = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(sent)]
    body, taken = read(*(sent[a:b] for a, b in itertools.pairwise(edges)))
    assert body.error is None
    assert body.completed
    assert taken == len(whole)
    assert content(body) == b"".join(chunks)
    assert len(body) == sum(map(len, chunks))


WRONG = [
    b"\r\n",
    b"x\r\n",
    b"-1\r\n",
    b"+5\r\nhello\r\n",
    b"0x5\r\nhello\r\n",
    b" 5\r\nhello\r\n",
    b"5 \r\nhello\r\n",
    b"5\nhello\r\n",
    b"5\r\r\nhello\r\n",
    b"5;a\rb\r\nhello\r\n",
    b"000000005\r\nhello\r\n",
    b"fffffffff\r\n",
    b"5\r\nhello0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b"5\r\nhel\r\n0\r\n\r\n",
    b"5\r\nhello\r\n\r\n0\r\n\r\n",
    b"0\r\nX: a\rb\r\n\r\n",
    b"0\r\nX: a\n\r\n",
    b"\xef\xbc\x95\r\nhello\r\n",
    b"5\x00\r\nhello\r\n",
]


@pytest.mark.parametrize("sent", WRONG, ids=repr)
def test_what_is_not_the_grammar_is_an_error_whole_and_byte_by_byte(sent):
    assert read(sent)[0].error is not None
    assert read(*(bytes([byte]) for byte in sent))[0].error is not None


def test_neither_a_line_nor_a_trailer_can_grow_without_end():
    for endless in (b"1" * 8 + b";" + b"a" * MAX_LINE_BYTES, b"0\r\nX: " + b"a" * MAX_LINE_BYTES):
        assert read(endless)[0].error is not None
        body, taken = read(*(bytes([byte]) for byte in endless))
        assert body.error is not None
        assert taken <= MAX_LINE_BYTES + len(b"0\r\n") + 1
    assert read(b"0\r\n" + b"X: y\r\n" * MAX_TRAILER_LINES + b"\r\n")[0].error is not None
    assert read(b"0\r\n" + b"X: y\r\n" * (MAX_TRAILER_LINES - 1) + b"\r\n")[0].completed


@settings(deadline=None, derandomize=True)
@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"5\r\n", b"0\r\n", b"\r\n", b";"]), max_size=10))
def test_no_bytes_make_it_fail_or_take_more_than_it_was_given(parts):
    body = ChunkedBody(OverflowableBuffer(1 << 20))
    for part in parts:
        taken = body.received(part)
        assert 0 <= taken <= len(part)
        if body.completed or body.error:
            return
        assert taken == len(part)
