"""The site builds without a warning, loads nothing from elsewhere, and every link in it leads somewhere."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote, urlsplit

import html5lib
import pytest

from spinmark.taxonomy import TECHNIQUES

ROOT = Path(__file__).parents[2]

# Where a page names what the browser then fetches by itself.
LOADING = {
    "audio": ["src"],
    "embed": ["src"],
    "iframe": ["src"],
    "image": ["href"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href"],
    "video": ["src", "poster"],
}
FETCHED_LINKS = {"stylesheet", "icon", "shortcut", "preload", "prefetch", "modulepreload", "manifest"}


class Page:
    """What a browser makes of a page."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tree = html5lib.parse(file.read_text(encoding="utf-8"), namespaceHTMLElements=False)
        self.anchors = {e.get("id") for e in self.elements()} | {e.get("name") for e in self.elements("a")}

    def elements(self, tag: str | None = None) -> list[ET.Element]:
        return [e for e in self.tree.iter(tag) if isinstance(e.tag, str)]

    def loaded(self) -> list[str]:
        found = [
            value
            for tag, attributes in LOADING.items()
            for element in self.elements(tag)
            for name in attributes
            if (value := element.get(name))
        ]
        for link in self.elements("link"):
            if FETCHED_LINKS & set((link.get("rel") or "").split()):
                found.append(link.get("href") or "")
        styles = [e.text or "" for e in self.elements("style")]
        styles += [value for e in self.elements() if (value := e.get("style"))]
        return found + [address for style in styles for address in addresses_in_css(style)]


def addresses_in_css(css: str) -> list[str]:
    """Return what a style sheet loads; comments load nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    imported = re.findall(r"@import\s+['\"]([^'\"]+)", css)
    return imported + [a.strip("'\" ") for a in re.findall(r"url\(([^)]*)\)", css)]


SOURCES = {
    p.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for p in (ROOT / "docs").rglob("*.md")
}


@pytest.fixture(scope="module")
def pages(site):
    return {file.relative_to(site).as_posix(): Page(file) for file in sorted(site.rglob("*.html"))}


def test_every_page_of_the_docs_is_in_the_site(pages):
    assert set(pages) >= SOURCES
    assert {f"techniques/{technique.id}.html" for technique in TECHNIQUES} <= SOURCES


def test_no_page_loads_anything_from_elsewhere(pages):
    for name, page in pages.items():
        loaded = page.loaded()
        assert loaded, name  # each has at least its style sheet
        for address in loaded:
            parts = urlsplit(address)
            assert parts.scheme in ("", "data"), f"{name} loads {address}"
            assert not parts.netloc, f"{name} loads {address}"


def test_no_style_sheet_loads_anything_from_elsewhere(site):
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        for address in addresses_in_css(sheet.read_text(encoding="utf-8")):
            assert urlsplit(address).scheme in ("", "data"), f"{sheet.name} loads {address}"
            assert not urlsplit(address).netloc, f"{sheet.name} loads {address}"


def test_no_script_names_another_host_to_fetch_from(site):
    scripts = [p.read_text(encoding="utf-8") for p in site.rglob("*.js")]
    assert scripts
    for script in scripts:
        asked = re.findall(
            r"(?:fetch|import|importScripts|open|src\s*=)\s*\(?\s*['\"`](?:https?:)?//[^'\"`]+", script
        )
        assert asked == []


def test_every_internal_link_and_anchor_leads_somewhere(site, pages):
    checked = 0
    for name, page in pages.items():
        for link in page.elements("a"):
            parts = urlsplit(link.get("href") or "")
            if parts.scheme or parts.netloc or not (parts.path or parts.fragment):
                continue
            file = (site / name).parent / unquote(parts.path) if parts.path else site / name
            file = file.resolve()
            assert file.is_file(), f"{name} links to {parts.path}"
            target = pages.get(file.relative_to(site.resolve()).as_posix())
            if parts.fragment and target is not None:
                assert unquote(parts.fragment) in target.anchors, f"{name} links to {parts.geturl()}"
            checked += 1
    assert checked > 1000


def test_whatever_a_page_loads_is_there(site, pages):
    for name, page in pages.items():
        for address in page.loaded():
            if not address.startswith("data:"):
                file = (site / name).parent / unquote(urlsplit(address).path)
                assert file.is_file(), f"{name} loads {address}"


def test_every_picture_says_in_words_what_it_shows(pages):
    logos = 0
    for name, page in pages.items():
        for picture in page.elements("img"):
            is_logo = "logo" in (picture.get("class") or "")
            logos += is_logo
            assert len(picture.get("alt") or "") > (0 if is_logo else 20), f"{name}: {picture.get('src')}"
    assert logos


def test_no_page_shows_a_path_of_the_machine_that_built_it(pages):
    for name, page in pages.items():
        assert str(ROOT) not in page.file.read_text(encoding="utf-8"), name


def test_a_page_has_one_title_and_says_its_language(pages):
    for name in SOURCES:
        page = pages[name]
        assert len(page.elements("h1")) == 1, name
        assert page.elements("html")[0].get("lang") == "en", name


def test_a_drawing_in_a_docstring_keeps_its_lines(pages):
    drawn = ["".join(pre.itertext()) for pre in pages["python.html"].elements("pre")]
    (tree,) = [text for text in drawn if text.startswith("SpinmarkError\n")]
    assert "\n├── WeightsError " in tree


def test_the_model_card_and_the_bias_figures_are_those_of_the_model(pages):
    card = (ROOT / "model" / "README.md").read_text(encoding="utf-8")
    america = re.search(r"America (\.\d+)", card)
    assert america
    for name in ("model-card.html", "ethics.html"):
        assert america[0] in "".join(pages[name].tree.itertext()), name
