"""The API fuzzed from its own description, and each decoder fuzzed on its own; none may find anything.

Examples are bounded and the same in every run, so that what passes here passes on every machine; raise
`max_examples` and drop `derandomize` to look further.
"""

import json
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import negative_data_rejection, positive_data_acceptance
from waitress.adjustments import Adjustments

from spinmark.errors import OptionError, SpanError, UnscoredError
from spinmark.report import VOICES, Cue, Explanation, Flag, Model, Report, Span
from spinmark.taxonomy import BY_ID
from spinmark_server.app import create_app
from spinmark_server.body import MAX_TEXTS, Check, parse_check
from spinmark_server.guards import Access
from spinmark_server.listener import StrictParser
from spinmark_server.problems import Problem

THOROUGH = settings(max_examples=300, deadline=None, derandomize=True, database=None)


class EveryThirdWord:
    """Flags every third word, and refuses what the real detector refuses."""

    model = Model("thirds", "1", "0" * 64)

    def analyze(self, text: str, *, id=None, min_confidence=None, techniques=None, voices=None, **_):  # noqa: A002
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise OptionError("min_confidence", min_confidence, "a number from 0 to 1")
        if not set(techniques or ()) <= BY_ID.keys():
            raise OptionError("techniques", techniques, "ids of techniques")
        if not set(voices or ()) <= set(VOICES):
            raise OptionError("voice", voices, "author, quoted or reported")
        text.encode()  # what the real tokenizer does first
        flags, start = [], 0
        for i, word in enumerate(text.split(" ")):
            if i % 3 == 2 and word:
                flags.append(Flag("slogan", Span(start, start + len(word)), word, 0.5))
            start += len(word) + 1
        return Report(text, tuple(flags), self.model, id=id)

    def stream(self, text: str, **options):
        report = self.analyze(text, **options)
        yield from report.flags
        yield report

    def explain(self, text: str, span: Span, technique: str, **_):
        if not span.start < span.end <= len(text):
            raise SpanError(span.start, span.end, len(text))
        if not text[span.start : span.end].strip():
            raise UnscoredError(span.start, span.end, "nothing in it can be read")
        cue = Cue(Span(span.start, span.start + 1), -0.25)
        return Explanation(text, technique, span, 0.5, (cue,), self.model)


# Port 80 has no place in the Host header, which is how the client of this library asks.
APP = create_app(EveryThirdWord(), access=Access.loopback(80))
API = schemathesis.openapi.from_wsgi("/v1/openapi.json", APP)
OPERATIONS = [found.ok() for found in API.get_all_operations()]


def test_the_document_describes_every_address_of_the_api():
    described = {(method.upper(), path) for path, item in API.raw_schema["paths"].items() for method in item}
    routes = {
        (method, rule.rule)
        for rule in APP.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/") and not rule.rule.startswith("/v1/docs")
    }
    assert described == routes | {("GET", "/metrics")}


CASES = [
    pytest.param(operation, mode, id=f"{operation.label}, {mode.value}")
    for operation in OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if operation.body or mode is GenerationMode.POSITIVE  # nothing is wrong with a GET that takes nothing
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_the_api_is_what_its_document_says(operation, mode):
    """What the document allows is taken, what it forbids is refused, and every answer has the form it promises."""

    @settings(THOROUGH, max_examples=60, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        answer = case.call()
        # That a passage lies in its text is no matter of types; this is the status for one that does not.
        excluded = {422: [positive_data_acceptance], 413: [negative_data_rejection]}
        # A text past `maxLength` is refused by 413, which Schemathesis does not count among the refusals.
        case.validate_response(answer, excluded_checks=excluded.get(answer.status_code, []))

    run()


FULL = {
    "text": "A text 😀 of some words.",
    "id": "1",
    "min_confidence": 0.5,
    "techniques": ["slogan"],
    "voice": ["author", "quoted"],
}
BATCH = {"texts": ["One text.", "Two ü texts."], "min_confidence": 1}


def outcome(body: bytes) -> Check | Problem:
    """Return what a body says, or why it is refused; anything else that is raised is a find."""
    try:
        return parse_check(body, max_chars=100)
    except Problem as problem:
        return problem


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return something valid after a few cuts, copies and flips, which lands nearer the edges than chance."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        match draw(st.sampled_from(["cut", "copy", "insert"])):
            case "cut":
                del data[at : at + length]
            case "copy":
                data[at:at] = data[at : at + length]
            case _:
                tokens = [
                    b'"',
                    b"\\",
                    b"\\u0000",
                    b"\\ud83d",
                    b"\x00",
                    b"\xff",
                    b"[",
                    b"{",
                    b"1e999",
                    b"-",
                    b"NaN",
                ]
                data[at:at] = draw(st.sampled_from(tokens) | st.binary(max_size=4))
    return bytes(data)


@THOROUGH
@given(
    body=st.one_of(
        *(damaged(json.dumps(b, ensure_ascii=a).encode()) for b in (FULL, BATCH) for a in (True, False))
    )
)
def test_a_damaged_body_is_read_as_it_says_or_refused(body):
    check = outcome(body)
    if isinstance(check, Problem):
        assert 400 <= check.kind.status < 500
        assert json.loads(check.to_json())["detail"]
        return
    said = json.loads(body)
    assert list(check.texts) == (said["texts"] if check.batch else [said["text"]])
    assert len(check.texts) <= MAX_TEXTS
    assert sum(map(len, check.texts)) <= 100
    for text in check.texts:
        assert "\0" not in text
        text.encode()  # no half of a surrogate pair
    assert check.id == said.get("id")
    assert check.options.min_confidence == said.get("min_confidence")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=10),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4)
    ),
    max_leaves=10,
)


@THOROUGH
@given(fields=st.dictionaries(st.sampled_from([*FULL, "texts", "explain", "x"]), JSON, max_size=5))
def test_a_body_of_the_right_fields_and_any_values_is_read_or_refused(fields):
    check = outcome(json.dumps(fields).encode())
    assert isinstance(check, Check) or 400 <= check.kind.status < 500


@pytest.fixture(scope="module")
def editor():
    client = create_app(EveryThirdWord(), languagetool=True).test_client()
    headers = {"Host": "127.0.0.1:8712", "Content-Type": "application/x-www-form-urlencoded"}
    return lambda body: client.post("/v2/check", data=body, headers=headers)


ANNOTATION = st.fixed_dictionaries(
    {}, optional={name: st.text(max_size=12) for name in ("text", "markup", "interpretAs")}
)
FIELD = st.sampled_from(
    ["enabledRules", "disabledRules", "enabledCategories", "disabledCategories", "enabledOnly", "level"]
)
VALUE = st.sampled_from(["SPINMARK_SLOGAN", "SPINMARK_CALL", "true", "picky", ",", ""]) | st.text(max_size=8)


@THOROUGH
@given(
    language=st.sampled_from(["en-US", "auto", "en"]) | st.text(max_size=8),
    text=st.none() | st.text(max_size=60),
    annotations=st.none() | st.lists(ANNOTATION, max_size=5),
    options=st.dictionaries(FIELD, VALUE, max_size=4),
)
def test_every_match_of_a_form_lies_within_what_was_sent(editor, language, text, annotations, options):
    fields = {"language": language} | options
    if text is not None:
        fields["text"] = text
    if annotations is not None:
        fields["data"] = json.dumps({"annotation": annotations})
    response = editor(urlencode(fields).encode())
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert response.text.startswith("Error: ")
        return
    sent = text if text is not None else "".join(a.get("text", a.get("markup", "")) for a in annotations)
    units = len(sent.encode("utf-16-le")) // 2
    for match in response.json["matches"]:
        assert 0 <= match["offset"] <= match["offset"] + match["length"] <= units
        context = match["context"]
        assert context["length"] > 0
        assert context["offset"] + context["length"] <= len(context["text"].encode("utf-16-le")) // 2


@THOROUGH
@given(body=damaged(urlencode({"language": "en", "text": "a b 😀 d", "enabledOnly": "false"}).encode()))
def test_a_damaged_form_is_read_or_refused(editor, body):
    assert editor(body).status_code in (200, 400)


HEAD = b"POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1:8712\r\nX-Spinmark: 1\r\n"


@THOROUGH
@given(
    head=st.sampled_from(
        [
            HEAD + b"Content-Length: 5\r\n\r\n{} {}",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
        ]
    ).flatmap(damaged),
    cut=st.integers(0, 200),
)
def test_no_bytes_make_the_reader_of_requests_fail_or_read_one_head_in_two_ways(head, cut):
    """A request cut in two at any place is the request that it is in one piece."""

    def read(*parts: bytes) -> tuple[object, ...]:
        parser = StrictParser(Adjustments(), began=0.0)
        for part in parts:
            while part and not parser.completed:
                part = part[parser.received(part) :]
        body = parser.get_body_stream().read() if parser.completed and not parser.error else b""
        return parser.completed, type(parser.error), getattr(parser, "path", None), body

    assert read(head) == read(head[:cut], head[cut:])
