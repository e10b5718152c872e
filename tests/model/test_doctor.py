"""The library's checks, each with what it is told about the machine, and the command as a process."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spinmark import Detector, doctor
from spinmark.detector import WEIGHTS
from spinmark.doctor import Finding
from spinmark.locality import (
    TELEMETRY_SWITCH,
    Outbound,
    forbid_telemetry,
    is_local,
    open_files,
    peers,
    sampled,
)


def nothing() -> set[str]:
    return set()


def assert_helps(finding: Finding, state: str) -> None:
    """Say that a finding is of this state and that there is advice just where something is to be done."""
    assert finding.state == state
    assert finding.found.endswith(".")
    assert (finding.advice is None) == (state == "ok")


def test_a_python_that_is_new_enough_is_fine_and_an_older_one_a_fault():
    assert_helps(doctor.python((3, 11, 0), ">=3.11"), "ok")
    finding = doctor.python((3, 10, 14), ">=3.11")
    assert_helps(finding, "fault")
    assert "3.10.14" in finding.found


@pytest.mark.parametrize(
    ("requirement", "version", "fine"),
    [
        ("click>=8.2", "8.2", True),
        ("click>=8.2", "8.10.1", True),
        ("click>=8.2", "8.1.9", False),
        ("waitress<4,>=3.0.2", "3.0.2", True),
        ("waitress<4,>=3.0.2", "4.0", False),
        ("waitress<4,>=3.0.2", "3.0.1", False),
        ("markdown-it-py[linkify]>=3", "2.9", False),
        ("numpy>=2.0", "2.1.0rc1", True),
        ("numpy >=2.0", None, False),
        ('pyarrow>=99; extra == "parquet"', None, True),
        ("plain", "0.1", True),
    ],
)
def test_a_package_is_compared_with_what_is_required(requirement: str, version: str | None, fine: bool):
    assert_helps(doctor.packages([requirement], lambda _: version), "ok" if fine else "fault")


def test_a_missing_package_is_named_with_what_sets_it_right():
    finding = doctor.packages(["numpy>=2.0", "flask>=3.1"], {"numpy": "2.4"}.get)
    assert "flask is missing" in finding.found
    assert "numpy" not in finding.found
    assert "pip install" in (finding.advice or "")


def test_whole_weights_are_fine_and_loaded(tiny_weights: Path):
    finding, detector = doctor.weights(tiny_weights)
    assert_helps(finding, "ok")
    assert detector is not None
    assert detector.model.sha256[:12] in finding.found


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "card.toml"])
def test_a_damaged_file_of_the_weights_is_named(weights_folder, name: str):
    path = weights_folder.path / name
    path.write_bytes(path.read_bytes()[:-7])
    finding, detector = doctor.weights(weights_folder.path)
    assert_helps(finding, "fault")
    assert str(path) in finding.found
    assert detector is None


def test_the_known_sentence_is_marked_by_the_packaged_and_by_the_tiny_model(
    detector: Detector, tiny_detector: Detector
):
    for one in (detector, tiny_detector):
        assert_helps(doctor.sentence(one), "ok")


def test_a_model_that_reads_otherwise_is_a_fault(weights_folder):
    weights_folder.write(
        weights_folder.graph,
        weights_folder.tokenizer,
        weights_folder.card.replace("threshold = 0.5", "threshold = 0.999"),
    )
    finding = doctor.sentence(Detector.load(weights_folder.path, threads=1))
    assert_helps(finding, "fault")
    assert "found nothing" in finding.found


def test_files_that_anybody_may_change_are_a_fault(tmp_path: Path):
    (tmp_path / "weights").mkdir()
    model = tmp_path / "weights" / "model.onnx"
    model.write_bytes(b"")
    assert_helps(doctor.permissions(tmp_path), "ok")
    model.chmod(0o646)
    finding = doctor.permissions(tmp_path)
    assert_helps(finding, "fault")
    assert str(model) in finding.found


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        ("localhost", True),
        (None, True),
        ("192.0.2.7", False),
        ("::ffff:192.0.2.7", False),
        ("2001:db8::1", False),
        ("news.example", False),
        ("127.0.0.1.news.example", False),
    ],
)
def test_only_addresses_of_this_machine_are_local(host: str | None, local: bool):
    assert is_local(host) is local


def test_the_hook_notes_who_is_asked_for_and_passes_over_this_machine():
    asked = Outbound()
    asked("socket.connect", (None, ("127.0.0.1", 8712)))
    asked("socket.connect", (None, "/run/user/1000/bus"))
    asked("socket.getaddrinfo", ("localhost", 80, 0, 0, 0))
    asked("open", ("news.example", "r", 0))
    assert asked.hosts == set()
    asked("socket.connect", (None, ("192.0.2.7", 443)))
    asked("socket.sendto", (None, ("2001:db8::1", 53, 0, 0)))
    asked("socket.getaddrinfo", (b"news.example", 443, 0, 0, 0))
    assert asked.hosts == {"192.0.2.7", "2001:db8::1", "news.example"}


def test_the_hook_sees_what_python_really_asks_for():
    code = (
        "import socket, sys; from spinmark.locality import Outbound; asked = Outbound(); sys.addaudithook(asked)\n"
        "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:\n"
        "    sock.setblocking(False)\n"
        "    try: sock.connect(('192.0.2.7', 9))\n"
        "    except OSError: pass\n"
        "print(*asked.hosts)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "192.0.2.7\n"


def fake_process(folder: Path, inode: int, remote: str, table: str = "tcp") -> Path:
    """Write a process's folder with one socket, connected to `remote` as /proc/net writes addresses."""
    (folder / "fd").mkdir(parents=True)
    (folder / "fd" / "5").symlink_to(f"socket:[{inode}]")
    (folder / "net").mkdir()
    local = "0100007F:C350" if table == "tcp" else f"{'0' * 32}:C350"
    row = f"0: {local} {remote} 01 00000000:00000000 00:00000000 00000000 0 0 4711 1"
    other = row.replace("4711", "4712").replace("0: ", "1: ")
    (folder / "net" / table).write_text(f"sl local_address rem_address ...\n{row}\n{other}\n")
    return folder


def words(address: bytes) -> str:
    """Return packed address bytes as /proc/net writes them: 32-bit words in the machine's order."""
    return "".join(
        f"{int.from_bytes(address[i : i + 4], sys.byteorder):08X}" for i in range(0, len(address), 4)
    )


def test_the_systems_table_tells_peers_on_other_machines(tmp_path: Path):
    far = words(socket.inet_pton(socket.AF_INET, "192.0.2.7"))
    far6 = words(socket.inet_pton(socket.AF_INET6, "2001:db8::1"))
    near = words(socket.inet_pton(socket.AF_INET, "127.0.0.1"))
    assert peers(fake_process(tmp_path / "1", 4711, f"{far}:01BB")) == {"192.0.2.7"}
    assert peers(fake_process(tmp_path / "2", 4711, f"{far6}:01BB", "tcp6")) == {"2001:db8::1"}
    assert peers(fake_process(tmp_path / "3", 4711, f"{near}:01BB")) == set()
    assert peers(fake_process(tmp_path / "4", 9999, f"{far}:01BB")) == set()  # another process's socket
    assert peers(tmp_path / "none") is None


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux has this table")
def test_this_process_has_its_sockets_and_open_files_in_the_systems_table(tmp_path: Path):
    here = Path("/proc/self")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert peers(here) == set()
    path = tmp_path / "kept.db"
    with path.open("wb"):
        assert str(path) in (open_files(here) or ())
    with path.open("rb"):
        assert str(path) not in (open_files(here) or ())
    assert open_files(tmp_path) is None


def test_sampling_sees_what_was_there_only_within_the_block():
    held: set[str] = set()
    with sampled(lambda: set(held)) as seen:
        held.add("192.0.2.7")
        while "192.0.2.7" not in seen:  # until the next reading
            pass
        held.clear()
    assert seen == {"192.0.2.7"}


def test_no_socket_and_no_file_is_said_with_the_witnesses(tiny_detector: Detector):
    finding = doctor.locality(tiny_detector, Outbound(), nothing, nothing)
    assert_helps(finding, "ok")
    assert "0 sockets" in finding.found
    assert "the system's table" in finding.found
    blind = doctor.locality(tiny_detector, Outbound(), lambda: None, lambda: None)
    assert "the system's table" not in blind.found


def test_a_socket_or_a_file_is_a_fault(tiny_detector: Detector):
    asked = Outbound()
    asked("socket.connect", (None, ("192.0.2.7", 443)))
    for finding, word in (
        (doctor.locality(tiny_detector, asked, nothing, nothing), "192.0.2.7"),
        (doctor.locality(tiny_detector, Outbound(), lambda: {"2001:db8::1"}, nothing), "2001:db8::1"),
        (doctor.locality(tiny_detector, Outbound(), nothing, lambda: {"/home/ada/kept.db"}), "kept.db"),
    ):
        assert_helps(finding, "fault")
        assert word in finding.found


def test_telemetry_is_a_fault_until_it_is_forbidden():
    environ: dict[str, str] = {}
    assert_helps(doctor.telemetry(environ), "fault")
    forbid_telemetry(environ)
    assert_helps(doctor.telemetry(environ), "ok")


def test_findings_become_one_json_object():
    findings = [
        Finding("a", "ok", "Fine."),
        Finding("b", "note", "Well.", "Do."),
        Finding("c", "fault", "No.", "Do."),
    ]
    healthy, ill = (json.loads(doctor.to_json(f, "1.2")) for f in (findings[:2], findings))
    assert healthy["healthy"] is True
    assert ill == {
        "schema": "spinmark.doctor/1",
        "version": "1.2",
        "healthy": False,
        "checks": [
            {"check": "a", "state": "ok", "found": "Fine.", "advice": None},
            {"check": "b", "state": "note", "found": "Well.", "advice": "Do."},
            {"check": "c", "state": "fault", "found": "No.", "advice": "Do."},
        ],
    }


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs `spinmark doctor` with a port where nothing listens and a home of its own."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("PROXY")}
        return subprocess.run(
            [sys.executable, "-m", "spinmark", "doctor", "--port", str(port), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=kept | {"HOME": str(tmp_path), TELEMETRY_SWITCH: "1"} | environment,
        )

    return run


def test_a_sound_installation_is_exit_0_and_says_that_nothing_leaves(process):
    done = process("--format", "json")
    report = json.loads(done.stdout)
    found = {check["check"]: check for check in report["checks"]}
    assert [check for check in report["checks"] if check["state"] == "fault"] == []
    assert report["healthy"] is True
    assert done.returncode == 0
    assert "Nothing leaves this machine" in found["locality"]["found"]
    assert {"python", "packages", "weights", "sentence", "permissions", "telemetry"} <= found.keys()
    assert {
        "loopback",
        "exposure",
        "proxies",
        "server",
        "at login",
        "browser",
    } <= found.keys()  # the server's


def test_a_fault_is_exit_1_and_says_what_to_do(process, weights_folder):
    (weights_folder.path / "tokenizer.json").write_bytes(b"{}")
    done = process("--weights", weights_folder.path)
    assert done.returncode == 1
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("fault"))
    assert "tokenizer.json" in line
    assert "→ Install Spinmark anew" in done.stdout
    assert done.stdout.endswith("checks found a fault.\n")
    assert done.stderr == ""


def test_the_packaged_weights_are_where_the_check_of_permissions_looks():
    assert Path(doctor.__file__).parent in WEIGHTS.parents
