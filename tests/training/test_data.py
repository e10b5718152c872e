"""Sources and splits on tiny invented files with the forms of the published ones."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark_training.data import (
    ALL,
    FURTHER,
    MERGED,
    Document,
    LabelledSpan,
    digest,
    key_of,
    read_corpus,
    read_ptc,
    read_readings,
    read_semeval2021,
    read_transfer,
    read_web,
    read_whataboutism,
    share,
    with_speech,
)


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def jsonl(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@given(st.text(max_size=20).filter(lambda s: s.isascii()))
def test_a_share_depends_on_the_key_alone_and_lies_below_1(key):
    assert 0 <= share(key) < 1
    assert share(key) == share("".join(list(key)))


def test_shares_spread_evenly():
    shares = [share(f"x:{n}") for n in range(2000)]
    assert abs(sum(s < 0.2 for s in shares) / 2000 - 0.2) < 0.03
    # Pinned: another function would move articles between the parts, and dev articles into training.
    assert share("ptc:1") == 0.03653912085843309


@pytest.fixture
def ptc(tmp_path: Path) -> Path:
    folder = tmp_path / "ptc"
    articles = [
        {"id": 100 + n, "text": "Now or never. Everybody joins us, so should you."} for n in range(60)
    ]
    write(folder / "train-articles.jsonl", jsonl(*articles))
    write(
        folder / "train-task-flc-tc.labels",
        "100\tSlogans\t0\t12\n"
        "100\tBandwagon,Reductio_ad_hitlerum\t14\t32\n"
        "101\tBandwagon,Reductio_ad_hitlerum\t14\t32\n"
        "101\tWhataboutism,Straw_Men,Red_Herring\t34\t47\n",
    )
    write(folder / "train-merged-refined.labels", "101\tBandwagon\t14\t32\n")
    return folder


def test_ptc_keeps_merged_classes_open_unless_they_were_refined(ptc, tmp_path):
    documents = {d.id: d for d in read_ptc(ptc, tmp_path / "none.jsonl")}
    assert documents["100"].spans == (
        LabelledSpan(Span(0, 12), ("slogan",)),
        LabelledSpan(Span(14, 32), ("appeal_to_popularity", "guilt_by_association")),
    )
    assert documents["101"].spans == (
        LabelledSpan(Span(14, 32), ("appeal_to_popularity",)),
        LabelledSpan(Span(34, 47), ("whataboutism", "straw_man", "red_herring")),
    )
    assert documents["102"].spans == ()


def test_ptc_labels_the_members_of_its_14_classes_and_no_technique_of_ours(ptc, tmp_path):
    labelled = next(iter(read_ptc(ptc, tmp_path / "none.jsonl"))).labelled
    assert len(labelled) == 12 + 2 + 3
    assert not labelled & FURTHER
    assert {member for members in MERGED.values() for member in members} <= labelled


def test_our_further_marks_on_ptc_label_the_articles_that_they_list(ptc, tmp_path):
    mark = {"start": 0, "end": 3, "technique": "appeal_to_time", "contested": False}
    path = write(
        tmp_path / "ptc-marks.jsonl", jsonl({"id": "100", "spans": [mark]}, {"id": "102", "spans": []})
    )
    documents = {d.id: d for d in read_ptc(ptc, path)}
    assert LabelledSpan(Span(0, 3), ("appeal_to_time",)) in documents["100"].spans
    assert documents["100"].labelled >= FURTHER
    assert documents["102"].labelled >= FURTHER
    assert not FURTHER & documents["101"].labelled


def test_articles_are_split_as_wholes_and_for_ever(ptc, tmp_path):
    parts = {d.id: d.part for d in read_ptc(ptc, tmp_path / "none.jsonl")}
    assert set(parts.values()) == {"train", "dev"}
    assert parts == {id_: "dev" if share(f"ptc:{id_}") < 0.2 else "train" for id_ in parts}


def test_memes_keep_the_parts_of_their_files(tmp_path):
    row = {"id": "7", "text": "NOW OR NEVER", "labels": [{"start": 0, "end": 12, "technique": "Slogans"}]}
    write(tmp_path / "training_set_task2.json", json.dumps([row]))
    write(tmp_path / "dev_set_task2.json", json.dumps([{"id": "8", "text": "A mill", "labels": []}]))
    train, dev = read_semeval2021(tmp_path)
    assert (train.part, train.spans) == ("train", (LabelledSpan(Span(0, 12), ("slogan",)),))
    assert (dev.part, dev.spans, dev.labelled) == ("dev", (), train.labelled)
    assert "slogan" in train.labelled
    assert "euphemism" not in train.labelled


def test_comments_are_labelled_as_wholes(tmp_path):
    for name in ("twitter_data_1204", "youtube_data_1645"):
        column = "Tweet" if name.startswith("twitter") else "Comments"
        for suffix in ("train", "val"):
            write(
                tmp_path / f"{name}_{suffix}.csv",
                f'n,{column},Label\n1,"And you, what of you?",1\n2,A mill,0\n',
            )
    documents = list(read_whataboutism(tmp_path))
    assert [d.whole for d in documents] == ["whataboutism", None] * 4
    assert [d.part for d in documents] == ["train", "train", "dev", "dev"] * 2
    assert documents[0].text == "And you, what of you?"
    assert all(d.labelled == {"whataboutism"} and not d.spans for d in documents)
    assert len({d.id for d in documents}) == 8


def test_copies_of_a_web_page_go_to_the_same_part(tmp_path):
    pages = [{"id": f"p{n}", "text": f"Page {n // 2} on the mill. " * 20 + str(n)} for n in range(60)]
    write(tmp_path / "openwebtext-340.jsonl", jsonl(*pages))
    write(
        tmp_path / "annotations" / "one.ann",
        "".join(f"@ p{n}\nnone\n" for n in range(1, 60))
        + "@ p0\nslogan | the mill [2] | author | - | contested\n",
    )
    documents = {d.id: d for d in read_web(tmp_path, tmp_path / "none.jsonl")}
    assert len(documents) == 60
    assert all(documents[f"p{n}"].part == documents[f"p{n + 1}"].part for n in range(0, 60, 2))
    assert {d.part for d in documents.values()} == {"train", "dev"}
    (marked,) = documents["p0"].spans
    assert marked == LabelledSpan(Span(30, 38), ("slogan",), contested=True)
    assert documents["p1"].labelled == ALL == set(TECHNIQUE_IDS)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    pairs = "".join(
        f"=== positive news\nBell said ⦃r Bell|⟦euphemism!:case {n} was managed⟧⦄.\n\n=== neutral news\nCase {n}.\n\n"
        for n in range(100)
    )
    write(folder / "pairs.txt", pairs)
    return folder


def test_neighbours_of_our_corpus_go_to_the_same_part(corpus):
    documents = list(read_corpus(corpus))
    assert len(documents) == 200
    assert all(a.part == b.part for a, b in zip(documents[::2], documents[1::2], strict=True))
    parts = [d.part for d in documents]
    assert 100 < parts.count("train") < 170
    assert parts.count("test") > parts.count("dev") > 0


def test_our_corpus_labels_every_technique_and_speech(corpus):
    first, second = list(read_corpus(corpus))[:2]
    assert first.labelled == ALL
    assert first.spans == (LabelledSpan(Span(10, 28), ("euphemism",), contested=True),)
    assert (first.speech[0].span, first.speech[0].speaker) == (Span(10, 28), Span(0, 4))
    assert second.speech == ()
    assert (first.kind, second.kind, first.genre) == ("positive", "neutral", "news")


def test_an_item_appended_moves_no_other_to_another_part(corpus):
    before = {d.id: d.part for d in read_corpus(corpus)}
    with (corpus / "pairs.txt").open("a", encoding="utf-8") as file:
        file.write("=== neutral news\nOne more.\n")
    after = {d.id: d.part for d in read_corpus(corpus)}
    assert after.items() >= before.items()


def test_a_digest_changes_with_content_and_names_and_with_nothing_else(tmp_path):
    a = write(tmp_path / "one" / "a.txt", "x")
    folder = digest(tmp_path / "one")
    assert digest(a) == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    write(tmp_path / "two" / "a.txt", "x")
    assert digest(tmp_path / "two") == folder
    write(tmp_path / "two" / "a.txt", "y")
    assert digest(tmp_path / "two") != folder
    a.rename(a.with_name("b.txt"))
    assert digest(tmp_path / "one") != folder


def test_texts_without_labels_are_for_training_alone(tmp_path):
    file = tmp_path / "transfer.jsonl"
    file.write_text('{"id": "speech-1", "text": "Friends,\u2028neighbours."}\n{"id": 2, "text": "Rain."}\n')
    first, second = read_transfer(file)
    assert (first.id, first.text, first.source, first.part) == (
        "speech-1",
        "Friends,\u2028neighbours.",
        "transfer",
        "train",
    )
    assert (second.id, second.labelled, second.spans) == ("2", frozenset(), ())


def test_a_reading_replaces_what_the_source_marks_and_keeps_its_text(ptc: Path, tmp_path: Path):
    documents = list(read_ptc(ptc, tmp_path / "none.jsonl"))
    trained = next(d for d in documents if d.part == "train")
    mark = {"start": 0, "end": 12, "technique": "appeal_to_time", "contested": True}
    path = write(tmp_path / "readings.jsonl", jsonl({"id": key_of(trained), "spans": [mark]}))
    (reading,) = read_readings(path, documents)
    assert (reading.source, reading.text, reading.labelled) == ("reading", trained.text, ALL)
    assert reading.spans == (LabelledSpan(Span(0, 12), ("appeal_to_time",), contested=True),)
    assert key_of(reading) == key_of(trained)  # a teacher's scores of the text serve both


def test_nobody_trains_on_a_reading_of_what_is_held_out_or_of_another_text(ptc: Path, tmp_path: Path):
    documents = list(read_ptc(ptc, tmp_path / "none.jsonl"))
    held_out = next(d for d in documents if d.part == "dev")
    trained = next(d for d in documents if d.part == "train")
    too_far = {"start": 0, "end": 1_000, "technique": "slogan", "contested": False}
    for row in ({"id": key_of(held_out), "spans": []}, {"id": key_of(trained), "spans": [too_far]}):
        path = write(tmp_path / "readings.jsonl", jsonl(row))
        with pytest.raises(ValueError, match="held out, or is another text"):
            list(read_readings(path, documents))


def test_speech_that_we_marked_goes_with_its_text_and_with_our_readings_of_it(tmp_path):
    text = "Bell said the mill was lost."
    page = Document("a1", "web", text, (), ALL, "train")
    other = replace(page, id="a2")
    write(
        tmp_path / "speech.jsonl",
        jsonl({"id": "web:a1", "speech": [{"start": 10, "end": 27, "voice": "reported", "speaker": [0, 4]}]}),
    )
    write(tmp_path / "readings.jsonl", jsonl({"id": "web:a1", "spans": []}))
    spoken, silent = with_speech([page, other], tmp_path / "speech.jsonl")
    (said,) = spoken.speech
    assert (text[said.span.start : said.span.end], said.voice) == ("the mill was lost", "reported")
    assert said.speaker == Span(0, 4)
    assert silent == other
    (reading,) = read_readings(tmp_path / "readings.jsonl", [spoken, silent])
    assert reading.speech == spoken.speech


def test_speech_of_another_text_is_refused(tmp_path):
    page = Document("a1", "web", "Bell.", (), ALL, "train")
    write(
        tmp_path / "speech.jsonl",
        jsonl({"id": "web:a1", "speech": [{"start": 0, "end": 9, "voice": "quoted", "speaker": None}]}),
    )
    with pytest.raises(ValueError, match=r"speech\.jsonl: web:a1 is another text"):
        list(with_speech([page], tmp_path / "speech.jsonl"))
