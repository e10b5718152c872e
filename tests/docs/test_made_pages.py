"""The pages that are made from code and data are those that would be made now, and the data are whole."""

import re
from pathlib import Path

import docs_http
import docs_techniques
import pytest

from spinmark.cli.writing import FORMATS
from spinmark.readers.kinds import KINDS, SUFFIXES
from spinmark.taxonomy import BY_ID, GROUPS, TECHNIQUE_IDS

MARKED = re.compile(r"⟦([^⟦⟧]+)⟧")
EXAMPLES = docs_techniques.examples()


def test_the_pages_of_the_techniques_are_current():
    made = docs_techniques.files()
    there = {p.name: p.read_text(encoding="utf-8") for p in docs_techniques.FOLDER.glob("*.md")}
    assert there == made, "run: python tools/docs_techniques.py"


def test_the_http_reference_is_current():
    assert docs_http.PAGE.read_text(encoding="utf-8") == docs_http.page(), "run: python tools/docs_http.py"


def test_the_page_of_the_formats_has_a_row_for_each_and_names_every_ending():
    rows = [
        line.split(" | ")
        for line in (docs_http.PAGE.parent / "formats.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    first, second = (set(re.findall(r"`([^`]+)`", " ".join(row[i] for row in rows))) for i in (0, 1))
    assert set(KINDS) <= second
    assert {*SUFFIXES, *FORMATS} <= first


def test_every_technique_has_a_worked_example_in_the_order_of_the_taxonomy():
    assert tuple(EXAMPLES) == TECHNIQUE_IDS


def test_every_group_has_a_name_in_the_order_of_the_taxonomy():
    assert tuple(docs_techniques.GROUP_NAMES) == GROUPS


@pytest.mark.parametrize("technique", TECHNIQUE_IDS)
def test_an_example_marks_its_words_and_its_twin_marks_none(technique):
    example = EXAMPLES[technique]
    assert MARKED.findall(example.passage)
    for text in (example.reading, example.plainly, example.legitimate, example.because):
        assert len(text) > 20
        assert not set("⟦⟧") & set(text)
    assert not set("⟦⟧") & set(MARKED.sub("", example.passage))


@pytest.mark.parametrize("technique", TECHNIQUE_IDS)
def test_an_example_is_told_from_other_techniques(technique):
    beside = EXAMPLES[technique].beside
    assert beside
    assert set(beside) <= set(BY_ID) - {technique}


def test_no_example_is_there_twice():
    texts = [
        text
        for technique in TECHNIQUE_IDS
        for text in (
            MARKED.sub(r"\1", EXAMPLES[technique].passage),
            EXAMPLES[technique].plainly,
            EXAMPLES[technique].legitimate,
            *BY_ID[technique].examples,
        )
    ]
    assert len(set(texts)) == len(texts)


def test_a_link_from_one_technique_leads_to_the_page_of_another():
    for page in docs_techniques.FOLDER.glob("*.md"):
        for target in re.findall(r"\]\(([a-z_]+\.md)\)", page.read_text(encoding="utf-8")):
            assert Path(page.parent, target).is_file(), f"{page.name}: {target}"
