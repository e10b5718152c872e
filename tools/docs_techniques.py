"""The taxonomy and docs/techniques/examples.toml -> docs/techniques/*.md: `python tools/docs_techniques.py`."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spinmark.taxonomy import BY_ID, GROUPS, TECHNIQUES, Group, Technique

FOLDER = Path(__file__).parents[1] / "docs" / "techniques"

GROUP_NAMES: dict[Group, tuple[str, str]] = {
    "attack": ("Attack", "The person is spoken of instead of what they say."),
    "justification": ("Justification", "Something other than evidence is offered as the reason."),
    "simplification": (
        "Simplification",
        "Causes, choices or consequences are fewer than they are in the world.",
    ),
    "distraction": ("Distraction", "Another topic, or another claim, takes the place of the one at hand."),
    "call": ("Call", "A phrase that moves to act, or to stop thinking."),
    "wording": ("Wording", "The choice of words does the work."),
}

INVENTORIES = {
    "ptc-18": "Propaganda Techniques Corpus, 18 techniques",
    "semeval-2020": "SemEval-2020 Task 11, 14 classes",
    "semeval-2021": "SemEval-2021 Task 6, 20 techniques",
    "semeval-2023": "SemEval-2023 Task 3, 23 techniques",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example; `passage` has the words in question between ⟦ and ⟧, `beside` is by technique."""

    passage: str
    reading: str
    plainly: str
    legitimate: str
    because: str
    beside: dict[str, str]


def examples(path: Path = FOLDER / "examples.toml") -> dict[str, Example]:
    """Return the worked example of each technique."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {technique: Example(**entry) for technique, entry in table.items()}


def files() -> dict[str, str]:
    """Return the pages by their names in the folder."""
    found = examples()
    return {
        "index.md": _text(_index()),
        **{f"{t.id}.md": _text(_page(t, found[t.id])) for t in TECHNIQUES},
    }


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _index() -> Iterator[str]:
    own = sum(not technique.names for technique in TECHNIQUES)
    yield f"# The {len(TECHNIQUES)} techniques"
    yield ""
    yield (
        f"Spinmark knows {len(TECHNIQUES) - own} techniques of the inventory of SemEval-2023 Task 3 and {own} of its own, "
        "marked (+). Each page says what a technique is, how it works on a reader, what to ask oneself, and when the same wording is "
        "legitimate. A flag never says more than that a wording *resembles* one: "
        "[what a flag means](../ethics.md)."
    )
    for group, (name, about) in GROUP_NAMES.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield about
        yield ""
        yield "| technique | |"
        yield "|---|---|"
        for technique in TECHNIQUES:
            if technique.group == group:
                own = "" if technique.names else " (+)"
                yield f"| [{technique.name}]({technique.id}.md){own} | {technique.definition} |"
    yield ""
    yield (
        "The same on the command line: `spinmark techniques`; over HTTP: `GET /v1/techniques`; in Python: "
        "[`spinmark.TECHNIQUES`](../python.md)."
    )
    yield ""
    yield "```{toctree}"
    yield ":hidden:"
    yield ":maxdepth: 1"
    yield ""
    yield from (t.id for group in GROUPS for t in TECHNIQUES if t.group == group)
    yield "```"


def _page(technique: Technique, example: Example) -> Iterator[str]:
    yield f"# {technique.name}"
    yield ""
    yield technique.definition
    yield ""
    yield f"Group: {technique.group}. Id in reports: `{technique.id}`."
    yield from _section("How it works on a reader", technique.effect)
    yield from _section("Ask yourself", f"*{technique.question}*")
    yield from _section("An example, read closely", _quoted(example.passage), example.reading)
    yield from _section("The same, plainly", _quoted(example.plainly))
    yield from _section("When it is legitimate", technique.legitimate)
    yield from _section("This looks alike and is none", _quoted(example.legitimate), example.because)
    yield from _section("More examples", *map(_quoted, technique.examples))
    yield from _section("Not to be confused with")
    yield ""
    for other, difference in example.beside.items():
        yield f"- [{BY_ID[other].name}]({other}.md): {difference}"
    yield from _section("What others call it")
    yield ""
    if technique.names:
        yield "| inventory | name |"
        yield "|---|---|"
        yield from (
            f"| {title} | `{technique.names[key]}` |"
            for key, title in INVENTORIES.items()
            if key in technique.names
        )
    else:
        yield "It is in none of the published inventories; Spinmark adds it for the rhetoric of conflicts."
    yield ""
    yield "All examples are invented."


def _section(title: str, *paragraphs: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    for paragraph in paragraphs:
        yield ""
        yield paragraph


def _quoted(text: str) -> str:
    """Return a quotation in which what stands between ⟦ and ⟧ is strong."""
    return "> " + re.sub(r"⟦(.+?)⟧", r"**\1**", text)


def main() -> None:
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
