"""The code in the docs does what the docs show."""

import difflib

import pytest
from docs_examples import DOCS, Block, ExampleError, blocks, matches, pages, rewritten

RUN = [page for page in pages() if blocks(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", RUN, ids=lambda p: p.relative_to(DOCS).as_posix())
def test_the_code_of_a_page_gives_what_the_page_shows(page):
    shown, found = page.read_text(encoding="utf-8"), rewritten(page)
    assert shown == found, "run: python tools/docs_examples.py --write\n" + "".join(
        difflib.unified_diff(
            shown.splitlines(keepends=True), found.splitlines(keepends=True), "shown", "found"
        )
    )


def test_the_docs_have_examples_for_the_prompt_and_for_python():
    languages = [
        b.language for page in RUN for b in blocks(page.read_text(encoding="utf-8")) if b.marker is None
    ]
    assert languages.count("console") > 15
    assert languages.count("python") > 10


# How the examples are run


@pytest.fixture
def page(tmp_path):
    def write(markdown):
        path = tmp_path / "page.md"
        path.write_text(markdown, encoding="utf-8")
        return path

    return write


def test_the_output_of_a_command_is_the_one_that_it_has(page):
    path = page("```console\n$ echo one; echo two\nwrong\n$ echo three\n```\n")
    assert rewritten(path) == "```console\n$ echo one; echo two\none\ntwo\n$ echo three\nthree\n```\n"


def test_a_command_sees_the_code_of_the_one_before_and_the_files_of_the_page(page):
    path = page(
        "<!-- file: a/b.txt -->\n```text\nhello\n```\n\n```console\n$ cat a/b.txt\nhello\n$ (exit 3)\n$ echo $?\n3\n```\n"
    )
    assert rewritten(path) == path.read_text(encoding="utf-8")


def test_a_command_may_go_on_over_lines(page):
    path = page("```console\n$ echo one \\\n    two\n```\n")
    assert rewritten(path) == "```console\n$ echo one \\\n    two\none two\n```\n"


def test_what_bash_complains_of_is_shown(page):
    assert "No such file" in rewritten(page("```console\n$ cat missing\n```\n"))


def test_python_goes_on_from_block_to_block_and_shows_errors_as_a_prompt_does(page):
    path = page("```python\nx = 2\n```\n\n```python\n>>> x + 1\n>>> int('a')\n```\n")
    assert rewritten(path) == (
        "```python\nx = 2\n```\n\n```python\n>>> x + 1\n3\n>>> int('a')\nTraceback (most recent call last):\n  ...\n"
        "ValueError: invalid literal for int() with base 10: 'a'\n```\n"
    )


def test_three_dots_stand_for_any_lines():
    assert matches("a\n...\nd\n", "a\nb\nc\nd\n")
    assert matches("a\n...\n", "a\n")
    assert not matches("a\n...\nd\n", "a\nb\n")
    assert not matches("a\n", "a\nb\n")


@pytest.mark.parametrize(
    ("markdown", "reason"),
    [
        ("```bash\nls\n```\n", "nothing is known of this language"),
        ("```\nls\n```\n", "nothing is known of this language"),
        ("```json\n{\n```\n", "Expecting"),
        ("```yaml\na: [\n```\n", "while parsing"),
        ("```python\nprint(1)\n```\n", "show by prompts what it prints"),
        ("```console\nls\n```\n", "does not begin with a command"),
        ("```console\n$ exit 1\n```\n", "bash ended early"),
        ("<!-- run by: tests/none.py -->\n```sh\nls\n```\n", "there is no tests/none.py"),
    ],
)
def test_a_block_that_cannot_be_run_or_read_is_an_error(page, markdown, reason):
    with pytest.raises(ExampleError, match=reason):
        rewritten(page(markdown))


def test_a_marker_holds_for_the_block_right_after_it_alone():
    first, second = blocks("<!-- not run: it waits -->\n```sh\nls\n```\n\n```sh\nls\n```\n")
    assert first == Block("sh", "ls\n", (2, 3), ("not run", "it waits"))
    assert second.marker is None
