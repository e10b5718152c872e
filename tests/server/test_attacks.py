"""What an attacker would try, as bytes on the wire: a hostile page through a browser, or a hostile program.

Every test here ends with the same three questions: was anything checked, was the attacker's text repeated in an
answer, a log line or an error, and does the server still serve?
"""

import gzip
import http.client
import itertools
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from spinmark.report import Flag, Model, Report, Span
from spinmark_server.app import PAGE_FILES, create_app
from spinmark_server.guards import Access
from spinmark_server.listener import (
    CONNECTION_LIMIT,
    IDLE_TIMEOUT_S,
    MAX_CONNECTIONS,
    MAX_HEADER_BYTES,
    RECEIVE_TIMEOUT_S,
    SEND_TIMEOUT_S,
)

SECRET = "sesame-harbour"
CHECK = json.dumps({"text": f"{SECRET} was an inevitable response."}).encode()
FORM = f"text={SECRET}+was+an+inevitable+response.&language=en-US".encode()
FORM_TYPE = "application/x-www-form-urlencoded"
API = [
    *("/v1/check", "/v1/explain", "/v1/techniques", "/v1/health", "/v1/openapi.json", "/v1/docs", "/metrics"),
    *("/v2/check", "/v2/languages", "/nowhere"),
]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def statuses(answer: bytes) -> list[int]:
    """Return the status of each answer on a connection."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] + [
        int(part[:3]) for part in answer.split(b"HTTP/1.0 ")[1:]
    ]


@pytest.fixture
def served(serve, detector):
    return serve(detector, languagetool=True)


@pytest.fixture(autouse=True)
def _nothing_was_checked_repeated_or_broken(served, detector, caplog, capfd) -> Iterator[None]:
    yield
    assert detector.asked == []
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())
    assert alive(served)


def one_answer(sock: socket.socket) -> bytes:
    """Return the next answer on a connection that stays open, however it is cut on the way."""
    with sock.makefile("rb") as stream:
        head = b"".join(itertools.takewhile(lambda line: line != b"\r\n", stream)) + b"\r\n"
        length = re.search(rb"^Content-Length: (\d+)", head, re.MULTILINE)
        return head + (stream.read(int(length[1])) if length else b"")


def drained(sock: socket.socket) -> bytes:
    """Return what still comes before the server closes, by whatever means."""
    received = b""
    try:
        while part := sock.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


def is_open(sock: socket.socket) -> bool:
    """Tell whether the server holds a connection open on which it has said nothing."""
    sock.setblocking(False)
    try:
        return sock.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def alive(served) -> bool:
    answer = served.exchange(served.head("GET /v1/health HTTP/1.1", "Connection: close"))
    return statuses(answer) == [200]


def refused(answer: bytes, *allowed: int) -> None:
    """Require one answer, of a status that is allowed, that gives away and permits nothing."""
    (status,) = statuses(answer)
    assert status in allowed, answer[:200]
    assert SECRET.encode() not in answer
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"access-control" not in head
    assert b"x-content-type-options: nosniff" in head
    assert b"content-security-policy: default-src 'none'" in head
    assert b"cross-origin-resource-policy: same-origin" in head


def message(first_line: str, *lines: str, body: bytes = b"") -> bytes:
    """Return a request as it stands, without a header that was not asked for."""
    return "\r\n".join((first_line, *lines, "", "")).encode("latin-1") + body


# DNS rebinding: a page's own name comes to mean 127.0.0.1. The browser then calls everything same-origin.


@pytest.mark.parametrize(
    "hosts",
    [
        ["rebound.test:{port}"],
        ["rebound.test"],
        ["127.0.0.1.rebound.test:{port}"],
        ["127.0.0.1:{port}", "rebound.test:{port}"],
        ["rebound.test:{port}", "127.0.0.1:{port}"],
        ["127.0.0.1:{port}", "127.0.0.1:{port}"],
        ["localhost.:{port}"],
        ["127.1:{port}"],
        ["2130706433:{port}"],
        ["0.0.0.0:{port}"],
        ["[::ffff:127.0.0.1]:{port}"],
        ["127.0.0.1:{port}@rebound.test"],
        ["127.0.0.1:{port}\t rebound.test"],
        [],
    ],
    ids=str,
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_under_a_rebound_name_nothing_is_answered(served, hosts, version):
    named = [f"Host: {host.format(port=served.port)}" for host in hosts]
    origin = [f"Origin: http://{host.format(port=served.port)}" for host in hosts[:1]]
    same = [*named, *origin, "Sec-Fetch-Site: same-origin", "X-Spinmark: 1", "Connection: close"]
    for path in (*API, *PAGE_FILES):
        refused(served.exchange(message(f"GET {path} HTTP/{version}", *same)), 403)
    length = f"Content-Length: {len(CHECK)}"
    json_type = "Content-Type: application/json"
    refused(
        served.exchange(message(f"POST /v1/check HTTP/{version}", *same, length, json_type, body=CHECK)), 403
    )


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host", "X-HTTP-Host-Override", "Ho_st"],
)
def test_no_other_header_can_stand_for_the_host(served, header):
    own = f"127.0.0.1:{served.port}"
    value = f"host={own}" if header == "Forwarded" else own
    sent = message("GET /v1/health HTTP/1.1", "Host: rebound.test", f"{header}: {value}", "Connection: close")
    refused(served.exchange(sent), 403)


def test_an_absolute_address_must_name_the_same_host_as_the_header(served):
    own = f"127.0.0.1:{served.port}"
    for target in (
        f"http://rebound.test:{served.port}/v1/health",
        f"http://{SECRET}@{own}/v1/health",
        "https://rebound.test/v1/health",
    ):
        sent = message(f"GET {target} HTTP/1.1", f"Host: {own}", "Connection: close")
        refused(served.exchange(sent), 400)
    sent = message(f"GET http://{own}/v1/health HTTP/1.1", f"Host: {own}", "Connection: close")
    assert statuses(served.exchange(sent)) == [200]


# Another site's page: what a form, a fetch, an image, a script or a socket of it puts on the wire.

BROWSERS = {
    "chromium": ["Origin: http://news.test", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
    "chromium, form": [
        "Origin: http://news.test",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Mode: navigate",
        "Sec-Fetch-Dest: document",
        "Sec-Fetch-User: ?1",
    ],
    "sandboxed frame": ["Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"],
    "another port": ["Origin: http://127.0.0.1:3000", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"],
    "without fetch metadata": ["Origin: https://news.test"],
    "without an origin": ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
    "both doubled": [
        "Origin: http://127.0.0.1",
        "Origin: http://news.test",
        "Sec-Fetch-Site: none, cross-site",
    ],
}
MEDIA_TYPES = [
    FORM_TYPE,
    "multipart/form-data; boundary=b",
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/json",
    "application/json; charset=utf-8",
    "application/csp-report",
    "application/reports+json",
    "application/octet-stream",
    "text/xml",
    None,
]


@pytest.mark.parametrize("browser", BROWSERS.values(), ids=BROWSERS)
@pytest.mark.parametrize("path", ["/v1/check", "/v2/check"])
def test_no_post_of_a_foreign_page_reaches_a_check_whatever_it_declares(served, browser, path):
    body = FORM if path == "/v2/check" else CHECK
    for media_type in MEDIA_TYPES:
        for mark in ([], ["X-Spinmark: 1"]):
            lines = [f"Host: 127.0.0.1:{served.port}", *browser, *mark, f"Content-Length: {len(body)}"]
            if media_type is not None:
                lines.append(f"Content-Type: {media_type}")
            sent = message(f"POST {path} HTTP/1.1", *lines, "Connection: close", body=body)
            refused(served.exchange(sent), 403)


def test_a_form_without_a_trace_of_a_browser_still_lacks_the_mark(served):
    """An old browser that sent neither Origin nor Sec-Fetch-Site could still not send what /v1 asks for."""
    for media_type in MEDIA_TYPES:
        declared = [] if media_type is None else [f"Content-Type: {media_type}"]
        lines = [f"Host: 127.0.0.1:{served.port}", *declared, f"Content-Length: {len(CHECK)}"]
        refused(served.exchange(message("POST /v1/check HTTP/1.0", *lines, body=CHECK)), 403)
    referred = [f"Content-Type: {FORM_TYPE}", "Referer: http://news.test/", f"Content-Length: {len(FORM)}"]
    lines = [f"Host: 127.0.0.1:{served.port}", *referred]
    refused(served.exchange(message("POST /v2/check HTTP/1.0", *lines, body=FORM)), 403)


@pytest.mark.parametrize("path", ["/v1/check", "/v2/check", "/"])
@pytest.mark.parametrize("origin", ["http://news.test", "null", "chrome-extension://abc"])
def test_a_preflight_is_given_no_permission(served, path, origin):
    asked = [
        f"Origin: {origin}",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type,x-spinmark",
        "Access-Control-Request-Private-Network: true",
        "Sec-Fetch-Mode: cors",
        "Connection: close",
    ]
    refused(served.exchange(served.head(f"OPTIONS {path} HTTP/1.1", *asked)), 403, 405)


def test_what_fetch_metadata_calls_foreign_gets_nothing_but_the_page_by_a_link(served):
    modes = ["navigate", "no-cors", "cors", "same-origin", "websocket", "nested-navigate", None]
    dests = ["document", "empty", "iframe", "frame", "embed", "object", "image", "script", "style", "worker"]
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    for site, mode, dest in itertools.product(["cross-site", "same-site"], modes, dests):
        given = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        headers = {name: value for name, value in given.items() if value is not None}
        for path in ("/", "/page.js", "/v1/health", "/v2/languages"):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            link = path == "/" and (mode, dest) == ("navigate", "document")
            assert response.status == (200 if link else 403), (path, headers)
            assert response.headers["X-Frame-Options"] == "DENY"
    connection.close()


@pytest.mark.parametrize(
    "shape",
    [
        ["Sec-Fetch-Dest: image", "Accept: image/avif,image/webp,*/*"],
        ["Sec-Fetch-Dest: script", "Accept: */*"],
        ["Sec-Fetch-Dest: style", "Accept: text/css,*/*;q=0.1"],
        ["Sec-Fetch-Dest: empty", "Accept: text/event-stream", "Cache-Control: no-cache"],
        ["Sec-Fetch-Dest: audio", "Range: bytes=0-"],
        ["Sec-Fetch-Dest: empty", "Sec-Purpose: prefetch", "Purpose: prefetch"],
    ],
    ids=lambda lines: lines[0],
)
def test_a_page_cannot_load_anything_of_ours_as_a_part_of_itself(served, shape):
    no_cors = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Referer: http://news.test/"]
    query = f"?text={SECRET}&language=en"
    for path in (*API, *PAGE_FILES, f"/v1/check{query}", f"/v2/check{query}"):
        sent = served.head(f"GET {path} HTTP/1.1", *no_cors, *shape, "Connection: close")
        refused(served.exchange(sent), 403)


@pytest.mark.parametrize("origin", ["http://news.test", "null", "{own}"])
def test_no_upgrade_is_ever_granted(served, origin):
    upgrades = [
        ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
        ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"],
    ]
    named = origin.format(own=f"http://127.0.0.1:{served.port}")
    for path, upgrade in itertools.product(("/", "/v1/check", "/v2/check"), upgrades):
        lines = [f"Origin: {named}", "Connection: Upgrade, close", *upgrade]
        with served.connect() as sock:
            sock.sendall(served.head(f"GET {path} HTTP/1.1", *lines))
            (status,) = statuses(one_answer(sock))
        assert status in ((200, 400, 405) if origin == "{own}" else (403,))


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"]
)
def test_a_get_cannot_be_made_a_post(served, header):
    lines = [header, f"Content-Length: {len(CHECK)}", "Connection: close"]
    refused(served.exchange(served.head("GET /v1/check HTTP/1.1", *lines) + CHECK), 405)


def test_underscores_do_not_stand_for_hyphens(served):
    lines = [
        f"Host: 127.0.0.1:{served.port}",
        "X_Spinmark: 1",
        "Content-Type: application/json",
        f"Content-Length: {len(CHECK)}",
        "Connection: close",
    ]
    refused(served.exchange(message("POST /v1/check HTTP/1.1", *lines, body=CHECK)), 403)


# Where one request hides in another: what two programs could read as of different length is refused, and the
# connection is closed with whatever else it holds.

SMUGGLED = [
    ("1.0", ["Transfer-Encoding: chunked", "Connection: keep-alive"]),
    ("1.0", ["Transfer-Encoding: chunked", "Content-Length: {length}", "Connection: keep-alive"]),
    ("1.1", ["Content-Length: 4", "Transfer-Encoding: chunked"]),
    ("1.1", ["Transfer-Encoding: chunked", "Content-Length: 4"]),
    ("1.1", ["Transfer-Encoding: identity"]),
    ("1.1", ["Transfer-Encoding: chunked, identity"]),
    ("1.1", ["Transfer-Encoding: xchunked"]),
    ("1.1", ["Transfer-Encoding: chunked\x0b"]),
    ("1.1", ["Transfer-Encoding : chunked"]),
    ("1.1", ["Transfer-Encoding:\r\n chunked"]),
    ("1.1", [" Transfer-Encoding: chunked"]),
    ("1.1", ["X: y\r\n\tTransfer-Encoding: chunked"]),
    ("1.1", ["X: y\nTransfer-Encoding: chunked"]),
    ("1.1", ["X: y\rTransfer-Encoding: chunked"]),
    ("1.1", ["Content-Length:\r\n {length}"]),
    ("1.1", ["Content-Length: {length}\r\n 0"]),
    ("1.1", ["Content-Length: {length},{length}"]),
    ("1.1", ["Content-Length: 0", "Content-Length: {length}"]),
    ("1.1", ["Content-Length : {length}"]),
    ("1.1", ["Content-Length: 0{length}a"]),
    ("1.1", ["Content-Length: {length}.0"]),
    ("1.1", ["Content-Length: 1e2"]),
    ("1.1", ["Content-Length: \xb2"]),
    ("1.1", ["Content-Length: "]),
    ("1.1", ["Content-Length: " + "9" * 5000]),
    ("1.1", ["Content-Length: " + "9" * 30]),
    ("1.2", ["Content-Length: {length}"]),
    ("2.0", ["Content-Length: {length}"]),
    ("0.9", ["Content-Length: {length}"]),
    ("1.1\x00", ["Content-Length: {length}"]),
    ("1.1 x", ["Content-Length: {length}"]),
    ("01.1", ["Content-Length: {length}"]),
]


@pytest.mark.parametrize(("version", "lines"), SMUGGLED, ids=lambda value: repr(value)[:60])
def test_a_request_of_doubtful_length_ends_the_connection(served, version, lines):
    hidden = served.head("GET /v1/techniques HTTP/1.1", "Connection: close")
    for body in (
        CHECK + hidden,
        b"0\r\n\r\n" + hidden,
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(CHECK), CHECK) + hidden,
    ):
        given = [line.format(length=len(CHECK)) for line in lines]
        usual = [f"Host: 127.0.0.1:{served.port}", "X-Spinmark: 1", "Content-Type: application/json"]
        answer = served.exchange(message(f"POST /v1/check HTTP/{version}", *usual, *given, body=body))
        refused(answer, 400, 413, 501)


@pytest.mark.parametrize(
    "body",
    [
        b"-1\r\n",
        b"0x13\r\n",
        b" 13\r\n",
        b"13\n",
        b"13;" + b"a" * 5000 + b"\r\n",
        b"fffffffff\r\n",
        b"7fffffff\r\n" + b" " * 3_000_000,
        b"\r\n\r\n\r\n",
        b"2\r\n{}0\r\n\r\n",
        b"2\r\n{}\n0\r\n\r\n",
        b"0\r\n" + b"X-Spinmark: 1\r\n" * 100 + b"\r\n",
        b"0\r\nX: " + b"a" * 5000,
        b"1\r\n{\r\n" * 100 + b"zz\r\n",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_a_bad_chunk_ends_the_connection(served, body):
    hidden = served.head("GET /v1/techniques HTTP/1.1", "Connection: close")
    head = served.head("POST /v1/check HTTP/1.1", "Transfer-Encoding: chunked")
    refused(served.exchange(head + body + SECRET.encode() + b"\r\n" + hidden), 400, 413)


def test_a_trailer_cannot_bring_the_mark(served):
    lines = [
        f"Host: 127.0.0.1:{served.port}",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Trailer: X-Spinmark",
        "Connection: close",
    ]
    body = b"%x\r\n%s\r\n0\r\nX-Spinmark: 1\r\n\r\n" % (len(CHECK), CHECK)
    refused(served.exchange(message("POST /v1/check HTTP/1.1", *lines, body=body)), 403)


def test_expecting_to_go_on_neither_hangs_nor_merges_two_heads(served):
    """A head that asks for 100 is answered at once if it has no body, or one that is refused."""
    expect = "Expect: 100-continue"
    with served.connect() as sock:
        sock.sendall(served.head("GET /v1/health HTTP/1.1", expect))
        assert statuses(one_answer(sock)) == [200]
        sock.sendall(
            message("POST /v1/check HTTP/1.1", f"Host: 127.0.0.1:{served.port}", "Content-Length: 0")
        )
        assert statuses(one_answer(sock)) == [403]
    for length in ("100000000", "+1", "9" * 5000):
        refused(
            served.exchange(served.head("POST /v1/check HTTP/1.1", expect, f"Content-Length: {length}")),
            400,
            413,
        )
    with served.connect() as sock:  # the control: a body that will be read
        sock.sendall(served.head("POST /v1/check HTTP/1.1", expect, "Content-Length: 2", "Connection: close"))
        assert statuses(one_answer(sock)) == [100]
        sock.sendall(b"{}")
        refused(one_answer(sock), 400)


@pytest.mark.parametrize(
    "lines",
    [
        ["X: a\x00b"],
        ["X\x00: a"],
        ["X"],
        [": a"],
        ["X Y: a"],
        ["X\x80: a"],
        ["X: a\x7fb"],
        ["(X): a"],
        [f"{SECRET}"],
        [f"X: {SECRET}\x01"],
    ],
    ids=repr,
)
def test_a_header_that_is_none_is_refused(served, lines):
    refused(served.exchange(served.head("GET /v1/health HTTP/1.1", *lines)), 400)


@pytest.mark.parametrize(
    "first_line",
    [
        "GET /v1/health",
        "GET  /v1/health HTTP/1.1",
        "GET /v1/health  HTTP/1.1",
        "GET /v1 /health HTTP/1.1",
        "GET\t/v1/health HTTP/1.1",
        "GET /v1/health HTTP/1.1 ",
        "GET http://[ HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "PRI * HTTP/2.0",
        f"{SECRET} /v1/health HTTP/1.1",
        f"GET {SECRET}",
    ],
    ids=repr,
)
def test_a_first_line_that_is_none_is_refused(served, first_line):
    answer = served.exchange(served.head(first_line, "Connection: close"))
    if first_line.endswith(" HTTP/1.1 "):  # a space at the end is nothing that could be read in two ways
        assert statuses(answer) == [200]
    else:
        refused(answer, 400)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/check%00",
        "/v1/check;x",
        "/v1//check",
        "/v1/./check",
        "/v2/../v1/check",
        "/V1/CHECK",
        "/v1/check%2f",
        "/v1%5ccheck",
        "/..%2f..%2fetc%2fpasswd",
        "/page/../app.py",
        "/%0d%0aX-Spinmark:%201",
        "*",
        f"/{SECRET}",
        "/" + "a" * 10_000,
    ],
    ids=lambda path: path[:30],
)
def test_no_path_leads_elsewhere(served, path):
    lines = [f"Content-Length: {len(CHECK)}", "Connection: close"]
    refused(served.exchange(served.head(f"POST {path} HTTP/1.1", *lines) + CHECK), 400, 404, 405)


def test_slashes_at_the_beginning_count_as_one_and_pass_by_no_guard(served):
    head = served.head(
        "POST //v1/check HTTP/1.1", "Connection: close", "Origin: https://news.test", "Content-Length: 0"
    )
    answer = served.exchange(head)
    refused(answer, 403)
    assert b"problem:cross-site" in answer


# Floods and slow clients. The clock stands still until the test moves it.


@pytest.mark.parametrize(
    "flood",
    [
        lambda served: served.head("GET /v1/health HTTP/1.1", *(f"X{i}: {i}" for i in range(5000))),
        lambda served: served.head("GET /v1/health HTTP/1.1", "X: " + "a" * MAX_HEADER_BYTES),
        lambda served: served.head("GET /v1/health HTTP/1.1", *["Cookie: a=b"] * 3000),
        lambda _: b"GET /" + b"a" * MAX_HEADER_BYTES,
        lambda _: b"GET / HTTP/1.1\r\nX: " + b"a" * (2 * MAX_HEADER_BYTES),
        lambda _: b"a" * MAX_HEADER_BYTES,
    ],
    ids=["many", "one that is long", "cookies", "an address", "without an end", "no line at all"],
)
def test_a_head_has_a_greatest_size(served, flood: Callable):
    refused(served.exchange(flood(served)), 431)


def test_empty_lines_before_a_request_cost_nothing(served):
    sent = b"\r\n" * 30_000 + served.head("GET /v1/health HTTP/1.1", "Connection: close")
    assert statuses(served.exchange(sent)) == [200]


def head_and_half(served, size: int = 19) -> bytes:
    return served.head("POST /v1/check HTTP/1.1", f"Content-Length: {size}") + b'{"text'


@pytest.mark.parametrize(
    ("parts", "after_s", "answered"),
    [
        ([lambda _: b"POST /v1/check HTTP/1.1\r\nX: ", lambda _: b"a"], RECEIVE_TIMEOUT_S, False),
        ([head_and_half, lambda _: b'": '], RECEIVE_TIMEOUT_S, False),
        (
            [
                lambda served: served.head("POST /v1/check HTTP/1.1", "Transfer-Encoding: chunked"),
                lambda _: b"1\r\n{\r\n",
            ],
            RECEIVE_TIMEOUT_S,
            False,
        ),
        ([lambda _: b""], IDLE_TIMEOUT_S, False),
        ([lambda served: served.head("GET /v1/health HTTP/1.1")], IDLE_TIMEOUT_S, True),
    ],
    ids=["a head", "a body", "chunks", "silence", "silence after an answer"],
)
def test_a_slow_client_is_dropped_though_it_goes_on_dripping(serve, detector, parts, after_s, answered):
    clock = Clock()
    served = serve(detector, clock=clock)
    with served.connect() as slow:
        for part in parts:
            slow.sendall(part(served))
            assert alive(served)  # so the loop has seen what was sent before
            clock.now += after_s / len(parts) - 0.5
            assert alive(served)
        if answered:
            assert statuses(one_answer(slow)) == [200]
        assert is_open(slow)
        assert dropped(served, clock, by_s=2.0)
        assert not is_open(slow)


def dropped(served, clock: Clock, *, by_s: float) -> bool:
    """Move the clock, and again while a thread or the system still had something to do for the connection."""
    for _ in range(500):
        clock.now += by_s
        assert alive(served)
        if served.listener.connections == 0:
            return True
    return False


class Shouting:
    """Answers every text with some 200 kB."""

    model = Model("shouting", "1", "0" * 64)

    def analyze(self, text: str, **_: object) -> Report:
        # In one flag: 100,000 of them would take the server seconds to write.
        return Report(text, (Flag("slogan", Span(0, len(text)), text * 30_000, 0.5),), self.model)


def test_a_client_that_takes_no_byte_of_its_answer_is_dropped(serve):
    clock = Clock()
    served = serve(Shouting(), clock=clock)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(20)
        deaf.connect(("127.0.0.1", served.port))
        texts = json.dumps({"texts": [f"text {i}" for i in range(150)]}).encode()
        deaf.sendall(served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(texts)}") + texts)
        head = deaf.recv(1024)  # the answer has begun, and is far longer than what the system holds for us
        length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        assert length > 20_000_000
        assert dropped(served, clock, by_s=SEND_TIMEOUT_S + 1)
        assert len(drained(deaf)) < length / 2


def test_idle_connections_make_room_for_a_new_one(served):
    held = [served.connect() for _ in range(2 * CONNECTION_LIMIT)]
    try:
        assert alive(served)
        still_open = [is_open(sock) for sock in held]
        assert sum(still_open) <= MAX_CONNECTIONS
        assert not still_open[0]  # it has waited longest
        assert still_open[-1]
    finally:
        for sock in held:
            sock.close()


def test_half_sent_requests_make_room_as_well(served):
    held = []
    try:
        for _ in range(2 * CONNECTION_LIMIT):
            held.append(served.connect())
            held[-1].sendall(head_and_half(served))
        assert alive(served)
    finally:
        for sock in held:
            sock.close()


def test_urgent_data_closes_the_connection(served, caplog):
    with served.connect() as sock:
        sock.send(b"!", socket.MSG_OOB)
        assert drained(sock) == b""
    assert caplog.records == []


# Bodies.


@pytest.mark.parametrize("path", ["/v1/check", "/v2/check"])
@pytest.mark.parametrize(
    "coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "gzip, identity", "GZIP"]
)
def test_a_compressed_body_is_never_unpacked(served, path, coding):
    bomb = gzip.compress(b'{"text": "' + b" " * 50_000_000 + b'"}', 1)
    media_type = FORM_TYPE if path == "/v2/check" else "application/json"
    lines = [
        f"Host: 127.0.0.1:{served.port}",
        "X-Spinmark: 1",
        f"Content-Type: {media_type}",
        f"Content-Encoding: {coding}",
        f"Content-Length: {len(bomb)}",
        "Connection: close",
    ]
    refused(served.exchange(message(f"POST {path} HTTP/1.1", *lines, body=bomb)), 415)


HOSTILE_JSON = {
    "deep arrays": b"[" * 1_000_000,
    "deep objects": b'{"text":' * 200_000,
    "deep and closed": b'{"text": ' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    "a long integer": b'{"text": "a", "min_confidence": ' + b"9" * 1_000_000 + b"}",
    "a great exponent": b'{"text": "a", "min_confidence": 1e999999999}',
    "a lone surrogate": rb'{"text": "sesame-harbour \ud800"}',
    "surrogates reversed": rb'{"text": "sesame-harbour \ude00\ud83d"}',
    "a surrogate in UTF-8": b'{"text": "sesame-harbour \xed\xa0\x80"}',
    "NUL": rb'{"text": "sesame-harbour \u0000"}',
    "a raw NUL": b'{"text": "sesame-harbour \x00"}',
    "overlong UTF-8": b'{"text": "sesame-harbour \xc0\x80"}',
    "UTF-16": '{"text": "sesame-harbour"}'.encode("utf-16"),
    "the same field twice": b'{"text": "sesame-harbour", "text": "b"}',
    "many fields": b"{" + b",".join(b'"sesame-harbour%d":0' % i for i in range(100_000)) + b"}",
    "its name in a field": b'{"sesame-harbour": 1, "text": "a"}',
    "its name in a value": b'{"text": "a", "techniques": ["sesame-harbour"]}',
    "too many texts": json.dumps({"texts": ["sesame-harbour"] * 257}).encode(),
    "no end": b'{"text": "sesame-harbour',
    "two values": b'{"text": "a"}{"text": "sesame-harbour"}',
    "__proto__": b'{"__proto__": {"text": "sesame-harbour"}}',
}


@pytest.mark.parametrize("body", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
def test_hostile_json_is_refused_without_an_echo(served, body):
    lines = [f"Content-Length: {len(body)}", "Connection: close"]
    refused(served.exchange(served.head("POST /v1/check HTTP/1.1", *lines) + body), 400)


def test_a_form_whose_annotation_is_hostile_is_refused_without_an_echo(served):
    for data in ("[" * 100_000, f'{{"annotation": "{SECRET}"}}', f'{{"annotation": [{{"{SECRET}": 1}}]}}'):
        body = f"language=en&data={quote(data)}".encode()
        lines = [
            f"Host: 127.0.0.1:{served.port}",
            f"Content-Type: {FORM_TYPE}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        refused(served.exchange(message("POST /v2/check HTTP/1.1", *lines, body=body)), 400)


# The token.


def test_a_wrong_token_opens_nothing_on_the_wire(serve, detector):
    served = serve(detector, token="correct-horse-battery", languagetool=True)
    for given in (
        "",
        "Bearer x",
        "Bearer correct-horse-batterx",
        f"Bearer {SECRET}",
        "Basic eDp5",
        "Bearer \xff",
    ):
        for method, path in (("GET", "/v1/health"), ("GET", "/v2/languages"), ("POST", "/v1/check")):
            body = CHECK if method == "POST" else b""
            lines = [f"Content-Length: {len(body)}", "Connection: close", f"Authorization: {given}"]
            head = served.head(f"{method} {path} HTTP/1.1").decode().rstrip()
            sent = "\r\n".join((head, *lines, "", "")).encode("latin-1") + body
            refused(served.exchange(sent), 401)


def test_every_token_is_compared_whole_and_in_constant_time(detector, make_client):
    """The comparison is `hmac.compare_digest`, and it is asked whatever the scheme and the length."""
    import hmac

    asked: list[bytes] = []

    def compare(given: bytes, right: bytes) -> bool:
        asked.append(given)
        return hmac.compare_digest(given, right)

    assert Access.loopback(8712).compare is hmac.compare_digest
    access = Access(Access.loopback(8712).hosts, token="correct-horse-battery", compare=compare)
    client = make_client(create_app(detector, access=access))
    tried = ["", "Bearer c", "Bearer correct-horse-batterx", "Basic correct-horse-battery"]
    for value in tried:
        assert client.get("/v1/health", Authorization=value).status_code == 401
    assert asked == [b"", b"c", b"correct-horse-batterx", b"correct-horse-battery"]
    assert "correct-horse-battery" not in repr(access)


# What is said: nothing of the text, whatever fails.


class Failing:
    """Fails as a library might, with the text in its message."""

    def __init__(self, error: type[Exception], model) -> None:
        self.model = model
        self._error = error

    def analyze(self, text: str, **_: object):
        raise self._error(f"cannot read {text!r}") from ValueError(text)


@pytest.mark.parametrize("error", [ValueError, MemoryError, RuntimeError, UnicodeError, KeyError])
def test_a_failure_tells_where_and_not_what(serve, detector, caplog, error):
    failing = serve(Failing(error, detector.model), languagetool=True)
    for path, body, media_type in (("/v1/check", CHECK, "application/json"), ("/v2/check", FORM, FORM_TYPE)):
        lines = [
            f"Host: 127.0.0.1:{failing.port}",
            "X-Spinmark: 1",
            f"Content-Type: {media_type}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        refused(failing.exchange(message(f"POST {path} HTTP/1.1", *lines, body=body)), 500)
    assert len(caplog.records) == 2
    assert error.__name__ in caplog.text


def test_what_waitress_logs_of_an_exception_is_its_type_and_its_place(caplog):
    """An answer that is sent in pieces can fail outside of the application's own care."""
    import logging

    from spinmark_server.listener import without_text

    logger = logging.getLogger("waitress")
    logger.addFilter(without_text)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logger.exception("Exception while serving /%s", SECRET)
    logger.info("Client disconnected while serving /%s", SECRET)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"ValueError in {__file__}, line ")
    assert record.exc_info is None


def test_metrics_and_health_hold_nothing_of_what_was_refused(served):
    lines = [f"Content-Length: {len(CHECK)}", f"X-{SECRET}: 1", f"User-Agent: {SECRET}"]
    head = served.head(f"POST /v1/{SECRET} HTTP/1.1", *lines, f"Referer: http://{SECRET}.test/")
    served.exchange(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + CHECK)
    for path in ("/metrics", "/v1/health"):
        answer = served.exchange(served.head(f"GET {path} HTTP/1.1", "Connection: close"))
        assert SECRET.encode() not in answer
        assert statuses(answer) == [200]


def test_every_kind_of_answer_carries_a_policy_without_inline_code(served):
    lines = [f"Content-Length: {len(CHECK)}", "Connection: close"]
    answers = [
        served.exchange(served.head(f"GET {path} HTTP/1.1", "Connection: close"))
        for path in (*API, *PAGE_FILES)
    ]
    answers.append(served.exchange(served.head("PUT / HTTP/1.1", *lines) + CHECK))
    answers.append(served.exchange(b"nonsense\r\n\r\n"))
    for answer in answers:
        head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
        (policy,) = (line for line in head.split("\r\n") if line.startswith("Content-Security-Policy: "))
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'none'" in policy
        assert "unsafe" not in policy
        assert "http:" not in policy
        assert "*" not in policy
        assert "Server: Spinmark" in head


def test_every_test_that_the_document_names_exists():
    root = Path(__file__).parents[2]
    document = (root / "docs" / "security.md").read_text(encoding="utf-8")
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (root / "tests" / "server").glob("test_*.py")
    )
    named = set(re.findall(r"`(test_\w+)`", document))
    assert len(named) > 40
    assert named - set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE)) == set()
    for path in re.findall(r"`(tests/[\w/.-]+\.mjs)`", document):
        assert (root / path).is_file()
