"""The description against the specification, and against what the server does."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest

from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_server import problems
from spinmark_server.app import EXAMPLES, PAGE_FILES, REFERENCE, REFERENCE_CSS, create_app
from spinmark_server.body import CHECK_TEXT, CHECK_TEXTS, EXPLAIN
from spinmark_server.guards import Access
from spinmark_server.problems import Kind

TEXT = "It was 😀 an inevitable response, said nobody but the parking-meter tsar."
ASKED = {"text": TEXT, "start": 9, "end": 31, "technique": "slogan"}
NDJSON = "application/x-ndjson"


@pytest.fixture
def document(client):
    return client.get("/v1/openapi.json").json


def validator(schema, components):
    # Not at the head: it loads grammars for a second, and every process that shares the tests reads this file.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema | {"components": components})


@pytest.fixture
def conforms(document):
    """Return a function that holds a value to the schema of an answer; members that are not described fail it."""

    def closed(schema):
        if isinstance(schema, list):
            return [closed(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        inner = {key: closed(value) for key, value in schema.items()}
        if "properties" in schema and "required" in schema and "additionalProperties" not in schema:
            inner["additionalProperties"] = False
        return inner

    components = closed(document["components"])

    def check(value, path, method="post", status="200", media_type="application/json"):
        schema = document["paths"][path][method]["responses"][status]["content"][media_type]["schema"]
        validator(schema, components).validate(value)

    return check


def test_it_is_valid_openapi_3_1(document):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    assert document["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_address_of_the_api_is_described_and_no_other(detector, document):
    app = create_app(detector)
    routes = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in (*PAGE_FILES, REFERENCE, REFERENCE_CSS)
    }
    assert routes == {(path, method) for path, methods in document["paths"].items() for method in methods}


@pytest.mark.parametrize("body", [CHECK_TEXT, CHECK_TEXTS, EXPLAIN], ids=lambda body: body.name)
def test_a_body_is_described_by_the_table_that_reads_it(document, body):
    described = document["components"]["schemas"][body.name]
    assert described == json.loads(json.dumps(body.schema(200_000)))
    assert list(described["properties"]) == [field.name for field in body.fields]
    assert described["required"] == [field.name for field in body.fields if field.required]


BODIES = [
    {"text": TEXT},
    {"text": TEXT, "id": None, "min_confidence": 0, "techniques": [], "voice": "author", "explain": None},
    {"text": TEXT, "id": "1", "min_confidence": 1, "techniques": list(TECHNIQUE_IDS), "voice": ["quoted"]},
    {"text": "", "explain": True},
    {"texts": []},
    {"texts": ["a", {"text": "b"}, {"text": "c", "id": "3"}, {"text": "d", "id": None}], "voice": []},
    {"texts": ["a"] * 256},
    {"texts": ["a"] * 257},
    {"texts": ["a"], "id": "1"},
    {"texts": [{"text": "a", "x": 1}]},
    {"texts": [{"id": "1"}]},
    {"texts": [1]},
    {},
    [],
    "text",
    None,
    {"text": None},
    {"text": 1},
    {"text": "a\0"},
    {"text": "a" * 200_001},
    {"text": "a", "id": "i" * 1000},
    {"text": "a", "id": "i" * 1001},
    {"text": "a", "id": 1},
    {"text": "a", "min_confidence": 1.5},
    {"text": "a", "min_confidence": "1"},
    {"text": "a", "min_confidence": True},
    {"text": "a", "techniques": ["lying"]},
    {"text": "a", "techniques": "slogan"},
    {"text": "a", "voice": "nobody"},
    {"text": "a", "voice": ["author", 1]},
    {"text": "a", "explain": 1},
    {"text": "a", "lang": "en"},
]
QUESTIONS = [
    ASKED,
    ASKED | {"end": 31.0},
    ASKED | {"end": 31.5},
    ASKED | {"start": -1},
    ASKED | {"start": True},
    ASKED | {"start": None},
    ASKED | {"end": 2**53},
    ASKED | {"technique": "lying"},
    ASKED | {"id": "1"},
    {name: value for name, value in ASKED.items() if name != "end"},
]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/check", body) for body in BODIES] + [("/v1/explain", body) for body in QUESTIONS],
    ids=lambda value: repr(value)[:60],
)
def test_a_body_is_taken_exactly_where_its_schema_takes_it(client, document, path, body):
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    valid = validator(schema, document["components"]).is_valid(body)
    status = client.post(path, body).status_code
    assert (status == 200) is valid
    assert status in (200, 400, 413)


def test_answers_are_as_described(client, conforms):
    for body in BODIES[:7]:
        conforms(client.check(body).json, "/v1/check")
        for line in client.check(body, Accept=NDJSON).text.splitlines():
            conforms(json.loads(line), "/v1/check", media_type=NDJSON)
    conforms(client.post("/v1/explain", ASKED).json, "/v1/explain")
    conforms(client.get("/v1/techniques").json, "/v1/techniques", "get")
    conforms(client.get("/v1/health").json, "/v1/health", "get")
    metrics = client.get("/metrics")
    conforms(metrics.text, "/metrics", "get", media_type=metrics.headers["Content-Type"])


def test_problems_are_as_described(client, make_client, detector, conforms):
    locked = make_client(create_app(detector, access=Access.loopback(8712, token="correct-horse-battery")))
    for path in ("/v1/check", "/v1/explain"):
        for body in [*BODIES[7:], b"{", b"\xff"]:
            response = client.post(path, body)
            if response.status_code != 200:
                conforms_to_problem(conforms, response, path)
        for headers in (
            {"X_Spinmark": None},
            {"Content_Type": "text/plain"},
            {"Content_Encoding": "gzip"},
            {"Host": "news.test"},
            {"Origin": "http://news.test"},
        ):
            conforms_to_problem(conforms, client.post(path, ASKED, **headers), path)
        conforms_to_problem(conforms, locked.post(path, ASKED), path)
        conforms_to_problem(conforms, client.post(path, b" " * 3_000_000), path)
    conforms_to_problem(conforms, client.post("/v1/explain", ASKED | {"end": 1000}), "/v1/explain")


def conforms_to_problem(conforms, response, path):
    media_type = "application/problem+json"
    assert response.mimetype == media_type
    conforms(response.json, path, status=str(response.status_code), media_type=media_type)


def test_every_kind_of_problem_has_its_place_in_the_description(document):
    described = {
        kind
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if status != "200"
        for kind in response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"][
            "type"
        ]["enum"]
    }
    kinds = {value.type: value for value in vars(problems).values() if isinstance(value, Kind)}
    elsewhere = {  # at addresses that are not described, or in LanguageTool's words
        problems.NOT_FOUND.type,
        problems.METHOD_NOT_ALLOWED.type,
        problems.MALFORMED_FORM.type,
        problems.NOT_FORM.type,
    }
    assert described == set(kinds) - elsewhere


def test_the_limit_of_a_server_is_in_its_description(make_client, detector):
    client = make_client(create_app(detector, max_chars=10))
    schema = client.get("/v1/openapi.json").json["components"]["schemas"]["CheckText"]
    assert schema["properties"]["text"]["maxLength"] == 10


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.loads: set[str] = set()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= given.keys()
        if "id" in given:
            self.ids.append(given["id"] or "")
        if "href" in given:
            (self.links if tag == "a" else self.loads).add(given["href"] or "")

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture
def page(client):
    reader = Reader()
    response = client.get(REFERENCE)
    assert response.mimetype == "text/html"
    reader.feed(response.text)
    return reader


def test_the_page_for_people_has_no_code_and_loads_only_what_is_served(client, page):
    assert not page.tags & {"script", "style", "img", "iframe", "object", "form", "base"}
    assert "src" not in page.attributes
    assert not [name for name in page.attributes if name == "style" or name.startswith("on")]
    assert page.loads == {"/icon.svg", "/paper.css", REFERENCE_CSS}
    for address in page.loads:
        assert client.get(address).status_code == 200
    assert client.get(REFERENCE_CSS).mimetype == "text/css"
    assert not re.search(r"url\(|@import|https?:", client.get(REFERENCE_CSS).text)


def test_the_page_names_every_operation_object_member_and_status(document, page):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in page.words
            assert operation["summary"] in page.words
            assert operation["operationId"] in page.ids
    for name, schema in document["components"]["schemas"].items():
        assert name in page.ids
        for member in schema["properties"]:
            assert member in page.words
    assert len(page.ids) == len(set(page.ids))
    targets = {link[1:] for link in page.links if link.startswith("#")}
    assert targets <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} <= {
        "/",
        "/v1/openapi.json",
        "/v1/techniques",
    }


def test_the_examples_of_the_page_are_answered(client, document):
    posted = {
        operation["operationId"]: path
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method == "post"
    }
    assert set(EXAMPLES) == set(posted)
    for name, body in EXAMPLES.items():
        assert client.post(posted[name], body.encode()).status_code == 200


def test_the_page_opens_without_the_token_and_the_rest_does_not(make_client, detector):
    client = make_client(create_app(detector, access=Access.loopback(8712, token="correct-horse-battery")))
    assert client.get(REFERENCE).status_code == client.get(REFERENCE_CSS).status_code == 200
    for path in ("/v1/openapi.json", "/metrics", "/v1/health"):
        assert client.get(path).status_code == 401


def test_types_are_the_serialisers_own(client, document):
    flag = document["components"]["schemas"]["Flag"]
    answered = client.check({"text": TEXT, "explain": True}).json["flags"][0]
    assert set(flag["properties"]) == set(answered)
    assert set(flag["required"]) == set(answered) - {"cues"}
    technique = document["components"]["schemas"]["Technique"]
    from spinmark.taxonomy import Technique

    assert technique["required"] == [field.name for field in dataclasses.fields(Technique)]
