"""A teacher's scores find their tokens again, in whatever windows the texts are cut."""

from random import Random

import numpy as np

from spinmark.card import OUTPUTS
from spinmark.detector import WEIGHTS
from spinmark.tokens import Tokenizer
from spinmark_training.data import ALL, Document, key_of
from spinmark_training.examples import examples, joined
from spinmark_training.teaching import Teaching

TEXT = "The ministry called it a cordon. 🙂 Neighbours counted the trucks, and no one spoke for long. " * 12


def document(id_: str, text: str) -> Document:
    return Document(id_, "corpus", text, (), ALL, "train")


def teaching(*documents: Document, tokenizer: Tokenizer) -> Teaching:
    """Give each token its own place in the text as its score, in thousandths, in every output."""
    starts, scores = {}, {}
    for each in documents:
        places = np.unique(np.concatenate([w.spans[1:-1, 0] for w in tokenizer.windows(each.text)]))
        starts[key_of(each)] = places
        scores[key_of(each)] = np.repeat((places / 2000).astype(np.float16)[:, None], len(OUTPUTS), axis=1)
    return Teaching(starts, scores)


def test_each_token_of_a_window_gets_what_the_teacher_said_of_it_and_the_special_ones_nothing():
    tokenizer = Tokenizer(WEIGHTS / "tokenizer.json")
    one = document("a", TEXT)
    taught = teaching(one, tokenizer=tokenizer)
    windows = tokenizer.windows(TEXT, core_tokens=50)
    assert len(windows) > 3
    for window in windows:
        got = taught.of(one, window.spans)
        assert got.shape == (len(window.ids), len(OUTPUTS))
        assert not got[0].any()
        assert not got[-1].any()
        np.testing.assert_allclose(got[1:-1, 7], window.spans[1:-1, 0] / 2000, atol=1e-3)


def test_it_is_read_as_it_was_written(tmp_path):
    tokenizer = Tokenizer(WEIGHTS / "tokenizer.json")
    one, two = document("a", TEXT), document("b/2", "Short, and gone.")
    before = teaching(one, two, tokenizer=tokenizer)
    before.write(tmp_path / "teaching.npz")
    after = Teaching.read(tmp_path / "teaching.npz")
    assert after.starts.keys() == before.starts.keys() == after.scores.keys() == {"corpus:a", "corpus:b/2"}
    for key in before.starts:
        np.testing.assert_array_equal(after.starts[key], before.starts[key])
        np.testing.assert_array_equal(after.scores[key], before.scores[key])


def test_windows_that_are_joined_keep_their_teachers_scores_in_line_with_their_tokens():
    tokenizer = Tokenizer(WEIGHTS / "tokenizer.json")
    parts = [document(str(i), f"Number {i} says little, and says it once.") for i in range(6)]
    taught = teaching(*parts, tokenizer=tokenizer)
    alone = list(examples(parts, tokenizer, 96, {}, taught))
    together = joined(alone, Random(1), probability=1.0)
    assert len(together) == 1
    assert together[0].taught is not None
    assert len(together[0].taught) == len(together[0].ids) == sum(len(e.ids) - 2 for e in alone) + 2
    inner = np.concatenate([e.taught[1:-1] for e in alone if e.taught is not None])
    kept = together[0].taught
    assert [row.tolist() for row in kept if row.any()] == [row.tolist() for row in inner if row.any()]
