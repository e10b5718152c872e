"""The fit finds what made the answers, on passages made up for it; files and figures say what they should."""

from pathlib import Path

import numpy as np
import pytest

from spinmark.report import Span
from spinmark.voice import Speech, disputants
from spinmark.voice.contest import FEATURES, PACKAGED, packaged_weights, read_weights, weigh
from spinmark_training.contest_fit import (
    Figures,
    Passage,
    fit_heads,
    fit_sentences,
    minimise,
    passages,
    threshold,
    write,
)
from spinmark_training.data import Document, LabelledSpan
from spinmark_training.markup import parse

DISPUTED = (
    "⦃r The landlord|The landlord writes that ⟦blame_shifting!:the tenants broke the boiler⟧⦄. The boiler was "
    "twenty years old, and the inspector found that nobody had touched it."
)


def made_up(number: int = 600, seed: int = 1) -> list[Passage]:
    """Return passages that are disputed where one of their sentences has `false`, and more often if they blame."""
    random = np.random.default_rng(seed)
    out = []
    for _ in range(number):
        features = np.zeros((random.integers(1, 5), len(FEATURES)))
        features[:, FEATURES.index("bias")] = 1
        features[:, FEATURES.index("number")] = random.random(len(features)) < 0.5
        features[:, FEATURES.index("false")] = random.random(len(features)) < 0.3
        blames = random.random() < 0.5
        z = 6 * features[:, FEATURES.index("false")].max() - 3 + (1.5 if blames else -1.5)
        technique = "blame_shifting" if blames else "slogan"
        out.append(Passage(features, technique, bool(random.random() < 1 / (1 + np.exp(-z)))))
    return out


def test_the_fit_finds_the_feature_and_the_technique_that_decide():
    features, techniques = fit_sentences(made_up())
    by_name = dict(zip(FEATURES, features, strict=True))
    assert by_name["false"] > 2
    assert abs(by_name["number"]) < 1
    assert techniques["blame_shifting"] > 0.5 > -0.5 > techniques["slogan"]
    assert techniques.keys() == {"blame_shifting", "slogan"}


def test_techniques_add_nothing_on_average():
    given = made_up()
    _, techniques = fit_sentences(given)
    assert np.mean([techniques[p.technique] for p in given]) == pytest.approx(0, abs=1e-6)


def test_a_strong_pull_keeps_weights_small():
    loose, tight = (np.abs(fit_sentences(made_up(), pull)[0]).sum() for pull in (0.1, 100.0))
    assert tight < loose


def test_the_head_is_trusted_as_far_as_it_is_right():
    random = np.random.default_rng(2)
    disputed = random.random(2000) < 0.3
    right = np.where(disputed, 2.0, -2.0) + random.normal(size=2000)
    noise = random.normal(size=2000)
    trusted, distrusted = fit_heads(noise, right, disputed), fit_heads(right, noise, disputed)
    assert trusted.contested > 1 > abs(trusted.sentences)
    assert distrusted.sentences > 1 > abs(distrusted.contested)


def test_the_threshold_is_the_lowest_at_which_enough_are_expected_to_be_right():
    odds = np.log(np.array([9.0, 4.0, 1.0, 0.25]))  # probabilities .9, .8, .5, .2: means .9, .85, .73, .6
    assert threshold(odds, 0.8) == pytest.approx(np.log(4))
    assert threshold(odds, 0.7) == pytest.approx(0)
    assert threshold(odds, 0.95) == float("inf")


def test_the_lowest_place_of_a_bent_valley_is_found():
    def rosenbrock(w):
        a, b = w
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2, np.array(
            [-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)]
        )

    assert minimise(rosenbrock, np.array([-1.2, 1.0])) == pytest.approx([1, 1], abs=1e-4)


def document(marked: str) -> Document:
    text, spans, speech = parse(marked)
    labelled = tuple(LabelledSpan(s.span, (s.technique,), s.contested) for s in spans)
    return Document("1", "corpus", text, labelled, frozenset(), "train", speech=speech)


def test_passages_in_speech_come_with_the_sentences_near_them():
    (passage,) = passages([document(DISPUTED)])
    assert (passage.technique, passage.disputed) == ("blame_shifting", True)
    assert passage.features.shape[1] == len(FEATURES)
    assert passages([document("It stands there. ⟦slogan:Bread for all⟧! They went home at last.")]) == []


def test_speech_that_only_the_corpus_knows_of_counts_as_well():
    text = "The minister rose. The growers had done it to themselves. Their fields were flooded by the dam."
    said = Span(text.index("The growers"), text.index(" Their"))
    assert disputants(text, [said], []) == [[]]
    speech = [Speech(said, "reported", Span(0, len("The minister")))]
    (near,) = disputants(text, [said], speech)
    assert "Their fields were flooded by the dam." in [text[c.span.start : c.span.end] for c in near]


def test_what_is_written_is_read_again(tmp_path: Path):
    path = tmp_path / "contest.toml"
    weights = packaged_weights()
    write(weights, path)
    again = read_weights(path)
    assert np.allclose(again.features, weights.features, atol=1e-3)
    assert again.techniques == pytest.approx(dict(weights.techniques), abs=1e-3)
    assert (again.threshold, again.heads) == (weights.threshold, weights.heads)
    assert path.read_text(encoding="utf-8") == PACKAGED.read_text(encoding="utf-8")


def test_the_sentence_that_disputes_outweighs_its_neighbours():
    marked = document(DISPUTED)
    (near,) = disputants(marked.text, [marked.spans[0].span], [])
    _, heaviest = weigh(near, packaged_weights().features)
    assert "inspector found" in marked.text[heaviest.start : heaviest.end]


def test_figures_are_shares_of_what_was_said_and_of_what_is_disputed():
    figures = Figures(disputed=8, said=5, right=4)
    assert (figures.precision, figures.recall) == (0.8, 0.5)
    assert figures.f1 == pytest.approx(2 * 0.8 * 0.5 / 1.3)
    assert "precision 0.800" in str(figures)
    assert Figures(0, 0, 0).f1 == Figures(0, 0, 0).precision == Figures(0, 0, 0).recall == 0
