"""Train the network: masked multi-label loss over all sources, resumable after each epoch."""

import json
import os
import time
from copy import deepcopy
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from spinmark.card import VOICE_OUTPUTS
from spinmark.tokens import CORE_TOKENS, Tokenizer
from spinmark_training.data import Document
from spinmark_training.examples import MERGED_GROUPS, UNKNOWN, Example, batches, examples, joined
from spinmark_training.exchange import Exchange
from spinmark_training.network import OUTPUTS, encoder_folder, vocabulary
from spinmark_training.teacher import Network
from spinmark_training.teaching import Teaching


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a training run besides its data."""

    seed: int = 0
    epochs: int = 12
    batch_tokens: int = 4096
    encoder_rate: float = 1e-4
    head_rate: float = 1e-3
    warmup: float = 0.06
    weight_decay: float = 0.01
    word_dropout: float = 0.15
    """Share of tokens that are hidden by [MASK] in a step."""
    ptc_share: float = 0.5
    """Share of PTC's articles that an epoch takes. With all of them in each, the loss on unseen articles rose
    from the fourth epoch on, while that on our corpus was still falling."""
    transfer_share: float = 0.5
    """Share of the texts without labels that an epoch takes."""
    reading_share: float = 0.5
    """Share of our own readings that an epoch takes: of most articles there are two."""
    corpus_share: float = 1.0
    """Share of our corpus that an epoch takes."""
    average: float = 0.998
    """Decay of the running average of the weights, a step; the average is what is exported."""
    web_copies: int = 2
    """The annotated web articles are what a reader meets and are few: each comes so often in an epoch."""
    whole_weight: float = 0.1
    """Labels of whole comments say little of where; they count so much."""
    voice_weight: float = 0.5
    """Of the outputs for quoted, reported and speaker."""
    contested_weight: float = 0.5
    any_weight: float = 0.5
    """Of the any-technique output."""
    one_of_weight: float = 1.0
    """Of the loss for PTC's merged classes, of which one member is there and nobody says which."""
    sentence_weight: float = 0.0
    """Of a loss on the highest token of each sentence, for each technique; see `ablation`."""
    context: bool = True
    """Whether a window of a long text holds its neighbours as well."""
    joining: float = 0.5
    """With what probability two short windows that fit into one are joined."""
    taught_share: float = 0.5
    """The teacher's part in a target that the source labels as well. Speech and disputes that are marked are taken as
    they are."""
    read_share: float = 0.5
    """The same where we read the text for all techniques, of which a reader knows more than the teacher."""
    exchanged_share: float = 0.5
    """Share of windows in which nations, religions, parties and leaders change places."""


TEACHER = Recipe(epochs=5, encoder_rate=7e-5, ptc_share=0.7, average=0.995, word_dropout=0.1)
"""For the base-size teacher: 22 minutes an epoch on two cores."""

FURTHER = Recipe(
    epochs=3,
    encoder_rate=5e-5,
    head_rate=4e-4,
    corpus_share=0.8,
    ptc_share=0.25,
    transfer_share=0.15,
    word_dropout=0.05,
    taught_share=1.0,
    read_share=1.0,
    one_of_weight=0.0,
    voice_weight=1.5,
    contested_weight=3.0,
)
"""To teach released weights who speaks. Their own scores are the whole target of each technique: with the marks as a
part of it they went on learning the training texts by heart, and what they showed on web pages was less often right."""


def train(
    documents: list[Document],
    recipe: Recipe,
    folder: Path,
    network: Network,
    teacher: Teaching | Network | None = None,
) -> Path:
    """Train `network` on the `train` part of `documents`; return the averaged weights' path in `folder`.

    A run that was stopped goes on after its last whole epoch. Progress goes to `folder/log.jsonl`. With a
    `teacher`, targets are partly its scores, and wholly so where a source says nothing; a small one scores
    each batch as it comes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1))
    tokenizer = Tokenizer(encoder_folder() / "tokenizer.json")
    training = [d for d in documents if d.part == "train"]
    teaching = teacher if isinstance(teacher, Teaching) else None
    learner = Learner(network, recipe, teacher if isinstance(teacher, nn.Module) else None)
    average, optimiser = learner.average, learner.optimiser
    checkpoint = folder / "checkpoint.pt"
    first_epoch = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        first_epoch = state["epochs_done"]

    for epoch in range(first_epoch, recipe.epochs):
        started = time.monotonic()
        losses = []
        steps = epoch_batches(training, tokenizer, recipe, epoch, teaching)
        learner.start_epoch(epoch)
        for step, batch in enumerate(steps):
            progress = (epoch + step / len(steps)) / recipe.epochs
            losses.append(learner.step(batch, progress, epoch * len(steps) + step))
            if step % 50 == 49:
                _log(folder, epoch=epoch, step=step + 1, steps=len(steps), loss=float(np.mean(losses[-50:])),
                     seconds=round(time.monotonic() - started))  # fmt: skip
        state = {
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "epochs_done": epoch + 1,
        }
        torch.save(state, checkpoint.with_suffix(".part"))
        os.replace(checkpoint.with_suffix(".part"), checkpoint)
        torch.save(average.state_dict(), folder / f"average-{epoch + 1}.pt")
        _log(
            folder,
            epoch=epoch,
            done=True,
            loss=float(np.mean(losses)),
            seconds=round(time.monotonic() - started),
        )
    return folder / f"average-{recipe.epochs}.pt"


class Learner:
    """A network in training, with its optimiser and the running average of its weights."""

    def __init__(self, network: Network, recipe: Recipe, live: Network | None = None) -> None:
        """Take the network to train, and a `live` teacher that scores each batch as it comes."""
        # Half of all parameters are word vectors; left as they were pre-trained they cannot learn texts by heart.
        network.encoder.embeddings.requires_grad_(False)
        self.network, self.average = network, deepcopy(network)
        self._recipe, self._live = recipe, live
        if live is not None:
            live.eval()
        encoder = [p for p in network.encoder.encoder.parameters() if p.requires_grad]
        self._peaks = (recipe.encoder_rate, recipe.head_rate)
        self.optimiser = torch.optim.AdamW(
            [{"params": encoder}, {"params": network.head.parameters()}],
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        self._vocabulary = vocabulary()

    def start_epoch(self, epoch: int) -> None:
        """Make what is drawn by chance depend on the seed and the epoch alone."""
        torch.manual_seed(self._recipe.seed * 1000 + epoch)
        self._exchange = Exchange(
            self._vocabulary, self._recipe.exchanged_share, f"{self._recipe.seed}:{epoch}"
        )
        self.network.train()

    def step(self, batch: list[Example], progress: float, number: int) -> float:
        """Learn from a batch, the `number`th of the run, at `progress` in [0, 1) through it; return its loss."""
        recipe = self._recipe
        factor = min(progress / recipe.warmup, (1 - progress) / (1 - recipe.warmup))
        for group, peak in zip(self.optimiser.param_groups, self._peaks, strict=True):
            group["lr"] = peak * max(factor, 0.01)
        loss = loss_of(self.network, batch, recipe, self._live, self._exchange)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        update_average(self.average, self.network, min(recipe.average, 1 - 1 / (2 + number)))
        return float(loss.item())


def epoch_batches(
    training: list[Document], tokenizer: Tokenizer, recipe: Recipe, epoch: int, teaching: Teaching | None
) -> list[list[Example]]:
    """Cut the windows anew for each epoch, with another core length, so that borders fall elsewhere."""
    random = Random(f"{recipe.seed}:{epoch}")
    core_tokens = random.randint(CORE_TOKENS - 16, CORE_TOKENS + 16)
    shares = {
        "ptc": recipe.ptc_share,
        "transfer": recipe.transfer_share,
        "reading": recipe.reading_share,
        "corpus": recipe.corpus_share,
    }
    taken = [d for d in training if random.random() < shares.get(d.source, 1.0) or _lends_speech(d)]
    repeated = [d for d in taken for _ in range(recipe.web_copies if d.source == "web" else 1)]
    weights = {"tq": recipe.whole_weight}
    windows = list(examples(repeated, tokenizer, core_tokens, weights, teaching, recipe.context))
    random.shuffle(windows)
    return batches(joined(windows, random, recipe.joining), random, recipe.batch_tokens)


def _lends_speech(document: Document) -> bool:
    """Say whether it is a text of others whose speech we marked: there are few, and they come in each epoch."""
    return document.speech is not None and document.source not in ("corpus", "reading")


def loss_of(
    network: Network, batch: list[Example], recipe: Recipe, live: Network | None, exchange: Exchange
) -> Tensor:
    length = max(len(e.ids) for e in batch)
    ids = torch.zeros((len(batch), length), dtype=torch.long)
    mask = torch.zeros((len(batch), length), dtype=torch.long)
    targets = torch.full((len(batch), length, len(OUTPUTS)), float(UNKNOWN))
    merged = torch.zeros((len(batch), length, len(MERGED_GROUPS)), dtype=torch.bool)
    for row, example in enumerate(batch):
        n = len(example.ids)
        ids[row, :n] = torch.from_numpy(example.ids)
        mask[row, :n] = 1
        targets[row, :n] = torch.from_numpy(example.targets.astype(np.float32))
        merged[row, :n] = torch.from_numpy(example.merged)
    weights = torch.tensor([e.weight for e in batch])
    taught = _taught(batch, ids, mask, live)
    ids = exchange(ids)
    if recipe.word_dropout:
        special = (ids == ids[0, 0]) | (ids == ids[0, len(batch[0].ids) - 1])
        dropped = (torch.rand(ids.shape) < recipe.word_dropout) & ~special
        ids = torch.where(dropped, torch.full_like(ids, _MASK_ID), ids)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(ids, mask)
    logits = logits.float()

    known = targets != UNKNOWN
    if taught is not None:
        share = torch.tensor([recipe.read_share if e.read else recipe.taught_share for e in batch])
        shares = share[:, None, None] * torch.ones(len(OUTPUTS))
        shares[..., _SPEECH] = 0.0
        targets = torch.where(known, torch.lerp(targets, taught, shares), taught)
        # Outside marked passages nothing says what is contested, so the teacher knows nothing of it there.
        teachable = torch.ones(len(OUTPUTS), dtype=torch.bool)
        teachable[OUTPUTS.index("contested")] = False
        known = known | (taught.any(-1, keepdim=True) & teachable)  # [CLS] and [SEP] are not taught
    each = functional.binary_cross_entropy_with_logits(logits, targets.clamp(min=0), reduction="none")
    scale = torch.ones(len(OUTPUTS))
    scale[-len(VOICE_OUTPUTS) :] = recipe.voice_weight
    scale[OUTPUTS.index("any")] = recipe.any_weight
    scale[OUTPUTS.index("contested")] = recipe.contested_weight
    total = (each * known * scale * weights[:, None, None]).sum()
    for group, columns in enumerate(MERGED_GROUPS):
        if merged[..., group].any():
            # One of the members is there: -log(1 - prod(1 - p)), from log-sigmoids for stability.
            none = functional.logsigmoid(-logits[..., list(columns)]).sum(-1)[merged[..., group]]
            total = total - recipe.one_of_weight * torch.log(-torch.expm1(none.clamp(max=-1e-6))).sum()
    for row, example in enumerate(batch):
        if example.whole >= 0:
            # The text has the technique somewhere: its most likely tenth of tokens carries the label.
            n = len(example.ids)
            best = logits[row, 1 : n - 1, example.whole].topk(max(1, n // 10)).values
            total = total + example.weight * n / 10 * functional.softplus(-best).mean()
    if recipe.sentence_weight:
        total = total + recipe.sentence_weight * _sentence_loss(logits, targets, known, batch)
    return total / mask.sum()


def _sentence_loss(logits: Tensor, targets: Tensor, known: Tensor, batch: list[Example]) -> Tensor:
    """Return the loss of each sentence's highest logit against whether the sentence is marked, summed over tokens.

    A sentence counts as its number of tokens, so that the loss has the size of the tokens' own. Sentences end with
    the word pieces of ".", "!" and "?"; where one holds an unknown target, it is left out for that output.
    """
    total = logits.new_zeros(())
    for row, example in enumerate(batch):
        ends = np.flatnonzero(np.isin(example.ids[1:-1], _SENTENCE_END_IDS)) + 2
        for start, end in pairwise(sorted({1, *ends.tolist(), len(example.ids) - 1})):
            complete = known[row, start:end].all(0)
            highest = logits[row, start:end].amax(0)[complete]
            marked = targets[row, start:end].amax(0)[complete]
            each = functional.binary_cross_entropy_with_logits(highest, marked, reduction="sum")
            total = total + example.weight * (end - start) * each
    return total


def _taught(batch: list[Example], ids: Tensor, mask: Tensor, live: Network | None) -> Tensor | None:
    """Return float [batch, tokens, outputs] of the teacher's scores, 0 for [CLS], [SEP] and padding."""
    if live is not None:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            scores = torch.sigmoid(live(ids, mask).float())
        inner = mask.clone()
        inner[:, 0] = 0
        inner[torch.arange(len(batch)), mask.sum(1) - 1] = 0
        return scores * inner[..., None]
    if batch[0].taught is None:
        return None
    taught = torch.zeros((*ids.shape, len(OUTPUTS)))
    for row, example in enumerate(batch):
        if example.taught is not None:
            taught[row, : len(example.ids)] = torch.from_numpy(example.taught.astype(np.float32))
    return taught


_SPEECH = [OUTPUTS.index(name) for name in VOICE_OUTPUTS if name != "any"]

_MASK_ID = 103
"""[MASK] in BERT's uncased vocabulary."""

_SENTENCE_END_IDS = (1012, 999, 1029)
""". ! ? in BERT's uncased vocabulary."""


def update_average(average: Network, network: Network, decay: float) -> None:
    with torch.no_grad():
        for kept, new in zip(average.parameters(), network.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)


def _log(folder: Path, **entry: object) -> None:
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
