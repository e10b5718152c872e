"""What is counted, and that nothing of a text or of a client gets into it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from spinmark_server.admission import Admission
from spinmark_server.app import create_app

TEXT = "It was an inevitable response,\nsaid nobody but the parking-meter tsar."


def samples(client) -> dict[tuple[str, ...], float]:
    """Read the metrics as Prometheus does: the name and the labels' values of each, with its value."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_texts_windows_and_characters_are_counted_once_each(client):
    client.check({"text": TEXT})
    client.check({"text": TEXT})
    client.check({"texts": [TEXT, "Other."]})
    found = samples(client)
    assert found[("spinmark_texts_total", "model")] == 2
    assert found[("spinmark_texts_total", "known")] == 2
    assert found[("spinmark_windows_total",)] == 3
    assert found[("spinmark_characters_total",)] == len(TEXT) + len("Other.")


def test_a_stream_is_counted_as_the_whole_is(client):
    for _ in range(2):
        with client.check({"text": TEXT}, Accept="application/x-ndjson") as response:
            assert response.text
    found = samples(client)
    assert found[("spinmark_texts_total", "model")] == found[("spinmark_texts_total", "known")] == 1
    assert found[("spinmark_http_request_seconds_count", "/v1/check")] == 2


def test_requests_are_counted_by_route_and_status(client):
    client.check({"text": TEXT})
    client.check({"text": 1})
    client.check({"text": "a"}, Origin="http://news.test")
    client.get("/v1/check")
    found = samples(client)
    assert found[("spinmark_http_requests_total", "/v1/check", "200")] == 1
    assert found[("spinmark_http_requests_total", "/v1/check", "400")] == 1
    assert found[("spinmark_http_requests_total", "/v1/check", "403")] == 1
    assert found[("spinmark_http_requests_total", "other", "405")] == 1


def test_nothing_that_a_client_can_choose_makes_a_new_series(client):
    client.get("/nowhere")
    before = len(samples(client))
    for i in range(50):
        client.get(f"/nowhere/{i}?q={i}")
        client.get("/v1/health", User_Agent=f"agent {i}")
        client.check({"text": f"The text {i}.", "id": f"id {i}"})
        client.send(f"METHOD{i}", "/v1/check", b"", {})
    samples(client)
    again = samples(client)
    assert len(again) - before < 60
    labels = {label for key in again for label in key[1:]}
    assert not [label for label in labels if "nowhere" in label or "agent" in label or "METHOD" in label]


def test_no_word_of_a_text_and_no_technique_is_in_them(client):
    client.check({"text": TEXT, "id": "my-diary"})
    client.post("/v1/explain", {"text": TEXT, "start": 0, "end": 5, "technique": "name_calling"})
    shown = client.get("/metrics").text
    for word in ("inevitable", "tsar", "my-diary", "name_calling", "justification"):
        assert word not in shown


def test_the_queue_is_shown_as_it_is_and_each_application_counts_for_itself(make_client, detector):
    admission = Admission(places=4)
    client = make_client(create_app(detector, admission=admission))
    with admission.place(), admission.place():
        found = samples(client)
        assert client.get("/v1/health").json["queue"] == {"places": 4, "held": 2, "waiting": 0}
    assert found[("spinmark_queue_places",)] == 4
    assert found[("spinmark_queue_held",)] == 2
    assert found[("spinmark_queue_waiting",)] == 0
    other = make_client(create_app(detector))
    assert ("spinmark_http_requests_total", "/v1/health", "200") not in samples(other)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_metrics_are_only_read(client, problem, method):
    assert problem(client.send(method, "/metrics", b"", {})) == "method-not-allowed"
