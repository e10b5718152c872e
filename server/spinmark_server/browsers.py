"""Which browsers are on this machine, and whether they are new enough for the extension."""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Engine = Literal["Chromium", "Firefox"]

LEAST: dict[Engine, int] = {"Chromium": 121, "Firefox": 142}
"""What the extension's manifest asks for: `minimum_chrome_version` and `strict_min_version`."""

COMMANDS: dict[str, Engine] = {
    "chromium": "Chromium",
    "chromium-browser": "Chromium",
    "google-chrome": "Chromium",
    "microsoft-edge": "Chromium",
    "brave-browser": "Chromium",
    "vivaldi": "Chromium",
    "firefox": "Firefox",
    "firefox-esr": "Firefox",
}

# Places of programs that no PATH leads to. On Windows the folder beside a program has its version as its name.
MAC_PROGRAMS: dict[str, Engine] = {
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome": "Chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium": "Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge": "Chromium",
    "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser": "Chromium",
    "/Applications/Firefox.app/Contents/MacOS/firefox": "Firefox",
}
WINDOWS_FOLDERS: dict[str, Engine] = {
    "Google/Chrome/Application": "Chromium",
    "Microsoft/Edge/Application": "Chromium",
    "BraveSoftware/Brave-Browser/Application": "Chromium",
}
FIREFOX_INI = "Mozilla Firefox/application.ini"

TIMEOUT_S = 20.0
"""A browser says its version in a tenth of a second, on a busy machine from a cold disk in several."""

_VERSION = re.compile(r"\b(\d+)\.[\d.]+")


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser and its major version, None where it did not say."""

    name: str
    engine: Engine
    major: int | None

    @property
    def new_enough(self) -> bool:
        return self.major is not None and self.major >= LEAST[self.engine]


def on_path(
    which: Callable[[str], str | None], ask: Callable[[Sequence[str]], str | None]
) -> Iterator[Browser]:
    """Yield the browsers that PATH leads to; two names of one program count once."""
    seen: set[Path] = set()
    for name, engine in COMMANDS.items():
        found = which(name)
        if found is None or Path(found).resolve() in seen:
            continue
        seen.add(Path(found).resolve())
        yield Browser(name, engine, _major(ask((found, "--version"))))


def on_mac(root: Path, ask: Callable[[Sequence[str]], str | None]) -> Iterator[Browser]:
    """Yield the browsers below `root`, which is `/`."""
    for place, engine in MAC_PROGRAMS.items():
        path = root / place[1:]
        if path.exists():
            yield Browser(path.name, engine, _major(ask((str(path), "--version"))))


def on_windows(program_folders: Sequence[Path]) -> Iterator[Browser]:
    """Yield the browsers below folders such as `C:\\Program Files`, without starting any: it would open a window."""
    for folder in program_folders:
        for place, engine in WINDOWS_FOLDERS.items():
            versions = [m for p in folder.glob(f"{place}/*") if (m := _major(p.name)) is not None]
            if versions:
                yield Browser(place.split("/")[1], engine, max(versions))
        ini = folder / FIREFOX_INI
        if ini.exists():
            said = re.search(
                r"^Version=(.*)$", ini.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
            )
            yield Browser("Firefox", "Firefox", _major(said[1] if said else None))


def ask(command: Sequence[str]) -> str | None:
    """Return what a command says of itself, None where it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def _major(said: str | None) -> int | None:
    found = _VERSION.search(said or "")
    return int(found[1]) if found else None
