"""The trained network -> `model.onnx`, quantised to int8."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
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


def read_graph(path: Path) -> SpanNetwork:
    """Return a network with the weights of an int8 graph that `export` wrote, to train on from a release.

    Raises: ValueError where the graph's weights are not those of the network.
    """
    graph = onnx.load(str(path)).graph
    given = {i.name: numpy_helper.to_array(i) for i in graph.initializer}

    def whole(name: str) -> NDArray[np.float32]:
        steps = given[f"{name}_quantized"].astype(np.float32) - given[f"{name}_zero_point"].astype(np.float32)
        return steps * given[f"{name}_scale"]

    weights = {name: array for name, array in given.items() if name.startswith("network.")}
    for name in [name for name in weights if name.endswith("_quantized")]:
        weights[name.removesuffix("_quantized")] = whole(name.removesuffix("_quantized"))
    for node in graph.node:
        if node.op_type == "MatMulInteger":  # /network/encoder/encoder/layer.0/output/dense/MatMul_quant
            place = node.name.removeprefix("/").rsplit("/", 1)[0].replace("/", ".")
            weights[f"{place}.weight"] = whole(node.input[1].removesuffix("_quantized")).T
    network = SpanNetwork()
    expected = network.state_dict()
    found = {name.removeprefix("network."): torch.tensor(array) for name, array in weights.items()}
    missing = expected.keys() - found.keys()
    if missing:
        raise ValueError(f"{path} lacks {', '.join(sorted(missing))}")
    network.load_state_dict({name: found[name] for name in expected})
    return network


def fuse(plain: Path, fused: Path) -> None:
    """Fuse GELU and layer normalisation into single operators.

    The sum before a normalisation stays outside, as `spinmark.scorer.SLOW_FUSIONS` says. Attention stays in its parts:
    the fused operator, with the same products in it, was no faster (8.24 against 8.25 ms for 81 tokens on one core).
    """
    options = FusionOptions("bert")
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = False
    model = optimize_model(
        str(plain),
        model_type="bert",
        num_heads=12,
        hidden_size=384,
        opt_level=0,
        optimization_options=options,
    )
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
