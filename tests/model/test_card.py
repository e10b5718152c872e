"""What `card.toml` must say, and what a user reads where it does not."""

import re

import pytest

from spinmark.card import OUTPUTS, Calibration, read_card
from spinmark.errors import WeightsError
from spinmark.taxonomy import TECHNIQUE_IDS


def test_a_card_is_read_in_the_order_of_the_techniques(weights_folder):
    text = weights_folder.card.replace(
        "[technique.slogan]\nthreshold = 0.5\nbias = 0.0\nslope_length = 0.0",
        "[technique.slogan]\nthreshold = 0.75\nbias = -1.5\nslope_length = 0.25",
    )
    (weights_folder.path / "card.toml").write_text(text, encoding="utf-8")
    card = read_card(weights_folder.path / "card.toml")
    assert card.model.name == "tiny"
    assert card.decoding.candidate_score == 0.2
    assert len(card.calibrations) == len(TECHNIQUE_IDS)
    assert card.calibrations[TECHNIQUE_IDS.index("slogan")] == Calibration(0.75, -1.5, 0.25, 1.0, 0.0, 0.0)


def test_the_outputs_are_the_techniques_and_then_the_voice():
    assert (*TECHNIQUE_IDS, "quoted", "reported", "speaker", "contested", "any") == OUTPUTS


def swap(text: str, a: str, b: str) -> str:
    return text.replace(a, "\0").replace(b, a).replace("\0", b)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda t: t[:11], "is not TOML"),
        (lambda t: t[:0], "lacks or misnames an entry ('outputs')"),
        (lambda t: t.replace('"slogan", ', ""), "lists 30 outputs in another order than this taxonomy"),
        (
            lambda t: swap(t, '"slogan"', '"euphemism"'),
            "lists 31 outputs in another order than this taxonomy",
        ),
        (lambda t: t.replace("[technique.slogan]", "[technique.slogans]"), "calibrates 26 techniques"),
        (
            lambda t: swap(t, "[technique.slogan]", "[technique.euphemism]"),
            "calibrates 26 techniques in another order than this taxonomy",
        ),
        (lambda t: t.split("[technique.euphemism]")[0], "calibrates 25 techniques"),
        (lambda t: t.replace("[model]", "[modell]"), "lacks or misnames an entry ('model')"),
        (lambda t: t.replace("sha256 = ", "sha = ", 1), "lacks or misnames an entry ('sha256')"),
        (lambda t: t.replace("edge_ratio", "edge"), "edge"),
        (lambda t: t.replace("threshold = 0.5\n", "", 1), "threshold"),
        (lambda t: t.replace("slope_mean", "slope_median"), "slope_median"),
        (lambda t: t.replace("threshold = 0.5", 'threshold = "high"', 1), "threshold is 'high', expected a number"),
        (lambda t: t.replace("candidate_score = 0.2", "candidate_score = true"), "candidate_score is True"),
        (lambda t: t.replace('name = "tiny"', "name = 3"), "names the model with [3, "),
        (lambda t: t.replace("[decoding]", "[decodings]"), "'decoding'"),
        (lambda t: "outputs = 3\n" + t.split("\n", 1)[1], "lacks or misnames an entry"),
    ],
)  # fmt: skip
def test_a_card_at_fault_is_named_with_the_reason(weights_folder, spoil, reason):
    path = weights_folder.path / "card.toml"
    spoiled = spoil(weights_folder.card)
    assert spoiled != weights_folder.card
    path.write_text(spoiled, encoding="utf-8")
    with pytest.raises(WeightsError, match=re.escape(reason)) as caught:
        read_card(path)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name = \x00"])
def test_a_card_that_is_no_text_is_not_toml(tmp_path, content):
    path = tmp_path / "card.toml"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="is not TOML"):
        read_card(path)


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"card\.toml: cannot be read \(No such file or directory\)"):
        read_card(tmp_path / "card.toml")


def test_a_folder_in_place_of_the_card_is_named(tmp_path):
    (tmp_path / "card.toml").mkdir()
    with pytest.raises(WeightsError, match=r"card\.toml: cannot be read \(Is a directory\)"):
        read_card(tmp_path / "card.toml")
