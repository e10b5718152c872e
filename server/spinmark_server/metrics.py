"""What the server counts, for Prometheus. No label has a value that a client can choose, and none tells a text.

Techniques are not counted either: what somebody's texts resemble is nobody's statistic.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from spinmark import __version__
from spinmark.report import Model
from spinmark_server.admission import Admission

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# From a cached answer to the longest text behind eight others.
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)


class Metrics:
    """The counters of one application, in a registry of its own."""

    def __init__(self, admission: Admission, model: Model) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter(
            "spinmark_http_requests",
            "Requests answered, by the address as the API describes it and by status.",
            ["path", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "spinmark_http_request_seconds",
            "From a request's arrival to the end of its answer.",
            ["path"],
            registry=registry,
            buckets=_BUCKETS_S,
        )
        self.texts = Counter(
            "spinmark_texts", "Texts and passages answered: read by the model, or known.", ["source"],
            registry=registry,
        )  # fmt: skip
        self.characters = Counter(
            "spinmark_characters", "Code points of the texts that the model read.", registry=registry
        )
        self.windows = Counter(
            "spinmark_windows", "Windows that the model scored, of some ninety words each.", registry=registry
        )
        self.cancelled = Counter(
            "spinmark_cancelled_requests",
            "Requests given up because their client had gone.",
            registry=registry,
        )
        for name, about, value in (
            ("places", "Requests that may be in work or wait at once.", lambda: admission.places),
            ("held", "Requests in work or waiting.", lambda: admission.held),
            ("waiting", "Requests that wait for the model at this moment.", lambda: admission.waiting),
        ):
            Gauge(f"spinmark_queue_{name}", about, registry=registry).set_function(value)
        Info("spinmark_build", "What answers.", registry=registry).info(
            {
                "version": __version__,
                "model": model.name,
                "model_version": model.version,
                "sha256": model.sha256,
            }
        )
        ProcessCollector(registry=registry)

    def to_text(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self._registry)
