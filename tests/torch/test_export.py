"""The graphs that ship, against PyTorch."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn

from spinmark.card import OUTPUTS
from spinmark_training.export import export, read_graph
from spinmark_training.network import SpanNetwork

# The older exporter is meant, whose patterns the optimiser fuses; it warns of itself and of what it traces.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]


@pytest.fixture(scope="module")
def network() -> SpanNetwork:
    torch.manual_seed(0)
    network = SpanNetwork.from_minilm()
    nn.init.normal_(network.head.weight, std=0.1)  # scores that spread, as trained ones do
    return network.eval()


@pytest.fixture(scope="module")
def graphs(network: SpanNetwork, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("graphs")
    torch.save(network.state_dict(), folder / "weights.pt")
    paths = {"float32": folder / "float32.onnx", "int8": folder / "int8.onnx"}
    for kind, path in paths.items():
        export(folder / "weights.pt", path, quantised=kind == "int8")
    return paths


def scores_of(path: Path, ids: torch.Tensor, mask: torch.Tensor) -> np.ndarray:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})[0]


def texts(batch: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(1000, 20_000, (batch, tokens), generator=torch.Generator().manual_seed(tokens))
    mask = torch.ones_like(ids)
    mask[-1, tokens // 2 + 1 :] = 0
    return ids, mask


@pytest.mark.parametrize(("batch", "tokens"), [(1, 3), (3, 24), (2, 128)])
@pytest.mark.parametrize(("kind", "difference"), [("float32", 1e-3), ("int8", 0.15)])
def test_a_graph_gives_pytorchs_scores_at_every_size(network, graphs, batch, tokens, kind, difference):
    ids, mask = texts(batch, tokens)
    with torch.no_grad():
        expected = torch.sigmoid(network(ids, mask)).numpy()
    found = scores_of(graphs[kind], ids, mask)
    assert found.shape == (batch, tokens, len(OUTPUTS))
    off = np.abs(found - expected)[mask.numpy() == 1]
    assert off.max() < difference
    assert off.mean() < difference / 10


def test_int8_takes_a_quarter_of_the_room(graphs):
    small, large = graphs["int8"].stat().st_size, graphs["float32"].stat().st_size
    assert small < 25_000_000
    assert small < 0.3 * large


def test_weights_read_back_from_a_release_are_those_that_were_quantised(network, graphs):
    read = read_graph(graphs["int8"]).state_dict()
    for name, weight in network.state_dict().items():
        step = weight.abs().max() / 127
        assert (read[name] - weight).abs().max() <= step, name
    ids, mask = texts(2, 40)
    with torch.no_grad():
        found = torch.sigmoid(read_graph(graphs["int8"]).eval()(ids, mask)).numpy()
        expected = torch.sigmoid(network(ids, mask)).numpy()
    assert np.abs(found - expected)[mask.numpy() == 1].mean() < 0.015


def test_a_graph_without_all_weights_is_refused(graphs, tmp_path: Path):
    graph = onnx.load(str(graphs["int8"]))
    for initializer in list(graph.graph.initializer):
        if initializer.name == "network.head.bias":
            graph.graph.initializer.remove(initializer)
    onnx.save(graph, str(tmp_path / "less.onnx"))
    with pytest.raises(ValueError, match=r"lacks head\.bias"):
        read_graph(tmp_path / "less.onnx")


def test_weights_of_another_network_are_not_exported(tmp_path: Path):
    torch.save({"head.bias": torch.zeros(3)}, tmp_path / "weights.pt")
    with pytest.raises(RuntimeError, match="Missing key"):
        export(tmp_path / "weights.pt", tmp_path / "graph.onnx")
    assert not (tmp_path / "graph.onnx").exists()
