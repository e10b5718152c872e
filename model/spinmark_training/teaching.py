"""What a trained teacher says of every token of the training texts, for the small network to learn from.

Source: Hinton et al. 2015, "Distilling the Knowledge in a Neural Network", section 2, with sigmoids.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinmark.card import OUTPUTS
from spinmark_training.data import Document, key_of


@dataclass(frozen=True, slots=True)
class Teaching:
    """A teacher's scores by document: `starts` int64 [tokens], `scores` float16 [tokens, outputs]."""

    starts: dict[str, npt.NDArray[np.int64]]
    scores: dict[str, npt.NDArray[np.float16]]

    def of(self, document: Document, token_spans: npt.NDArray[np.int64]) -> npt.NDArray[np.float16]:
        """Return the scores for a window's tokens at int64 [tokens, 2]; 0 for [CLS] and [SEP]."""
        found = np.zeros((len(token_spans), len(OUTPUTS)), np.float16)
        real = token_spans[:, 1] > token_spans[:, 0]
        rows = np.searchsorted(self.starts[key_of(document)], token_spans[real, 0])
        found[real] = self.scores[key_of(document)][rows]
        return found

    def write(self, path: Path) -> None:
        """Write to an .npz of two arrays a document."""
        arrays = {f"starts/{key}": array for key, array in self.starts.items()}
        np.savez(path, **arrays, **{f"scores/{key}": array for key, array in self.scores.items()})

    @classmethod
    def read(cls, path: Path) -> "Teaching":
        """Read what `write` wrote."""
        with np.load(path) as file:
            found = {name: file[name] for name in file.files}
        return cls(
            {name.removeprefix("starts/"): a for name, a in found.items() if name.startswith("starts/")},
            {name.removeprefix("scores/"): a for name, a in found.items() if name.startswith("scores/")},
        )
