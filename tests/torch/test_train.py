"""The loss against numbers worked out by hand, and runs that are stopped, averaged and kept off held-out texts."""

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spinmark.card import OUTPUTS
from spinmark.report import Span
from spinmark.tokens import Tokenizer
from spinmark_training.data import ALL, MERGED, Document, LabelledSpan
from spinmark_training.examples import MERGED_GROUPS, Example
from spinmark_training.exchange import Exchange
from spinmark_training.network import SpanNetwork, vocabulary
from spinmark_training.train import (
    FURTHER,
    Learner,
    Recipe,
    epoch_batches,
    loss_of,
    train,
    update_average,
)

Window = Callable[..., Example]

PLAIN = Recipe(word_dropout=0.0, exchanged_share=0.0)
SLOGAN, EUPHEMISM, ANY = (OUTPUTS.index(name) for name in ("slogan", "euphemism", "any"))
QUOTED, REPORTED, CONTESTED = (OUTPUTS.index(name) for name in ("quoted", "reported", "contested"))
MASK = 103


def loss(
    network: nn.Module, batch: list[Example], recipe: Recipe = PLAIN, live: nn.Module | None = None
) -> Tensor:
    return loss_of(network, batch, recipe, live, Exchange(vocabulary(), recipe.exchanged_share, "0"))


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def test_what_a_source_does_not_say_has_no_gradient(network, window: Window):
    example = window(2000, 2001)
    example.targets[1, SLOGAN] = 1
    example.targets[2, EUPHEMISM] = 0
    loss(network, [example]).backward()
    moved = {(int(id_), int(output)) for id_, output in network.table.grad.nonzero()}
    assert moved == {(2000, SLOGAN), (2001, EUPHEMISM)}
    # d loss / d logit = p - target, here over the window's four tokens.
    assert network.table.grad[2000, SLOGAN].item() == pytest.approx((0.5 - 1) / 4)
    assert network.table.grad[2001, EUPHEMISM].item() == pytest.approx(0.5 / 4)


def test_padding_neither_counts_nor_learns(network, window: Window):
    short, long = window(2000), window(*range(3000, 3009))
    short.targets[1, SLOGAN] = long.targets[1, SLOGAN] = 1
    both = loss(network, [short, long])
    both.backward()
    assert network.table.grad[0].abs().sum() == 0
    assert both.item() == pytest.approx(2 * math.log(2) / (3 + 11))


@pytest.mark.parametrize("group", range(len(MERGED_GROUPS)))
def test_a_merged_class_costs_the_chance_that_none_of_its_members_is_there(
    network, window: Window, group: int
):
    example = window(2000, 2001)
    example.merged[1, group] = True
    chances = (0.2, 0.3, 0.4)[: len(MERGED_GROUPS[group])]
    with torch.no_grad():
        for column, chance in zip(MERGED_GROUPS[group], chances, strict=True):
            network.table[2000, column] = logit(chance)
    found = loss(network, [example])
    assert found.item() == pytest.approx(-math.log(1 - math.prod(1 - p for p in chances)) / 4, rel=1e-5)
    found.backward()
    assert {int(output) for _, output in network.table.grad.nonzero()} == set(MERGED_GROUPS[group])
    assert loss(network, [example], replace(PLAIN, one_of_weight=0.0)).item() == 0


def test_a_merged_class_that_no_member_can_be_stays_finite(network, window: Window):
    example = window(2000)
    example.merged[1, 0] = True
    with torch.no_grad():
        network.table[2000] = -200.0
    found = loss(network, [example])
    found.backward()
    assert torch.isfinite(found)
    assert torch.isfinite(network.table.grad).all()


def test_a_label_of_the_whole_text_is_carried_by_its_likeliest_tenth(network, window: Window):
    example = window(*range(2000, 2028), whole=SLOGAN, weight=0.1)  # 30 tokens with the special ones
    with torch.no_grad():
        for id_, chance in ((2003, 0.9), (2010, 0.8), (2020, 0.7), (2021, 0.6)):
            network.table[id_, SLOGAN] = logit(chance)
    found = loss(network, [example])
    carried = -sum(math.log(chance) for chance in (0.9, 0.8, 0.7)) / 3
    assert found.item() == pytest.approx(0.1 * 30 / 10 * carried / 30, rel=1e-5)
    found.backward()
    assert {int(id_) for id_ in network.table.grad[:, SLOGAN].nonzero()} == {2003, 2010, 2020}


def test_outputs_and_windows_count_as_the_recipe_says(network, window: Window):
    def cost(output: int, weight: float = 1.0) -> float:
        example = window(2000, weight=weight)
        example.targets[1, output] = 1
        return (
            loss(
                network, [example], replace(PLAIN, voice_weight=0.5, contested_weight=0.75, any_weight=0.25)
            ).item()
            / math.log(2)
            * 3
        )

    assert cost(SLOGAN) == pytest.approx(1.0)
    assert cost(SLOGAN, weight=0.1) == pytest.approx(0.1)
    assert cost(QUOTED) == pytest.approx(0.5)
    assert cost(CONTESTED) == pytest.approx(0.75)
    assert cost(ANY) == pytest.approx(0.25)


def test_a_sentence_is_judged_by_its_highest_token(network, window: Window):
    stop = 1012
    example = window(2000, 2001, stop, 2002, 2003, stop)
    example.targets[1:7, SLOGAN] = (0, 1, 0, 0, 0, 0)
    with torch.no_grad():
        for id_, chance in ((2000, 0.6), (2001, 0.3), (2002, 0.2), (2003, 0.1), (stop, 0.05)):
            network.table[id_, SLOGAN] = logit(chance)
    alone = loss(network, [example]).item()
    with_sentences = loss(network, [example], replace(PLAIN, sentence_weight=2.0)).item()
    # Three tokens each: the first sentence is marked and at most .6 sure, the second is not and at most .2.
    expected = 2.0 * 3 * (-math.log(0.6) - math.log(0.8)) / 8
    assert with_sentences - alone == pytest.approx(expected, rel=1e-4)


def test_a_sentence_that_is_known_in_part_is_not_judged(network, window: Window):
    example = window(2000, 2001)
    example.targets[1, SLOGAN] = 0
    plain, judged = (loss(network, [example], replace(PLAIN, sentence_weight=w)).item() for w in (0.0, 1.0))
    assert judged == plain


def test_a_teacher_shares_known_targets_and_fills_unknown_ones(network, window: Window):
    teacher = deepcopy(network)
    with torch.no_grad():
        teacher.table[:] = logit(0.8)
    marked, read = window(2000), window(2001, read=True)
    marked.targets[1, SLOGAN] = read.targets[1, SLOGAN] = 0
    recipe = replace(PLAIN, taught_share=0.5, read_share=0.25)
    loss(network, [marked, read], recipe, teacher).backward()
    # p - target over six tokens; p is .5 throughout.
    gradient = network.table.grad * 6
    assert gradient[2000, SLOGAN].item() == pytest.approx(0.5 - 0.4, rel=1e-2)
    assert gradient[2001, SLOGAN].item() == pytest.approx(0.5 - 0.2, rel=1e-2)
    assert gradient[2000, EUPHEMISM].item() == pytest.approx(0.5 - 0.8, rel=1e-2)
    assert gradient[2000, CONTESTED] == 0, "nothing says what is contested outside passages"
    assert gradient[[101, 102]].abs().sum() == 0, "[CLS] and [SEP] are not taught"
    assert teacher.table.grad is None


def test_speech_that_is_marked_is_taken_as_it_is(network, window: Window):
    teacher = deepcopy(network)
    with torch.no_grad():
        teacher.table[:] = logit(0.8)
    example = window(2000)
    example.targets[1, QUOTED] = 0
    recipe = replace(PLAIN, taught_share=0.5, voice_weight=1.0)
    loss(network, [example], recipe, teacher).backward()
    gradient = network.table.grad * 3
    assert gradient[2000, QUOTED].item() == pytest.approx(0.5, rel=1e-2)
    assert gradient[2000, REPORTED].item() == pytest.approx(0.5 - 0.8, rel=1e-2), (
        "the teacher fills what is not"
    )


def test_who_is_taught_further_learns_who_speaks_and_keeps_the_rest(network, window: Window):
    example = window(2000)
    example.targets[1, SLOGAN] = 1
    example.targets[1, QUOTED] = 1
    example.merged[1, 0] = True
    loss(
        network, [example], replace(FURTHER, word_dropout=0.0, exchanged_share=0.0), deepcopy(network)
    ).backward()
    gradient = network.table.grad
    assert gradient[2000, QUOTED] < 0
    assert gradient[2000, SLOGAN].item() == pytest.approx(0, abs=1e-4)
    assert gradient[2000, list(MERGED_GROUPS[0])].abs().max().item() == pytest.approx(0, abs=1e-4)


def test_written_scores_teach_like_those_of_a_live_teacher(network, window: Window):
    teacher = deepcopy(network)
    with torch.no_grad():
        teacher.table[:] = logit(0.75)
    scores = np.full((4, len(OUTPUTS)), 0.75, np.float16)
    scores[[0, -1]] = 0
    live = loss(network, [window(2000, 2001)], PLAIN, teacher)
    written = loss(network, [window(2000, 2001, taught=scores)], PLAIN)
    assert written.item() == pytest.approx(live.item(), rel=1e-3)


def test_hidden_words_are_the_share_that_was_asked_for_and_never_the_special_tokens(network, window: Window):
    batch = [window(*range(2000, 2100)) for _ in range(20)]
    torch.manual_seed(0)
    loss(network, batch, replace(PLAIN, word_dropout=0.3))
    (seen,) = network.seen
    rows = seen.reshape(20, 102)
    assert (rows[:, 0] == 101).all()
    assert (rows[:, -1] == 102).all()
    hidden = rows[:, 1:-1] == MASK
    assert 0.27 < hidden.float().mean() < 0.33
    assert (rows[:, 1:-1] == torch.arange(2000, 2100))[~hidden].all()


def test_an_exchanged_name_keeps_its_target(network, window: Window):
    pieces = vocabulary()
    example = window(pieces["russia"], pieces["lied"])
    example.targets[1:3, SLOGAN] = 1
    loss(network, [example], replace(PLAIN, exchanged_share=1.0)).backward()
    taught = {int(id_) for id_ in network.table.grad[:, SLOGAN].nonzero()}
    assert pieces["lied"] in taught
    assert len(taught) == 2


def test_a_running_average_moves_by_what_the_decay_leaves(network):
    average, other = deepcopy(network), deepcopy(network)
    with torch.no_grad():
        average.table[:] = 1.0
        other.table[:] = 3.0
    update_average(average, other, 0.75)
    assert torch.allclose(average.table, torch.tensor(1.5))
    assert torch.allclose(other.table, torch.tensor(3.0))


def test_learning_leaves_the_word_vectors_and_moves_the_rest(window: Window):
    torch.manual_seed(0)
    learner = Learner(SpanNetwork(), replace(PLAIN, warmup=0.5))
    before = deepcopy(learner.network.state_dict())
    example = window(2000, 2001)
    example.targets[1:3, SLOGAN] = 1
    learner.start_epoch(0)
    losses = [learner.step([example], progress=0.5, number=step) for step in range(4)]
    assert losses[-1] < losses[0]
    moved = {
        name for name, value in learner.network.state_dict().items() if not torch.equal(value, before[name])
    }
    assert not any("embeddings" in name for name in moved)
    assert {"head.weight", "head.bias", "encoder.encoder.layer.0.attention.self.query.weight"} <= moved
    # The average lies between where the network was and where it is.
    start, mean, end = (
        s["head.bias"][SLOGAN] for s in (before, learner.average.state_dict(), learner.network.state_dict())
    )
    assert start < mean < end


def document(
    id_: str, text: str, part: str = "train", source: str = "corpus", *spans: LabelledSpan
) -> Document:
    return Document(id_, source, text, spans, ALL, part)


TEXTS = [
    document(
        str(n),
        f"Case {n}: the mill closed. " * (n + 1),
        "train",
        "corpus",
        LabelledSpan(Span(0, 4), ("slogan",)),
    )
    for n in range(12)
]


def test_a_run_that_was_stopped_ends_with_the_weights_of_an_unbroken_one(
    table_network, tokenizer: Tokenizer, tmp_path: Path
):
    recipe = Recipe(epochs=2, batch_tokens=256, average=0.5)

    def fresh(stop_at: int = 0) -> nn.Module:
        torch.manual_seed(7)
        return table_network(dropout=0.3, stop_at=stop_at)

    unbroken = train(TEXTS, recipe, tmp_path / "unbroken", fresh())
    first_epoch = epoch_batches(TEXTS, tokenizer, recipe, 0, None)
    with pytest.raises(KeyboardInterrupt):
        train(TEXTS, recipe, tmp_path / "broken", fresh(stop_at=len(first_epoch) + 2))
    done = torch.load(tmp_path / "broken" / "average-1.pt", weights_only=True)
    resumed = train(TEXTS, recipe, tmp_path / "broken", fresh())
    expected, found = (torch.load(path, weights_only=True) for path in (unbroken, resumed))
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert torch.equal(value, found[name]), name
    assert not torch.equal(done["head.weight"], found["head.weight"]), "the second epoch learned something"


def test_a_run_that_is_done_is_not_run_again(network, tmp_path: Path):
    first = train(TEXTS, replace(PLAIN, epochs=1), tmp_path, network).read_bytes()
    network.seen.clear()
    assert train(TEXTS, replace(PLAIN, epochs=1), tmp_path, network).read_bytes() == first
    assert not network.seen


def test_held_out_texts_never_enter_a_batch(network, tokenizer: Tokenizer, tmp_path: Path):
    said = {"train": "The baker counts her loaves.", "dev": "A falcon circles.", "test": "The violin rests."}
    documents = [
        document(f"{source}-{part}", text, part, source)
        for part, text in said.items()
        for source in ("corpus", "web", "ptc", "semeval2021", "tq")
    ]
    # Readings and texts without labels are for training by their kind; those of held-out texts raise when read.
    train(documents, replace(PLAIN, epochs=3, ptc_share=1.0), tmp_path, network)
    pieces = {
        part: {int(i) for window in tokenizer.windows(text) for i in window.ids}
        for part, text in said.items()
    }
    seen = {int(i) for ids in network.seen for i in ids}
    assert pieces["train"] <= seen
    assert not (pieces["dev"] | pieces["test"]) - pieces["train"] & seen


def test_an_epoch_takes_the_shares_that_the_recipe_names(network, tokenizer: Tokenizer, tmp_path: Path):
    baker = int(tokenizer.windows("baker")[0].ids[1])
    counts = {}
    for source in ("ptc", "transfer", "reading", "corpus", "web"):
        network.seen.clear()
        recipe = replace(
            PLAIN, epochs=1, ptc_share=0.2, transfer_share=0.4, reading_share=0.6, corpus_share=0.8
        )
        documents = [document(str(n), "The baker counts.", "train", source) for n in range(400)]
        train(documents, recipe, tmp_path / source, network)
        counts[source] = sum(int((ids == baker).sum()) for ids in network.seen) / 400
    for source, share in {"ptc": 0.2, "transfer": 0.4, "reading": 0.6, "corpus": 0.8}.items():
        assert counts[source] == pytest.approx(share, abs=0.08)
    assert counts["web"] == 2.0


def test_texts_of_others_whose_speech_is_marked_come_in_each_epoch(
    network, tokenizer: Tokenizer, tmp_path: Path
):
    baker = int(tokenizer.windows("baker")[0].ids[1])
    text = "The baker counts."
    documents = [
        replace(document(str(n), text, "train", source), speech=())
        for source in ("ptc", "transfer")
        for n in range(20)
    ]
    recipe = replace(PLAIN, epochs=1, ptc_share=0.0, transfer_share=0.0)
    train(documents, recipe, tmp_path, network)
    assert sum(int((ids == baker).sum()) for ids in network.seen) == 40


def test_the_groups_are_those_of_the_merged_classes():
    assert [tuple(OUTPUTS[column] for column in group) for group in MERGED_GROUPS] == list(MERGED.values())
