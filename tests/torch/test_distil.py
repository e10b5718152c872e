"""A teacher's scores of whole texts, and where they land in the windows of a training step."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from spinmark.card import OUTPUTS
from spinmark.tokens import CORE_TOKENS, Tokenizer
from spinmark_training.data import ALL, Document
from spinmark_training.distil import network_scores, teach
from spinmark_training.examples import examples
from spinmark_training.teaching import Teaching

WORDS = "The miller says that the bridge over the river was closed in March for want of money. ".split()
TEXTS = [
    " ".join(WORDS * 40),  # several windows
    "Rain.",
    "",
    " ".join(reversed(WORDS * 15)),
    "“Why,” asks Bell, “now?”",
]
DOCUMENTS = [Document(str(n), "web", text, (), ALL, "train") for n, text in enumerate(TEXTS)]


@pytest.fixture
def scored(network: nn.Module) -> nn.Module:
    """Return a network of whose scores no two word pieces have the same."""
    torch.manual_seed(0)
    nn.init.uniform_(network.table, -3, 3)
    return network


def expected(network: nn.Module, ids: np.ndarray) -> np.ndarray:
    return torch.sigmoid(network.table[torch.from_numpy(ids)]).detach().numpy()


def test_each_token_of_a_text_is_scored_once_and_in_its_place(scored: nn.Module, tokenizer: Tokenizer):
    found = list(network_scores(DOCUMENTS, tokenizer, scored))
    assert len(found) == len(DOCUMENTS)
    assert len(tokenizer.windows(TEXTS[0])) > 4
    for document, scores in zip(DOCUMENTS, found, strict=True):
        (whole,) = tokenizer.windows(document.text, 5000, 5000) or [None]
        if whole is None:
            assert scores.spans.shape == (0, 2)
            assert scores.outputs.shape == (0, len(OUTPUTS))
            continue
        assert np.array_equal(scores.spans, whole.spans[1:-1])
        assert np.allclose(scores.outputs, expected(scored, whole.ids[1:-1]), atol=1e-2)


def test_a_text_can_be_read_without_context(scored: nn.Module, tokenizer: Tokenizer):
    (with_context,) = network_scores(DOCUMENTS[:1], tokenizer, scored)
    longest = max(len(ids) for ids in scored.seen)
    scored.seen.clear()
    (without,) = network_scores(DOCUMENTS[:1], tokenizer, scored, context=False)
    assert np.allclose(with_context.outputs, without.outputs)  # this network looks at each token by itself
    assert sum(len(ids) for ids in scored.seen) < longest
    assert all(
        len(w.ids) <= CORE_TOKENS + 2 for w in tokenizer.windows(TEXTS[0], CORE_TOKENS, CORE_TOKENS + 2)
    )


@pytest.mark.parametrize("core_tokens", [80, 96, 112])
def test_a_teachers_scores_land_on_the_tokens_that_they_are_of(
    scored: nn.Module, tokenizer: Tokenizer, core_tokens: int, tmp_path: Path
):
    teaching = Teaching.read(teach(DOCUMENTS, tokenizer, scored, tmp_path / "teaching.npz"))
    windows = list(examples(DOCUMENTS, tokenizer, core_tokens, {}, teaching))
    assert len(windows) > len(DOCUMENTS)
    for window in windows:
        assert np.allclose(window.taught[1:-1], expected(scored, window.ids[1:-1]), atol=1e-2)
        assert not window.taught[[0, -1]].any()
