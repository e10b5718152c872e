"""The command and its process."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from spinmark_server.cli import serve as command


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
    assert f"Port {port} is taken by another program" in result.stderr


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


def ask(port: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "X-Spinmark": "1"}
    connection.request("POST", "/v1/check", json.dumps({"text": "A text."}), headers)
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
