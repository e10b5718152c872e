"""(b) Articles a second against the same network in float32 PyTorch, through Hugging Face's pipeline.

The other side is what one would build without this library: `BertForTokenClassification` in the token-classification
pipeline. Its weights are those of our graph, taken back from int8 to float32, so both read with the same network.
The pipeline splits a long text itself, into as many tokens a window as ours with as much context (`stride`), and
takes the likeliest label a token where ours are 31 independent scores: its work a token is the same or less, and it
neither calibrates nor says who speaks. Its threads are PyTorch's default, its batch the fastest of those tried.

Needs the dependency group `bench`.
"""

from tests.bench.texts import articles
from tests.bench.timing import Timed, compare

from spinmark import Detector
from spinmark.card import OUTPUTS
from spinmark.detector import WEIGHTS
from spinmark.tokens import CORE_TOKENS, MAX_TOKENS

BATCHES = (1, 8, 32)


def main(small: bool) -> None:
    try:
        import torch
        from transformers import BertForTokenClassification, PreTrainedTokenizerFast, pipeline

        from spinmark_training.export import read_graph
    except ImportError as error:
        print(f"  not measured: {error.name} is missing (python -m pip install --group bench)")
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
    texts = list(articles()[: 4 if small else 400])
    print(
        f"{len(texts)} articles of {sum(len(t.split()) for t in texts):,} words; PyTorch {torch.__version__} with "
        f"{torch.get_num_threads()} threads, batches of {best}"
    )

    def ours() -> None:
        for text in texts:
            detector.analyze(text)

    found = compare(
        ("Hugging Face's pipeline, float32 PyTorch", lambda: theirs(texts, batch_size=best)),
        [("Detector.analyze, everything included", ours)],
        rounds=1 if small else 3,
    )
    print(*found.lines(), sep="\n")
    (mine,) = found.others
    for side in (found.base, mine):
        print(f"  {side.name:52} {_rate(side, len(texts)):8.1f} articles a second")
    print(f"  throughput {1 / found.ratio(mine):.2f} times the pipeline's, at least 2.2")


def _once(action) -> float:
    return compare(("", action), [], rounds=1).base.median


def _rate(side: Timed, texts: int) -> float:
    return texts / side.median
