"""The trained network -> `model.onnx`, quantised to int8."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

from spinmark_training.network import OUTPUTS, SpanNetwork

OPSET = 17
MAX_DIFFERENCE = 1e-3
"""Largest difference of a score between PyTorch and the exported float graph that still counts as the same."""


class _Scores(nn.Module):
    """The network with its scores in [0, 1], the form that is shipped."""

    def __init__(self, network: SpanNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return torch.sigmoid(self.network(input_ids, attention_mask))


def export(weights: Path, target: Path, quantised: bool = True) -> None:
    """Write the graph of the averaged `weights` to `target`; int8 by dynamic quantisation, or float32.

    Raises: ValueError where the exported graph does not give PyTorch's scores.
    """
    network = SpanNetwork()
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    with TemporaryDirectory() as folder:
        plain, fused = Path(folder) / "plain.onnx", Path(folder) / "fused.onnx"
        ids = torch.randint(1000, 20_000, (2, 24))
        mask = torch.ones_like(ids)
        mask[1, 17:] = 0
        torch.onnx.export(
            _Scores(network).eval(),  # the exporter restores the mode that it finds
            (ids, mask),
            str(plain),
            input_names=["input_ids", "attention_mask"],
            output_names=["scores"],
            dynamic_axes={
                name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask", "scores")
            },
            opset_version=OPSET,
            dynamo=False,
        )
        _check(plain, network, ids, mask)
        fuse(plain, fused)
        _check(fused, network, ids, mask)
        if quantised:
            quantize_dynamic(
                fused,
                target,
                weight_type=QuantType.QInt8,
                per_channel=True,
                # Shape inference does not know the fused operators; all of them give floats.
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT, "MatMulConstBOnly": True},
            )
        else:
            target.write_bytes(fused.read_bytes())
    onnx.checker.check_model(str(target))


def fuse(plain: Path, fused: Path) -> None:
    """Fuse attention, GELU and layer normalisation into single operators."""
    model = optimize_model(str(plain), model_type="bert", num_heads=12, hidden_size=384, opt_level=0)
    model.save_model_to_file(str(fused))


def _check(path: Path, network: SpanNetwork, ids: Tensor, mask: Tensor) -> None:
    with torch.no_grad():
        expected = torch.sigmoid(network(ids, mask)).numpy()
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})[0]
    if given.shape[-1] != len(OUTPUTS):
        raise ValueError(f"the exported graph has {given.shape[-1]} outputs, expected {len(OUTPUTS)}")
    difference = float(np.abs(given - expected)[mask.numpy() == 1].max())
    if difference > MAX_DIFFERENCE:
        raise ValueError(
            f"the exported graph differs by {difference:.4f}, at most {MAX_DIFFERENCE} is allowed"
        )
