"""Names of sides change places in the word pieces, and nothing else does."""

import pytest
import torch

from spinmark_training.bias import SIDES
from spinmark_training.exchange import KINDS, Exchange
from spinmark_training.network import vocabulary


@pytest.fixture(scope="module", name="vocabulary")
def word_pieces() -> dict[str, int]:
    return vocabulary()


def _ids(vocabulary: dict[str, int], words: str) -> torch.Tensor:
    return torch.tensor([[vocabulary[word] for word in words.split()]])


def test_a_name_gives_way_to_the_same_form_of_another_of_its_kind(vocabulary: dict[str, int]) -> None:
    exchange = Exchange(vocabulary, probability=1.0, seed="a")
    pieces = {id_: piece for piece, id_ in vocabulary.items()}
    capitals = {side.split()[3] for side in KINDS[0]}
    religions = {side.split()[0] for side in KINDS[1]}
    seen = set()
    for _ in range(60):
        moscow, said, islam = (pieces[int(i)] for i in exchange(_ids(vocabulary, "moscow said islam"))[0])
        assert said == "said"
        assert moscow in capitals
        assert islam in religions
        seen |= {moscow, islam}
    assert len(seen) > 10


def test_all_names_of_a_side_go_to_one_other_side(vocabulary: dict[str, int]) -> None:
    exchange = Exchange(vocabulary, probability=1.0, seed="b")
    pieces = {id_: piece for piece, id_ in vocabulary.items()}
    sides = {tuple(side.split()[:2]) for side in KINDS[0]}
    for _ in range(20):
        noun, adjective, again = (
            pieces[int(i)] for i in exchange(_ids(vocabulary, "russia russian russia"))[0]
        )
        assert (noun, adjective) in sides
        assert noun == again


def test_no_window_changes_where_none_shall(vocabulary: dict[str, int]) -> None:
    ids = _ids(vocabulary, "russia and the jews and obama")
    assert torch.equal(Exchange(vocabulary, probability=0.0, seed="c")(ids), ids)


def test_padding_and_shape_stay(vocabulary: dict[str, int]) -> None:
    ids = torch.cat([_ids(vocabulary, "china lied"), torch.zeros((1, 2), dtype=torch.long)], dim=1).repeat(
        8, 1
    )
    changed = Exchange(vocabulary, probability=0.5, seed="d")(ids)
    assert changed.shape == ids.shape
    assert (changed[:, 1:] == ids[:, 1:]).all()
    assert 0 < (changed[:, 0] != ids[:, 0]).sum() < 8


def test_two_sides_that_bias_is_measured_on_are_not_in_the_list() -> None:
    exchanged = {form for kind in KINDS for side in kind for form in side.split()}
    for side in (SIDES["nation"]["Finland"], SIDES["religion"]["Hindu"][:3]):
        assert not exchanged & {form.lower() for form in side}
