"""docs/api.md says what the server does."""

import json
import re
import shlex
from pathlib import Path

from spinmark.detector import MAX_EXPLAINED
from spinmark.evidence import MAX_BESIDE, MAX_INSIDE, MIN_WEIGHT
from spinmark_server import problems
from spinmark_server.admission import PLACES
from spinmark_server.app import MAX_CHARS, PAGE_FILES, REFERENCE, REFERENCE_CSS, create_app
from spinmark_server.body import CHECK_TEXT, CHECK_TEXTS, MAX_ID_CHARS, MAX_TEXTS
from spinmark_server.problems import Kind

GUIDE = Path(__file__).parents[2].joinpath("docs", "api.md").read_text(encoding="utf-8")


def test_the_commands_of_the_guide_are_answered(client):
    commands = re.findall(r"^curl .*?[^\\]$", GUIDE, re.DOTALL | re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        words = shlex.split(command.replace("\\\n", " "))
        headers = dict(words[i + 1].split(": ") for i, word in enumerate(words) if word == "-H")
        path = words[2].removeprefix("http://127.0.0.1:8712")
        body = words[words.index("-d") + 1].encode()
        response = client.send("POST", path, body, headers)
        assert response.status_code == 200


def test_the_answer_that_the_guide_shows_has_the_members_of_the_answer(client):
    shown = json.loads(re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)[1])
    asked = {"text": "These traitors sold us out.", "start": 6, "end": 14, "technique": "name_calling"}
    answered = client.post("/v1/explain", asked).json
    assert list(shown) == list(answered)
    assert list(shown["cues"][0]) == list(answered["cues"][0])
    assert shown["text"] == answered["text"]


def test_the_guide_lists_every_kind_of_problem_with_its_status():
    kinds = [value for value in vars(problems).values() if isinstance(value, Kind)]
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", GUIDE, re.MULTILINE)
    assert sorted(listed) == sorted((kind.slug, str(kind.status)) for kind in kinds)


def test_the_guide_names_every_address_and_every_member_of_a_check(detector):
    rules = {rule.rule for rule in create_app(detector).url_map.iter_rules()}
    for rule in rules - set(PAGE_FILES) - {REFERENCE_CSS}:
        assert f" {rule}`" in GUIDE
    assert f"`GET {REFERENCE}`" in GUIDE
    listed = set(re.findall(r"^\| `([a-z_]+)` \| [^|]+ \|$", GUIDE, re.MULTILINE))
    assert {field.name for body in (CHECK_TEXT, CHECK_TEXTS) for field in body.fields} <= listed


def test_the_guide_has_the_numbers_of_the_code():
    assert f"up to {MAX_TEXTS}," in GUIDE
    assert f"{MAX_CHARS:,} code points" in GUIDE
    assert f"up to {MAX_ID_CHARS:,} characters" in GUIDE
    assert f"than {MAX_INSIDE} words" in GUIDE
    assert f"the {MAX_EXPLAINED + 1}th flag" in GUIDE
    assert f"less than {MIN_WEIGHT:.3f}".replace("0.", ".") in GUIDE
    assert "eight on either side" in GUIDE
    assert "Nine requests" in GUIDE
    assert (MAX_BESIDE, PLACES) == (8, 9)
