"""A spaCy pipeline component, found by its entry point: `nlp.add_pipe("spinmark")`.

The flags become the span group `doc.spans["spinmark"]`, each span labelled by its technique and widened to whole
tokens; `doc._.spinmark` holds the report of the contract, whose flags stand in the same order and have the exact
offsets. Both survive `doc.to_bytes()` and worker processes.
"""

from collections.abc import Sequence
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from spinmark.detector import WEIGHTS, Detector

KEY = "spinmark"


class SpinmarkComponent:
    """Adds a report to each document that passes."""

    def __init__(
        self,
        detector: Detector,
        min_confidence: float | None = None,
        techniques: Sequence[str] | None = None,
        voices: Sequence[str] | None = None,
    ) -> None:
        self._detector = detector
        self._min_confidence = min_confidence
        self._techniques = techniques
        self._voices = voices

    def __call__(self, doc: Doc) -> Doc:
        report = self._detector.analyze(
            doc.text,
            min_confidence=self._min_confidence,
            techniques=self._techniques,
            voices=self._voices,
        )
        spans = [
            span
            for flag in report.flags
            if (
                span := doc.char_span(
                    flag.span.start, flag.span.end, label=flag.technique, alignment_mode="expand"
                )
            )
            is not None  # which it never is: every character of a text belongs to a token
        ]
        doc.spans[KEY] = SpanGroup(
            doc,
            name=KEY,
            spans=spans,
            attrs={"confidence": [round(flag.confidence, 4) for flag in report.flags]},
        )
        doc._.spinmark = report.to_dict()
        return doc

    # A model is not the pipeline's to write: it comes with the package, or from the folder in the settings.

    def to_disk(self, path: Path, *, exclude: Sequence[str] = ()) -> None:
        """Write nothing."""

    def from_disk(self, path: Path, *, exclude: Sequence[str] = ()) -> "SpinmarkComponent":  # noqa: ARG002
        """Read nothing."""
        return self


@Language.factory(
    KEY,
    assigns=["doc.spans", "doc._.spinmark"],
    default_config={
        "weights": None,
        "threads": 1,
        "min_confidence": None,
        "techniques": None,
        "voices": None,
    },
)
def make_component(
    nlp: Language,  # noqa: ARG001
    name: str,  # noqa: ARG001
    weights: str | None,
    threads: int,
    min_confidence: float | None,
    techniques: list[str] | None,
    voices: list[str] | None,
) -> SpinmarkComponent:
    """Make the component of a pipeline. Raises: WeightsError."""
    if not Doc.has_extension(KEY):
        Doc.set_extension(KEY, default=None)
    detector = Detector.load(WEIGHTS if weights is None else Path(weights), threads)
    return SpinmarkComponent(detector, min_confidence, techniques, voices)
