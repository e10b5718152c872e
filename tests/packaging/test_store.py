"""What the stores are told of the extension is what the extension asks for and does."""

import json
import struct
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "extension"
LISTING = tomllib.loads((EXTENSION / "store" / "listing.toml").read_text(encoding="utf-8"))
MANIFEST = json.loads((EXTENSION / "manifest.json").read_text(encoding="utf-8"))
LANGUAGES = sorted(path.name for path in (EXTENSION / "_locales").iterdir())


def message(language: str, name: str) -> str:
    """Return what a manifest's `__MSG_name__` says; a language that lacks it falls back to English."""
    for folder in (language, MANIFEST["default_locale"]):
        path = EXTENSION / "_locales" / folder / "messages.json"
        messages = json.loads(path.read_text(encoding="utf-8"))
        key = name.removeprefix("__MSG_").removesuffix("__")
        if key in messages:
            return messages[key]["message"]
    raise AssertionError(f"no message {name}")


def png_size(path: Path) -> tuple[int, int]:
    return struct.unpack(">II", path.read_bytes()[16:24])


@pytest.mark.parametrize("kind", ["permissions", "host_permissions"])
def test_each_permission_has_its_reason_and_each_reason_its_permission(kind):
    asked = [*MANIFEST.get(kind, []), *MANIFEST.get(f"optional_{kind}", [])]
    assert sorted(LISTING[kind]) == sorted(asked)


def test_no_reason_is_longer_than_its_field():
    for reason in (*LISTING["permissions"].values(), *LISTING["host_permissions"].values()):
        assert 40 <= len(reason) <= 1000
    assert 40 <= len(LISTING["remote_code"]["reason"]) <= 1000
    assert 40 <= len(LISTING["single_purpose"]) <= 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_name_and_summary_fit_both_stores_in_each_language(language):
    assert 1 <= len(message(language, MANIFEST["name"])) <= 45
    assert 40 <= len(message(language, MANIFEST["description"])) <= 132


def test_the_description_fits_says_what_is_needed_and_passes_no_verdict():
    description = LISTING["description"]
    assert 250 <= len(description) <= 15_000
    assert "127.0.0.1" in description
    assert "pip install spinmark" in description
    for verdict in ("fake", "liar", "lies", "is propaganda", "manipulative"):
        assert verdict not in description.lower()


def test_the_shortcut_that_the_description_names_is_the_manifest_s():
    assert MANIFEST["commands"]["check-selection"]["suggested_key"]["default"] in LISTING["description"]


def test_the_stores_and_the_manifest_say_the_same_of_the_data():
    assert set(LISTING["chrome"]["collected"].values()) == {False}
    assert len(LISTING["chrome"]["collected"]) == 9
    assert set(LISTING["chrome"]["certified"].values()) == {True}
    gecko = MANIFEST["browser_specific_settings"]["gecko"]
    assert gecko["data_collection_permissions"]["required"] == LISTING["firefox"]["data_collection"]


def test_no_remote_code_is_what_the_policy_enforces():
    policy = MANIFEST["content_security_policy"]["extension_pages"].split("; ")
    assert LISTING["remote_code"]["used"] is False
    assert "script-src 'self'" in policy
    assert "connect-src 'self' http://127.0.0.1:*" in policy


def test_nothing_that_is_kept_is_synchronised():
    for path in EXTENSION.rglob("*.js"):
        assert "storage.sync" not in path.read_text(encoding="utf-8"), path


def test_the_privacy_policy_names_what_the_extension_keeps():
    policy = (EXTENSION / "store" / "privacy.md").read_text(encoding="utf-8")
    for kept in ("settings", "token", "dismissed", "not helpful", "in memory"):
        assert kept in policy


def test_the_pictures_have_the_sizes_that_the_stores_want():
    assert png_size(EXTENSION / LISTING["icon"]) == (128, 128)
    assert MANIFEST["icons"]["128"] == LISTING["icon"]
    assert {png_size(ROOT / path) for path in LISTING["screenshots"]} == {(1280, 800)}


def test_the_licence_is_the_distribution_s():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert LISTING["licence"] == project["license"]
