"""The command and its process."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from spinmark import __version__
from spinmark_server.cli import serve as command
from spinmark_server.cli import who_has


def run(*arguments: str, **variables: str):
    return CliRunner().invoke(
        command, arguments, env={"SPINMARK_PORT": None, "SPINMARK_TOKEN": None} | variables
    )


def test_a_port_that_spinmark_has_taken_is_said_to_be_spinmarks(serve, detector):
    port = str(serve(detector).port)
    result = run("--port", port)
    assert result.exit_code == 1
    assert f"Spinmark already listens on http://127.0.0.1:{port}" in result.stderr
    assert result.stdout == ""


def test_a_port_that_another_program_has_taken_is_said_to_be():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run(SPINMARK_PORT=str(port))
    assert result.exit_code == 1
    assert f"Port {port} is taken on 127.0.0.1 by a program that does not answer" in result.stderr


def answering(sock: socket.socket, answer: bytes) -> threading.Thread:
    """Answer one request on a listening socket."""

    def serve() -> None:
        connection, _ = sock.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            b'Server: Spinmark\r\n\r\n{"version": "0.0.1"}',
            "Spinmark 0.0.1 already listens on http://127.0.0.1:{port} (process {pid}), and this is {version}; end that one",
        ),
        (b"Server: Spinmark\r\n\r\n{}", "Spinmark already listens"),
        (b"Server: Spinmark\r\n\r\nnonsense", "Spinmark already listens"),
        (b"Server: other\r\n\r\n{}", "taken by another program"),
        (b"", "taken by another program"),
    ],
    ids=repr,
)
def test_who_has_the_port_is_told_by_what_it_answers(answer, words):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        head = b"HTTP/1.0 200 OK\r\n" if answer else b"nonsense\r\n"
        thread = answering(other, head + answer)
        said = who_has("127.0.0.1", port)
        thread.join(timeout=20)
    assert words.format(port=port, pid=os.getpid(), version=__version__) in said
    assert "--port" in said


def test_a_program_that_hangs_is_said_to_hang_and_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = who_has("0.0.0.0", other.getsockname()[1], timeout_s=0.05)
    assert "does not answer" in said
    assert f"(process {os.getpid()})" in said
    assert "end it" in said


def test_two_servers_on_one_port_end_with_a_sentence_and_the_first_goes_on(process):
    server, port = process
    second = subprocess.run(
        [sys.executable, "-m", "spinmark", "serve", "--port", str(port)], capture_output=True, text=True
    )
    assert second.returncode == 1
    assert second.stderr.startswith(f"Error: Spinmark already listens on http://127.0.0.1:{port}")
    assert f"(process {server.pid})" in second.stderr
    assert second.stdout == ""
    connection = ask(port)
    assert server.stdout.readline() == "begun\n"
    server.stdin.write("\n")
    server.stdin.flush()
    assert connection.getresponse().status == 200
    connection.close()


def test_a_port_is_free_again_as_soon_as_its_server_drains(process):
    """A new server may start while the old one still answers what it was asked."""
    server, port = process
    connection = ask(port)
    assert server.stdout.readline() == "begun\n"
    server.send_signal(signal.SIGTERM)
    for _ in range(1_000_000):  # until it has taken the signal
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        break
    else:
        pytest.fail("the port is still held")
    server.stdin.write("\n")
    server.stdin.flush()
    assert connection.getresponse().status == 200
    connection.close()


def test_sigterm_answers_those_who_wait_as_well(process):
    server, port = process
    first, second = ask(port, "One text."), ask(port, "Another text.")
    assert server.stdout.readline() == "begun\n"
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    waiting = 0
    for _ in range(10_000):  # until the second has its place in the queue
        other.request("GET", "/v1/health")
        waiting = json.loads(other.getresponse().read())["queue"]["waiting"]
        if waiting:
            break
    assert waiting == 1
    other.close()
    server.send_signal(signal.SIGTERM)
    for _ in range(2):
        server.stdin.write("\n")
        server.stdin.flush()
    assert [first.getresponse().status, second.getresponse().status] == [200, 200]
    first.close()
    second.close()
    assert server.wait(timeout=20) == 0


def test_an_address_of_another_machine_is_refused():
    result = run("--host", "192.0.2.1", "--port", "0")
    assert result.exit_code == 1
    assert "192.0.2.1 is no address of this machine" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "65536"),
        ("--port", "-1"),
        ("--port", "http"),
        ("--token", "short"),
        ("--token", "sixteen or more chars"),
        ("--token", "sechzehn-Zeichen-ü"),
        ("--host", "no such host.invalid"),
        ("--nonsense",),
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_2(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error" in result.stderr


def test_a_missing_model_is_said_and_exit_1(tmp_path):
    missing = tmp_path / "none"
    result = run("--port", "0", "--weights", str(missing))
    assert result.exit_code == 1
    assert "model" in result.stderr
    assert str(missing) in result.stderr
    assert "Traceback" not in result.stderr


def test_listing_the_command_loads_neither_flask_nor_the_model():
    code = "import sys, spinmark_server.cli; print({'flask', 'waitress', 'onnxruntime'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


@pytest.fixture
def process():
    """Start serve_held.py and return its process and port."""
    script = Path(__file__).with_name("serve_held.py")
    with subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        yield started, int(started.stdout.readline())
        started.kill()


def ask(port: int, text: str = "A text.") -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "X-Spinmark": "1"}
    connection.request("POST", "/v1/check", json.dumps({"text": text}), headers)
    return connection


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_after_the_answer_in_flight(process, number):
    server, port = process
    connection = ask(port)
    assert server.stdout.readline() == "begun\n"
    os.kill(server.pid, number)
    server.stdin.write("\n")
    server.stdin.flush()
    response = connection.getresponse()
    assert response.status == 200
    assert json.loads(response.read())["status"] == "ok"
    connection.close()
    assert server.wait(timeout=20) == 0
    assert server.stderr.read() == ""


def test_a_signal_ends_an_idle_process(process):
    server, _ = process
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=20) == 0


def test_a_second_signal_ends_the_process_at_once(process):
    server, port = process
    connection = ask(port)
    assert server.stdout.readline() == "begun\n"
    server.send_signal(signal.SIGTERM)
    while server.poll() is None:  # the second counts from when the first has been taken
        server.send_signal(signal.SIGTERM)
    assert server.returncode == -signal.SIGTERM
    connection.close()
