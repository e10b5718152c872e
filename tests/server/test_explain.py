"""Questions why: over /v1/explain, and within a check."""

import pytest

from spinmark.report import Span
from spinmark_server.app import create_app

TEXT = "It was 😀 an inevitable response, said nobody."
ASKED = {"text": TEXT, "start": 9, "end": 31, "technique": "justification_by_provocation"}


def test_the_answer_is_the_librarys_explanation_to_the_byte(client, detector):
    response = client.post("/v1/explain", ASKED)
    explained = detector.explain(TEXT, Span(9, 31), "justification_by_provocation")
    assert response.status_code == 200
    assert response.data == (explained.to_json() + "\n").encode()
    assert response.json["cues"] == [
        {"start": 9, "end": 10, "start_utf16": 10, "end_utf16": 11, "weight": 0.5}
    ]


def test_an_explanation_is_known_when_it_is_asked_for_again(client, detector):
    assert client.post("/v1/explain", ASKED).data == client.post("/v1/explain", ASKED).data
    assert detector.asked == [TEXT]
    client.post("/v1/explain", ASKED | {"end": 30})
    client.post("/v1/explain", ASKED | {"technique": "slogan"})
    assert len(detector.asked) == 3


@pytest.mark.parametrize(
    "changed", [{"start": 31}, {"start": 31, "end": 9}, {"end": 1000}, {"start": 2, "end": 3}], ids=str
)
def test_a_passage_that_cannot_be_explained_is_a_problem_of_its_own(client, problem, changed):
    response = client.post("/v1/explain", ASKED | changed)
    assert response.status_code == 422
    assert problem(response) == "no-passage"
    assert "inevitable" not in response.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "invalid-request"),
        (ASKED | {"technique": "lying"}, "invalid-request"),
        (ASKED | {"text": "a" * 200_001}, "too-long"),
        (b"{", "malformed-json"),
    ],
    ids=["nothing", "technique", "length", "JSON"],
)
def test_a_question_that_is_none_is_refused_as_a_check_is(client, problem, body, kind):
    assert problem(client.post("/v1/explain", body)) == kind


def test_the_guards_stand_before_it_too(client, problem):
    assert problem(client.post("/v1/explain", ASKED, X_Spinmark=None)) == "missing-header"
    assert problem(client.post("/v1/explain", ASKED, Content_Type="text/plain")) == "not-json"
    assert problem(client.post("/v1/explain", ASKED, Origin="http://news.test")) == "cross-site"
    assert problem(client.get("/v1/explain")) == "method-not-allowed"


def test_an_explanation_waits_in_the_same_queue(make_client, detector, problem):
    from spinmark_server.admission import Admission

    admission = Admission(places=1)
    client = make_client(create_app(detector, admission=admission))
    with admission.place():
        assert problem(client.post("/v1/explain", ASKED)) == "busy"
    assert client.post("/v1/explain", ASKED).status_code == 200


def test_a_check_gives_cues_where_they_are_asked_for(client, detector):
    plain = client.check({"text": TEXT}).json
    explained = client.check({"text": TEXT, "explain": True}).json
    assert [flag.pop("cues") for flag in explained["flags"]] == [
        [{"start": 9, "end": 11, "start_utf16": 10, "end_utf16": 12, "weight": 0.5}]
    ]
    assert explained == plain
    assert client.check({"text": TEXT, "explain": False}).json == plain
    assert len(detector.asked) == 2
