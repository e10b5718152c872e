"""`spinmark check`: what it fails on, and what somebody accepted."""

import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from spinmark import Detector
from spinmark.baseline import fingerprints
from spinmark.cli import main

TEXT = (
    "The traitors on the council closed the mill.\nThe bakers are the vermin of this town, and monstrous.\n"
)
CALM = "The council closed the mill, and the bakers moved the oven to the school of this town.\n"


@pytest.fixture
def check(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Give a function that runs `spinmark check` with the tiny model in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: str | None = None) -> Result:
        command = ["check", "--weights", str(tiny_weights), *map(str, arguments)]
        return CliRunner().invoke(main, command, input=stdin)

    return run


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = Path("draft.txt")
    (tmp_path / path).write_text(TEXT, encoding="utf-8")
    return path


def test_a_finding_fails_and_is_a_line_with_its_place(check, draft):
    result = check(draft)
    assert (result.exit_code, result.stderr) == (1, "spinmark: 3 passages found\n")
    assert result.stdout.splitlines() == [
        "draft.txt:1:5: The author's own words. Resembles name calling (0.95): “traitors”",
        "draft.txt:2:20: The author's own words. Resembles name calling (0.60): “vermin”",
        "draft.txt:2:45: The author's own words. Resembles loaded language (0.90): “monstrous”",
    ]


def test_nothing_found_passes_without_a_word(check, draft):
    draft.write_text(CALM, encoding="utf-8")
    result = check(draft)
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (["name_calling"], ["traitors", "vermin"]),
        (["name_calling:0.9"], ["traitors"]),
        (["name_calling:0.95", "name_calling:0.99"], ["traitors"]),
        (["any:0.9"], ["traitors", "monstrous"]),
        (["any:0.92", "loaded_language"], ["traitors", "monstrous"]),
        (["slogan"], []),
        (["any:1"], []),
        (["any"], ["traitors", "vermin", "monstrous"]),
    ],
    ids=str,
)
def test_rules_say_what_it_fails_on(check, draft, rules, found):
    result = check(*(part for rule in rules for part in ("--fail-on", rule)), draft)
    assert result.exit_code == (1 if found else 0)
    assert [line.split("“")[1].rstrip("”") for line in result.stdout.splitlines()] == found


def test_a_rule_may_ask_for_less_than_the_threshold_of_a_technique(check, draft):
    draft.write_text("The word is whatabout here.", encoding="utf-8")
    assert check("--fail-on", "whataboutism:0.2", draft).exit_code == 1
    assert check("--fail-on", "whataboutism:0.75", draft).exit_code == 0


def test_findings_in_another_voice_may_pass(check, draft):
    draft.write_text("“The traitors closed the mill,” the mayor said.\n", encoding="utf-8")
    assert check("--voice", "author", draft).exit_code == 0
    assert check("--voice", "quoted", draft).exit_code == 1


def test_a_text_may_come_through_stdin(check):
    result = check(stdin=TEXT)
    assert result.exit_code == 1
    assert result.stdout.startswith("stdin: The author's own words. Resembles name calling (0.95)")


def test_rows_are_named_by_their_ids(check):
    Path("rows.jsonl").write_text(json.dumps({"id": "r1", "text": TEXT}) + "\n", encoding="utf-8")
    result = check("rows.jsonl", "--fail-on", "any:0.95")
    assert result.stdout.splitlines() == [
        "rows.jsonl#r1: The author's own words. Resembles name calling (0.95): “traitors”"
    ]


def test_a_text_in_another_language_is_said_not_to_be_checked(check, draft):
    draft.write_text(
        "Der Rat hat die Mühle am Montag geschlossen, und die Bäcker haben den Ofen verlegt.",
        encoding="utf-8",
    )
    result = check(draft)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (
        "draft.txt: not checked, the text seems to be in another language than English (de)" in result.stderr
    )


# Formats


def test_annotations_are_workflow_commands(check, draft):
    first = check("--format", "github", draft).stdout.splitlines()[0]
    assert first.startswith(
        "::warning title=Resembles name calling (0.95),file=draft.txt,line=1,endLine=1,col=5"
    )


def test_sarif_holds_the_findings_that_are_not_accepted(check, draft):
    check("--baseline", "known.json", "--write-baseline", "--fail-on", "any:0.9", draft)
    result = check("--baseline", "known.json", "--format", "sarif", "--output", "out.sarif", draft)
    assert (result.exit_code, result.stdout) == (1, "")
    (run,) = json.loads(Path("out.sarif").read_text(encoding="utf-8"))["runs"]
    assert [r["properties"]["confidence"] for r in run["results"]] == [0.6]


def test_jsonl_is_a_report_a_document_with_what_it_fails_on_alone(check, draft):
    result = check("--format", "jsonl", "--fail-on", "loaded_language", draft)
    assert [flag["technique"] for flag in json.loads(result.stdout)["flags"]] == ["loaded_language"]


# Failures


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere.txt",),
        ("draft.txt", "nowhere.txt"),
        ("draft.txt", "--fail-on", "lying"),
        ("draft.txt", "--fail-on", "slogan:2"),
        ("draft.txt", "--fail-on", "slogan:nan"),
        ("draft.txt", "--fail-on", "slogan:"),
        ("draft.txt", "--weights", "nowhere"),
        ("draft.txt", "--baseline", "nowhere.json"),
        ("draft.txt", "--write-baseline"),
        ("draft.txt", "--output", "nowhere/out.txt"),
    ],
    ids=" ".join,
)
def test_what_is_no_finding_fails_with_another_code(check, draft, arguments):
    result = check(*arguments)
    assert draft.exists()
    assert result.exit_code == 2
    assert "nowhere" in result.stderr or "Error: " in result.stderr


def test_a_row_that_cannot_be_read_is_a_failure_beside_the_findings(check):
    Path("rows.jsonl").write_text(json.dumps({"text": TEXT}) + "\n[1]\n", encoding="utf-8")
    result = check("rows.jsonl")
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr.splitlines() == [
        "spinmark: rows.jsonl: line 2 is not a JSON object",
        "spinmark: 3 passages found, 1 of 2 could not be read",
    ]


# The baseline


@pytest.fixture
def accepted(check, draft) -> Callable[..., Result]:
    """Give `check` with a baseline that accepts all of the draft."""
    result = check("--baseline", "known.json", "--write-baseline", draft)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "spinmark: 3 findings accepted in known.json\n"
    return lambda *arguments: check("--baseline", "known.json", *arguments)


def test_what_is_accepted_passes(accepted, draft):
    result = accepted(draft)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "spinmark: 3 accepted\n")


def test_a_baseline_holds_no_text(accepted):
    assert accepted is not None
    content = Path("known.json").read_text(encoding="utf-8")
    assert not [word for word in ("traitors", "vermin", "council", "bakers") if word in content]


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: CALM + "\n" + text,
        lambda text: text + "\n" + CALM,
        lambda text: text.replace("\n", "\n\n" + CALM + "\n", 1),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(" of this", "\n  of this"),
        lambda text: "\n".join(reversed(text.splitlines())),
    ],
    ids=["before", "behind", "between", "line ends", "wrapped", "order"],
)
def test_what_is_accepted_stays_so_when_the_text_around_it_changes(accepted, draft, edit):
    draft.write_bytes(edit(TEXT).encode())
    assert accepted(draft).exit_code == 0


def test_what_is_new_fails_alone(accepted, draft):
    draft.write_text(TEXT + "They are traitors all.\n", encoding="utf-8")
    result = accepted(draft)
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)
    assert result.stdout.startswith("draft.txt:3:10: ")
    assert result.stderr == "spinmark: 1 passage found, 3 accepted\n"


def test_a_sentence_that_comes_twice_must_be_accepted_twice(accepted, draft):
    draft.write_text(TEXT + TEXT, encoding="utf-8")
    result = accepted(draft)
    assert [line.split(":")[1] for line in result.stdout.splitlines()] == ["3", "4", "4"]


def test_a_finding_in_a_sentence_that_was_rewritten_is_asked_about_again(accepted, draft):
    draft.write_text(TEXT.replace("closed the mill", "sold the mill"), encoding="utf-8")
    result = accepted(draft)
    assert result.exit_code == 1
    assert result.stderr == (
        "spinmark: 1 passage found, 2 accepted, 1 accepted but gone (--write-baseline forgets them)\n"
    )


def test_writing_anew_forgets_what_is_gone_and_keeps_other_files(accepted, draft):
    other = Path("other.txt")
    other.write_text("Monstrous, this.\n", encoding="utf-8")
    accepted("--write-baseline", other)
    draft.write_text(CALM, encoding="utf-8")
    accepted("--write-baseline", draft)
    known = json.loads(Path("known.json").read_text(encoding="utf-8"))
    assert list(known["accepted"]) == ["other.txt"]
    assert accepted(draft, other).exit_code == 0


def test_a_baseline_is_right_from_any_folder(accepted, draft, monkeypatch):
    Path("deeper").mkdir()
    monkeypatch.chdir("deeper")
    assert accepted("--baseline", "../known.json", Path("..") / draft).exit_code == 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"schema": "spinmark.baseline/1"}',
        '{"schema": "spinmark.baseline/1", "accepted": {"a": 3}}',
    ],
)
def test_a_file_that_is_no_baseline_is_a_failure(check, draft, content):
    Path("known.json").write_text(content, encoding="utf-8")
    result = check("--baseline", "known.json", draft)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: known.json: ")


def test_a_baseline_is_not_written_where_something_could_not_be_read(check, draft):
    result = check("--baseline", "known.json", "--write-baseline", draft, "nowhere.txt")
    assert (result.exit_code, Path("known.json").exists()) == (2, False)
    assert result.stderr.endswith("spinmark: known.json left as it was, 1 of 2 could not be read\n")


def test_a_baseline_that_is_not_there_is_answered_by_how_to_make_one(check, draft):
    result = check("--baseline", "known.json", draft)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: known.json: there is no such baseline; --write-baseline makes one\n"


def test_two_flags_are_known_apart_by_technique_and_by_sentence(tiny_detector: Detector):
    report = tiny_detector.analyze(TEXT)
    assert len(set(fingerprints(report))) == 3
    assert [print_.split(":")[0] for print_ in fingerprints(report)] == [f.technique for f in report.flags]


# As a hook


def test_the_hook_that_ships_runs_check(tmp_path):
    (hook,) = yaml.safe_load(
        (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    )
    assert (hook["id"], hook["language"]) == ("spinmark", "python")
    program, *arguments = shlex.split(hook["entry"])
    assert program == "spinmark"
    done = os.spawnv(
        os.P_WAIT,
        sys.executable,
        [sys.executable, "-m", "spinmark", *arguments, str(tmp_path / "nowhere.txt")],
    )
    assert done == 2
