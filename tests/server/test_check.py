import json

from spinmark.report import Report
from spinmark.taxonomy import TECHNIQUES
from spinmark_server.app import create_app
from spinmark_server.cache import ReportCache

TEXT = "It was 😀 an inevitable response, said nobody but the parking-meter tsar."


def test_the_body_is_the_librarys_report_to_the_byte(client, detector):
    response = client.check({"text": TEXT, "id": "a/1"})
    report = detector.analyze(TEXT, id="a/1")
    assert len(report.flags) == 2
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.data == (report.to_json() + "\n").encode()


def test_the_bytes_are_the_same_when_they_come_from_the_cache(client, detector):
    first, second = client.check({"text": TEXT}), client.check({"text": TEXT})
    assert first.data == second.data
    assert detector.asked == [TEXT]


def test_the_cache_tells_options_and_ids_apart(client, detector):
    bodies = [
        {"text": TEXT},
        {"text": TEXT, "id": "1"},
        {"text": TEXT, "min_confidence": 0.9},
        {"text": TEXT, "techniques": ["euphemism"]},
        {"text": TEXT, "voice": "quoted"},
    ]
    reports = [client.check(body).json for body in bodies]
    assert len(detector.asked) == len(bodies)
    assert [len(report["flags"]) for report in reports] == [2, 2, 0, 0, 0]
    assert reports[1]["id"] == "1"


def test_the_order_of_techniques_does_not_matter_to_the_cache(client, detector):
    client.check({"text": TEXT, "techniques": ["euphemism", "name_calling"]})
    client.check({"text": TEXT, "techniques": ["name_calling", "euphemism", "euphemism"]})
    assert len(detector.asked) == 1


def test_a_voice_may_be_one_or_several(client):
    assert len(client.check({"text": TEXT, "voice": "author"}).json["flags"]) == 2
    assert len(client.check({"text": TEXT, "voice": ["quoted", "author"]}).json["flags"]) == 2
    assert client.check({"text": TEXT, "voice": ["quoted", "reported"]}).json["flags"] == []


def test_null_stands_for_an_option_not_given(client):
    asked = {"text": TEXT, "id": None, "min_confidence": None, "techniques": None, "voice": None}
    assert client.check(asked).data == client.check({"text": TEXT}).data


def test_a_batch_holds_the_reports_of_its_texts_in_their_order(client, detector):
    texts = [TEXT, "", "Nothing here.", TEXT]
    response = client.check({"texts": texts})
    reports = ",".join(detector.analyze(text).to_json() for text in texts)
    assert response.data == f'{{"reports":[{reports}]}}\n'.encode()
    assert client.check({"texts": []}).json == {"reports": []}
    assert len(client.check({"texts": ["a"] * 256}).json["reports"]) == 256


def test_the_techniques_are_those_of_the_taxonomy_with_every_field(client):
    techniques = client.get("/v1/techniques").json["techniques"]
    assert [t["id"] for t in techniques] == [t.id for t in TECHNIQUES]
    for shown, technique in zip(techniques, TECHNIQUES, strict=True):
        assert set(shown) == set(type(technique).__dataclass_fields__)
        assert shown["examples"] == list(technique.examples)
        assert shown["names"] == technique.names


def test_health_names_the_model_and_the_limits(client, detector):
    first, second = client.get("/v1/health").json, client.get("/v1/health").json
    assert first["status"] == "ok"
    assert first["model"]["sha256"] == detector.model.sha256
    assert first["max_chars"] == 200_000
    assert set(first) == {"status", "version", "model", "uptime_s", "max_chars", "queue"}
    assert first["queue"] == {"places": 9, "held": 0, "waiting": 0}
    assert 0 <= first["uptime_s"] <= second["uptime_s"]


def test_every_answer_carries_the_security_headers_and_none_grants_cors(client):
    answers = [
        client.get("/"),
        client.get("/v1/health"),
        client.get("/nowhere"),
        client.check({"text": TEXT}),
        client.check(b"{"),
        client.send("OPTIONS", "/v1/check", b"", {"Origin": "http://127.0.0.1:8712"}),
    ]
    for answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_a_failing_detector_costs_one_answer_and_no_text_reaches_log_or_answer(
    make_client, detector, problem, caplog
):
    unseen = "the words that nobody may see"

    class Failing(type(detector)):
        def analyze(self, text: str, **_: object) -> Report:
            raise RuntimeError(text)

    client = make_client(create_app(Failing()))
    response = client.check({"text": unseen})
    assert response.status_code == 500
    assert problem(response) == "internal"
    assert "RuntimeError" in caplog.text
    assert unseen not in caplog.text
    assert unseen not in response.text
    assert client.get("/v1/health").status_code == 200
    assert client.check({"text": unseen}).status_code == 500  # the place and the turn were given back


def test_a_failed_check_is_not_cached(make_client, detector):
    cache = ReportCache()
    client = make_client(create_app(detector, cache=cache))
    assert client.check({"text": TEXT, "min_confidence": 2}).status_code == 400
    assert len(cache) == 0


def test_no_problem_repeats_what_was_sent(client):
    unseen = "Brandt-of-Mill-Street"
    bodies = [
        b'{"text": "' + unseen.encode(),
        json.dumps({"text": unseen * 20_000}).encode(),
        json.dumps({"text": unseen + "\0"}).encode(),
        json.dumps({"text": unseen, unseen: 1}).encode(),
        json.dumps({"text": "a", "techniques": [unseen]}).encode(),
        json.dumps({"text": "a", "voice": unseen}).encode(),
        json.dumps({"text": "a", "min_confidence": unseen}).encode(),
        json.dumps(unseen).encode(),
    ]
    answers = [client.check(body) for body in bodies]
    answers += [
        client.get(f"/{unseen}"),
        client.get("/v1/health", Host=unseen),
        client.get("/v1/health", Origin=f"https://{unseen}.example"),
        client.check({"text": "a"}, Content_Type=f"text/{unseen}"),
        client.check({"text": "a"}, Content_Encoding=unseen),
    ]
    for answer in answers:
        assert answer.status_code in range(400, 500)
        assert unseen.lower() not in answer.text.lower()
