"""(a) A check of some sixty words, end to end over HTTP, against a bare run of the graph on the same tokens."""

import numpy as np
from tests.bench.graph import session
from tests.bench.server import served
from tests.bench.timing import compare

from spinmark import Detector
from spinmark.detector import WEIGHTS
from spinmark.tokens import Tokenizer

TEXT = (
    "The minister defended the raid on Tuesday. “They left us no other way: it was a forced answer to years of "
    "provocation,” he told reporters in the rain outside the ministry. Residents said that two houses had burned "
    "down and that the school would stay closed until Monday. The opposition asked for the orders to be published, "
    "and the speaker promised a debate before the end of the week."
)


def main(small: bool) -> None:
    windows = Tokenizer(WEIGHTS / "tokenizer.json").windows(TEXT)
    print(f"{len(TEXT.split())} words, {sum(len(w.ids) for w in windows)} tokens")
    graph, detector = session(), Detector.load()
    ids = windows[0].ids[None]
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    numbers = iter(range(10**9))  # texts that differ, so that no memory of answers helps
    with served() as server:
        found = compare(
            ("the graph alone (bare session.run)", lambda: graph.run(None, feed)),
            [
                ("Detector.analyze", lambda: detector.analyze(TEXT)),
                ("POST /v1/check over HTTP, at most 1.6 x", lambda: server.check(f"{TEXT} {next(numbers)}")),
            ],
            rounds=10 if small else 200,
        )
    print(*found.lines(), sep="\n")
