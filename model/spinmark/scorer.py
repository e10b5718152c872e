"""Windows of tokens -> scores; the only module that knows onnxruntime."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from spinmark.card import OUTPUTS, read_card
from spinmark.errors import WeightsError
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokens

BATCH_TOKENS = 4096
"""Padded tokens in one run of the model; it bounds the memory of a run, not its result."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of a text's tokens, each in [0, 1].

    `spans` int64 [tokens, 2]: code points, in reading order. `outputs` float32 [tokens, outputs] in the order
    of `card.OUTPUTS`.
    """

    spans: npt.NDArray[np.int64]
    outputs: npt.NDArray[np.float32]

    @property
    def techniques(self) -> npt.NDArray[np.float32]:
        """float32 [tokens, 26]."""
        return self.outputs[:, : len(TECHNIQUE_IDS)]

    def of(self, output: str) -> npt.NDArray[np.float32]:
        """Return one output, float32 [tokens]."""
        return self.outputs[:, OUTPUTS.index(output)]


class Scorer:
    """One loaded model; safe to call from several threads."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """Load `model.onnx` and its card from `folder`; `threads` None leaves the number to onnxruntime.

        Raises: WeightsError where a file is missing, damaged or made for another taxonomy.
        """
        self.card = read_card(folder / "card.toml")
        graph = _read(folder / "model.onnx", self.card.model.sha256)
        _read(folder / "tokenizer.json", self.card.tokenizer_sha256)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has no public root of its errors
            raise WeightsError(folder / "model.onnx", f"cannot be loaded ({error})") from error
        width = self._session.get_outputs()[0].shape[-1]
        if width != len(OUTPUTS):
            raise WeightsError(folder / "model.onnx", f"has {width} outputs, expected {len(OUTPUTS)}")

    def score(self, windows: Sequence[Tokens]) -> Scores:
        """Return the scores of all tokens that the windows answer for, in their order."""
        parts: list[npt.NDArray[np.float32]] = [np.zeros((0, len(OUTPUTS)), np.float32)] * len(windows)
        for batch in _batches(windows):
            for place, scores in zip(batch, self._run([windows[i] for i in batch]), strict=True):
                parts[place] = scores
        if not windows:
            return Scores(np.zeros((0, 2), np.int64), np.zeros((0, len(OUTPUTS)), np.float32))
        spans = [w.spans[w.core[0] : w.core[1]] for w in windows]
        return Scores(np.concatenate(spans), np.concatenate(parts))

    def _run(self, windows: list[Tokens]) -> Iterator[npt.NDArray[np.float32]]:
        longest = max(len(w.ids) for w in windows)
        ids = np.zeros((len(windows), longest), np.int64)
        mask = np.zeros((len(windows), longest), np.int64)
        for row, window in enumerate(windows):
            ids[row, : len(window.ids)] = window.ids
            mask[row, : len(window.ids)] = 1
        (scores,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        for row, window in enumerate(windows):
            yield scores[row, window.core[0] : window.core[1]]


def _batches(windows: Sequence[Tokens]) -> Iterator[list[int]]:
    """Yield positions of windows of like length, at most `BATCH_TOKENS` padded tokens together."""
    by_length = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
    batch: list[int] = []
    for place in by_length:  # ascending, so the newest is the longest
        if batch and len(windows[place].ids) * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _read(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(path, f"cannot be read ({error.strerror})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WeightsError(
            path,
            f"has {len(content):,} bytes with SHA-256 {found[:12]}…, its card says {sha256[:12]}…: damaged?",
        )
    return content
