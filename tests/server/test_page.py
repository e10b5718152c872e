import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from spinmark_server.app import PAGE_FILES, REFERENCE

PAGE = files("spinmark_server").joinpath("page")


class Reader(HTMLParser):
    """Collects what a strict policy forbids and what the page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.loads += [value or "" for name, value in given.items() if name in ("src", "href")]


def test_every_file_of_the_page_is_served_and_no_other():
    assert {name for name, _ in PAGE_FILES.values()} == {entry.name for entry in PAGE.iterdir()}


def test_the_page_is_served_as_what_it_is(client):
    for address, (name, media_type) in PAGE_FILES.items():
        response = client.get(address)
        assert response.mimetype == media_type
        assert response.data == PAGE.joinpath(name).read_bytes()


def test_the_page_has_no_inline_code_and_loads_only_what_is_served(client):
    reader = Reader()
    reader.feed(client.get("/").text)
    assert reader.inline == []
    assert reader.loads
    assert set(reader.loads) <= {*PAGE_FILES, REFERENCE}


def test_the_policy_allows_the_page_and_nothing_else(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert {directives[f"{kind}-src"] for kind in ("script", "style", "img", "connect")} == {"'self'"}
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", [name for name, _ in PAGE_FILES.values()])
def test_no_file_reaches_outside_or_builds_markup_from_text(name):
    source = PAGE.joinpath(name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|//[a-z]+\.[a-z]", source)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", source
    )
    assert not re.search(r"localStorage|sessionStorage|document\.cookie|indexedDB", source)


def test_the_offsets_and_words_of_the_page_hold():
    node = shutil.which("node")
    assert node is not None, "node runs the tests of the page's own code"
    tests = Path(__file__).with_name("page.test.mjs")
    ran = subprocess.run([node, "--test", tests], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
