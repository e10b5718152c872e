"""A network in PyTorch -> its scores of whole documents, such as a teacher's of the training texts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from spinmark.card import OUTPUTS
from spinmark.scorer import Scores
from spinmark.tokens import CORE_TOKENS, MAX_TOKENS, Tokenizer, Tokens
from spinmark_training.data import Document, key_of
from spinmark_training.teacher import Network
from spinmark_training.teaching import Teaching

BATCH_TOKENS = 4096


def network_scores(
    documents: Sequence[Document], tokenizer: Tokenizer, network: Network, context: bool = True
) -> Iterator[Scores]:
    """Yield the scores of each document by a network in PyTorch, in windows as the library cuts them.

    Without `context` a window holds no tokens but those that it answers for.
    """
    longest = MAX_TOKENS if context else CORE_TOKENS + 2
    windows = [
        (number, w)
        for number, d in enumerate(documents)
        for w in tokenizer.windows(d.text, CORE_TOKENS, longest)
    ]
    order = sorted(range(len(windows)), key=lambda i: len(windows[i][1].ids))
    scored: list[npt.NDArray[np.float32]] = [np.zeros((0, len(OUTPUTS)), np.float32)] * len(windows)
    network.eval()
    for batch in _batches(order, windows):
        for i, scores in zip(batch, _score([windows[i][1] for i in batch], network), strict=True):
            scored[i] = scores
    at = 0
    for number in range(len(documents)):
        spans, outputs = [np.zeros((0, 2), np.int64)], [np.zeros((0, len(OUTPUTS)), np.float32)]
        while at < len(windows) and windows[at][0] == number:
            first, last = windows[at][1].core
            spans.append(windows[at][1].spans[first:last])
            outputs.append(scored[at][first:last])
            at += 1
        yield Scores(np.concatenate(spans), np.concatenate(outputs))


def _batches(order: list[int], windows: list[tuple[int, Tokens]]) -> Iterator[list[int]]:
    batch: list[int] = []
    for i in order:
        if batch and len(windows[i][1].ids) * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _score(windows: list[Tokens], network: Network) -> list[npt.NDArray[np.float32]]:
    length = max(len(w.ids) for w in windows)
    ids = torch.zeros((len(windows), length), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = torch.from_numpy(window.ids)
        mask[row, : len(window.ids)] = 1
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        scores = torch.sigmoid(network(ids, mask).float()).numpy()
    return [scores[row, : len(w.ids)] for row, w in enumerate(windows)]


def teach(documents: Sequence[Document], tokenizer: Tokenizer, teacher: Network, path: Path) -> Path:
    """Write the teacher's scores of `documents` to `path`, an .npz; return it."""
    said = dict(zip(map(key_of, documents), network_scores(documents, tokenizer, teacher), strict=True))
    Teaching(
        {key: scores.spans[:, 0] for key, scores in said.items()},
        {key: scores.outputs.astype(np.float16) for key, scores in said.items()},
    ).write(path)
    return path
