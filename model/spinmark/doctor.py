"""What can go wrong with an installation: small checks, each a finding in a sentence with what to do.

Other packages add theirs through the entry-point group `spinmark.checks`: a function from a `Setting` to findings.
"""

import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spinmark.detector import Detector
from spinmark.errors import SpinmarkError
from spinmark.locality import TELEMETRY_SWITCH, Outbound, sampled
from spinmark.report import Model, json_line

State = Literal["ok", "note", "fault"]

SENTENCE = "The raid was an inevitable response to their shelling, and they left us no choice."
"""An invented sentence that a working model marks, here and through the server."""

TECHNIQUE = "justification_by_provocation"
"""What it marks in it, with .76 and .82 by two sets of weights where the least is about .3: far from it on any processor."""


_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*\])?(?P<versions>.*)")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, in a sentence.

    A `note` is worth knowing and breaks nothing. `advice` is the sentence on what to do, None where all is well.
    """

    check: str
    state: State
    found: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What checks of other packages need to know.

    The server is looked for at `host` and `port`, where it should be of `version`, run `model` and take `token`;
    `model` is None where ours cannot be loaded.
    """

    host: str
    port: int
    token: str | None
    version: str
    model: Model | None


def to_json(findings: Sequence[Finding], version: str) -> str:
    """Return the findings as one JSON object on one line."""
    rows = [{"check": f.check, "state": f.state, "found": f.found, "advice": f.advice} for f in findings]
    healthy = all(f.state != "fault" for f in findings)
    return json_line({"schema": "spinmark.doctor/1", "version": version, "healthy": healthy, "checks": rows})


def python(running: Sequence[int], wanted: str) -> Finding:
    """Compare this Python with what the package's metadata ask for, such as `>=3.11`."""
    version = ".".join(map(str, running[:3]))
    if _meets(version, wanted):
        return Finding("python", "ok", f"Python {version} is {wanted}.")
    return Finding(
        "python",
        "fault",
        f"Python {version} is not {wanted}.",
        "Install Spinmark into a newer Python, in a virtual environment of its own.",
    )


def packages(requirements: Sequence[str], installed: Callable[[str], str | None]) -> Finding:
    """Compare installed packages with requirements such as `click>=8.2`; those with a marker are passed over.

    `installed` gives the version of a distribution or None.
    """
    wrong: list[str] = []
    wanted = [_REQUIREMENT.fullmatch(r.replace(" ", "")) for r in requirements if ";" not in r]
    for requirement in filter(None, wanted):
        version = installed(requirement["name"])
        if version is None:
            wrong.append(f"{requirement['name']} is missing")
        elif not _meets(version, requirement["versions"]):
            wrong.append(f"{requirement['name']} is {version}, not {requirement['versions']}")
    if wrong:
        return Finding(
            "packages",
            "fault",
            f"Of {len(wanted)} packages: {'; '.join(wrong)}.",
            "Let pip set them right: python -m pip install --upgrade spinmark.",
        )
    return Finding(
        "packages", "ok", f"All {len(wanted)} packages that Spinmark needs are there and new enough."
    )


def _meets(version: str, specifiers: str) -> bool:
    """Say whether a version meets `>=3.0.2,<4` and the like; what else a specifier can say is taken as met."""
    have = _numbers(version)
    for specifier in filter(None, specifiers.split(",")):
        bound = _numbers(specifier.lstrip("<>=!~"))
        if specifier.startswith(">=") and have < bound:
            return False
        if specifier.startswith("<") and not specifier.startswith("<=") and have >= bound:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version's leading numbers: (3, 0, 2) for 3.0.2rc1."""
    out: list[int] = []
    for part in version.split("."):
        digits = part[: next((i for i, c in enumerate(part) if not c.isdigit()), len(part))]
        if not digits:
            break
        out.append(int(digits))
        if digits != part:
            break
    return tuple(out)


def weights(folder: Path) -> tuple[Finding, Detector | None]:
    """Load the model, which compares its files with the hashes that its card gives."""
    try:
        detector = Detector.load(folder)
    except SpinmarkError as error:
        return Finding(
            "weights",
            "fault",
            f"The model cannot be loaded: {error}.",
            "Install Spinmark anew (python -m pip install --force-reinstall spinmark), or name a whole folder with "
            "--weights.",
        ), None
    model = detector.model
    found = (
        f"model.onnx and tokenizer.json have the hashes that the card of {model.name} {model.version} gives"
        f" ({model.sha256[:12]}…)."
    )
    return Finding("weights", "ok", found), detector


def sentence(detector: Detector) -> Finding:
    """Let the model read the known sentence."""
    found = {flag.technique: flag.confidence for flag in detector.analyze(SENTENCE).flags}
    if TECHNIQUE in found:
        return Finding(
            "sentence",
            "ok",
            f"The known sentence resembles {TECHNIQUE} ({found[TECHNIQUE]:.2f}), as it should.",
        )
    return Finding(
        "sentence",
        "fault",
        f"The known sentence should resemble {TECHNIQUE}; the model found {', '.join(sorted(found)) or 'nothing'}.",
        "Upgrade onnxruntime (python -m pip install --upgrade onnxruntime); with --weights, ask whoever made them.",
    )


def permissions(folder: Path) -> Finding:
    """Look for files of the package, or its folder, that any user of the machine may change."""
    open_to_all = [p for p in (folder, *sorted(folder.rglob("*"))) if _writable_by_all(p)]
    if open_to_all:
        more = f" and {len(open_to_all) - 1} more" if len(open_to_all) > 1 else ""
        return Finding(
            "permissions",
            "fault",
            f"Any user of this machine may change {open_to_all[0]}{more}, and so what Spinmark does.",
            f"Take that right away: chmod -R o-w {folder}.",
        )
    return Finding("permissions", "ok", "No other user of this machine may change Spinmark's files.")


def _writable_by_all(path: Path) -> bool:
    mode = path.lstat().st_mode
    sticky_folder = stat.S_ISDIR(mode) and mode & stat.S_ISVTX
    return bool(mode & stat.S_IWOTH) and not stat.S_ISLNK(mode) and not sticky_folder


def locality(
    detector: Detector,
    asked: Outbound,
    peers: Callable[[], set[str] | None],
    files: Callable[[], set[str] | None],
) -> Finding:
    """Check texts, and count the sockets to other machines and the files open to write meanwhile.

    `asked` must already be an audit hook; `peers` and `files` ask the system and give None where it does not tell.
    """
    with sampled(peers) as seen, sampled(files) as written:
        for _ in range(4):  # some tens of milliseconds, so that the system is asked while the model runs
            detector.analyze(" ".join([SENTENCE] * 20))
    beyond = sorted(seen | asked.hosts)
    if beyond:
        return Finding(
            "locality",
            "fault",
            f"While texts were checked, this process reached for {', '.join(beyond)}.",
            "Something that is not Spinmark's runs in this Python: install Spinmark into an environment of its own, and "
            "report it if that changes nothing.",
        )
    if written:
        return Finding(
            "locality",
            "fault",
            f"While texts were checked, this process held files open to write: {', '.join(sorted(written))}.",
            f"Set {TELEMETRY_SWITCH}=1 if they are onnxruntime's; otherwise find out which package of this Python "
            "writes them.",
        )
    witnesses = "Python's sockets" if peers() is None else "Python's sockets and the system's table"
    return Finding(
        "locality",
        "ok",
        "Nothing leaves this machine: while texts were checked, this process had 0 sockets to other machines, by "
        f"{witnesses}, and kept nothing in files.",
    )


def telemetry(environ: Mapping[str, str]) -> Finding:
    """Look whether onnxruntime's own telemetry was switched off before it was loaded."""
    if environ.get(TELEMETRY_SWITCH) == "1":
        return Finding("telemetry", "ok", "Spinmark has no telemetry, and onnxruntime's is switched off.")
    return Finding(
        "telemetry",
        "fault",
        "onnxruntime may send its maker an identifier and the machine's versions; texts are not among it.",
        f"Set the variable {TELEMETRY_SWITCH}=1 before Spinmark starts.",
    )
