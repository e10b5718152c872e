"""The server as it is met on the wire: raw bytes on a real socket."""

import json
import os
import re
import signal
import socket
import tempfile
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
from flask import Flask
from waitress.adjustments import Adjustments

from spinmark_server.admission import Admission
from spinmark_server.listener import Listener, _Channel

BODY = b'{"text": "A text."}'


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def problem_in(answer: bytes) -> str:
    """Return a problem's kind, having looked at what even a refusal of no request must have."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert b"Content-Security-Policy: default-src 'none'" in head
    assert b"access-control" not in head.lower()
    assert b"waitress" not in answer.lower()
    document = json.loads(body)
    assert document["status"] == status(answer)
    return document["type"].removeprefix("urn:spinmark:problem:")


def test_a_check_is_answered_with_the_librarys_bytes(serve, detector):
    served = serve(detector)
    head = served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(BODY)}", "Connection: close")
    answer = served.exchange(head + BODY)
    assert status(answer) == 200
    assert answer.partition(b"\r\n\r\n")[2] == (detector.analyze("A text.").to_json() + "\n").encode()
    assert b"\r\nServer: Spinmark\r\n" in answer


def test_two_requests_share_one_connection(serve, detector):
    served = serve(detector)
    head = served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(BODY)}")
    last = served.head("GET /v1/health HTTP/1.1", "Connection: close")
    assert served.exchange(head + BODY + last).count(b"HTTP/1.1 200 OK") == 2


def test_a_chunked_body_is_read(serve, detector):
    served = serve(detector)
    head = served.head("POST /v1/check HTTP/1.1", "Transfer-Encoding: chunked", "Connection: close")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:], b""))
    assert status(served.exchange(head + chunks)) == 200
    assert detector.asked == ["A text."]


@pytest.mark.parametrize(
    "lengths",
    [
        ("Content-Length: 19", "Content-Length: 19"),
        ("Content-Length: 19", "Content-Length: 5"),
        ("Content-Length: 19, 19",),
        ("Content-Length: -1",),
        ("Content-Length: +19",),
        ("Content-Length: 0x13",),
        ("Content-Length: 19 19",),
        ("Content-Length: 19", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 19"),
    ],
    ids=" and ".join,
)
def test_a_request_of_two_lengths_is_refused(serve, detector, lengths):
    served = serve(detector)
    answer = served.exchange(served.head("POST /v1/check HTTP/1.1", *lengths) + BODY)
    assert problem_in(answer) == "bad-http"
    assert detector.asked == []


@pytest.mark.parametrize("coding", ["gzip", "gzip, chunked", "chunked, chunked, x"])
def test_another_transfer_coding_is_refused(serve, detector, coding):
    served = serve(detector)
    answer = served.exchange(served.head("POST /v1/check HTTP/1.1", f"Transfer-Encoding: {coding}") + BODY)
    assert problem_in(answer) == "not-implemented"
    assert detector.asked == []


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS
        b"secret words\r\n\r\n",
        b"GET / HTTP/1.1\r\nsecret words\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\nsecret\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_without_an_echo(serve, detector, request_):
    answer = serve(detector).exchange(request_)
    assert problem_in(answer) == "bad-http"
    assert b"secret" not in answer


def test_a_chunk_that_lies_is_refused(serve, detector):
    served = serve(detector)
    head = served.head("POST /v1/check HTTP/1.1", "Transfer-Encoding: chunked")
    assert problem_in(served.exchange(head + b"secret\r\n" + BODY)) == "bad-http"
    assert detector.asked == []


def test_a_flood_of_headers_is_refused(serve, detector):
    served = serve(detector)
    flood = [f"X-Flood-{i}: {'x' * 100}" for i in range(1000)]
    assert problem_in(served.exchange(served.head("GET /v1/health HTTP/1.1", *flood))) == "headers-too-large"


def test_a_body_that_is_too_large_is_refused_from_its_head_alone(serve, detector):
    served = serve(detector)
    answer = served.exchange(served.head("POST /v1/check HTTP/1.1", "Content-Length: 100000000"))
    assert problem_in(answer) == "body-too-large"


def test_a_client_that_keeps_sending_still_gets_the_refusal(serve, detector):
    served = serve(detector)
    size = 20_000_000
    answer = served.exchange(served.head("POST /v1/check HTTP/1.1", f"Content-Length: {size}") + b" " * size)
    assert problem_in(answer) == "body-too-large"


def test_an_endless_chunked_body_is_refused_at_the_bound(serve, detector):
    served = serve(detector)
    chunk = b"%x\r\n%s\r\n" % (100_000, b" " * 100_000)
    head = served.head("POST /v1/check HTTP/1.1", "Transfer-Encoding: chunked")
    assert problem_in(served.exchange(head + chunk * 30)) == "body-too-large"


def test_a_request_that_arrives_too_slowly_is_dropped(serve, detector):
    served = serve(detector, receive_timeout_s=0.2)
    for part in (
        b"POST /v1/check HTTP/1.1\r\nX: ",
        served.head("POST /v1/check HTTP/1.1", "Content-Length: 19"),
    ):
        assert served.exchange(part) == b""
    assert detector.asked == []


def test_many_slow_clients_do_not_keep_a_quick_one_waiting(serve, detector):
    served = serve(detector)
    slow = [served.connect() for _ in range(40)]
    try:
        for sock in slow:
            sock.sendall(b"POST /v1/check HTTP/1.1\r\nContent-Length: 19\r\n")
        assert status(served.exchange(served.head("GET /v1/health HTTP/1.1", "Connection: close"))) == 200
    finally:
        for sock in slow:
            sock.close()


def test_no_text_touches_the_disk(serve, detector, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))  # a temporary file would now fail
    served = serve(detector)
    body = json.dumps({"texts": ["an inevitable response " + "😀" * 700] * 256}).encode()
    assert len(body) > 2_000_000
    head = served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(body)}", "Connection: close")
    assert status(served.exchange(head + body)) == 200


def test_while_all_places_are_taken_health_and_the_refusal_still_come(serve, held):
    served = serve(held, admission=Admission(places=2))
    check = served.head("POST /v1/check HTTP/1.1", "Content-Length: 19", "Connection: close")
    waiting = [served.connect() for _ in range(2)]
    for i, sock in enumerate(waiting):
        sock.sendall(check + BODY.replace(b"A", b"%d" % i))
    assert held.begun.acquire(timeout=20)
    refused = served.exchange(check + BODY)
    while status(refused) != 429:  # the second may not have been let in yet
        refused = served.exchange(check + BODY)
    assert problem_in(refused) == "busy"
    assert status(served.exchange(served.head("GET /v1/health HTTP/1.1", "Connection: close"))) == 200
    held.let_go.release(2)
    for sock in waiting:
        assert status(sock.recv(65_536)) == 200
        sock.close()


def test_stopping_answers_what_is_in_flight_and_takes_nothing_new(serve, held):
    served = serve(held)
    idle = served.connect()
    with served.connect() as sock:
        sock.sendall(served.head("POST /v1/check HTTP/1.1", "Content-Length: 19") + BODY)
        assert held.begun.acquire(timeout=20)
        served.listener.stop()
        assert idle.recv(1) == b""  # a connection without a request is closed at once
        with pytest.raises(OSError, match="refused"):
            served.connect()
        held.let_go.release()
        assert status(sock.recv(65_536)) == 200
    served.thread.join(timeout=20)
    assert not served.thread.is_alive()
    idle.close()


def test_stopping_does_not_wait_for_ever(serve, held):
    served = serve(held, drain_timeout_s=0.1)
    with served.connect() as sock:
        sock.sendall(served.head("POST /v1/check HTTP/1.1", "Content-Length: 19") + BODY)
        assert held.begun.acquire(timeout=20)
        served.listener.stop()
        served.thread.join(timeout=20)
        assert not served.thread.is_alive()
        held.let_go.release()


def test_a_large_answer_arrives_whole_though_the_server_stops(serve, held):
    served = serve(held)
    texts = [f"an inevitable response {i} " + "é" * 300 for i in range(256)]
    body = json.dumps({"texts": texts}).encode()
    received: list[bytes] = []
    with served.connect() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(body)}") + body)
        assert held.begun.acquire(timeout=20)
        served.listener.stop()
        held.let_go.release(256)

        def read() -> None:
            while part := sock.recv(4096):
                received.append(part)

        reader = threading.Thread(target=read)
        reader.start()
        reader.join(timeout=30)
    content = b"".join(received).partition(b"\r\n\r\n")[2]
    assert len(json.loads(content)["reports"]) == 256


def test_head_and_body_of_an_answer_leave_together(serve, detector):
    served = serve(detector)
    body = json.dumps({"text": "a controlled release"}).encode()
    with served.connect() as sock:
        for _ in range(3):
            sock.sendall(served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(body)}") + body)
            head, _, first = sock.recv(1 << 20).partition(b"\r\n\r\n")
            length = int(re.search(rb"Content-Length: (\d+)", head)[1])
            assert len(first) == length


def test_an_answer_without_a_body_keeps_its_head(serve, detector):
    served = serve(detector)
    answer = served.exchange(served.head("HEAD /v1/health HTTP/1.1", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n")
    assert answer.count(b"\r\n\r\n") == 1


def test_requests_sent_ahead_are_answered_in_their_order_and_not_read_without_bound(serve, detector):
    served = serve(detector)
    ask = served.head("GET /v1/health HTTP/1.1")
    last = served.head("GET /v1/nowhere HTTP/1.1", "Connection: close")
    answer = served.exchange(ask * 200 + last)
    statuses = [int(each) for each in re.findall(rb"^HTTP/1\.1 (\d+)", answer, re.MULTILINE)]
    assert statuses == [200] * 200 + [404]


class Held(_Channel):
    """Sends when it is let go."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.begun, self.let_go = threading.Event(), threading.Event()

    def send(self, data: bytes, do_close: bool = True) -> int:
        self.begun.set()
        assert self.let_go.wait(20)
        return super().send(data, do_close=do_close)


def test_the_loop_waits_for_a_thread_that_is_sending_and_does_not_ask_again_and_again():
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(active_channels={}, pull_trigger=lambda: None)
    with theirs, closing(Held(server, ours, "", Adjustments(), map={}, clock=time.monotonic)) as channel:
        channel.requests.append(object())  # one is being answered
        thread = threading.Thread(target=channel.write_soon, args=(b"an answer",))
        loop = threading.Thread(target=channel.handle_write)
        thread.start()
        assert channel.begun.wait(20)
        loop.start()
        loop.join(0.1)
        assert loop.is_alive()
        channel.let_go.set()
        for each in (loop, thread):
            each.join(20)
        assert theirs.recv(100) == b"an answer"
        assert not channel.total_outbufs_len


def test_a_signal_wakes_a_loop_that_falls_asleep_before_python_has_handled_it(monkeypatch):
    woken_by: list[int] = []
    monkeypatch.setattr(signal, "set_wakeup_fd", woken_by.append)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    sock = socket.create_server(("127.0.0.1", 0))
    listener = Listener(Flask("nothing"), sock, max_body_bytes=10, places=1)
    listener.stop_on_signals()
    polled, poll = threading.Event(), listener._poll
    monkeypatch.setattr(listener, "_poll", lambda timeout_s: (poll(timeout_s), polled.set()))
    loop = threading.Thread(target=listener.run)
    loop.start()
    os.write(woken_by[0], bytes([signal.SIGTERM]))  # what the interpreter does as the signal arrives
    assert polled.wait(timeout=20)
    listener.stop()
    loop.join(timeout=20)
    assert not loop.is_alive()
