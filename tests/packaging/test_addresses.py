"""The page on a package index: its links lead to the tag's files, and its metadata are what uploaders read."""

import os
import re
import subprocess
import sys
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://git.example/somebody/spinmark"


def described(folder: Path, **environ: str) -> Message:
    """Build a wheel and return its metadata, the README as payload."""
    without = {name: value for name, value in os.environ.items() if name != "SPINMARK_REPOSITORY"}
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        env={**without, **environ},
    )
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


def readme(metadata: Message) -> str:
    payload = metadata.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


def targets(markdown: str) -> set[str]:
    """Return where a page's links and pictures lead."""
    inline = [
        child for token in MarkdownIt().enable("table").parse(markdown) for child in token.children or ()
    ]
    found = {str(token.attrs.get("href") or token.attrs.get("src") or "") for token in inline}
    return found - {""}


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Message:
    return described(tmp_path_factory.mktemp("published"), SPINMARK_REPOSITORY=f"{REPOSITORY}/")


def test_every_link_of_the_readme_leads_to_a_file_or_to_another_site():
    links = targets((ROOT / "README.md").read_text(encoding="utf-8"))
    inside = {link for link in links if not re.match(r"https?:", link)}
    assert {"docs/overlay.png", "CONTRIBUTING.md"} <= inside
    assert [link for link in inside if not (ROOT / link.partition("#")[0]).is_file()] == []


def test_on_an_index_no_link_is_relative_and_each_leads_to_the_file_at_the_tag(published: Message):
    tag = f"v{published['Version']}"
    there = targets(readme(published))
    here = targets((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(there) == len(here)
    for link in there - here:
        kind, file = re.fullmatch(rf"{REPOSITORY}/(blob|raw)/{tag}/(.+)", link).groups()
        assert file in here
        assert (kind == "raw") == file.endswith(".png")
    assert all(link.startswith("https://") for link in there)


def test_an_index_shows_where_the_source_the_changes_and_the_issues_are(published: Message):
    shown = dict(value.split(", ") for value in published.get_all("Project-URL", []))
    assert shown["Source"] == REPOSITORY
    assert shown["Issues"] == f"{REPOSITORY}/issues"
    for name in ("Documentation", "Changelog"):
        file = shown[name].removeprefix(f"{REPOSITORY}/blob/v{published['Version']}/")
        assert (ROOT / file).is_file(), name


def test_a_build_that_is_told_no_address_names_none_and_keeps_the_readme(tmp_path: Path):
    metadata = described(tmp_path)
    assert metadata.get_all("Project-URL") is None
    assert readme(metadata) == (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_metadata_are_of_a_version_that_the_programs_on_the_way_to_an_index_read(published: Message):
    # twine before 7 and the actions that carry it refuse 2.5.
    assert published["Metadata-Version"] == "2.4"
