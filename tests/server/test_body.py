import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinmark_server.app import create_app
from spinmark_server.body import Check, Explain, Options, parse_check, parse_explain
from spinmark_server.problems import Problem


def refused(body: bytes, *, max_chars: int = 1000) -> Problem:
    with pytest.raises(Problem) as caught:
        parse_check(body, max_chars=max_chars)
    return caught.value


def test_a_full_body_is_read():
    body = {
        "text": "A text.",
        "id": "1",
        "min_confidence": 1,
        "techniques": ["slogan", "euphemism", "slogan"],
        "voice": "quoted",
        "explain": True,
    }
    check = parse_check(json.dumps(body).encode(), max_chars=1000)
    options = Options(1, ("euphemism", "slogan"), ("quoted",), explain=True)
    assert check == Check(("A text.",), ("1",), False, options)
    assert check.id == "1"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "character 0"),
        (b"{", "character 1"),
        (b'{"text": "a"} {}', "character 14"),
        (b"text=a", "character 0"),
        (b'{"text": "a\nb"}', "character 11"),
        (b"\xef\xbb\xbf{}", "character 0"),
        ('{"text": "ä"}'.encode("utf-16"), "byte 0"),
        (b'{"text": "\xff"}', "byte 10"),
        (b'{"text": "a", "min_confidence": NaN}', "NaN"),
        (b'{"text": "a", "min_confidence": -Infinity}', "Infinity"),
        (b'{"text": "a", "min_confidence": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"text": "a", "text": "b"}', "twice"),
        (b'{"text": "a", "id": {"b": 1, "b": 1}}', "twice"),
        (b"[" * 100_000, "deeply"),
        (b'{"text":' * 100_000, "deeply"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_what_is_not_json_is_refused_with_the_place(body, detail):
    problem = refused(body)
    assert problem.kind.slug == "malformed-json"
    assert detail in problem.detail


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ("text", ""),
        (None, ""),
        ({"text": None}, "/text"),
        ({"text": 1}, "/text"),
        ({"text": ["a"]}, "/text"),
        ({"texts": "a"}, "/texts"),
        ({"texts": None}, "/texts"),
        ({"texts": {"0": "a"}}, "/texts"),
        ({"texts": ["a", "b", 3]}, "/texts/2"),
        ({"texts": ["a", {"id": "b"}]}, "/texts/1"),
        ({"texts": ["a", {"text": "b", "x": 1}]}, "/texts/1"),
        ({"texts": ["a", {"text": None}]}, "/texts/1/text"),
        ({"texts": [{"text": "a", "id": 1}]}, "/texts/0/id"),
        ({"texts": [["a"]]}, "/texts/0"),
        ({"text": "a", "id": "i" * 1001}, "/id"),
        ({"text": "a", "explain": 1}, "/explain"),
        ({"text": "a", "explain": "true"}, "/explain"),
        ({"texts": ["a"] * 257}, "/texts"),
        ({"texts": ["a"], "id": "1"}, "/id"),
        ({"text": "a", "id": 1}, "/id"),
        ({"text": "a", "min_confidence": "0.5"}, "/min_confidence"),
        ({"text": "a", "min_confidence": True}, "/min_confidence"),
        ({"text": "a", "min_confidence": [0.5]}, "/min_confidence"),
        ({"text": "a", "techniques": "slogan"}, "/techniques"),
        ({"text": "a", "techniques": ["slogan", None]}, "/techniques"),
        ({"text": "a", "techniques": [["slogan"]]}, "/techniques"),
        ({"text": "a", "voice": 1}, "/voice"),
        ({"text": "a", "voice": [1]}, "/voice"),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_a_field_of_the_wrong_type_is_refused_by_its_pointer(body, pointer):
    problem = refused(json.dumps(body).encode())
    assert problem.kind.slug == "invalid-request"
    assert problem.members["pointer"] == pointer


@pytest.mark.parametrize(
    "body", [{}, {"txt": "a"}, {"text": "a", "lang": "en"}, {"text": "a", "texts": ["a"]}]
)
def test_missing_unknown_and_contradicting_fields_are_refused(body):
    assert refused(json.dumps(body).encode()).kind.slug == "invalid-request"


@pytest.mark.parametrize(("character", "name"), [("\0", "NUL"), ("\ud83d", "surrogate")])
def test_a_character_that_no_text_holds_is_refused_with_its_position(character, name):
    problem = refused(json.dumps({"texts": ["fine", f"not😀{character}fine"]}).encode())
    assert problem.members == {"pointer": "/texts/1", "position": 4}
    assert name in problem.detail


def test_escaped_pairs_are_whole_characters():
    check = parse_check(rb'{"text": "\ud83d\ude00"}', max_chars=1)
    assert check.texts == ("😀",)


def test_each_text_of_several_may_have_an_id():
    body = {"texts": ["a", {"text": "b", "id": "2"}, {"text": "c"}, {"text": "d", "id": None}]}
    check = parse_check(json.dumps(body).encode(), max_chars=1000)
    assert check == Check(("a", "b", "c", "d"), (None, "2", None, None), True, Options())
    assert check.id is None


def test_a_question_why_is_read():
    body = {"text": "A text.", "start": 0, "end": 6.0, "technique": "slogan"}
    assert parse_explain(json.dumps(body).encode(), max_chars=7) == Explain("A text.", 0, 6, "slogan")
    with pytest.raises(Problem) as caught:
        parse_explain(json.dumps(body).encode(), max_chars=6)
    assert caught.value.members == {"length": 7, "max_chars": 6}


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"text": None}, "/text"),
        ({"start": None}, "/start"),
        ({"start": -1}, "/start"),
        ({"start": True}, "/start"),
        ({"start": "0"}, "/start"),
        ({"end": 6.5}, "/end"),
        ({"end": 1e400}, "/end"),
        ({"end": 2**53}, "/end"),
        ({"technique": "lying"}, "/technique"),
        ({"technique": ["slogan"]}, "/technique"),
        ({"id": "1"}, ""),
        ({"explain": True}, ""),
    ],
    ids=str,
)
def test_a_question_that_means_nothing_is_refused_by_its_pointer(changed, pointer):
    body = {"text": "A text.", "start": 0, "end": 6, "technique": "slogan"} | changed
    written = json.dumps(body).replace("Infinity", "1e400").encode()
    with pytest.raises(Problem) as caught:
        parse_explain(written, max_chars=1000)
    assert (caught.value.kind.slug, caught.value.members["pointer"]) == ("invalid-request", pointer)


@pytest.mark.parametrize("missing", ["text", "start", "end", "technique"])
def test_a_question_lacks_nothing(missing):
    body = {"text": "A text.", "start": 0, "end": 6, "technique": "slogan"}
    del body[missing]
    with pytest.raises(Problem, match=f"needs '{missing}'"):
        parse_explain(json.dumps(body).encode(), max_chars=1000)


def test_the_limit_counts_code_points_over_all_texts():
    assert parse_check(json.dumps({"texts": ["😀" * 600, "a" * 400]}).encode(), max_chars=1000).batch
    problem = refused(json.dumps({"texts": ["😀" * 600, "a" * 401]}).encode())
    assert problem.kind.slug == "too-long"
    assert problem.members == {"length": 1001, "max_chars": 1000}


@pytest.mark.parametrize(
    "options",
    [
        {"min_confidence": 1.01},
        {"min_confidence": -1},
        {"min_confidence": 10**400},
        {"techniques": ["slogan", "lying"]},
        {"voice": "somebody"},
    ],
    ids=str,
)
def test_a_value_that_the_library_refuses_is_the_clients_mistake(client, problem, options):
    response = client.check({"text": "a"} | options)
    assert problem(response) == "invalid-request"
    assert response.json["pointer"] == f"/{next(iter(options))}"


def test_infinity_in_disguise_is_no_confidence(client, problem):
    assert problem(client.check(b'{"text": "a", "min_confidence": 1e999}')) == "invalid-request"


@pytest.fixture(scope="module")
def fuzzed():
    """Return a client that outlives one example."""
    from collections.abc import Mapping

    from spinmark.errors import OptionError
    from spinmark.report import Model, Report

    class Strict:
        model = Model("strict", "1", "0" * 64)

        def analyze(self, text: str, **options: object) -> Report:
            text.encode()  # what the real tokenizer does first
            if options["techniques"] or options["voices"] or options["min_confidence"]:
                raise OptionError("techniques", options["techniques"], "nothing")
            return Report(text, (), self.model)

    flask = create_app(Strict()).test_client()
    headers: Mapping[str, str] = {
        "Host": "127.0.0.1:8712",
        "X-Spinmark": "1",
        "Content-Type": "application/json",
    }
    return lambda body: flask.post("/v1/check", data=body, headers=headers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,  # what is wrong shows in small bodies; large ones took most of the time to make up
)
FIELDS = st.sampled_from(["text", "texts", "id", "min_confidence", "techniques", "voice", "explain"])


def assert_answered(response, body: bytes) -> None:
    assert response.status_code in (200, 400, 413), body
    json.loads(response.data)


@settings(deadline=None)  # a busy machine is no failure
@given(body=st.binary())
def test_no_bytes_make_the_server_fail(fuzzed, body):
    assert_answered(fuzzed(body), body)


@settings(deadline=None)
@given(body=JSON | st.dictionaries(FIELDS, JSON | st.lists(st.text())))
def test_no_json_makes_the_server_fail(fuzzed, body):
    encoded = json.dumps(body).encode()
    assert_answered(fuzzed(encoded), encoded)


@settings(deadline=None)
@given(text=st.text())
def test_every_text_is_checked_or_refused_for_what_it_holds(fuzzed, text):
    response = fuzzed(json.dumps({"text": text}).encode())
    assert response.status_code == (400 if "\0" in text else 200)
