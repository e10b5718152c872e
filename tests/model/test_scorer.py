import os
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from spinmark.card import OUTPUTS
from spinmark.detector import WEIGHTS
from spinmark.errors import WeightsError
from spinmark.scorer import Scorer, spinning
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokens


@pytest.fixture(scope="module")
def scorer(tiny_weights):
    return Scorer(tiny_weights, threads=1)


def test_nothing_to_score_gives_scores_of_nothing(scorer):
    scores = scorer.score([])
    assert scores.spans.shape == (0, 2)
    assert scores.outputs.shape == (0, len(OUTPUTS))
    assert scores.techniques.shape == (0, len(TECHNIQUE_IDS))


def test_scores_stand_in_the_order_of_the_windows_whatever_their_length(scorer, tokenizer):
    words = ["traitors " * n + "monstrous" for n in (200, 1, 90, 5, 250, 30)]
    windows = [tokenizer.windows(text)[0] for text in words]
    together = scorer.score(windows)
    one_by_one = [scorer.score([w]) for w in windows]
    np.testing.assert_array_equal(together.outputs, np.concatenate([s.outputs for s in one_by_one]))
    np.testing.assert_array_equal(together.spans, np.concatenate([s.spans for s in one_by_one]))


def test_windows_that_are_scored_side_by_side_get_the_scores_of_one_after_the_other(tiny_weights, tokenizer):
    windows = [tokenizer.windows("traitors " * n + "monstrous")[0] for n in range(1, 40)]
    met = threading.Barrier(3)

    class Meeting(Scorer):
        """Scores nothing before three windows are asked for at once."""

        def score_one(self, window):
            met.wait(20)
            return super().score_one(window)

    before = threading.active_count()
    together = Meeting(tiny_weights, threads=3).score(windows)
    alone = Scorer(tiny_weights, threads=1).score(windows)
    np.testing.assert_array_equal(together.outputs, alone.outputs)
    np.testing.assert_array_equal(together.spans, alone.spans)
    assert threading.active_count() == before  # a thread left behind would be missing in a forked process


def test_only_the_core_of_a_window_is_answered_for(scorer, tokenizer):
    (whole,) = tokenizer.windows("traitors monstrous traitors monstrous")
    part = Tokens(whole.ids, whole.spans, (2, 4))
    scores = scorer.score([part])
    np.testing.assert_array_equal(scores.spans, [[9, 18], [19, 27]])
    np.testing.assert_allclose(scores.of("loaded_language"), [0.9, 0.01], atol=1e-6)
    np.testing.assert_allclose(scores.of("name_calling"), [0.01, 0.95], atol=1e-6)
    np.testing.assert_allclose(scores.of("any"), [0.9, 0.95], atol=1e-6)


def test_outputs_are_found_by_their_names(scorer, tokenizer):
    scores = scorer.score(tokenizer.windows("whatabout traitors"))
    for name in OUTPUTS:
        np.testing.assert_array_equal(scores.of(name), scores.outputs[:, OUTPUTS.index(name)])


def test_threads_that_share_a_scorer_get_the_scores_of_one(scorer, tokenizer):
    texts = [f"{'traitors ' * n} monstrous" for n in range(1, 40)]
    expected = [scorer.score(tokenizer.windows(t)).outputs for t in texts]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda t: scorer.score(tokenizer.windows(t)).outputs, texts * 4))
    for a, b in zip(found, expected * 4, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["card.toml", "model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(weights_folder, name):
    (weights_folder.path / name).unlink()
    with pytest.raises(WeightsError, match=r"cannot be read \(No such file or directory\)") as caught:
        Scorer(weights_folder.path)
    assert caught.value.path == weights_folder.path / name


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read") as caught:
        Scorer(tmp_path / "nowhere")
    assert caught.value.path.parent == tmp_path / "nowhere"


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("keep", [0, 0.5, 0.999])
def test_a_truncated_file_is_named_with_its_size(weights_folder, name, keep):
    path = weights_folder.path / name
    content = path.read_bytes()[: int(path.stat().st_size * keep)]
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=f"has {len(content):,} bytes with SHA-256") as caught:
        Scorer(weights_folder.path)
    assert caught.value.path == path


def test_a_changed_tokenizer_is_refused(weights_folder):
    path = weights_folder.path / "tokenizer.json"
    path.write_bytes(path.read_bytes().replace(b'"traitors"', b'"traitorz"'))
    with pytest.raises(WeightsError, match="its card says") as caught:
        Scorer(weights_folder.path)
    assert caught.value.path == path


def test_a_folder_may_have_any_name(weights_folder):
    named = weights_folder.path.rename(weights_folder.path.with_name("the weights – ваги 🙂"))
    Scorer(named)


def test_checking_the_files_keeps_no_copy_of_them():
    tracemalloc.start()
    try:
        Scorer(WEIGHTS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < (WEIGHTS / "model.onnx").stat().st_size / 4


@pytest.mark.parametrize("graph", [b"", b"not a graph", b"\x08\x08"])
def test_a_graph_that_cannot_be_loaded_is_named(weights_folder, graph):
    weights_folder.write(graph, weights_folder.tokenizer)
    with pytest.raises(WeightsError, match=r"model\.onnx: cannot be loaded") as caught:
        Scorer(weights_folder.path)
    assert caught.value.path == weights_folder.path / "model.onnx"


@pytest.mark.parametrize("width", [26, 32])
def test_a_graph_of_another_width_is_refused(weights_folder, make_graph, width):
    graph = make_graph(np.zeros((300, width), np.float32))
    weights_folder.write(graph, weights_folder.tokenizer)
    with pytest.raises(WeightsError, match=f"has {width} outputs, expected {len(OUTPUTS)}"):
        Scorer(weights_folder.path)


def test_the_runtime_keeps_nothing_in_the_home_of_its_user_and_is_told_to_send_nothing(tmp_path):
    code = (
        "import os; from spinmark import Detector; "
        "print(len(Detector.load().analyze('These traitors sold us out.').flags), os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    environ = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True
    )
    assert done.stdout.split() == ["1", "1"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("version", "search_us"), [("1.20.1", None), ("1.25.0", None), ("1.26.0", "20"), ("2.0.0", "20")]
)
def test_threads_of_the_graph_search_for_work_only_where_the_runtime_can_bound_it(version, search_us):
    settings = spinning(version)
    assert settings.get("session.intra_op.spin_duration_us") == search_us
    assert settings["session.intra_op.allow_spinning"] == ("0" if search_us is None else "1")
