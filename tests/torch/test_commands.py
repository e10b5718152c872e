"""`python -m spinmark_training` from the texts to weights that the library loads, on a handful of invented texts."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from spinmark.detector import WEIGHTS, Detector
from spinmark_training.ablation import VARIANTS
from spinmark_training.data import share

LOUD = "They are vermin and traitors who will destroy our great nation."
FEAR = "If we let them in, our children will be murdered in their beds."
CALM = "The library opens at nine on weekdays and at ten on Saturdays."


def jsonl(path: Path, *rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `data`, `corpus` and `transfer.jsonl`, each source in the form of the published one."""
    folder = tmp_path_factory.mktemp("texts")
    data, corpus = folder / "data", folder / "corpus"

    text = f"{CALM} {LOUD}\n{FEAR} {CALM}"
    loud, fear = text.index(LOUD), text.index(FEAR)
    jsonl(data / "ptc" / "train-articles.jsonl", *({"id": n, "text": text} for n in range(100, 130)))
    rows = [
        f"{n}\t{label}\t{start}\t{start + length}\n"
        for n in range(100, 130)
        for label, start, length in (
            ("Name_Calling,Labeling", loud, len(LOUD)),
            ("Appeal_to_fear-prejudice", fear, len(FEAR)),
            ("Bandwagon,Reductio_ad_hitlerum", 0, 11),
        )
    ]
    (data / "ptc" / "train-task-flc-tc.labels").write_text("".join(rows))
    (data / "ptc" / "train-merged-refined.labels").write_text("100\tBandwagon\t0\t11\n")

    memes = data / "semeval2021-task6"
    memes.mkdir()
    label = {"start": 0, "end": len(LOUD), "technique": "Name calling/Labeling"}
    for name in ("training_set_task2.json", "dev_set_task2.json"):
        (memes / name).write_text(
            json.dumps([{"id": str(n), "text": LOUD, "labels": [label]} for n in range(4)])
        )

    for name, column in (("twitter_data_1204", "Tweet"), ("youtube_data_1645", "Comments")):
        for suffix in ("train", "val"):
            path = data / "whataboutism-tq" / f"{name}_{suffix}.csv"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f'n,{column},Label\n1,"And what about you?",1\n2,{CALM},0\n')

    pages = [{"id": f"p{n}", "text": f"Page {n}. {text} {CALM}"} for n in range(24)]
    jsonl(data / "unlabelled" / "openwebtext-340.jsonl", *pages)
    marks = "".join(f"@ p{n}\nname_calling | {LOUD} | author | - | -\n" for n in range(24))
    (data / "unlabelled" / "annotations").mkdir()
    (data / "unlabelled" / "annotations" / "one.ann").write_text(marks)

    corpus.mkdir()
    pair = f"=== positive news\nBell said “⦃q Bell|⟦name_calling:{LOUD}⟧⦄”.\n\n=== hard_negative news\n{CALM}\n\n"
    (corpus / "pairs.txt").write_text(pair * 40, encoding="utf-8")
    trained = next(n for n in range(100, 130) if share(f"ptc:{n}") >= 0.2)
    mark = {"start": loud, "end": loud + len(LOUD), "technique": "name_calling", "contested": False}
    readings = [{"id": f"ptc:{trained}", "spans": [mark]}, {"id": "transfer:t1", "spans": []}]
    jsonl(corpus / "readings.jsonl", *readings)
    jsonl(folder / "transfer.jsonl", *({"id": f"t{n}", "text": CALM} for n in range(4)))
    return folder


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "spinmark_training", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_command_makes_weights_that_the_library_loads(texts: Path, tmp_path: Path):
    sources = ("--data", texts / "data", "--corpus", texts / "corpus", "--transfer", texts / "transfer.jsonl")
    shipped = (WEIGHTS / "card.toml").read_bytes()
    run(
        "all",
        *sources,
        "--run",
        tmp_path / "run",
        "--from-release",
        "--epochs",
        1,
        "--to",
        tmp_path / "weights",
    )

    assert sorted(p.name for p in (tmp_path / "weights").iterdir()) == [
        "card.toml",
        "model.onnx",
        "tokenizer.json",
    ]
    card = tomllib.loads((tmp_path / "weights" / "card.toml").read_text())
    assert {"web_dev", "ptc_dev", "semeval2021_dev", "corpus_dev", "corpus_test"} == set(card["metrics"])
    assert card["metrics"]["web_dev"]["documents"] == card["metrics"]["web_dev"]["spans"] > 0
    assert {"ptc", "corpus", "trained_weights"} <= set(card["data"])
    log = [json.loads(line) for line in (tmp_path / "run" / "student" / "log.jsonl").read_text().splitlines()]
    assert [entry["epoch"] for entry in log if entry.get("done")] == [0]

    report = Detector.load(tmp_path / "weights").analyze(f"{CALM} {LOUD}", min_confidence=0.0)
    assert any(flag.technique == "name_calling" for flag in report.flags)
    assert (
        report.model.sha256 == card["model"]["sha256"] != tomllib.loads(shipped.decode())["model"]["sha256"]
    )
    assert (WEIGHTS / "card.toml").read_bytes() == shipped, "the package's own weights stay as they are"


def test_the_ablation_prints_its_tables_and_goes_on_where_it_was(texts: Path, tmp_path: Path):
    sources = ("--data", texts / "data", "--corpus", texts / "corpus", "--transfer", texts / "transfer.jsonl")
    workers = ("--workers", len(VARIANTS), "--worker", 0)  # one run of all that a seed has
    printed = run("ablate", *sources, "--run", tmp_path, "--seeds", 1, "--steps", 2, *workers)
    assert f"| {VARIANTS[0].title} | 1 |" in printed
    outcomes = (tmp_path / "outcomes-0.jsonl").read_bytes()
    assert outcomes.count(b"\n") == 3  # with the running average, without, and the weights before
    assert run("ablate", *sources, "--run", tmp_path, "--seeds", 1, "--steps", 2, *workers) == printed
    assert (tmp_path / "outcomes-0.jsonl").read_bytes() == outcomes


def test_marked_speech_is_printed_as_offsets(tmp_path: Path):
    (tmp_path / "web_a1.txt").write_text("Bell said ⦃r Bell|the mill was lost⦄.", encoding="utf-8")
    (tmp_path / "ptc_7.txt").write_text("“⦃q -|So be it.⦄”", encoding="utf-8")
    printed = run("speech", tmp_path / "web_a1.txt", tmp_path / "ptc_7.txt")
    assert [json.loads(line) for line in printed.splitlines()] == [
        {"id": "ptc:7", "speech": [{"start": 1, "end": 10, "voice": "quoted", "speaker": None}]},
        {"id": "web:a1", "speech": [{"start": 10, "end": 27, "voice": "reported", "speaker": [0, 4]}]},
    ]
