"""Answers that come line by line: what the lines say, what ends them, and who is let in between."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from spinmark_server.admission import Admission
from spinmark_server.app import create_app

NDJSON = "application/x-ndjson"
TEXT = "It was 😀 an inevitable response,\nsaid nobody but the parking-meter tsar."


def lines_of(response: TestResponse) -> list[dict]:
    assert response.status_code == 200
    assert response.mimetype == NDJSON
    assert response.text.endswith("\n")
    return [json.loads(line) for line in response.text.splitlines()]


def assert_is_the_report(lines: list[dict], report: dict) -> None:
    *flags, last = lines
    assert [line["flag"] for line in flags] == report["flags"]
    assert last["report"] | {"flags": report["flags"]} == report
    assert "flags" not in last["report"]


def test_the_flags_come_first_and_then_the_rest_of_the_report(client):
    lines = lines_of(client.check({"text": TEXT, "id": "1"}, Accept=NDJSON))
    assert [set(line) for line in lines] == [{"flag"}, {"flag"}, {"report"}]
    assert_is_the_report(lines, client.check({"text": TEXT, "id": "1"}).json)


def test_a_known_report_streams_the_same_lines_and_a_streamed_one_is_known(client, detector):
    for body in ({"text": TEXT}, {"text": TEXT, "explain": True}):
        first = lines_of(client.check(body, Accept=NDJSON))
        assert lines_of(client.check(body, Accept=NDJSON)) == first
        assert_is_the_report(first, client.check(body).json)
    assert detector.asked == [TEXT, TEXT]


def test_the_lines_of_several_texts_tell_whose_they_are(client):
    body = {"texts": [TEXT, "Nothing.", {"text": TEXT, "id": "z"}]}
    lines = lines_of(client.check(body, Accept=NDJSON))
    reports = client.check(body).json["reports"]
    assert [line["index"] for line in lines] == [0, 0, 0, 1, 2, 2, 2]
    for i, report in enumerate(reports):
        own = [line for line in lines if line["index"] == i]
        assert_is_the_report(own, report)
    assert client.check({"texts": []}, Accept=NDJSON).text == ""


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        (NDJSON, True),
        (f"{NDJSON};q=0.9, application/json;q=0.5", True),
        (f"application/json, {NDJSON}", False),
        (f"{NDJSON};q=0.1, */*", False),
        ("*/*", False),
        ("text/html", False),
        ("", False),
        (None, False),
    ],
)
def test_lines_are_for_those_who_prefer_them(client, accept, streams):
    response = client.check({"text": TEXT}, Accept=accept)
    assert response.mimetype == (NDJSON if streams else "application/json")


def test_what_is_wrong_with_a_request_is_a_problem_and_no_stream(client, problem):
    assert problem(client.check({"text": 1}, Accept=NDJSON)) == "invalid-request"
    assert problem(client.check({"text": "a" * 200_001}, Accept=NDJSON)) == "too-long"


def test_without_a_place_there_is_no_stream_unless_all_is_known(make_client, detector, problem):
    admission = Admission(places=1)
    client = make_client(create_app(detector, admission=admission))
    client.check({"text": TEXT})
    with admission.place():
        assert problem(client.check({"texts": [TEXT, "new"]}, Accept=NDJSON)) == "busy"
        assert lines_of(client.check({"text": TEXT}, Accept=NDJSON))[-1]["report"]["summary"]["flags"] == 2
    assert admission.held == 0


def test_an_error_on_the_way_is_the_last_line_and_holds_nothing_of_the_text(make_client, detector, caplog):
    class Failing(type(detector)):
        def stream(self, text, **options):
            yield from super().stream(text, **options)
            raise RuntimeError(text)

    admission = Admission(places=1)
    client = make_client(create_app(Failing(), admission=admission))
    *flags, last = lines_of(client.check({"texts": [TEXT, TEXT]}, Accept=NDJSON))
    assert [set(line) for line in flags] == [{"index", "flag"}] * 2 + [{"index", "report"}]
    assert last["problem"]["type"] == "urn:spinmark:problem:internal"
    assert "parking" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert "parking" not in json.dumps(last)
    assert admission.held == admission.waiting == 0


def test_a_turn_that_does_not_come_in_time_is_the_last_line(make_client, detector):
    admission = Admission(turns=1, max_wait_s=0.01)
    client = make_client(create_app(detector, admission=admission))
    with admission.turn(), ThreadPoolExecutor(1) as pool:
        (last,) = lines_of(pool.submit(client.check, {"text": TEXT}, Accept=NDJSON).result())
    assert last["problem"]["type"] == "urn:spinmark:problem:busy"
    assert last["problem"]["status"] == 429


def test_each_line_is_sent_when_it_is_certain(serve, detector, held):
    class Dripping(type(held)):
        """Yields a flag for each line of the text as soon as it is let go."""

        def stream(self, text, *, turn=None, **options):
            report = type(detector).analyze(detector, text, **options)
            for flag in report.flags:
                with turn():
                    self.scored()
                yield flag
            yield report

    dripping = Dripping()
    served = serve(dripping)
    body = json.dumps({"text": TEXT}).encode()
    head = served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(body)}", f"Accept: {NDJSON}")
    with served.connect() as sock:
        sock.sendall(head + body)
        received = b""
        for expected in (b"an inevitable response", b"the parking-meter tsar"):
            assert expected not in received
            dripping.let_go.release()
            while expected not in received:  # it comes, although the next one is still held
                received += sock.recv(65_536)
        while b'"report"' not in received:
            received += sock.recv(65_536)
    assert b"Transfer-Encoding: chunked" in received
    assert received.count(b'"flag":') == 2


def test_a_client_that_goes_ends_the_work_between_two_windows(serve, held):
    served = serve(held)
    text = "\n".join(["a line of a long page"] * 1000)
    body = json.dumps({"text": text}).encode()
    for accept in ("application/json", NDJSON):
        head = served.head("POST /v1/check HTTP/1.1", f"Content-Length: {len(body)}", f"Accept: {accept}")
        sock = served.connect()
        sock.sendall(head + body)
        assert held.begun.acquire(timeout=20)
        sock.close()
        while b"spinmark_queue_held 1.0" in metrics(served):  # until the server has seen it
            held.let_go.release()
        while held.begun.acquire(blocking=False):
            pass
    assert b"spinmark_cancelled_requests_total 2.0" in metrics(served)
    assert text not in held.asked
    assert served.exchange(served.head("GET /v1/health HTTP/1.1", "Connection: close")).endswith(
        b'"queue":{"places":9,"held":0,"waiting":0}}\n'
    )


def metrics(served) -> bytes:
    return served.exchange(served.head("GET /metrics HTTP/1.1", "Connection: close"))


def test_a_stream_that_nobody_reads_on_gives_its_place_back(make_client, detector):
    admission = Admission(places=1)
    app = create_app(detector, admission=admission)
    for reads in (0, 1):
        client = make_client(app)
        response = client.flask.post(
            "/v1/check",
            json={"text": f"{TEXT} {reads}"},
            headers={"Host": client.host, "X-Spinmark": "1", "Accept": NDJSON},
            buffered=False,
        )
        assert admission.held == 1
        for _ in range(reads):
            next(response.iter_encoded())
        response.close()
        assert admission.held == 0
