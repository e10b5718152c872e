"""(a) A check of some sixty words, end to end over HTTP, against a bare run of the graph on the same tokens.

Where the time went when it was last taken apart, in ms (69 words, two processors of a virtual machine at real-time
priority, one check after the other; 8.9 in all): client sends .07, bytes reach the server .02, request read .08 and
handed to a thread .03, waitress .04, Flask's context, guards, JSON and validation .24, key and place .07, language
.03, windows .39, graph 5.7, decoder .13, voices 1.4, report as JSON .08, Flask's answer .17, written and read by the
client .33.

So some three milliseconds come on top of the graph, half of them for voices, and the ratio is the graph's speed more
than theirs: with both processors one window took 5.3 ms in some minutes and 9.8 in others, as the host gave them,
with one 9.1 in all; the ratio was 1.55 in the former and 1.4 in the latter. Since then the graph has become a sixth
faster and the rest has not, so the ratio rose: 1.99, with 7.2 ms for the graph and 14.4 in all, on a slow day.

Most of it is not work but memory: the graph's weights pass through the processor's caches, and what runs after it
finds its code and data gone. Right after the graph the decoder takes .21 ms, in a loop .03; voices 1.47 and 1.06,
windows .45 and .20. So what counts is how much code a check goes through, not how fast a loop is. Tried without
effect: one thread in place of twelve, rarer garbage collection, large memory pages, a fixed number of the graph's
threads without an affinity, blocks of a changing size (`session.dynamic_block_base`), a search for work of a
millisecond.
"""

import numpy as np
from tests.bench.server import served
from tests.bench.timing import compare

from spinmark import Detector
from spinmark.detector import WEIGHTS
from spinmark.scorer import session
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
    graph, detector = session(WEIGHTS / "model.onnx"), Detector.load()
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
