"""The LanguageTool protocol: what its clients send, what they are shown, and who is refused."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from spinmark.report import Flag, Model, Report, Span, Voice
from spinmark.taxonomy import GROUPS, TECHNIQUES
from spinmark_server.app import create_app
from spinmark_server.guards import Access
from spinmark_server.languagetool_form import category_id, rule_id

TEXT = "😀 It was an inevitable response, said the parking-meter tsar 🚲 of the lane."
FORM = "application/x-www-form-urlencoded"


@dataclass
class Editor:
    """Sends what a client of LanguageTool sends."""

    flask: FlaskClient

    def send(self, path: str, body: bytes, headers: Mapping[str, str] = {}) -> TestResponse:
        usual = {"Host": "127.0.0.1:8712", "Content-Type": FORM}
        return self.flask.post(path, data=body, headers=usual | headers)

    def check(self, fields: Mapping[str, str], **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("/v2/check", urlencode({"language": "en-US"} | fields).encode(), named)

    def matches(self, text: str = TEXT, **fields: str) -> list[dict[str, object]]:
        response = self.check({"text": text} | fields)
        assert response.status_code == 200, response.text
        return response.json["matches"]

    def rules(self, **fields: str) -> set[str]:
        return {match["rule"]["id"] for match in self.matches(**fields)}

    def get(self, path: str) -> TestResponse:
        return self.flask.get(path, headers={"Host": "127.0.0.1:8712"})


class Said:
    """Finds the flags that it was given."""

    model = Model("said", "1", "0" * 64)

    def __init__(self, *flags: tuple[int, int, Voice], status: str = "ok", language: str = "en") -> None:
        self.flags = flags
        self._status, self._language = status, language

    def analyze(self, text: str, **_: object) -> Report:
        flags = tuple(
            Flag("whataboutism", Span(start, end), text[start:end], 0.8149, voice)
            for start, end, voice in self.flags
        )
        return Report(text, flags, self.model, self._status, self._language)


def editor_for(detector: object) -> Editor:
    return Editor(create_app(detector, languagetool=True).test_client())


@pytest.fixture
def editor(detector):
    return editor_for(detector)


def utf16(text: str, start: int, length: int) -> str:
    return text.encode("utf-16-le")[2 * start : 2 * (start + length)].decode("utf-16-le")


@pytest.mark.parametrize("path", ["check", "languages", "info", "healthcheck", "maxtextlength"])
def test_without_the_option_there_is_nothing_under_v2_and_the_answer_names_the_option(detector, path):
    editor = Editor(create_app(detector).test_client())
    for response in (editor.get(f"/v2/{path}"), editor.send(f"/v2/{path}", b"text=a&language=en")):
        assert response.status_code == 404
        assert "--languagetool" in response.json["detail"]
    assert detector.asked == []


def test_a_flag_becomes_a_match_with_offsets_in_utf16(editor):
    first, second = editor.matches()
    assert utf16(TEXT, first["offset"], first["length"]) == "an inevitable response"
    assert utf16(TEXT, second["offset"], second["length"]) == "the parking-meter tsar"
    assert first["rule"]["id"] == "SPINMARK_JUSTIFICATION_BY_PROVOCATION"
    assert first["rule"]["category"] == {"id": "SPINMARK_JUSTIFICATION", "name": "Spinmark: justification"}
    assert first["rule"]["issueType"] == "style"
    assert first["replacements"] == []
    assert first["sentence"] == TEXT
    for match in (first, second):
        context = match["context"]
        shown = utf16(context["text"], context["offset"], context["length"])
        assert shown == utf16(TEXT, match["offset"], match["length"])


def test_the_context_is_a_line_and_says_where_it_was_cut(editor):
    text = f"{'word ' * 30}\nIt was an inevitable response.\n{'word ' * 30}"
    (match,) = editor.matches(text)
    context = match["context"]["text"]
    assert context.startswith("...")
    assert context.endswith("...")
    assert "\n" not in context
    assert match["sentence"] == "It was an inevitable response."


@pytest.mark.parametrize(
    ("voice", "message", "short"),
    [
        (Voice(), "The author's own words. ", "Resembles whataboutism (0.81)"),
        (Voice("quoted", Span(0, 5)), "Osman, quoted. ", "Quoted: resembles whataboutism (0.81)"),
        (Voice("reported"), "Somebody reported, not named. ", "Reported: resembles whataboutism (0.81)"),
        (
            Voice("quoted", Span(0, 5), contested=True, contested_by=Span(6, 9)),
            "Osman, quoted. The text disputes this. ",
            "Quoted: resembles whataboutism (0.81), disputed in the text",
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_who_says_it_comes_first(voice, message, short):
    text = "Osman asked about their side."
    (match,) = editor_for(Said((12, 28, voice))).matches(text)
    assert match["message"].startswith(f"{message}Resembles whataboutism (0.81). Ask yourself: ")
    assert match["shortMessage"] == short


def test_every_technique_has_a_rule_and_every_group_a_category():
    assert len({rule_id(t) for t in TECHNIQUES}) == len(TECHNIQUES) == 26
    assert {category_id(t) for t in TECHNIQUES} == {f"SPINMARK_{group.upper()}" for group in GROUPS}


BOTH = {"SPINMARK_JUSTIFICATION_BY_PROVOCATION", "SPINMARK_NAME_CALLING"}


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({}, BOTH),
        ({"disabledRules": "SPINMARK_NAME_CALLING"}, {"SPINMARK_JUSTIFICATION_BY_PROVOCATION"}),
        ({"disabledRules": "UPPERCASE_SENTENCE_START, SPINMARK_SLOGAN"}, BOTH),
        ({"disabledCategories": "SPINMARK_ATTACK,TYPOS"}, {"SPINMARK_JUSTIFICATION_BY_PROVOCATION"}),
        ({"disabledCategories": "SPINMARK_ATTACK", "enabledRules": "SPINMARK_NAME_CALLING"}, BOTH),
        ({"enabledRules": "SPINMARK_NAME_CALLING"}, BOTH),
        (
            {"enabledRules": "SPINMARK_NAME_CALLING", "enabledOnly": "true"},
            {"SPINMARK_NAME_CALLING"},
        ),
        (
            {"enabledCategories": "SPINMARK_ATTACK", "enabledOnly": "yes"},
            {"SPINMARK_NAME_CALLING"},
        ),
        ({"enabledRules": "EN_A_VS_AN", "enabledOnly": "true"}, set()),
        ({"enabledOnly": "false", "level": "picky", "motherTongue": "de", "mode": "all"}, BOTH),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else ",".join(sorted(value)) or "none",
)
def test_rules_and_categories_are_switched_as_languagetool_does(editor, fields, left):
    assert editor.rules(**fields) == left


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "either 'text' or 'data'"),
        ({"text": "a", "data": "{}"}, "either 'text' or 'data'"),
        ({"text": "a", "language": "de-DE"}, "'language' must be one of"),
        ({"text": "a", "language": ""}, "'language' must be one of"),
        ({"text": "a", "enabledOnly": "true"}, "needs 'enabledRules'"),
        ({"text": "a", "enabledOnly": "true", "enabledRules": "A", "disabledRules": "B"}, "leaves nothing"),
        ({"text": "a\0"}, "NUL"),
        ({"data": "{"}, "not JSON"),
        ({"data": "[" * 100_000}, "not JSON"),
        ({"data": '{"annotation": ' + "9" * 5000 + "}"}, "not JSON"),
        ({"data": "[]"}, "array 'annotation'"),
        ({"data": '{"annotation": {}}'}, "array 'annotation'"),
        ({"data": '{"annotation": ["a"]}'}, "Annotation 0"),
        ({"data": '{"annotation": [{"text": "a"}, {"text": "a", "markup": "b"}]}'}, "Annotation 1"),
        ({"data": '{"annotation": [{"text": 1}]}'}, "Annotation 0"),
        ({"data": '{"annotation": [{"interpretAs": "a"}]}'}, "Annotation 0"),
        ({"data": r'{"annotation": [{"text": "\ud83d"}]}'}, "surrogate"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_meant_is_refused_in_languagetools_words(editor, detector, fields, words):
    response = editor.check(fields)
    assert response.status_code == 400
    assert response.mimetype == "text/plain"
    assert response.text.startswith("Error: ")
    assert words in response.text
    assert detector.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"text=a&text=b&language=en",
        b"text=%FF&language=en",
        b"text=\xff&language=en",
        b"text=a&language=en" + b"&x=1" * 100,
    ],
    ids=repr,
)
def test_a_form_that_is_none_is_refused(editor, detector, body):
    response = editor.send("/v2/check", body)
    assert response.status_code == 400
    assert "is not a form" in response.text
    assert detector.asked == []


def test_a_text_that_is_too_long_is_refused_before_it_is_read(editor, detector):
    assert editor.check({"text": "a" * 200_001}).status_code == 413
    response = editor.check({"text": "a" * 3_000_000})
    assert response.status_code == 413
    assert response.text.startswith("Error: The body is too large")
    assert detector.asked == []
    assert len(editor.matches("😀" * 199_000 + " It was an inevitable response.")) == 1


def test_fields_in_the_address_are_not_read(editor, detector):
    response = editor.send("/v2/check?text=an+inevitable+response", b"language=en")
    assert response.status_code == 400
    assert editor.get("/v2/check?text=an+inevitable+response&language=en").status_code == 405
    assert detector.asked == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"language": "en"}, "en"),
        ({"language": "en-gb"}, "en-GB"),
        ({"language": "en_ZA"}, "en-ZA"),
        ({"language": "auto"}, "en-US"),
        ({"language": "auto", "preferredVariants": "de-AT, en-AU"}, "en-AU"),
    ],
    ids=str,
)
def test_the_language_is_answered_as_it_was_asked(editor, fields, code):
    language = editor.check({"text": TEXT} | fields).json["language"]
    assert language["code"] == code
    assert language["detectedLanguage"]["code"] == "en"


@pytest.mark.parametrize(
    ("status", "words"),
    [("too_short", "too short"), ("unsupported_language", "not checked"), ("truncated", "beginning")],
)
def test_what_was_not_checked_is_said(status, words):
    body = editor_for(Said(status=status, language="fi")).check({"text": TEXT}).json
    assert body["matches"] == []
    assert body["warnings"]["incompleteResults"] is True
    assert words in body["warnings"]["incompleteResultsReason"]
    assert body["language"]["detectedLanguage"]["code"] == "fi"


def test_nothing_found_is_complete_and_empty(editor):
    body = editor.check({"text": "The roses were pruned in March."}).json
    assert body["matches"] == []
    assert body["warnings"] == {"incompleteResults": False}
    assert body["software"]["name"] == "Spinmark"


def test_the_other_addresses_answer_what_clients_ask_at_their_start(editor):
    languages = editor.get("/v2/languages").json
    assert {"name": "English (US)", "code": "en", "longCode": "en-US"} in languages
    assert {language["code"] for language in languages} == {"en"}
    assert editor.get("/v2/info").json["software"]["apiVersion"] == 1
    assert editor.get("/v2/healthcheck").text == "OK"
    assert editor.get("/v2/maxtextlength").text == "200000"


def annotated(*items: dict[str, str]) -> str:
    return json.dumps({"annotation": items})


def test_markup_is_not_read_but_counts_in_the_offsets(editor, detector):
    data = annotated(
        {"text": "😀 It was "},
        {"markup": "<b>"},
        {"text": "an inevitable"},
        {"markup": "</b>"},
        {"text": " response"},
        {"markup": "<br/>", "interpretAs": "\n"},
        {"text": "by the parking-meter tsar"},
    )
    sent = "😀 It was <b>an inevitable</b> response<br/>by the parking-meter tsar"
    first, second = editor.check({"data": data}).json["matches"]
    assert utf16(sent, first["offset"], first["length"]) == "an inevitable</b> response"
    assert utf16(sent, second["offset"], second["length"]) == "the parking-meter tsar"
    assert detector.asked == ["😀 It was an inevitable response\nby the parking-meter tsar"]


def test_a_passage_that_ends_in_what_markup_stands_for_covers_the_markup():
    data = annotated(
        {"markup": "<q>", "interpretAs": "“"}, {"text": "abc"}, {"markup": "</q>", "interpretAs": "”"}
    )
    (match,) = editor_for(Said((0, 5, Voice()))).check({"data": data}).json["matches"]
    assert (match["offset"], match["length"]) == (0, len("<q>abc</q>"))


PIECE = st.one_of(
    st.builds(lambda text: {"text": text}, st.text("a😀é\n", max_size=5)),
    st.builds(lambda markup: {"markup": markup}, st.text("<>🚲", max_size=5)),
    st.builds(
        lambda markup, read_as: {"markup": markup, "interpretAs": read_as},
        st.text("<>🚲", max_size=5),
        st.text("\n😀", max_size=3),
    ),
)


@pytest.fixture(scope="module")
def said() -> Said:
    return Said()


@pytest.fixture(scope="module")
def finder(said: Said) -> Editor:
    """Give an editor whose detector finds what the test tells `said`: an application takes long to make for each text."""
    return editor_for(said)


@settings(deadline=None, derandomize=True)
@given(before=st.lists(PIECE, max_size=6), after=st.lists(PIECE, max_size=6))
def test_a_passage_of_text_is_found_wherever_markup_stands(said, finder, before, after):
    phrase = "an inevitable response"
    read = "".join(item.get("text", item.get("interpretAs", "")) for item in before)
    said.flags = ((len(read), len(read) + len(phrase), Voice()),)
    items = [*before, {"text": phrase}, *after]
    (match,) = finder.check({"data": annotated(*items)}).json["matches"]
    sent = "".join(item.get("text", item.get("markup", "")) for item in items)
    assert utf16(sent, match["offset"], match["length"]) == phrase


def test_every_guard_but_the_mark_stands_before_the_form(editor, detector):
    good = {"text": TEXT}
    assert editor.check(good).status_code == 200
    assert editor.check(good, Origin="http://127.0.0.1:8712").status_code == 200
    assert editor.check(good, Origin="chrome-extension://abc", Sec_Fetch_Site="none").status_code == 200
    asked = len(detector.asked)
    for headers in (
        {"Host": "rebound.test:8712"},
        {"Origin": "http://news.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "chrome-extension://abc"},
        {"Referer": "http://news.test/page"},
        {"Referer": "http://127.0.0.1:8712.news.test/"},
        {"Referer": ""},
    ):
        response = editor.check({"text": "Another text."}, **headers)
        assert response.status_code == 403, headers
        assert response.text.startswith("Error: ")
    assert len(detector.asked) == asked


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "multipart/form-data; boundary=x", "application/json", f"{FORM}; charset=utf-16", ""],
)
def test_only_a_form_is_taken(editor, detector, media_type):
    assert editor.check({"text": TEXT}, Content_Type=media_type).status_code == 415
    assert detector.asked == []


def test_a_compressed_form_is_refused(editor, detector):
    assert editor.check({"text": TEXT}, Content_Encoding="gzip").status_code == 415
    assert detector.asked == []


def test_the_form_opens_no_other_address(editor, detector, problem):
    body = json.dumps({"text": TEXT}).encode()
    assert problem(editor.send("/v1/check", body)) == "missing-header"
    assert problem(editor.send("/v1/check", body, {"X-Spinmark": "1"})) == "not-json"
    assert detector.asked == []


def test_the_token_is_asked_of_editors_too(detector):
    access = Access.loopback(8712, token="correct-horse-battery")
    editor = Editor(create_app(detector, access=access, languagetool=True).test_client())
    refused = editor.check({"text": TEXT})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert editor.check({"text": TEXT}, Authorization="Bearer correct-horse-battery").status_code == 200


def test_a_server_that_is_busy_says_when_to_come_back():
    from spinmark_server.admission import Admission

    full = Admission(places=1)
    app = create_app(Said(), languagetool=True, admission=full)
    with full.place():
        response = Editor(app.test_client()).check({"text": TEXT})
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "1"


# A client that people use, in a process of its own: it finds no Java on its path, and all that it could
# download would lie in its home.
CLIENT = """
import json, sys, language_tool_python
with language_tool_python.LanguageTool("en-GB", remote_server=sys.argv[1]) as tool:
    text = sys.stdin.read()
    everything = tool.check(text)
    tool.disabled_rules = {"SPINMARK_NAME_CALLING"}
    tool.picky = True
    fewer = tool.check(text)
    tool.disable_spellchecking()
    print(json.dumps({
        "language": str(tool.language),
        "found": [[m.rule_id, m.offset, m.error_length, m.message, m.category] for m in everything],
        "fewer": [m.rule_id for m in fewer],
        "corrected": tool.correct(text) == text,
    }))
"""


@pytest.fixture
def run_client(tmp_path):
    def run(*arguments: str, text: str) -> subprocess.CompletedProcess[str]:
        home = tmp_path / "home"
        home.mkdir()
        variables = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        done = subprocess.run(
            [sys.executable, *arguments],
            input=text,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            env=variables | {"HOME": str(home), "PATH": "", "PYTHONUTF8": "1"},
        )
        assert list(home.iterdir()) == []
        return done

    return run


def test_a_real_client_shows_the_flags(serve, detector, run_client):
    served = serve(detector, languagetool=True)
    done = run_client("-c", CLIENT, f"http://127.0.0.1:{served.port}", text=TEXT)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["language"] == "en-GB"
    assert [rule for rule, *_ in shown["found"]] == [
        "SPINMARK_JUSTIFICATION_BY_PROVOCATION",
        "SPINMARK_NAME_CALLING",
    ]
    assert [TEXT[start : start + length] for _, start, length, _, _ in shown["found"]] == [
        "an inevitable response",
        "the parking-meter tsar",
    ]
    assert all(message.startswith("The author's own words. Resembles ") for *_, message, _ in shown["found"])
    assert [category for *_, category in shown["found"]] == ["SPINMARK_JUSTIFICATION", "SPINMARK_ATTACK"]
    assert shown["fewer"] == ["SPINMARK_JUSTIFICATION_BY_PROVOCATION"]
    assert shown["corrected"]


def test_its_command_line_prints_them(serve, detector, run_client):
    served = serve(detector, languagetool=True)
    done = run_client(
        *("-m", "language_tool_python", "-l", "en-US", "--remote-host", "127.0.0.1"),
        *("--remote-port", str(served.port), "-"),
        text="All is well.\nIt was an inevitable response.\n",
    )
    assert done.returncode == 2, done.stderr  # its exit code where something was found
    assert done.stdout.startswith("-:2:8: SPINMARK_JUSTIFICATION_BY_PROVOCATION: The author's own words. ")


def test_the_command_line_offers_it():
    from click.testing import CliRunner

    from spinmark_server.cli import serve as command

    assert "--languagetool" in CliRunner().invoke(command, ["--help"]).output
