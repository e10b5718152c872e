"""The two encoders with their heads: published weights, padding, dropout, and the teacher's own vocabulary."""

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import BertModel, MPNetConfig

from spinmark.card import OUTPUTS
from spinmark_training.network import (
    SharedDropout,
    SpanNetwork,
    attention_bias,
    encoder_folder,
    new_head,
    share_dropout,
)
from spinmark_training.teacher import TeacherNetwork, mpnet_folder

IDS = torch.tensor([[101, 2000, 3000, 4000, 102], [101, 2500, 102, 0, 0]])
MASK = (IDS != 0).long()


@pytest.fixture(scope="module")
def minilm() -> SpanNetwork:
    return SpanNetwork.from_minilm().eval()


def test_the_encoder_computes_what_the_published_one_does(minilm: SpanNetwork):
    published = BertModel.from_pretrained(encoder_folder(), add_pooling_layer=False).eval()
    with torch.no_grad():
        expected = published(input_ids=IDS, attention_mask=MASK).last_hidden_state
        found = minilm.encoder(input_ids=IDS, attention_mask=attention_bias(MASK)).last_hidden_state
    assert torch.allclose(found[MASK == 1], expected[MASK == 1], atol=1e-4)


def test_scores_do_not_depend_on_what_a_text_is_padded_with(minilm: SpanNetwork):
    other = torch.where(MASK == 1, IDS, 5000)
    with torch.no_grad():
        alone = minilm(IDS[1:, :3], MASK[1:, :3])
        padded, otherwise = minilm(IDS, MASK)[1:, :3], minilm(other, MASK)[1:, :3]
    assert alone.shape == (1, 3, len(OUTPUTS))
    assert torch.allclose(padded, alone, atol=1e-4)
    assert torch.allclose(otherwise, alone, atol=1e-4)


def test_a_new_head_finds_everything_unlikely():
    torch.manual_seed(0)
    scores = torch.sigmoid(new_head(384)(torch.randn(200, 384)))
    assert scores.shape == (200, len(OUTPUTS))
    assert 0.01 < scores.mean() < 0.03


def test_a_mask_hides_padding_alone_and_has_the_type_of_the_computation():
    bias = attention_bias(MASK)
    assert bias.shape == (2, 1, 1, 5)
    assert bias[1, 0, 0].tolist() == [0, 0, 0, -10_000, -10_000]
    assert bias.dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        assert attention_bias(MASK).dtype == torch.bfloat16


def test_dropout_is_one_mask_for_all_tokens_of_a_text_and_another_for_the_next():
    torch.manual_seed(0)
    dropout = SharedDropout(0.25)
    dropped = dropout(torch.ones(2, 7, 4000))
    assert (dropped == dropped[:, :1]).all()
    assert not (dropped[0, 0] == dropped[1, 0]).all()
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.05)
    dropout.eval()
    assert (dropout(torch.ones(2, 7, 40)) == 1).all()


def test_every_block_that_ends_in_a_layer_norm_shares_its_dropout(minilm: SpanNetwork):
    shared = [m for m in minilm.encoder.modules() if isinstance(m, SharedDropout)]
    assert len(shared) == 1 + 2 * 6  # the word vectors' block, and two in each of six layers
    alone = nn.Sequential(nn.Dropout(0.5))
    share_dropout(alone, 0.1)
    assert isinstance(alone[0], nn.Dropout)


@pytest.fixture(scope="module")
def teacher() -> TeacherNetwork:
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=30_527, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48
    )
    return TeacherNetwork(config).eval()


def test_the_teacher_reads_our_word_pieces_in_its_own_numbers(teacher: TeacherNetwork):
    # <s> <pad> </s> <unk> come first in its vocabulary, then BERT's pieces; <mask> is the last.
    expected = {0: 1, 101: 0, 102: 2, 103: 30_526, 100: 104, 1996: 2000, 30_521: 30_525}
    assert {ours: int(teacher.ids[ours]) for ours in expected} == expected
    pieces = [id_ for id_ in range(30_522) if id_ not in (0, 100, 101, 102, 103)]
    assert torch.equal(teacher.ids[pieces], torch.tensor(pieces) + 4)


def test_the_teacher_embeds_the_piece_that_it_was_given(teacher: TeacherNetwork):
    given = []
    handle = teacher.encoder.embeddings.register_forward_hook(
        lambda _, __, kwargs, ___: given.append(kwargs["input_ids"]), with_kwargs=True
    )
    with torch.no_grad():
        logits = teacher(IDS, MASK)
    handle.remove()
    assert logits.shape == (*IDS.shape, len(OUTPUTS))
    assert given[0].tolist() == [[0, 2004, 3004, 4004, 2], [0, 2504, 2, 1, 1]]


def test_the_teacher_does_not_see_padding(teacher: TeacherNetwork):
    with torch.no_grad():
        alone, padded = teacher(IDS[1:, :3], MASK[1:, :3]), teacher(IDS, MASK)[1:, :3]
    assert torch.allclose(padded, alone, atol=1e-5)


def test_a_teacher_with_other_weights_than_the_published_ones_is_refused(tmp_path: Path):
    folder = tmp_path / "all-mpnet-base-v2"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ValueError, match=r"has SHA-256 .*, expected 78c0197b6159"):
        mpnet_folder(tmp_path)
