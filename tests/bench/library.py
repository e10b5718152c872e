"""(c) `Detector.analyze` against raw onnxruntime over the very same windows."""

import numpy as np
from tests.bench.texts import articles
from tests.bench.timing import compare

from spinmark import Detector
from spinmark.detector import WEIGHTS
from spinmark.scorer import session
from spinmark.tokens import Tokenizer


def main(small: bool) -> None:
    texts = articles()[: 3 if small else 40]
    tokenizer, graph, detector = (
        Tokenizer(WEIGHTS / "tokenizer.json"),
        session(WEIGHTS / "model.onnx"),
        Detector.load(),
    )
    windows = [window.ids[None] for text in texts for window in tokenizer.windows(text)]
    feeds = [{"input_ids": ids, "attention_mask": np.ones_like(ids)} for ids in windows]
    print(
        f"{len(texts)} articles of {sum(len(t.split()) for t in texts):,} words, {len(windows)} windows of "
        f"{np.mean([ids.size for ids in windows]):.0f} tokens"
    )

    def raw() -> None:
        for feed in feeds:
            graph.run(None, feed)

    def ours() -> None:
        for text in texts:
            detector.analyze(text)

    found = compare(
        ("raw onnxruntime over the windows", raw), [("Detector.analyze", ours)], 2 if small else 9
    )
    print(*found.lines(), sep="\n")
    (analyze,) = found.others
    print(
        f"  throughput of Detector.analyze: {1 / found.ratio(analyze):.2f} of raw onnxruntime's, at least .90"
    )
