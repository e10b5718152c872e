"""What the weights of contest do: they come from a file, and a passage's technique shifts the scale."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spinmark.report import Span
from spinmark.segment import split
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.voice import attribute
from spinmark.voice.contest import (
    FEATURES,
    PACKAGED,
    Contest,
    HeadWeights,
    Said,
    Weights,
    packaged_weights,
    read_weights,
)

TEXT = (
    "The mayor said that the strike had closed the mill. The mill had closed in May, two months before the strike, "
    "its own books show."
)
SAID = Span(TEXT.index("the strike"), TEXT.index(". The mill"))
SPEECH = Said(SAID, "The mayor")


def contest(**changes: object) -> Contest:
    """Return contest with weights under which each sentence scores 1, at thresholds of 1."""
    features = np.zeros(len(FEATURES))
    features[FEATURES.index("bias")] = 1.0
    weights = Weights(features, {"slogan": -1.0, "euphemism": 1.0}, 1.0, HeadWeights(1.0, 0.0, 0.0, 1.0))
    return Contest(TEXT, split(TEXT), [SPEECH], replace(weights, **changes))


def test_a_score_at_the_threshold_is_a_dispute_and_less_is_none():
    assert contest().disputing(SAID, SPEECH, False, None) is not None
    assert contest(threshold=1.01).disputing(SAID, SPEECH, False, None) is None


def test_a_technique_shifts_the_score_and_an_unknown_or_no_technique_does_not():
    for technique, disputed in (("slogan", False), ("euphemism", True), ("red_herring", True), (None, True)):
        assert (contest().disputing(SAID, SPEECH, False, None, technique) is not None) is disputed
    above = contest(threshold=1.5)
    assert above.disputing(SAID, SPEECH, False, None, "euphemism") is not None
    assert above.disputing(SAID, SPEECH, False, None) is None


def test_the_head_counts_as_much_as_its_weight():
    heads = HeadWeights(sentences=0.0, contested=1.0, bias=0.0, threshold=0.0)
    assert contest(heads=heads).disputing(SAID, SPEECH, False, 0.9) is not None
    assert contest(heads=heads).disputing(SAID, SPEECH, False, 0.1) is None


def test_the_packaged_weights_cover_every_feature_and_name_techniques_only():
    weights = packaged_weights()
    assert weights.features.shape == (len(FEATURES),)
    assert np.isfinite(weights.features).all()
    assert weights.techniques.keys() <= set(TECHNIQUE_IDS)
    assert packaged_weights() is weights


def test_what_claims_a_cause_is_disputed_more_often_than_a_slogan():
    techniques = packaged_weights().techniques
    assert techniques["causal_oversimplification"] > 0 > techniques["slogan"]


def test_a_file_that_lacks_a_feature_is_refused(tmp_path: Path):
    path = tmp_path / "contest.toml"
    path.write_text(
        PACKAGED.read_text(encoding="utf-8").replace('"negation" =', '"negaton" ='), encoding="utf-8"
    )
    with pytest.raises(KeyError, match="negation"):
        read_weights(path)


def test_each_passage_is_judged_with_its_own_technique():
    text = "The mayor said that the strike had closed the mill. The mill closed in May, two months before it, she heard."
    said = Span(text.index("the strike"), text.index(". The mill"))
    voices = attribute(text, [said, said], techniques=["causal_oversimplification", "slogan"])
    assert [voice.contested for voice in voices] == [True, False]
