"""The pictures are small, and each is shown."""

import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = sorted(DOCS.rglob("*.png"))
MOST_BYTES = 150_000
PALETTE = 3  # PNG's number for a picture whose colours are listed


@pytest.mark.parametrize("picture", PICTURES, ids=lambda p: p.name)
def test_a_picture_is_small_and_has_a_palette(picture):
    head = picture.read_bytes()[:26]
    assert head.startswith(b"\x89PNG")
    width, height, _, colours = struct.unpack(">IIBB", head[16:26])
    assert (width > 0, height > 0, colours) == (True, True, PALETTE)
    assert picture.stat().st_size < MOST_BYTES


def test_every_picture_is_shown_by_a_page():
    text = "".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))
    assert [p.name for p in [*PICTURES, *DOCS.glob("*.svg")] if f"{p.name})" not in text] == []


def test_the_drawing_of_the_flow_has_a_title_and_a_description():
    svg = "{http://www.w3.org/2000/svg}"
    root = ET.parse(DOCS / "flow.svg").getroot()
    named = [root.find(f"{svg}title"), root.find(f"{svg}desc")]
    assert all(element is not None and element.text for element in named)
    assert root.get("aria-labelledby") == " ".join(e.get("id") for e in named)
