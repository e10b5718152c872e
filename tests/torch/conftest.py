"""What the tests of training share: a network small enough to follow by hand, and marked windows."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spinmark.card import OUTPUTS
from spinmark.tokens import Tokenizer
from spinmark_training.examples import MERGED_GROUPS, UNKNOWN, Example
from spinmark_training.network import encoder_folder

VOCABULARY = 30_522


class TableNetwork(nn.Module):
    """A network whose logits for a token are looked up by its id, in parts named like those of a real one.

    It breaks off in its `stop_at`th step as if someone had pressed Ctrl-C.
    """

    def __init__(self, dropout: float = 0.0, stop_at: int = 0) -> None:
        super().__init__()
        self.stop_at = stop_at
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.Module()
        self.encoder.embeddings = nn.Embedding(VOCABULARY, 4)
        self.encoder.encoder = nn.Linear(4, 4)
        self.head = nn.Linear(4, len(OUTPUTS))
        self.head.table = nn.Parameter(torch.zeros(VOCABULARY, len(OUTPUTS)))
        self.seen: list[Tensor] = []

    @property
    def table(self) -> nn.Parameter:
        return self.head.table

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        self.seen.append(input_ids[attention_mask == 1])
        if len(self.seen) == self.stop_at:
            raise KeyboardInterrupt
        hidden = self.encoder.encoder(self.encoder.embeddings(input_ids))
        return self.table[input_ids] + self.head(self.dropout(hidden))


@pytest.fixture(scope="session")
def table_network() -> type[TableNetwork]:
    return TableNetwork


@pytest.fixture
def network() -> TableNetwork:
    """Return a network whose logits are all 0 until its table is filled."""
    network = TableNetwork()
    nn.init.zeros_(network.head.weight)
    nn.init.zeros_(network.head.bias)
    return network


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer(encoder_folder() / "tokenizer.json")


@pytest.fixture
def window() -> Callable[..., Example]:
    """Return what makes a window of the given ids between [CLS] and [SEP], of which nothing is known."""

    def make(*ids: int, **known: object) -> Example:
        framed = np.array([101, *ids, 102], np.int64)
        return Example(
            ids=framed,
            targets=np.full((len(framed), len(OUTPUTS)), UNKNOWN, np.int8),
            merged=np.zeros((len(framed), len(MERGED_GROUPS)), np.bool_),
            **{"whole": -1, "weight": 1.0, **known},
        )

    return make
