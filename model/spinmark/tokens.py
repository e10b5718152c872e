"""Text -> windows of tokens: what the model reads at once, with the part that each window answers for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding
from tokenizers import Tokenizer as WordPiece

from spinmark.errors import WeightsError
from spinmark.segment import split

MAX_TOKENS = 128
"""The longest window, [CLS] and [SEP] included.

The encoder takes twice as much and the shipped weights were trained with it, but they read better in smaller pieces: on held-out articles
of PTC typed span F1 rose from .279 to .294 and span identification from .440 to .455 (MAX_TOKENS 130), on web
pages nothing was lost, and a claim in the middle of a long report no longer drowned. At 98 both fell again.
"""

CORE_TOKENS = 96
"""The part of a window that it answers for, where a text needs several; the rest is context on both sides."""

FEW_SENTENCES = 24
"""So many are tokenised one after the other, more are shared among threads, which must be woken: four took .127 ms
and shared .140, 22 took .86 and .86, 326 took 24 and 14."""

# Rust strings hold no lone surrogates. The replacement is one code point as well, so offsets hold.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """One window.

    `ids` is int64 [tokens] with [CLS] first and [SEP] last; `spans` is int64 [tokens, 2], the code points of
    the text that each token stands for, (0, 0) for the two special ones. `core` is the half-open range of
    token positions that this window answers for; the cores of a text's windows cover each token once.
    """

    ids: npt.NDArray[np.int64]
    spans: npt.NDArray[np.int64]
    core: tuple[int, int]


class Tokenizer:
    """WordPiece over sentences, packed into windows with context."""

    def __init__(self, path: Path) -> None:
        """Read `tokenizer.json`. Raises: WeightsError."""
        try:
            self._wordpiece = WordPiece.from_file(str(path))
        except Exception as error:  # the Rust side raises bare Exception
            raise WeightsError(path, f"cannot be read as a tokenizer ({error})") from error
        self._wordpiece.no_padding()
        self._wordpiece.no_truncation()
        self._wordpiece.encode_special_tokens = True  # a text that says "[SEP]" says so in plain tokens
        self._cls = self._id("[CLS]", path)
        self._sep = self._id("[SEP]", path)
        self.mask = self._id("[MASK]", path)

    def _id(self, token: str, path: Path) -> int:
        id_ = self._wordpiece.token_to_id(token)
        if id_ is None:
            raise WeightsError(path, f"has no {token} token")
        return int(id_)

    def windows(
        self, text: str, core_tokens: int = CORE_TOKENS, max_tokens: int = MAX_TOKENS
    ) -> list[Tokens]:
        """Cut `text` into windows of at most `max_tokens` tokens; a text that fits is one window.

        Cores end at sentence ends where they can. A sentence longer than a core is cut.
        """
        ids, spans, ends = self._sentences(text)
        if len(ids) <= max_tokens - 2:
            return [self._window(ids, spans, 0, len(ids), 0, len(ids))] if len(ids) else []
        context = (max_tokens - 2 - core_tokens) // 2
        return [
            self._window(ids, spans, start, end, max(0, start - context), min(len(ids), end + context))
            for start, end in _pack(ends, core_tokens)
        ]

    def _sentences(self, text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[int]]:
        """Return the text's token ids [n], their spans [n, 2] and where each sentence ends among them."""
        readable = text if text.isascii() else _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
        sentences = split(readable)
        encoded = self._encoded([readable[s.start : s.end] for s in sentences])
        ids: list[int] = []
        offsets: list[int] = []
        ends: list[int] = []
        begins: list[int] = []
        counts: list[int] = []
        for sentence, encoding in zip(sentences, encoded, strict=True):
            if found := encoding.ids:
                ids.extend(found)
                offsets.extend(chain.from_iterable(encoding.offsets))
                ends.append(len(ids))
                begins.append(sentence.start)
                counts.append(len(found))
        spans = np.array(offsets, dtype=np.int64).reshape(-1, 2)
        spans += np.repeat(np.array(begins, dtype=np.int64), np.array(counts, dtype=np.int64))[:, np.newaxis]
        return np.array(ids, dtype=np.int64), spans, ends

    def _encoded(self, sentences: Sequence[str]) -> Sequence[Encoding]:
        if len(sentences) > FEW_SENTENCES:
            return self._wordpiece.encode_batch(sentences, add_special_tokens=False)
        return [self._wordpiece.encode(sentence, add_special_tokens=False) for sentence in sentences]

    def _window(
        self,
        ids: npt.NDArray[np.int64],
        spans: npt.NDArray[np.int64],
        start: int,
        end: int,
        left: int,
        right: int,
    ) -> Tokens:
        framed = np.empty(right - left + 2, np.int64)
        framed[0], framed[1:-1], framed[-1] = self._cls, ids[left:right], self._sep
        placed = np.zeros((right - left + 2, 2), np.int64)
        placed[1:-1] = spans[left:right]
        return Tokens(framed, placed, (start - left + 1, end - left + 1))


def _pack(ends: list[int], core_tokens: int) -> list[tuple[int, int]]:
    """Join neighbouring sentences, given by their ends, into ranges of at most `core_tokens` tokens."""
    cores: list[tuple[int, int]] = []
    start = last = 0
    for end in ends:
        if end - start > core_tokens and last > start:
            cores.append((start, last))
            start = last
        while end - start > core_tokens:
            cores.append((start, start + core_tokens))
            start += core_tokens
        last = end
    if last > start:
        cores.append((start, last))
    return cores
