"""Report -> a W3C Annotation Page: JSON-LD that annotation tools read.

Source: W3C Recommendations "Web Annotation Data Model" and "Web Annotation Vocabulary", 23 February 2017.
Positions are code points, as the model has it (section 4.2.5).
"""

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from spinmark.formats.source import Source
from spinmark.formats.terminal import who_says_it
from spinmark.report import Flag, Report, Span, json_line
from spinmark.taxonomy import BY_ID

CONTEXT_CHARS = 32
"""Text before and after a passage, by which it is found again in a page that has changed."""

CONTEXT: list[Any] = [
    "http://www.w3.org/ns/anno.jsonld",
    {
        "spinmark": "urn:spinmark:",
        "technique": {"@id": "spinmark:technique", "@type": "@id"},
        "confidence": "spinmark:confidence",
        "voice": "spinmark:voice",
        "contested": "spinmark:contested",
        "status": "spinmark:status",
    },
]


def annotation_page(report: Report, source: Source) -> str:
    """Return the page as one line of JSON.

    Its annotations are in the report's order. Ids are made from what they name, so that the same text gives
    the same ids.
    """
    about = source.uri or _urn("document", source.name)
    if source.part is not None:
        about += "#" + quote(source.part.encode("utf-8", "surrogatepass"), safe="")
    place = _Place(report.text, about, source.positioned)
    items = [_annotation(report, flag, place) for flag in report.flags]
    return json_line(
        {
            "@context": CONTEXT,
            "id": _urn("page", about, report.model.sha256, report.text),
            "type": "AnnotationPage",
            "status": report.status,
            "partOf": {"id": _urn("collection", about), "type": "AnnotationCollection", "total": len(items)},
            "startIndex": 0,
            "items": items,
        }
    )


def _annotation(report: Report, flag: Flag, place: "_Place") -> dict[str, Any]:
    technique = BY_ID[flag.technique]
    words = f"{who_says_it(report, flag)} Resembles {technique.name.lower()} ({flag.confidence:.2f})."
    return {
        "id": _urn("flag", place.about, flag.technique, str(flag.span.start), flag.quote),
        "type": "Annotation",
        "motivation": ["classifying", "commenting"],
        "generator": {
            "id": f"urn:spinmark:model:{report.model.name}:{report.model.version}",
            "type": "Software",
            "name": f"{report.model.name} {report.model.version}",
        },
        "technique": f"spinmark:technique:{technique.id}",
        "confidence": round(flag.confidence, 4),
        "voice": flag.voice.kind,
        "contested": flag.voice.contested,
        "body": [
            {"type": "TextualBody", "purpose": "tagging", "value": technique.id, "format": "text/plain"},
            {
                "type": "TextualBody",
                "purpose": "commenting",
                "value": words,
                "format": "text/plain",
                "language": "en",
            },
            *_passages(flag, place),
        ],
        "target": place.of(flag.span),
    }


def _passages(flag: Flag, place: "_Place") -> list[dict[str, Any]]:
    """Return where the text names the speaker and where it disputes the passage."""
    found = ((flag.voice.speaker, "identifying"), (flag.voice.contested_by, "linking"))
    return [
        {"type": "SpecificResource", "purpose": purpose, **place.of(span)}
        for span, purpose in found
        if span is not None
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """A text with its IRI; `positioned` says that offsets mean anything there."""

    text: str
    about: str
    positioned: bool

    def of(self, span: Span) -> dict[str, Any]:
        """Return a passage as a source with its selectors."""
        position = {"type": "TextPositionSelector", "start": span.start, "end": span.end}
        words = {
            "type": "TextQuoteSelector",
            "exact": self.text[span.start : span.end],
            "prefix": self.text[max(0, span.start - CONTEXT_CHARS) : span.start],
            "suffix": self.text[span.end : span.end + CONTEXT_CHARS],
        }
        return {"source": self.about, "selector": [position, words] if self.positioned else [words]}


def _urn(kind: str, *parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"urn:spinmark:{kind}:{digest[:32]}"
