"""The start at login: what the files say, read by the tools that their systems read them with, and what is done."""

import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from spinmark_server import service as at_login
from spinmark_server.cli import serve
from spinmark_server.service import Service, ServiceError, command_line, install, service_for, uninstall

COMMAND = command_line(Path(sys.executable), 8712)
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
AWKWARD = ('/opt/my pythons/100% "new"/bin/python', "-m", "spinmark", "--weights", "/data/$HOME\\x; y")


def linux(home: Path, command: Sequence[str] = COMMAND) -> Service:
    return service_for("linux", home, {}, command)


class Commands:
    """Keeps the commands that were to be run; those whose words hold `failing` fail."""

    def __init__(self, failing: str = "nothing") -> None:
        self.asked: list[tuple[str, ...]] = []
        self._failing = failing

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.asked.append(tuple(command))
        failed = self._failing in command
        return subprocess.CompletedProcess(
            command, int(failed), "", "first\nNo medium found\n" if failed else ""
        )


def there(program: str) -> str:
    return f"/bin/{program}"


def test_the_command_is_this_python_without_the_current_folder_on_its_path(tmp_path):
    assert (sys.executable, "-P", "-m", "spinmark", "serve", "--port", "8712") == COMMAND
    more = command_line(Path(sys.executable), 9000, tmp_path / "a" / ".." / "w", languagetool=True)
    assert more[5:] == ("--port", "9000", "--weights", str(tmp_path / "w"), "--languagetool")


def test_windows_starts_the_python_that_opens_no_window(tmp_path):
    python = tmp_path / "python.exe"
    assert command_line(python, 8712)[0] == str(python)
    (tmp_path / "pythonw.exe").write_bytes(b"")
    assert command_line(python, 8712)[0] == str(tmp_path / "pythonw.exe")


def verify(unit: Path, runtime: Path) -> subprocess.CompletedProcess[str]:
    runtime.mkdir(mode=0o700)
    program = shutil.which("systemd-analyze")
    assert program is not None, "the package systemd is missing: apt-get install systemd"
    return subprocess.run(
        [program, "--user", "--man=no", "verify", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        env={"XDG_RUNTIME_DIR": str(runtime), "HOME": str(runtime), "PATH": "/usr/bin:/bin"},
    )


linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="systemd is Linux's")


@linux_only
def test_systemd_finds_no_fault_with_the_unit(tmp_path):
    unit = linux(tmp_path)
    path = tmp_path / unit.path.name
    path.write_bytes(unit.content)
    done = verify(path, tmp_path / "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@linux_only
def test_systemd_finds_the_program_of_an_awkward_path(tmp_path):
    program = tmp_path / "my pythons; 100% $HOME" / "python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = tmp_path / "spinmark.service"
    path.write_bytes(linux(tmp_path, (str(program), "-P", "a b", '"$x"', "c\\d;")).content)
    done = verify(path, tmp_path / "run")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_that_systemd_cannot_start_is_refused(tmp_path):
    with pytest.raises(ServiceError, match="quotation marks"):
        linux(tmp_path, AWKWARD)


@linux_only
def test_systemd_would_find_a_fault(tmp_path):
    path = tmp_path / "spinmark.service"
    path.write_bytes(linux(tmp_path, ("/no/such/program",)).content.replace(b"Restart=", b"Restrat="))
    done = verify(path, tmp_path / "run")
    assert "Restrat" in done.stderr
    assert "/no/such/program" in done.stderr


def test_the_unit_restricts_what_the_server_does_not_need(tmp_path):
    lines = linux(tmp_path).content.decode().splitlines()
    for line in (
        "NoNewPrivileges=yes",
        "LimitCORE=0",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "SystemCallFilter=@system-service",
        "WantedBy=default.target",
    ):
        assert line in lines
    assert f"ExecStart={shlex.join(COMMAND)}" in lines


def test_the_unit_goes_where_the_user_has_set_its_configuration(tmp_path):
    assert linux(tmp_path).path == tmp_path / ".config/systemd/user/spinmark.service"
    elsewhere = service_for("linux", tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "etc")}, COMMAND)
    assert elsewhere.path == tmp_path / "etc/systemd/user/spinmark.service"


@pytest.mark.parametrize("command", [COMMAND, AWKWARD], ids=["usual", "awkward"])
def test_the_launch_agent_starts_the_command_at_login_and_after_a_crash(tmp_path, command):
    agent = service_for("darwin", tmp_path, {}, command, user="501")
    table = plistlib.loads(agent.content)
    assert table["ProgramArguments"] == list(command)
    assert table["RunAtLoad"] is True
    assert table["KeepAlive"] == {"SuccessfulExit": False}
    assert table["HardResourceLimits"] == {"Core": 0}
    assert agent.path == tmp_path / "Library/LaunchAgents" / f"{table['Label']}.plist"
    assert agent.start == (("launchctl", "bootstrap", "gui/501", str(agent.path)),)


@pytest.mark.parametrize("command", [COMMAND, AWKWARD], ids=["usual", "awkward"])
def test_the_task_runs_the_command_for_its_user_and_without_end(tmp_path, command):
    task = service_for("win32", tmp_path, {"LOCALAPPDATA": str(tmp_path)}, command, user="DESK\\åsa & co")
    assert task.content.startswith((b"\xff\xfe", b"\xfe\xff"))  # schtasks wants UTF-16 with its mark
    root = ElementTree.fromstring(task.content)
    assert root.tag == f"{TASK}Task"
    assert root.findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Command") == command[0]
    arguments = root.findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Arguments")
    assert arguments == subprocess.list2cmdline(command[1:])
    assert root.findtext(f"{TASK}Triggers/{TASK}LogonTrigger/{TASK}UserId") == "DESK\\åsa & co"
    assert root.findtext(f"{TASK}Principals/{TASK}Principal/{TASK}RunLevel") == "LeastPrivilege"
    assert root.findtext(f"{TASK}Settings/{TASK}ExecutionTimeLimit") == "PT0S"
    assert root.findtext(f"{TASK}Settings/{TASK}StopIfGoingOnBatteries") == "false"
    assert str(task.path) in task.start[0]


def test_another_system_is_told_what_to_run(tmp_path):
    with pytest.raises(ServiceError, match="-m spinmark serve --port 8712"):
        service_for("plan9", tmp_path, {}, COMMAND)


def test_installing_writes_enables_starts_and_says_how_to_undo_it(tmp_path):
    commands = Commands()
    unit = linux(tmp_path)
    said = install(unit, commands, there)
    assert unit.path.read_bytes() == unit.content
    assert [command[2] for command in commands.asked] == ["daemon-reload", "enable", "restart"]
    assert str(unit.path) in said[0]
    assert "spinmark serve --uninstall" in said[-1]


def test_installing_twice_changes_nothing_and_says_so(tmp_path):
    unit = linux(tmp_path)
    install(unit, Commands(), there)
    before = unit.path.stat().st_mtime_ns
    said = install(unit, Commands(), there)
    assert "already there" in said[0]
    assert unit.path.stat().st_mtime_ns == before
    assert [path.name for path in unit.path.parent.iterdir()] == [unit.path.name]


def test_installing_with_another_port_replaces_the_file(tmp_path):
    install(linux(tmp_path), Commands(), there)
    other = linux(tmp_path, command_line(Path(sys.executable), 9000))
    said = install(other, Commands(), there)
    assert said[0].startswith("Replaced")
    assert b"--port 9000" in other.path.read_bytes()


def test_an_agent_that_runs_is_stopped_before_it_is_started_anew(tmp_path):
    commands = Commands(failing="bootout")  # as where none runs yet
    install(service_for("darwin", tmp_path, {}, COMMAND, user="501"), commands, there)
    assert [command[1] for command in commands.asked] == ["bootout", "bootstrap"]


def test_a_command_that_fails_is_named_with_its_reason(tmp_path):
    with pytest.raises(ServiceError, match=r"systemctl --user enable spinmark\.service.*No medium found"):
        install(linux(tmp_path), Commands(failing="enable"), there)


def test_a_machine_without_the_systems_tool_is_left_as_it_is(tmp_path):
    with pytest.raises(ServiceError, match="no systemctl"):
        install(linux(tmp_path), Commands(), lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / ".config").write_text("a file")
    with pytest.raises(ServiceError, match="cannot be written"):
        install(linux(tmp_path), Commands(), there)


def test_uninstalling_stops_and_leaves_no_trace(tmp_path):
    unit = linux(tmp_path)
    install(unit, Commands(), there)
    unit.traces[0].parent.mkdir()
    unit.traces[0].symlink_to(unit.path)  # as enabling leaves it
    commands = Commands()
    said = uninstall(unit, commands)
    assert commands.asked == [("systemctl", "--user", "disable", "--now", "spinmark.service")]
    assert said[0].startswith("Stopped Spinmark and removed")
    assert not unit.path.exists()
    assert not unit.traces[0].is_symlink()
    assert "spinmark serve --install" in said[-1]


def test_a_server_that_could_not_be_stopped_is_not_said_to_be(tmp_path):
    unit = linux(tmp_path)
    install(unit, Commands(), there)
    said = uninstall(unit, Commands(failing="disable"))
    assert not unit.path.exists()
    assert "Stopped" not in said[0]
    assert "`systemctl --user disable --now spinmark.service` failed (No medium found)" in said[0]


def test_uninstalling_what_is_not_there_changes_nothing(tmp_path):
    commands = Commands()
    said = uninstall(linux(tmp_path), commands)
    assert commands.asked == []
    assert "nothing was changed" in said[0]


def test_uninstalling_works_where_the_systems_tool_is_gone(tmp_path):
    def gone(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        raise FileNotFoundError(command[0])

    unit = linux(tmp_path)
    install(unit, Commands(), there)
    uninstall(unit, gone)
    assert not unit.path.exists()


def test_a_command_is_run_and_its_words_kept():
    done = at_login.run((sys.executable, "-c", "import sys; print('out'); sys.exit('why')"))
    assert (done.returncode, done.stdout, done.stderr) == (1, "out\n", "why\n")


def invoke(*arguments: str, **variables: str | None):
    environment = {"SPINMARK_PORT": None, "SPINMARK_TOKEN": None} | variables
    return CliRunner().invoke(serve, arguments, env=environment)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--install", "--host", "0.0.0.0"),
        ("--install", "--port", "0"),
        ("--install", "--token", "a-token-of-sixteen"),
    ],
    ids=" ".join,
)
def test_only_a_server_on_loopback_without_a_token_is_installed(arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "start anything else yourself" in result.stderr


def test_root_is_told_to_run_it_as_the_user_unless_asked_for():
    with pytest.raises(ServiceError, match="without sudo"):
        at_login.refuse_root(0, allowed=False)
    for user_id, allowed in ((0, True), (1000, False), (None, False)):
        at_login.refuse_root(user_id, allowed=allowed)


@linux_only
def test_the_command_says_what_it_did_and_takes_it_back(tmp_path):
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    systemctl.chmod(0o755)
    surroundings = {
        "PATH": f"{systemctl.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": None,
    }
    installed = invoke("--install", "--allow-root", "--port", "9000", "--languagetool", **surroundings)
    assert installed.exit_code == 0, installed.output
    unit = tmp_path / ".config/systemd/user/spinmark.service"
    assert f"Wrote the systemd user unit {unit}." in installed.stdout
    assert "serve --port 9000 --languagetool" in unit.read_text()
    removed = invoke("--uninstall", **surroundings)
    assert removed.exit_code == 0, removed.output
    assert not unit.exists()
    assert (tmp_path / "asked").read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable spinmark.service",
        "--user restart spinmark.service",
        "--user disable --now spinmark.service",
    ]
