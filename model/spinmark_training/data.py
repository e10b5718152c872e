"""Every source of training texts -> documents with spans, and what each source labels at all.

A label that a source does not know is unknown there, not absent: `Document.labelled` says which techniques a
missing span speaks about, and the loss leaves the others out.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS, TECHNIQUES
from spinmark_training.marks import read_offsets, read_speech, read_words
from spinmark_training.markup import Speech, read_items

Part = Literal["train", "dev", "test"]

ALL = frozenset(TECHNIQUE_IDS)
MERGED: dict[str, tuple[str, ...]] = {
    "Bandwagon,Reductio_ad_hitlerum": ("appeal_to_popularity", "guilt_by_association"),
    "Whataboutism,Straw_Men,Red_Herring": ("whataboutism", "straw_man", "red_herring"),
}
"""SemEval-2020's merged classes: one of the members is there, and nobody says which."""


FURTHER = frozenset(
    {
        "justification_by_provocation",
        "blame_shifting",
        "euphemism",
        "appeal_to_hypocrisy",
        "questioning_reputation",
        "appeal_to_time",
        "appeal_to_values",
        "obfuscation",
        "consequential_oversimplification",
    }
)
"""Techniques that SemEval-2020 does not label and we marked on a part of its training articles."""


UNPLACED = frozenset({"tq", "transfer"})
"""Sources that mark no passages: what lies outside any is unknown there."""


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """A marked passage; more than one technique means that it is one of them."""

    span: Span
    techniques: tuple[str, ...]
    contested: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One text of one source.

    `labelled` are the techniques that the source marks wherever they occur. `speech` is None where the source
    does not mark it. `whole` holds a technique id for a text that is labelled as a whole, without spans.
    """

    id: str
    source: str
    text: str
    spans: tuple[LabelledSpan, ...]
    labelled: frozenset[str]
    part: Part
    kind: str = ""
    genre: str = ""
    speech: tuple[Speech, ...] | None = None
    whole: str | None = None


def share(key: str) -> float:
    """Return a number in [0, 1) that depends on `key` alone, to split a source the same way for ever."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64


def _names(inventory: str) -> dict[str, str]:
    return {t.names[inventory]: t.id for t in TECHNIQUES if inventory in t.names}


def read_ptc(folder: Path, further: Path) -> Iterator[Document]:
    """Yield the training articles of the Propaganda Techniques Corpus v2; a fifth of them is `dev`.

    `further` holds our own marks, as offsets, of the techniques in `FURTHER`; an article that it lists is
    fully labelled for these as well.

    Source: Da San Martino et al., SemEval-2020 Task 11.
    """
    single = {t.names["semeval-2020"]: t.id for t in TECHNIQUES if "semeval-2020" in t.names}
    fine = _names("ptc-18")
    refined = {
        (article, int(start), int(end)): fine[label]
        for article, label, start, end in _rows(folder / "train-merged-refined.labels")
    }
    spans: dict[str, list[LabelledSpan]] = {}
    for article, label, start, end in _rows(folder / "train-task-flc-tc.labels"):
        span = Span(int(start), int(end))
        if label in MERGED:
            known = refined.get((article, span.start, span.end))
            members = (known,) if known else MERGED[label]
        else:
            members = (single[label],)
        spans.setdefault(article, []).append(LabelledSpan(span, members))
    labelled = frozenset(id_ for label, id_ in single.items() if label not in MERGED) | {
        id_ for members in MERGED.values() for id_ in members
    }
    marks = read_offsets(further)
    for row in _json_lines(folder / "train-articles.jsonl"):
        id_ = str(row["id"])
        part: Part = "dev" if share(f"ptc:{id_}") < 0.2 else "train"
        ours = [LabelledSpan(m.span, (m.technique,), m.contested) for m in marks.get(id_, ())]
        known = labelled | FURTHER if id_ in marks else labelled
        yield Document(id_, "ptc", row["text"], (*spans.get(id_, ()), *ours), known, part)


def read_semeval2021(folder: Path) -> Iterator[Document]:
    """Yield the memes of SemEval-2021 Task 6, subtask 2: its own training and development files."""
    names = _names("semeval-2021")
    labelled = frozenset(names.values())
    parts: tuple[tuple[str, Part], ...] = (
        ("training_set_task2.json", "train"),
        ("dev_set_task2.json", "dev"),
    )
    for name, part in parts:
        for row in json.loads((folder / name).read_text(encoding="utf-8")):
            spans = tuple(
                LabelledSpan(Span(label["start"], label["end"]), (names[label["technique"]],))
                for label in row["labels"]
            )
            yield Document(str(row["id"]), "semeval2021", row["text"], spans, labelled, part)


def read_whataboutism(folder: Path) -> Iterator[Document]:
    """Yield comments that are, as a whole, whataboutism or not."""
    for name in ("twitter_data_1204", "youtube_data_1645"):
        for suffix, part in (("train", "train"), ("val", "dev")):
            with (folder / f"{name}_{suffix}.csv").open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            header = [cell.strip().lower() for cell in rows[0]]
            text_at = next(
                i for i, cell in enumerate(header) if cell in ("tweet", "comment", "text", "comments")
            )
            label_at = header.index("label")
            for number, row in enumerate(rows[1:]):
                positive = row[label_at].strip() in ("1", "1.0")
                yield Document(
                    f"{name}-{suffix}-{number}", "tq", row[text_at], (), frozenset({"whataboutism"}),
                    "train" if part == "train" else "dev", whole="whataboutism" if positive else None,
                )  # fmt: skip


def read_web(folder: Path, further: Path) -> Iterator[Document]:
    """Yield the annotated web articles, with `further` marks of ours as offsets; a third of them is `dev`."""
    texts = {str(row["id"]): row["text"] for row in _json_lines(folder / "openwebtext-340.jsonl")}
    marks = read_offsets(further)
    for path in sorted((folder / "annotations").glob("*.ann")):
        marks |= read_words(path, texts)
    for id_, found in marks.items():
        # By the text's beginning, since some pages were crawled twice: copies go to the same part.
        part: Part = "dev" if share(f"web:{texts[id_][:200]}") < 1 / 3 else "train"
        spans = tuple(LabelledSpan(m.span, (m.technique,), m.contested) for m in found)
        yield Document(id_, "web", texts[id_], spans, ALL, part)


def pair_of(item_id: str) -> str:
    """Return what the two items of a minimal pair share: `contrast:3` for `contrast-0007` and `contrast-0008`."""
    name, _, number = item_id.rpartition("-")
    return f"{name}:{(int(number) - 1) // 2}"


def read_corpus(folder: Path) -> Iterator[Document]:
    """Yield our own corpus; a fifth is `test`, a tenth `dev`, chosen by a hash of the id.

    The minimal pairs of `contrast` stand one after the other and go to the same part.
    """
    for path in sorted(folder.glob("*.txt")):
        for item in read_items(path):
            place = share(f"corpus:{pair_of(item.id)}")
            part: Part = "test" if place < 0.2 else "dev" if place < 0.3 else "train"
            spans = tuple(LabelledSpan(m.span, (m.technique,), m.contested) for m in item.spans)
            yield Document(
                item.id, "corpus", item.text, spans, ALL, part, item.kind, item.genre, item.speech
            )  # fmt: skip


def read_transfer(path: Path) -> Iterator[Document]:
    """Yield texts that nobody marked, from JSON lines with id and text; a teacher alone says what is in them."""
    for row in _json_lines(path):
        yield Document(str(row["id"]), "transfer", row["text"], (), frozenset(), "train")


def key_of(document: Document) -> str:
    """Return what names a document's text among those of all sources."""
    return document.id if document.source == "reading" else f"{document.source}:{document.id}"


def read_readings(path: Path, documents: Iterable[Document]) -> Iterator[Document]:
    """Yield the documents that an annotator of ours read for all techniques, with those marks, as `reading`.

    Our conventions are not always those of the source, and two readers see more than one: the text comes in
    training with either's marks. Raises: ValueError where a text is not one to train on.
    """
    marks = read_offsets(path)
    for document in documents:
        key = key_of(document)
        if key in marks:
            if document.part != "train" or any(m.span.end > len(document.text) for m in marks[key]):
                raise ValueError(f"{path.name}: {key} is held out, or is another text")
            spans = tuple(LabelledSpan(m.span, (m.technique,), m.contested) for m in marks[key])
            yield replace(document, id=key, source="reading", spans=spans, labelled=ALL, whole=None)


def with_speech(documents: Iterable[Document], path: Path) -> Iterator[Document]:
    """Yield the documents, those that `path` marks all speech of with that speech.

    Raises: ValueError where a text is another one.
    """
    speech = read_speech(path)
    for document in documents:
        said = speech.get(key_of(document))
        if said is None:
            yield document
        elif any(s.span.end > len(document.text) for s in said):
            raise ValueError(f"{path.name}: {key_of(document)} is another text")
        else:
            yield replace(document, speech=said)


def read_all(data: Path, corpus: Path) -> list[Document]:
    """Read every source below `data`, and our corpus with its marks on texts of theirs."""
    documents = [
        *read_ptc(data / "ptc", corpus / "ptc-marks.jsonl"),
        *read_semeval2021(data / "semeval2021-task6"),
        *read_whataboutism(data / "whataboutism-tq"),
        *read_web(data / "unlabelled", corpus / "web-marks.jsonl"),
        *read_corpus(corpus),
    ]
    return list(with_speech(documents, corpus / "speech.jsonl"))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files below a folder in the order of their names."""
    sha = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        sha.update(file.relative_to(path).as_posix().encode() if path.is_dir() else b"")
        sha.update(file.read_bytes())
    return sha.hexdigest()


def _rows(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield line.split("\t")


def _json_lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
