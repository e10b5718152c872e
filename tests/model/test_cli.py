"""The command line, within this process for what it writes and as a process of its own for what surrounds it."""

import ctypes
import gzip
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.model.terminal import on_a_terminal

from spinmark.cli import main
from spinmark.taxonomy import TECHNIQUE_IDS, TECHNIQUES

TEXT = "The traitors on the council closed the mill, and the bakers are the vermin of this town."
CALM = "The council closed the mill, and the bakers moved the oven to the school of this town."


@pytest.fixture
def score(tiny_weights: Path) -> Callable[..., Result]:
    """Give a function that runs `spinmark score` with the tiny model."""

    def run(*arguments: object, stdin: bytes | str | None = None) -> Result:
        command = ["score", "--weights", str(tiny_weights), *map(str, arguments)]
        result = CliRunner().invoke(main, command, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def process(tiny_weights: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Give a function that runs `python -m spinmark score` with the tiny model, as a user's shell does."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "spinmark", "score", "--weights", str(tiny_weights), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
            env={k: v for k, v in os.environ.items() if k != "NO_COLOR"} | environment,
        )

    return run


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def jsonl(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def rows_of(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def quotes(report: dict) -> list[str]:
    return [flag["text"] for flag in report["flags"]]


# Texts


def test_a_file_is_scored_as_text(score, article):
    result = score(article)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{article}: 2 passages stand out (88 characters checked).\n")
    assert "The [traitors] on the council" in result.stdout
    assert "resembles name calling (0.95)" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_piped_text_is_read_with_and_without_a_dash(score, arguments):
    result = score(*arguments, stdin=TEXT)
    assert result.exit_code == 0
    assert result.stdout.startswith("2 passages stand out")


@pytest.mark.parametrize("text", [CALM, "", "Hi"])
def test_the_exit_code_is_0_whatever_is_found(score, text):
    result = score(stdin=text)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1


def test_json_is_the_report_of_the_library_to_the_byte(score, article, tiny_detector):
    result = score("--format", "json", article)
    assert result.stdout_bytes == (tiny_detector.analyze(TEXT).to_json() + "\n").encode()


def test_several_files_are_named_one_after_the_other(score, article, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(CALM, encoding="utf-8")
    result = score(other, article)
    heads = [line for line in result.stdout.splitlines() if "characters checked" in line]
    assert [head.split(":")[0] for head in heads] == [str(other), str(article)]
    reports = rows_of(score("--format", "jsonl", other, article).stdout)
    assert [r["id"] for r in reports] == [str(other), str(article)]
    assert [len(r["flags"]) for r in reports] == [0, 2]


def test_a_file_and_stdin_may_stand_together(score, article):
    reports = rows_of(score("--format", "jsonl", article, "-", stdin=CALM).stdout)
    assert [(r["id"], len(r["flags"])) for r in reports] == [(str(article), 2), ("stdin", 0)]


def test_line_breaks_and_the_byte_order_mark_do_not_move_offsets(score, tmp_path):
    path = tmp_path / "dos.txt"
    path.write_bytes(b"\xef\xbb\xbfThe mill.\r\n\r\nThe traitors.\r\n")
    (flag,) = json.loads(score("--format", "json", path).stdout)["flags"]
    assert (flag["start"], flag["end"], flag["text"]) == (17, 25, "traitors")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ["traitors", "vermin"]),
        (("--min-confidence", "0.9"), ["traitors"]),
        (("--min-confidence", "1"), []),
        (("--technique", "slogan"), []),
        (("--technique", "slogan", "--technique", "name_calling"), ["traitors", "vermin"]),
        (("--voice", "author"), ["traitors", "vermin"]),
        (("--voice", "quoted"), []),
    ],
)
def test_options_choose_what_is_shown(score, article, options, found):
    assert quotes(json.loads(score("--format", "json", *options, article).stdout)) == found


# Rows


def test_rows_give_rows_in_their_order_one_line_each(score, tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [{"id": f"r{n}", "text": TEXT if n % 3 else CALM} for n in range(40)]
    path.write_text(jsonl(*rows), encoding="utf-8")
    result = score(path)
    assert result.exit_code == 0
    reports = rows_of(result.stdout)
    assert [r["id"] for r in reports] == [r["id"] for r in rows]
    assert [len(r["flags"]) for r in reports] == [2 if n % 3 else 0 for n in range(40)]


def test_rows_that_are_not_scored_are_counted(score, tmp_path):
    path = tmp_path / "rows.jsonl"
    german = "Die alte Mühle am Fluss steht seit dem Winter leer."
    path.write_text(
        jsonl({"id": 1, "text": TEXT}, {"id": 2, "text": german}, {"id": 3, "text": "Odla"}), encoding="utf-8"
    )
    result = score(path)
    assert result.exit_code == 0
    assert result.stderr == (
        "spinmark: 1 of 3 not scored: another language than English, 1 of 3 not scored: too short\n"
    )


def test_rows_may_come_through_stdin(score):
    result = score("--input-format", "jsonl", stdin=jsonl({"id": 7, "text": TEXT}))
    (report,) = rows_of(result.stdout)
    assert (report["id"], quotes(report)) == (7, ["traitors", "vermin"])


def test_a_row_that_cannot_be_read_costs_itself_alone(score, tmp_path):
    path = tmp_path / "rows.jsonl"
    good = jsonl({"id": "a", "text": TEXT}).encode()
    bad = [b"[1]\n", b"{\n", b"\n", b'{"id": "b"}\n', b'{"id": "\xff"}\n', b'{"id": "\\ud800", "text": 3}\n']
    path.write_bytes(good + b"".join(bad) + good)
    result = score(path)
    reports = rows_of(result.stdout)
    assert result.exit_code == 1
    assert result.stderr == "spinmark: 6 of 8 could not be read; the first: line 2 is not a JSON object\n"
    assert len(reports) == 8
    assert [r["id"] for r in reports] == ["a", None, None, None, "b", None, "\ud800", "a"]
    assert [list(r) == ["id", "error"] for r in reports] == [False, *[True] * 6, False]
    assert [int(r["error"].split()[1]) for r in reports[1:-1]] == [2, 3, 4, 5, 6, 7]


def test_the_fields_of_a_row_may_have_other_names(score, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(jsonl({"key": "k", "body": TEXT}), encoding="utf-8")
    (report,) = rows_of(score(path, "--text-field", "body", "--id-field", "key").stdout)
    assert (report["id"], len(report["flags"])) == ("k", 2)


def test_rows_may_be_shown_as_text_each_under_its_name(score, tmp_path):
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    a.write_text(jsonl({"id": "first", "text": CALM}), encoding="utf-8")
    b.write_text(jsonl({"text": CALM}, {"text": 3}), encoding="utf-8")
    result = score("--format", "text", a, b)
    heads = [line.split(": nothing")[0] for line in result.stdout.splitlines() if line]
    assert heads == ["first", str(b)]
    assert result.stderr.splitlines()[0] == f"spinmark: {b}: line 2 has no string in 'text'"


def test_rows_and_texts_may_stand_together(score, article, tmp_path):
    path = tmp_path / "rows.JSONL"
    path.write_text(jsonl({"id": "a", "text": CALM}, {"id": "b", "text": TEXT}), encoding="utf-8")
    reports = rows_of(score(path, article).stdout)
    assert [(r["id"], len(r["flags"])) for r in reports] == [("a", 0), ("b", 2), (str(article), 2)]


def test_what_an_input_is_may_be_said_against_its_name(score, tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text(TEXT, encoding="utf-8")
    assert "2 passages stand out" in score("--input-format", "text", path).stdout
    assert score("--input-format", "text", "--format", "json", path).exit_code == 0


# Failures


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"id": 1, "body": TEXT},
            "line 1 has no field 'text' among 'id', 'body'; --text-field names another",
        ),
        ({}, "line 1 has no field 'text'; --text-field names another"),
        (
            {f"{n}" * 99: n for n in range(7)},
            f"line 1 has no field 'text' among {', '.join(repr(f'{n}' * 39 + '…') for n in range(5))}, 2 more; "
            "--text-field names another",
        ),
    ],
)
def test_rows_without_the_field_say_which_there_are_and_how_to_name_one(score, tmp_path, content, said):
    path = tmp_path / "rows.jsonl"
    path.write_text(jsonl(content), encoding="utf-8")
    result = score("--output", tmp_path / "out.jsonl", path)
    assert result.stderr == f"spinmark: 1 of 1 could not be read; the first: {said}\n"


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.jsonl.gz"])
def test_an_input_without_rows_says_so(score, tmp_path, name):
    path = tmp_path / name
    content = b"id,text\n" if name.endswith(".csv") else b""
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    result = score(path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"spinmark: {path}: holds no rows\n"


def test_an_id_field_that_no_row_has_is_told(score, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,text\na,x\n", encoding="utf-8")
    assert score("--id-field", "key", path).stderr == "spinmark: no row has an id in the field 'key'\n"
    assert score("--id-field", "id", path).stderr == ""


def give_up_rights() -> None:
    """Let no rights be above those of files: the administrator's program reads what nobody may."""
    if sys.platform == "linux":
        drop, override, read_search = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        for right in (override, read_search):
            ctypes.CDLL(None).prctl(drop, right, 0, 0, 0)


def test_a_file_that_may_not_be_read_does_not_cost_the_good_one_beside_it(article, tmp_path, tiny_weights):
    bad = tmp_path / "secret.txt"
    bad.write_text(TEXT, encoding="utf-8")
    bad.chmod(0)
    command = [sys.executable, "-m", "spinmark", "score", "--weights", tiny_weights, "--format", "jsonl"]
    done = subprocess.run(
        [*command, bad, article], capture_output=True, text=True, timeout=600, check=False,
        preexec_fn=give_up_rights,
    )  # fmt: skip
    assert (done.returncode, len(rows_of(done.stdout))) == (1, 1), done.stderr
    assert done.stderr.splitlines() == [
        f"spinmark: {bad}: Permission denied",
        "spinmark: 1 of 2 could not be read",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scroe", "a.txt"], "There is no command 'scroe'. Did you mean 'score'?"),
        (["servr"], "There is no command 'servr'. Did you mean 'serve'?"),
        (["fly"], "There is no command 'fly'."),
        (["score", "--technique", "Name caling", "a.txt"], "is no technique. Did you mean 'name_calling'?"),
        (["check", "--fail-on", "slogen:0.5", "a.txt"], "'slogen' is no technique. Did you mean 'slogan'?"),
        (["techniques", "zzz"], "'zzz' is no technique. `spinmark techniques` lists them."),
        (["score", "--output", ".", "a.txt"], "--output . is a folder; give the name of a file."),
    ],
    ids=" ".join,
)
def test_a_mistake_is_answered_by_what_may_have_been_meant(words, said):
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr.splitlines()[-1]


def test_a_file_that_is_no_text_does_not_cost_the_good_one_beside_it(score, article, tmp_path):
    bad = tmp_path / "picture.txt"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff")
    result = score("--format", "jsonl", bad, article)
    (report,) = rows_of(result.stdout)
    assert (result.exit_code, report["id"]) == (1, str(article))
    assert result.stderr.splitlines() == [
        f"spinmark: {bad}: holds binary data, not text",
        "spinmark: 1 of 2 could not be read",
    ]


def test_a_file_that_is_not_there_is_named(score, article, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    result = score("--format", "text", tmp_path / "nowhere.txt", empty, tmp_path / "no.jsonl", article)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{article}: 2 passages")
    lines = result.stderr.splitlines()
    assert lines[0] == f"spinmark: {tmp_path / 'nowhere.txt'}: No such file or directory"
    assert lines[1].startswith(f"spinmark: {empty}: is a folder without a file whose name ends in .txt, ")
    assert lines[2] == f"spinmark: {tmp_path / 'no.jsonl'}: No such file or directory"
    assert lines[3] == "spinmark: 3 of 4 could not be read"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "xml"),
        ("--min-confidence", "2"),
        ("--min-confidence", "nan"),
        ("--technique", "lying"),
        ("--voice", "nobody"),
        ("--input-format", "jsonl", "--format", "json"),
        ("--format", "json", "a.txt", "b.txt"),
        ("--format", "json", "a.jsonl"),
        ("--nonsense",),
    ],
    ids=" ".join,
)
def test_a_wrong_usage_is_exit_2_with_the_reason_and_no_result(score, arguments):
    result = score(*arguments, stdin=TEXT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


@pytest.mark.parametrize("name", ["model.onnx", "card.toml", "tokenizer.json", None])
def test_weights_that_are_not_there_are_named_without_a_traceback(score, article, weights_folder, name):
    folder = weights_folder.path if name else weights_folder.path / "nowhere"
    if name:
        (folder / name).unlink()
    result = score("--weights", folder, article)
    assert (result.exit_code, result.stdout) == (1, "")
    missing = folder / (name or "card.toml")
    assert result.stderr == f"Error: {missing}: cannot be read (No such file or directory)\n"


def test_a_truncated_model_is_named_without_a_traceback(score, article, weights_folder):
    path = weights_folder.path / "model.onnx"
    path.write_bytes(path.read_bytes()[:1000])
    result = score("--weights", weights_folder.path, article)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {path}: has 1,000 bytes with SHA-256")


# Where results go


def test_an_output_holds_what_stdout_would(score, article, tmp_path):
    out = tmp_path / "flags.jsonl"
    result = score("--format", "jsonl", "--output", out, article)
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_bytes() == score("--format", "jsonl", article).stdout_bytes
    score("--output", out, article)
    assert out.read_text(encoding="utf-8") == click.unstyle(score(article).stdout)


def test_an_output_is_there_whole_or_not_at_all(score, article, tmp_path):
    out = tmp_path / "flags.jsonl"
    out.write_text("before", encoding="utf-8")
    result = score("--min-confidence", "nan", "--output", out, article)
    assert result.exit_code == 2
    assert out.read_text(encoding="utf-8") == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["article.txt", "flags.jsonl"]


def test_an_output_takes_the_rights_that_a_new_file_has(score, article, tmp_path):
    out, new = tmp_path / "flags.txt", tmp_path / "new.txt"
    new.touch()
    score("--output", out, article)
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(new.stat().st_mode)


def test_an_output_through_a_link_keeps_the_link(score, article, tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.touch()
    link.symlink_to(target)
    score("--output", link, article)
    assert link.is_symlink()
    assert "2 passages" in target.read_text(encoding="utf-8")


def test_a_pipe_as_output_is_written_to_and_not_replaced(process, article, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        assert process("--output", pipe, article).returncode == 0
        assert b"2 passages" in reader.communicate(timeout=60)[0]
    assert pipe.is_fifo()


def test_an_output_in_a_folder_that_is_not_there_is_named(score, article, tmp_path):
    out = tmp_path / "nowhere" / "flags.txt"
    result = score("--output", out, article)
    assert (result.exit_code, result.stderr) == (1, f"Error: {out}: there is no folder {out.parent}\n")


def test_bad_rows_go_to_the_output_and_their_count_to_stderr(score, tmp_path):
    path, out = tmp_path / "rows.jsonl", tmp_path / "flags.jsonl"
    path.write_text(jsonl({"id": "a", "text": TEXT}, [1]), encoding="utf-8")
    result = score("--output", out, path)
    said = "spinmark: 1 of 2 could not be read; the first: line 2 is not a JSON object\n"
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", said)
    assert [list(r)[:2] for r in rows_of(out.read_text(encoding="utf-8"))] == [
        ["schema", "id"],
        ["id", "error"],
    ]


# The terminal and the process


def test_a_terminal_gets_colour_and_no_color_takes_it_away(tiny_weights, article):
    command = [sys.executable, "-m", "spinmark", "score", "--weights", str(tiny_weights), str(article)]
    coloured, plain = on_a_terminal(command), on_a_terminal(command, environment={"NO_COLOR": "1"})
    assert "\x1b[31m" in coloured
    assert "\x1b" not in plain
    assert click.unstyle(coloured) == plain


def test_a_pipe_gets_no_colour(process, article):
    done = process(article)
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert "The [traitors] on" in done.stdout.decode()


HOSTILE = "The \x1b]0;owned\x07\x1b[2J traitors \x9b2J on\x00 the council closed \u202eit all.\x7f"


@pytest.mark.parametrize("format_", ["text", "json", "jsonl"])
def test_control_characters_of_the_input_never_reach_the_terminal(tiny_weights, tmp_path, format_):
    path = tmp_path / "a\x1b[2J.txt"
    path.write_text(HOSTILE, encoding="utf-8")
    command = [sys.executable, "-m", "spinmark", "score", "--weights", str(tiny_weights), "--format", format_]
    got = on_a_terminal([*command, str(path)], environment={"NO_COLOR": "1"}).replace("\r\n", "")
    assert "traitors" in got
    assert not [c for c in got if c < " " or "\x7f" <= c <= "\x9f"]


def test_control_characters_of_a_file_name_never_reach_the_terminal(score, tmp_path):
    result = score(tmp_path / "a\x1b[2J.txt")
    assert "\x1b" not in result.stderr
    assert "a�[2J.txt: no file has this name" in result.stderr


def test_json_is_utf8_and_text_survives_on_a_terminal_that_knows_ascii_alone(process, tmp_path):
    path = tmp_path / "article.txt"
    path.write_text(f"“Überall!” {TEXT} 😀", encoding="utf-8")
    machine = process("--format", "json", path, PYTHONIOENCODING="ascii")
    text = process(path, PYTHONIOENCODING="ascii")
    assert (machine.returncode, text.returncode) == (0, 0)
    assert json.loads(machine.stdout.decode("utf-8"))["text_length"] == 101
    assert "[traitors]" in text.stdout.decode("ascii")
    assert text.stderr == b""


def test_a_name_that_is_not_utf8_does_no_harm(process, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.txt"
    Path(os.fsdecode(path)).write_text(TEXT, encoding="utf-8")
    text, rows = process(os.fsdecode(path)), process("--format", "jsonl", os.fsdecode(path), "-")
    assert (text.returncode, rows.returncode) == (0, 0)
    assert json.loads(rows.stdout.splitlines()[0])["id"].endswith("/\udcff.txt")


def test_a_closed_stdin_is_a_wrong_usage(tiny_weights):
    command = f'exec "{sys.executable}" -m spinmark score --weights "{tiny_weights}" <&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Give FILES, or a text through stdin." in done.stderr


def test_a_reader_that_leaves_early_ends_the_run_quietly(tiny_weights, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(jsonl(*({"id": n, "text": TEXT} for n in range(500))), encoding="utf-8")
    command = f'"{sys.executable}" -m spinmark score --weights "{tiny_weights}" "{path}" | head -n 1'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert json.loads(done.stdout)["id"] == 0
    assert done.stderr == ""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_reader_that_leaves_while_more_input_may_come_ends_the_run_quietly(tiny_weights, jobs):
    command = [sys.executable, "-m", "spinmark", "score", "--weights", str(tiny_weights)]
    rows = jsonl(*({"id": n, "text": TEXT} for n in range(500))).encode()
    with subprocess.Popen(
        [*command, "--input-format", "jsonl", "--jobs", jobs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        writer = threading.Thread(target=child.stdin.write, args=(rows,))
        writer.start()
        assert json.loads(child.stdout.readline())["id"] == 0
        child.stdout.close()
        assert child.wait(timeout=600) == 1  # though its input is still open
        writer.join()
        assert child.stderr.read() == b""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_of_many_processes_gives_the_bytes_of_one(tiny_weights, tmp_path, jobs):
    path, out = tmp_path / "rows.jsonl", tmp_path / "flags.jsonl"
    rows = [{"id": n, "text": f"{n}. " + TEXT * (1 + n % 7)} if n % 11 else [n] for n in range(300)]
    path.write_text(jsonl(*rows), encoding="utf-8")
    command = [sys.executable, "-m", "spinmark", "score", "--weights", str(tiny_weights), str(path)]
    alone = subprocess.run([*command, "--jobs", "1"], capture_output=True, timeout=600, check=False)
    done = subprocess.run(
        [*command, "--jobs", str(jobs), "--output", out], capture_output=True, timeout=600, check=False
    )
    assert (alone.returncode, done.returncode) == (1, 1)
    assert out.read_bytes() == alone.stdout
    assert [json.loads(line)["id"] for line in alone.stdout.splitlines()] == [
        n if n % 11 else None for n in range(300)
    ]


def test_each_row_is_answered_before_the_next_is_sent(tiny_weights):
    command = [
        sys.executable,
        "-m",
        "spinmark",
        "score",
        "--weights",
        str(tiny_weights),
        "--input-format",
        "jsonl",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        for n in range(3):
            child.stdin.write(jsonl({"id": n, "text": TEXT}).encode())
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["id"] == n
        child.stdin.close()
        assert child.wait(timeout=60) == 0


# Techniques


def test_the_techniques_are_listed_in_their_order():
    result = CliRunner().invoke(main, ["techniques"])
    assert result.exit_code == 0
    places = [result.stdout.index(f"({t.id}, {t.group})") for t in TECHNIQUES]
    assert places == sorted(places)


def test_some_techniques_are_explained():
    result = CliRunner().invoke(main, ["techniques", "whataboutism", "slogan"])
    assert result.stdout.index("whataboutism, distraction") < result.stdout.index("slogan, call")
    assert "euphemism, wording" not in result.stdout


def test_the_techniques_as_json_hold_every_field():
    listed = json.loads(CliRunner().invoke(main, ["techniques", "--format", "json"]).stdout)["techniques"]
    assert [t["id"] for t in listed] == list(TECHNIQUE_IDS)
    assert [t["definition"] for t in listed] == [t.definition for t in TECHNIQUES]


def test_a_technique_that_does_not_exist_is_a_wrong_usage():
    result = CliRunner().invoke(main, ["techniques", "lying"])
    assert (result.exit_code, result.stdout) == (2, "")


# The group


def test_the_help_lists_the_commands_of_the_package_and_of_others():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert all(f"  {command}" in result.stdout for command in ("score", "serve", "techniques"))
    assert CliRunner().invoke(main, ["serve", "--help"]).exit_code == 0
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2


def test_the_version_is_that_of_the_package():
    assert version("spinmark") in CliRunner().invoke(main, ["--version"]).stdout
