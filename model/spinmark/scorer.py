"""Windows of tokens -> scores; the only module that knows onnxruntime."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinmark.card import OUTPUTS, read_card
from spinmark.errors import WeightsError
from spinmark.locality import forbid_telemetry
from spinmark.pool import cores
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokens

forbid_telemetry()  # nothing leaves the machine, and its builds would send an identifier
import onnxruntime as ort  # noqa: E402

MAX_AT_ONCE = 4
"""The most windows that are scored side by side.

Two cores share one window badly, as each of its hundred pieces waits for the slower one; a window for each core leaves
none idle. Over 20 articles on two cores `Detector.analyze` took 1.21 times as long as bare windows one after the other,
and .98 times with two side by side; on a busy host 1.08 and .80. More than two cores were not measured.
"""

SLOW_FUSIONS = ["SkipLayerNormFusion"]
"""What onnxruntime would fuse in a graph and had better not.

Its operator for a sum with a normalisation after it is not vectorised: the two apart took 8.2 ms in place of 9.9 for 81
tokens on one core, 6.9 in place of 7.5 on two (onnxruntime 1.32).
"""


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
        graph = folder / "model.onnx"
        _check(graph, self.card.model.sha256)
        _check(folder / "tokenizer.json", self.card.tokenizer_sha256)
        self._at_once = min(threads or cores(), MAX_AT_ONCE)
        try:
            # By its path: from bytes the process stayed 20 MB larger, as the runtime kept its own copy.
            self._session = session(graph, threads)
        except Exception as error:  # onnxruntime has no public root of its errors
            raise WeightsError(graph, f"cannot be loaded ({error})") from error
        width = self._session.get_outputs()[0].shape[-1]
        if width != len(OUTPUTS):
            raise WeightsError(graph, f"has {width} outputs, expected {len(OUTPUTS)}")

    def score(self, windows: Sequence[Tokens]) -> Scores:
        """Return the scores of all tokens that the windows answer for, in their order."""
        at_once = min(self._at_once, len(windows))
        if at_once <= 1:
            return joined([self.score_one(window) for window in windows])
        # Threads of this call alone: nothing stays behind that a forked process would wait for in vain.
        with ThreadPoolExecutor(at_once) as threads:
            return joined(list(threads.map(self.score_one, windows)))

    def score_one(self, window: Tokens) -> Scores:
        """Score the tokens that one window answers for, by itself.

        The int8 graph takes the range of its activations from all that runs together: in a batch of 16 windows
        a score moved by up to .2 with its neighbours, and the batch took a quarter longer for its padding.
        """
        ids = window.ids[np.newaxis]
        (scores,) = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        first, last = window.core
        return Scores(window.spans[first:last], scores[0, first:last])


def joined(parts: Sequence[Scores]) -> Scores:
    """Return the scores of pieces that follow one another as those of one text."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Scores(np.zeros((0, 2), np.int64), np.zeros((0, len(OUTPUTS)), np.float32))
    return Scores(np.concatenate([p.spans for p in parts]), np.concatenate([p.outputs for p in parts]))


def session(graph: Path, threads: int | None = None) -> ort.InferenceSession:
    """Open a graph as it runs best on a processor; `threads` None leaves the number to onnxruntime."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    for name, value in spinning(ort.__version__).items():
        options.add_session_config_entry(name, value)
    if threads is not None:
        options.intra_op_num_threads = threads
    return ort.InferenceSession(
        str(graph), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
    )


def spinning(version: str) -> dict[str, str]:
    """Return the settings of a session for how long a thread looks for its next piece of work before it sleeps.

    A window is some hundred pieces with microseconds between them. With two cores to itself (real-time priority) one of
    81 tokens took 6.9 ms where threads sleep at once and 5.8 with 20 µs, for 8 % less processor time; 50 µs or no end
    gave no more. Beside ten other processes, medians of three runs: 11 to 14 ms asleep, 11 to 17 with 20 µs, 13 to 18
    with 50, 26 to 29 without an end. Between texts all threads sleep.
    onnxruntime knows a time from 1.26 on; before it there is an endless search or none.
    """
    major, minor, *_ = version.split(".")
    if (int(major), int(minor)) < (1, 26):
        return {"session.intra_op.allow_spinning": "0"}
    return {"session.intra_op.allow_spinning": "1", "session.intra_op.spin_duration_us": "20"}


def _check(path: Path, sha256: str) -> None:
    """Compare a file with its hash in the card.

    Raises: WeightsError.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            length = file.tell()
    except OSError as error:
        raise WeightsError(path, f"cannot be read ({error.strerror})") from error
    if found != sha256:
        raise WeightsError(
            path,
            f"has {length:,} bytes with SHA-256 {found[:12]}…, its card says {sha256[:12]}…: it is damaged",
        )
