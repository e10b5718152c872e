"""The command as a user starts it, with the packaged model."""

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from spinmark import Detector

TEXT = (
    "The minister called the strikes 😀 “an inevitable response to their provocative attacks”. "
    "Our spineless, treacherous enemies will destroy everything that we love unless we act this very night!"
)


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    port: int

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "X-Spinmark": "1"} if method == "POST" else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    command = [sys.executable, "-c", "from spinmark_server.cli import serve; serve()", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        first = process.stderr.readline()
        ready = re.fullmatch(r"Spinmark listens on http://127\.0\.0\.1:(\d+)\n", first)
        assert ready is not None, first + process.stderr.read()
        yield Server(process, int(ready[1]))
        process.kill()


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load()


@pytest.mark.parametrize("text", ["", "Hello.", TEXT, "Kunta korjaa sillan ensi viikolla.", TEXT * 20])
def test_the_bytes_are_those_of_the_library(server, detector, text):
    status, answer = server.ask("POST", "/v1/check", {"text": text, "id": "x"})
    assert status == 200
    assert answer == (detector.analyze(text, id="x").to_json() + "\n").encode()


def test_the_offsets_lead_to_the_words_in_both_counts(server):
    _, answer = server.ask("POST", "/v1/check", {"text": TEXT, "min_confidence": 0})
    flags = json.loads(answer)["flags"]
    units = TEXT.encode("utf-16-le")
    for flag in flags:
        assert TEXT[flag["start"] : flag["end"]] == flag["text"]
        assert units[2 * flag["start_utf16"] : 2 * flag["end_utf16"]].decode("utf-16-le") == flag["text"]


@pytest.mark.parametrize(
    "options",
    [
        {"min_confidence": 1.5},
        {"min_confidence": -0.1},
        {"techniques": ["lying"]},
        {"voice": "somebody"},
        {"techniques": ["slogan", ""]},
    ],
    ids=str,
)
def test_the_librarys_own_refusals_are_problems(server, options):
    status, answer = server.ask("POST", "/v1/check", {"text": TEXT} | options)
    assert status == 400
    assert json.loads(answer)["type"] == "urn:spinmark:problem:invalid-request"


def test_options_only_leave_out(server):
    everything = json.loads(server.ask("POST", "/v1/check", {"text": TEXT})[1])["flags"]
    certain = json.loads(server.ask("POST", "/v1/check", {"text": TEXT, "min_confidence": 0.9})[1])["flags"]
    assert all(flag["confidence"] >= 0.9 for flag in certain)
    assert len(certain) <= len(everything)
    quoted = json.loads(server.ask("POST", "/v1/check", {"text": TEXT, "voice": "quoted"})[1])["flags"]
    assert {flag["attribution"]["voice"] for flag in quoted} <= {"quoted"}


@pytest.mark.parametrize(
    "text", ["a\u0301\u202e\u200b\u00ad" * 50, "\r\n\t " * 100, "😀" * 300, "\uffff\ufeff" * 40]
)
def test_strange_texts_are_checked(server, text):
    assert server.ask("POST", "/v1/check", {"text": text})[0] == 200


def test_health_names_the_packaged_model(server, detector):
    health = json.loads(server.ask("GET", "/v1/health")[1])
    assert health["model"]["sha256"] == detector.model.sha256
    assert health["model"]["name"] == detector.model.name


def test_beyond_loopback_a_token_is_made_up_and_asked_for():
    command = [sys.executable, "-c", "from spinmark_server.cli import serve; serve()", "--host", "0.0.0.0"]
    with subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True) as process:
        address, _, token, _ = (process.stderr.readline() for _ in range(4))
        port = int(address.rpartition(":")[2])
        given = token.rpartition(" ")[2].strip()
        assert len(given) >= 16
        answers = []
        for headers in ({}, {"Authorization": f"Bearer {given}"}):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/v1/health", headers=headers)
            answers.append(connection.getresponse().status)
            connection.close()
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert answers == [401, 200]


def test_sigterm_ends_it_with_exit_0_and_nothing_more_said():
    command = [sys.executable, "-c", "from spinmark_server.cli import serve; serve()", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        said = [process.stderr.readline(), process.stderr.readline()]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert said[0].startswith("Spinmark listens on")
        assert process.stderr.read() == process.stdout.read() == ""
