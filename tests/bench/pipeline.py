"""(b) Articles a second against the same network in float32 PyTorch, through Hugging Face's pipeline.

The other side is what one would build without this library: `BertForTokenClassification` in the token-classification
pipeline. Its weights are those of our graph, taken back from int8 to float32, so both read with the same network.
The pipeline splits a long text itself, into as many tokens a window as ours with as much context (`stride`), and
takes the likeliest label a token where ours are 31 independent scores: its work a token is the same or less, and it
neither calibrates nor says who speaks. Its threads are PyTorch's default, its batch the fastest of those tried.

The articles are cut into groups, and both sides read a group in turn: that takes some minutes for all of them, and
what the machine does meanwhile falls on both.

By onnxruntime's own profile of 81 tokens on one core, 10.5 ms: int8 products 6.0, the 12 of SkipLayerNormalization 1.9,
attention 1.5 (products, softmax, transposes), GELU .6, all else .5. That normalisation is not vectorised and is now
avoided (`spinmark.scorer.SLOW_FUSIONS`): 8.2 ms in place of 9.9. Fused attention (MultiHeadAttention) was no faster on
one core and 5 % on two; products with a scale for each block of weights (MatMulNBits, 8 bits) took 1.7 times as long;
fixed ranges of activations were slower than dynamic ones. The int8 products run at half of what the processor could do
at best. Windows were not packed together: the int8 graph takes the range of its activations from all that runs at once
(see `spinmark.scorer`); two windows side by side, a core each, took its place.

Needs the dependency group `bench`; an environment for training has it: `.venv-train/bin/python -m tests.bench
pipeline`.
"""

import time

from tests.bench.texts import articles
from tests.bench.timing import Compared, Timed, compare, seconds

from spinmark import Detector
from spinmark.card import OUTPUTS
from spinmark.detector import WEIGHTS
from spinmark.tokens import CORE_TOKENS, MAX_TOKENS

BATCHES = (1, 8, 32)
ARTICLES, GROUPS = 400, 20
MOST_S = 480.0
"""After this no new group is begun, so that a busy machine ends within ten minutes as well, over fewer articles."""

NEEDS = "python -m pip install --group bench, or .venv-train/bin/python -m tests.bench pipeline"


def main(small: bool) -> None:
    try:
        import torch
        from transformers import BertForTokenClassification, PreTrainedTokenizerFast, pipeline

        from spinmark_training.export import read_graph
    except ImportError as error:
        print(f"  not measured: {error.name} is missing ({NEEDS})")
        return

    network = read_graph(WEIGHTS / "model.onnx").eval()
    config = network.encoder.config
    config.num_labels = len(OUTPUTS)
    config.id2label = dict(enumerate(OUTPUTS))
    config.label2id = {name: i for i, name in enumerate(OUTPUTS)}
    model = BertForTokenClassification(config).eval()
    model.bert.load_state_dict(network.encoder.state_dict())
    model.classifier.load_state_dict(network.head.state_dict())
    model.set_attn_implementation("sdpa")  # the library's default, and its fastest
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(WEIGHTS / "tokenizer.json"), model_max_length=MAX_TOKENS, unk_token="[UNK]",
        pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    )  # fmt: skip
    theirs = pipeline(
        "token-classification", model=model, tokenizer=tokenizer, device="cpu",
        stride=MAX_TOKENS - 2 - CORE_TOKENS, aggregation_strategy="simple",
    )  # fmt: skip
    detector = Detector.load()

    trial = list(articles()[: 2 if small else 12])
    best = min(BATCHES, key=lambda size: _once(lambda: theirs(trial, batch_size=size)))
    texts = articles()[: 4 if small else ARTICLES]
    groups = [list(texts[i :: 2 if small else GROUPS]) for i in range(2 if small else GROUPS)]
    print(
        f"{len(texts)} articles of {sum(len(t.split()) for t in texts):,} words in {len(groups)} groups; PyTorch "
        f"{torch.__version__} with {torch.get_num_threads()} threads, batches of {best}"
    )

    def ours(group: list[str]) -> None:
        for text in group:
            detector.analyze(text)

    ours(trial)  # does not count; the other side has read it already
    first: list[float] = []
    mine: list[float] = []
    second: list[float] = []
    ends_at = time.perf_counter() + MOST_S
    for group in groups:
        if time.perf_counter() > ends_at:
            print(f"  after {MOST_S:.0f} s {len(mine)} groups are read; the others are left out")
            break
        first.append(seconds(lambda group=group: theirs(group, batch_size=best)))
        mine.append(seconds(lambda group=group: ours(group)))
        second.append(seconds(lambda group=group: theirs(group, batch_size=best)))
    name = "Hugging Face's pipeline, float32 PyTorch"
    found = Compared(
        Timed(name, tuple(first)),
        Timed(name, tuple(second)),
        (Timed("Detector.analyze, everything included", tuple(mine)),),
    )
    print(*found.lines(), sep="\n")
    for side, took in ((name, (sum(first) + sum(second)) / 2), (found.others[0].name, sum(mine))):
        print(f"  {side:52} {sum(map(len, groups[: len(mine)])) / took:8.1f} articles a second")
    print(f"  throughput {(sum(first) + sum(second)) / 2 / sum(mine):.2f} times the pipeline's, at least 2.2")


def _once(action) -> float:
    return compare(("", action), [], rounds=1).base.median
