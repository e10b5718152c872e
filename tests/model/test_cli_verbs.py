"""`spinmark compare` and `spinmark explain`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spinmark import Detector
from spinmark.cli import main
from spinmark.report import Span

OLD = "The traitors on the council closed the mill, and the bakers are the vermin of this town.\n"
NEW = "The members of the council closed the mill, and the bakers are the vermin of this monstrous town.\n"


@pytest.fixture
def run(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Give a function that runs a verb with the tiny model in a folder with an old and a new text."""
    monkeypatch.chdir(tmp_path)
    Path("old.txt").write_text(OLD, encoding="utf-8")
    Path("new.txt").write_text(NEW, encoding="utf-8")

    def invoke(verb: str, *arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(
            main, [verb, "--weights", str(tiny_weights), *map(str, arguments)], input=stdin
        )

    return invoke


# compare


def test_a_revision_is_shown_by_what_it_took_away_added_and_kept(run):
    result = run("compare", "old.txt", "new.txt")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "old.txt → new.txt: 1 taken away, 1 added, 1 kept.",
        "",
        "Taken away",
        "  - The author's own words. Resembles name calling (0.95): “traitors”",
        "",
        "Added",
        "  + The author's own words. Resembles loaded language (0.90): “monstrous”",
        "",
        "Kept",
        "  = The author's own words. Resembles name calling (0.60): “vermin”",
    ]


def test_one_of_the_two_may_come_through_stdin(run):
    result = run("compare", "-", "new.txt", stdin=OLD)
    assert result.stdout.startswith("stdin → new.txt: 1 taken away, 1 added, 1 kept.")
    assert run("compare", "-", "-", stdin=OLD).exit_code == 2


def test_a_kept_passage_in_another_voice_says_whose_words_it_was(run):
    Path("new.txt").write_text(f"“{OLD.strip()}” the mayor said.\n", encoding="utf-8")
    assert "    was: The author's own words." in run("compare", "old.txt", "new.txt").stdout.splitlines()


def test_the_comparison_as_json_goes_to_a_file(run):
    result = run("compare", "--format", "json", "--output", "out.json", "old.txt", "new.txt")
    assert (result.exit_code, result.stdout) == (0, "")
    value = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert value["summary"]["by_technique"] == {
        "loaded_language": {"before": 0, "after": 1},
        "name_calling": {"before": 2, "after": 1},
    }


def test_options_choose_what_is_compared(run):
    result = run("compare", "--technique", "name_calling", "--min-confidence", "0.9", "old.txt", "new.txt")
    assert result.stdout.splitlines()[0] == "old.txt → new.txt: 1 taken away, 0 added, 0 kept."


def test_a_text_that_was_not_checked_is_no_text_without_flags(run):
    Path("new.txt").write_text("Hi", encoding="utf-8")
    assert run("compare", "old.txt", "new.txt").stdout.splitlines()[0] == "new.txt: not checked (too short)."


@pytest.mark.parametrize("name", ["nowhere.txt", "rows.jsonl"])
def test_what_cannot_be_compared_is_named(run, name):
    Path("rows.jsonl").write_text('{"text": "a b"}\n{"text": "c d"}\n', encoding="utf-8")
    result = run("compare", "old.txt", name)
    assert result.exit_code == (2 if name == "rows.jsonl" else 1)
    assert name in result.stderr
    assert result.stdout == ""


# explain


def test_every_flag_is_explained_by_the_words_that_moved_it(run):
    result = run("explain", "old.txt")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == ["1. The author's own words.", "“traitors” resembles name calling (0.95)"]
    assert lines[2].split()[0] == "traitors"
    assert lines[2].split()[1].startswith("+0.9")
    assert lines.index("2. The author's own words.") > 2


def test_one_flag_is_explained_by_its_number_as_the_library_does(run, tiny_detector: Detector):
    result = run("explain", "--flag", 2, "--format", "json", "old.txt")
    start = OLD.index("vermin")
    expected = tiny_detector.explain(OLD, Span(start, start + 6), "name_calling")
    assert result.stdout == expected.to_json() + "\n"
    assert run("explain", "--flag", 2, "old.txt").stdout.startswith(
        "“vermin” resembles name calling (0.60)\n"
    )


def test_a_passage_is_explained_whether_it_was_flagged_or_not(run):
    result = run("explain", "--start", 0, "--end", 12, "--technique", "slogan", "--format", "json", "old.txt")
    value = json.loads(result.stdout)
    assert (value["text"], value["technique"]) == ("The traitors", "slogan")
    assert value["confidence"] < 0.1


def test_all_explanations_as_json_are_the_report_with_its_cues(run):
    value = json.loads(run("explain", "--format", "json", "old.txt").stdout)
    assert value["schema"] == "spinmark.report/1"
    assert all(flag["cues"] for flag in value["flags"])


def test_a_row_is_chosen_by_its_id(run):
    rows = [{"id": 1, "text": "A calm text."}, {"id": "b", "text": OLD}]
    Path("rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    assert "traitors" in run("explain", "rows.jsonl", "--id", "b", "--flag", 1).stdout
    assert run("explain", "rows.jsonl", "--id", 1).stdout.startswith("Nothing stands out")
    assert run("explain", "rows.jsonl").exit_code == 2
    assert run("explain", "rows.jsonl", "--id", "c").exit_code == 1


def test_markdown_is_explained_by_its_prose_at_the_offsets_of_the_file(run):
    Path("a.md").write_text("# Mill\n\nThe **traitors** closed `the mill` today.\n", encoding="utf-8")
    value = json.loads(run("explain", "a.md", "--flag", 1, "--format", "json").stdout)
    assert (value["text"], value["start"]) == ("traitors", 14)


@pytest.mark.parametrize(
    "arguments",
    [
        ("old.txt", "--flag", 9),
        ("old.txt", "--flag", 0),
        ("old.txt", "--flag", 1, "--start", 0),
        ("old.txt", "--start", 0, "--end", 4),
        ("old.txt", "--technique", "slogan"),
        ("old.txt", "--start", 0, "--end", 999, "--technique", "slogan"),
        ("old.txt", "--start", 4, "--end", 4, "--technique", "slogan"),
        ("old.txt", "--start", 0, "--end", 4, "--technique", "lying"),
        (),
    ],
    ids=str,
)
def test_a_passage_that_is_none_is_a_wrong_usage(run, arguments):
    result = run("explain", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_weights_that_are_not_there_are_named(run):
    for verb in (("compare", "old.txt", "new.txt"), ("explain", "old.txt")):
        result = run(*verb, "--weights", "nowhere")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "nowhere" in result.stderr
