"""A real tiny model: its score of a token depends on the token alone, so tests know what it must find.

The folder that `tiny_weights` gives holds the same three files as the packaged weights and is read by the same
code. Its graph is one ONNX Gather from a table, written here field by field.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as WordPiece
from tokenizers.models import WordPiece as WordPieceModel
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from spinmark import Detector
from spinmark.card import OUTPUTS, Calibration, Card, Decoding
from spinmark.report import Model
from spinmark.scorer import Scores
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer

settings.register_profile("any machine", deadline=None)  # a busy one is slow, which is no fault
settings.load_profile("any machine")

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

# Words that the tiny model knows, with the technique that each stands for and its score.
TRIGGERS: Mapping[str, tuple[str, float]] = {
    "traitors": ("name_calling", 0.95),
    "vermin": ("name_calling", 0.6),
    "monstrous": ("loaded_language", 0.9),
    "inevitable": ("justification_by_provocation", 0.9),
    "response": ("justification_by_provocation", 0.8),
    "whatabout": ("whataboutism", 0.7),
}
BACKGROUND = 0.01


def card_text(graph: bytes, tokenizer: bytes) -> str:
    """Return a `card.toml` whose confidence is the passage's highest score and whose threshold is .5."""
    calibrations = "".join(
        f"[technique.{id_}]\nthreshold = 0.5\nbias = 0.0\nslope_length = 0.0\n" for id_ in TECHNIQUE_IDS
    )
    return (
        f"outputs = {json.dumps(OUTPUTS)}\n"
        "[model]\n"
        'name = "tiny"\n'
        'version = "1"\n'
        f'sha256 = "{hashlib.sha256(graph).hexdigest()}"\n'
        f'tokenizer_sha256 = "{hashlib.sha256(tokenizer).hexdigest()}"\n'
        "[decoding]\ncandidate_score = 0.2\nedge_ratio = 0.5\n"
        "[calibration]\nslope_peak = 1.0\nslope_mean = 0.0\nslope_others = 0.0\n" + calibrations
    )


def _tokenizer_json() -> bytes:
    letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    words = [*SPECIAL, *letters, *(f"##{c}" for c in letters if c.isalnum()), *TRIGGERS]
    tokenizer = WordPiece(
        WordPieceModel(
            {word: i for i, word in enumerate(words)}, unk_token="[UNK]", max_input_chars_per_word=100
        )
    )
    tokenizer.normalizer = BertNormalizer(clean_text=True, handle_chinese_chars=True, lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer.to_str().encode()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, value: int | str | bytes) -> bytes:
    """Encode one protobuf field: an integer as a varint, anything else with its length before it."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def lookup_graph(table: np.ndarray) -> bytes:
    """Return an ONNX model that gives each token id its row of `table`, float32 [ids, outputs].

    Source: the field numbers of onnx.proto3, operator set 17.
    """
    float32, int64 = 1, 7

    def value(name: str, kind: int, *dimensions: int | str) -> bytes:
        shape = b"".join(_field(1, _field(1 if isinstance(d, int) else 2, d)) for d in dimensions)
        return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, shape)))

    node = b"".join((_field(1, "table"), _field(1, "input_ids"), _field(2, "scores"), _field(4, "Gather")))
    weights = b"".join(_field(1, size) for size in table.shape)
    weights += _field(2, float32) + _field(8, "table") + _field(9, table.astype("<f4").tobytes())
    graph = b"".join(
        (
            _field(1, node),
            _field(2, "lookup"),
            _field(5, weights),
            _field(11, value("input_ids", int64, "batch", "tokens")),
            _field(11, value("attention_mask", int64, "batch", "tokens")),
            _field(12, value("scores", float32, "batch", "tokens", table.shape[1])),
        )
    )
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 17))


@dataclass(frozen=True)
class Folder:
    """A folder of weights and the means to spoil it."""

    path: Path

    def write(self, graph: bytes, tokenizer: bytes, card: str | None = None) -> None:
        self.path.mkdir(exist_ok=True)
        (self.path / "model.onnx").write_bytes(graph)
        (self.path / "tokenizer.json").write_bytes(tokenizer)
        (self.path / "card.toml").write_text(card or card_text(graph, tokenizer), encoding="utf-8")

    @property
    def graph(self) -> bytes:
        return (self.path / "model.onnx").read_bytes()

    @property
    def tokenizer(self) -> bytes:
        return (self.path / "tokenizer.json").read_bytes()

    @property
    def card(self) -> str:
        return (self.path / "card.toml").read_text(encoding="utf-8")


def _write_tiny(path: Path) -> Folder:
    tokenizer = _tokenizer_json()
    wordpiece = WordPiece.from_str(tokenizer.decode())
    table = np.full((wordpiece.get_vocab_size(), len(OUTPUTS)), BACKGROUND, np.float32)
    for word, (technique, score) in TRIGGERS.items():
        table[wordpiece.token_to_id(word), [OUTPUTS.index(technique), OUTPUTS.index("any")]] = score
    folder = Folder(path)
    folder.write(lookup_graph(table), tokenizer)
    return folder


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the tiny model, to be read only."""
    return _write_tiny(tmp_path_factory.mktemp("tiny") / "weights").path


@pytest.fixture
def weights_folder(tmp_path: Path) -> Folder:
    """Give a tiny model of one's own, to be spoiled."""
    return _write_tiny(tmp_path / "weights")


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Folder]:
    """Give a function that returns a folder for a tiny model with a graph of one's own."""
    return lambda: Folder(tmp_path_factory.mktemp("own") / "weights")


@pytest.fixture(scope="session")
def make_graph() -> Callable[[np.ndarray], bytes]:
    """Give `lookup_graph`."""
    return lookup_graph


@pytest.fixture(scope="session")
def tokenizer(tiny_weights: Path) -> Tokenizer:
    return Tokenizer(tiny_weights / "tokenizer.json")


@pytest.fixture(scope="session")
def tiny_detector(tiny_weights: Path) -> Detector:
    return Detector.load(tiny_weights, threads=1)


@pytest.fixture(scope="session")
def detector() -> Detector:
    """Give the detector with the packaged weights."""
    return Detector.load(threads=2)


@pytest.fixture(scope="session")
def plain_card() -> Card:
    """Give a card whose confidence is the highest score of the passage."""
    calibration = Calibration(
        threshold=0.5, bias=0.0, slope_length=0.0, slope_peak=1.0, slope_mean=0.0, slope_others=0.0
    )
    return Card(
        Model("plain", "1", "0" * 64), "0" * 64, Decoding(0.2, 0.5), (calibration,) * len(TECHNIQUE_IDS)
    )


@pytest.fixture(scope="session")
def make_scores() -> Callable[..., Scores]:
    """Give a function that scores the words of a text: `make_scores(text, slogan=[.1, .9])`, one score a word."""

    def scores(text: str, spans: list[tuple[int, int]] | None = None, **columns: list[float]) -> Scores:
        if spans is None:
            spans, position = [], 0
            for word in text.split():
                start = text.index(word, position)
                position = start + len(word)
                spans.append((start, position))
        outputs = np.zeros((len(spans), len(OUTPUTS)), np.float32)
        for output, column in columns.items():
            outputs[:, OUTPUTS.index(output)] = column
        return Scores(np.array(spans, np.int64).reshape(-1, 2), outputs)

    return scores


# Pieces that have broken offset code before, joined at random with any other characters, lone surrogates too.
_TROUBLE = (
    "😀", "👩‍🚀", "👍🏽", "🇫🇮", "e\u0301", "\u0301", "ﬁ", "ß", "İ", "ŉ", "ǰ", "\r\n", "\r", "\n", "\t", "\x00", "\x1b[31m", "\x85",
    "\u2028", "\xa0", "\xad", "\u200b", "\u200d", "\ufeff", "\u202e", "שלום", "مرحبا", "漢字", "한국", "ไทย", "𝐁𝐨𝐥𝐝",
    "\ud83d", "\udc00", "\ufffd", "[SEP]", "[CLS]", "“", "’", "…", "—", "traitors", "Traitors", "monstrous", "inevitable response",
    "The mill closed. ", "Mr. Ames said “no”. ", "U.S. ", "... ", "?!\" ", "x" * 120,
)  # fmt: skip


@pytest.fixture(scope="session")
def any_text() -> st.SearchStrategy[str]:
    """Give a strategy of texts in any Unicode, which JSON can carry: no two surrogates make up a pair."""
    piece = st.sampled_from(_TROUBLE) | st.text(st.characters(), max_size=8)
    return st.lists(piece, max_size=40).map(lambda parts: _unpaired("".join(parts)))


def _unpaired(text: str) -> str:
    """Separate a high surrogate from a low one: in JSON the two would be one character."""
    out: list[str] = []
    for character in text:
        if out and "\ud800" <= out[-1] <= "\udbff" and "\udc00" <= character <= "\udfff":
            out.append(" ")
        out.append(character)
    return "".join(out)
