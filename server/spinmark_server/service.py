"""Start the server when its user logs in: a systemd user unit, a launchd agent or a Windows task.

What is written is a file of the user's own, never the system's. It serves loopback and holds no token, so nothing
in it is a secret.
"""

import os
import plistlib
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from spinmark.errors import SpinmarkError

UNIT = "spinmark.service"
LAUNCHD_LABEL = "local.spinmark.serve"
TASK_NAME = "Spinmark"
_TASK_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"

Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]


class ServiceError(SpinmarkError):
    """The start at login cannot be set up or taken back; the message is a sentence with what to do."""


@dataclass(frozen=True, slots=True)
class Service:
    """One system's way to start a program at login.

    `content` goes to `path`. The commands `start` must then succeed; `before` and `stop` may fail where there is
    nothing to stop, and `traces` are what `stop` leaves behind then.
    """

    kind: str
    path: Path
    content: bytes
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    before: tuple[tuple[str, ...], ...] = ()
    traces: tuple[Path, ...] = ()


def command_line(
    python: Path, port: int, weights: Path | None = None, *, languagetool: bool = False
) -> tuple[str, ...]:
    """Return the command that serves: this Python, without the current folder on its path.

    Windows has a second Python beside the first, which opens no window.
    """
    windowless = python.with_name("pythonw.exe")
    program = windowless if python.name == "python.exe" and windowless.exists() else python
    more = () if weights is None else ("--weights", str(weights.resolve()))
    also = ("--languagetool",) if languagetool else ()
    return (str(program), "-P", "-m", "spinmark", "serve", "--port", str(port), *more, *also)


def account(environ: Mapping[str, str]) -> str:
    """Return the user as the system's services name it: a number, on Windows a domain with a name."""
    if hasattr(os, "getuid"):
        return str(os.getuid())
    return f"{environ.get('USERDOMAIN', '.')}\\{environ.get('USERNAME', '')}"


def service_for(
    platform: str, home: Path, environ: Mapping[str, str], command: Sequence[str], *, user: str = ""
) -> Service:
    """Return the service of a platform as `sys.platform` names it.

    `user` is the account that a Windows task belongs to and the user id that launchd wants. Raises: ServiceError.
    """
    if platform == "darwin":
        path = home / "Library" / "LaunchAgents" / f"{LAUNCHD_LABEL}.plist"
        bootout = ("launchctl", "bootout", f"gui/{user}/{LAUNCHD_LABEL}")
        return Service(
            "launchd agent",
            path,
            launchd_plist(command),
            start=(("launchctl", "bootstrap", f"gui/{user}", str(path)),),
            stop=(bootout,),
            before=(bootout,),
        )
    if platform == "win32":
        path = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Spinmark" / "task.xml"
        task = ("/TN", TASK_NAME)
        return Service(
            "Windows task",
            path,
            windows_task(command, user),
            start=(("schtasks", "/Create", *task, "/XML", str(path), "/F"), ("schtasks", "/Run", *task)),
            stop=(("schtasks", "/End", *task), ("schtasks", "/Delete", *task, "/F")),
            before=(("schtasks", "/End", *task),),
        )
    if platform.startswith("linux"):
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
        systemctl = ("systemctl", "--user")
        return Service(
            "systemd user unit",
            folder / UNIT,
            systemd_unit(command),
            start=(
                (*systemctl, "daemon-reload"),
                (*systemctl, "enable", UNIT),
                (*systemctl, "restart", UNIT),
            ),
            stop=((*systemctl, "disable", "--now", UNIT),),
            traces=(folder / "default.target.wants" / UNIT,),
        )
    raise ServiceError(
        f"How {platform} starts programs at login is not known here; let your session run: {' '.join(command)}"
    )


def refuse_root(user_id: int | None, *, allowed: bool) -> None:
    """Refuse to set up the logins of root, who has the id 0, unless that is asked for. Raises: ServiceError."""
    if user_id == 0 and not allowed:
        raise ServiceError(
            "This would start Spinmark when root logs in. Run it without sudo as the user who reads, or say "
            "--allow-root."
        )


def install(service: Service, run: Run, which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """Write the service and start it; return what was done and how to undo it, in sentences.

    Doing it again changes nothing but starts the server anew. Raises: ServiceError.
    """
    program = service.start[0][0]
    if which(program) is None:
        raise ServiceError(f"There is no {program} on this machine, which a {service.kind} needs.")
    said = [_write(service)]
    for command in service.before:
        run(command)
    for command in service.start:
        done = run(command)
        if done.returncode:
            raise ServiceError(
                f"{said[0]} But `{' '.join(command)}` failed ({_last_line(done.stderr) or done.returncode}): log in "
                "anew and run this again, or take it back with `spinmark serve --uninstall`."
            )
    said.append("Spinmark runs now and will at every login; `spinmark doctor` says whether it answers.")
    said.append("To undo this: spinmark serve --uninstall")
    return said


def _write(service: Service) -> str:
    """Write the file, whole or not at all, and say so."""
    try:
        if service.path.exists() and service.path.read_bytes() == service.content:
            return f"The {service.kind} is already there, as it should be: {service.path}."
        word = "Replaced" if service.path.exists() else "Wrote"
        service.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = service.path.with_name(f".{service.path.name}.new")
        temporary.write_bytes(service.content)
        temporary.replace(service.path)
    except OSError as error:
        raise ServiceError(f"{error.filename} cannot be written ({error.strerror}).") from error
    return f"{word} the {service.kind} {service.path}."


def uninstall(service: Service, run: Run) -> list[str]:
    """Stop and remove the service; return what was done, in sentences. Raises: ServiceError."""
    if not service.path.exists():
        return [f"There is no {service.kind} of Spinmark's; nothing was changed."]
    failed = None
    for command in service.stop:
        try:
            done = run(command)
        except OSError:  # the program is gone, and so is what it would have stopped
            continue
        failed = (command, done) if done.returncode else None
    try:
        for path in (service.path, *service.traces):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ServiceError(f"{error.filename} cannot be removed ({error.strerror}).") from error
    removed = f"emoved the {service.kind} {service.path}."
    if failed is None:
        said = f"Stopped Spinmark and r{removed}"
    else:
        command, done = failed
        said = (
            f"R{removed} But `{' '.join(command)}` failed ({_last_line(done.stderr) or done.returncode}): what may run "
            "still ends when you log out."
        )
    return [said, "To set it up again: spinmark serve --install"]


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it writes."""
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def systemd_unit(command: Sequence[str]) -> bytes:
    """Return a user unit.

    Hardened by what a user's own manager can do on every kernel: system call filters and limits. What needs name
    spaces (ProtectSystem=, PrivateTmp=) or a firewall (IPAddressDeny=) is left out: where users may not make name
    spaces the service would not start, and the firewall would be silently without effect. @resources stays
    allowed, since onnxruntime binds its threads to cores.
    """
    return f"""\
# Written by `spinmark serve --install`; `spinmark serve --uninstall` removes it.
[Unit]
Description=Spinmark on this machine's loopback address
# A port that is taken stays taken: three tries, then quiet until the next login.
StartLimitIntervalSec=60
StartLimitBurst=3

[Service]
Type=exec
ExecStart={_systemd_words(command)}
Restart=on-failure
RestartSec=5
TimeoutStopSec=40
# A core dump would hold what somebody read.
LimitCORE=0
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=default.target
""".encode()


def _systemd_words(command: Sequence[str]) -> str:
    """Quote the words of ExecStart=.

    In the first, the program, `$` is plain and marks are not possible at all, as `systemd-analyze verify` shows.
    Raises: ServiceError. Source: systemd.service(5), "Command lines", and systemd.syntax(7), "Quoting".
    """
    program, *arguments = command
    if any(c in program for c in "'\"\\"):
        raise ServiceError(
            f"systemd starts no program whose path has quotation marks or a backslash: {program}"
        )
    words = [
        program,
        *(word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$") for word in arguments),
    ]
    return " ".join(_systemd_quoted(word.replace("%", "%%")) for word in words)


def _systemd_quoted(word: str) -> str:
    return f'"{word}"' if not word or any(c.isspace() or c in ";'\"\\" for c in word) else word


def launchd_plist(command: Sequence[str]) -> bytes:
    """Return a launch agent. Source: launchd.plist(5)."""
    return plistlib.dumps(
        {
            "Label": LAUNCHD_LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 20,
            "Umask": 0o077,
            "HardResourceLimits": {"Core": 0},
        }
    )


def windows_task(command: Sequence[str], user: str) -> bytes:
    """Return a task that runs while `user` is logged on, in UTF-16 as schtasks wants it.

    Source: Task Scheduler Schema 1.2; the order of the elements is the schema's.
    """
    program, *arguments = command
    settings = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "Hidden": "true",
        "ExecutionTimeLimit": "PT0S",
        "RestartOnFailure": {"Interval": "PT1M", "Count": "3"},
    }
    principal = {"UserId": user, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"}
    task = _element(
        "Task",
        {
            "RegistrationInfo": {"Description": "Spinmark on this machine's loopback address"},
            "Triggers": {"LogonTrigger": {"Enabled": "true", "UserId": user}},
            "Principals": {"Principal": principal},
            "Settings": settings,
            "Actions": {"Exec": {"Command": program, "Arguments": subprocess.list2cmdline(arguments)}},
        },
        version="1.2",
        xmlns=_TASK_NAMESPACE,
    )
    written: bytes = ElementTree.tostring(task, encoding="utf-16", xml_declaration=True)
    return written


def _element(name: str, content: str | Mapping[str, Any], **attributes: str) -> ElementTree.Element:
    element = ElementTree.Element(name, attributes)
    if isinstance(content, str):
        element.text = content
    else:
        element.extend(_element(child, inner) for child, inner in content.items())
    return element
