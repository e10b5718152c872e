"""What the loss sees: targets of 1, 0 and unknown for each token, and the batches that they travel in."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinmark.card import OUTPUTS
from spinmark.detector import WEIGHTS
from spinmark.report import Span
from spinmark.taxonomy import TECHNIQUE_IDS
from spinmark.tokens import Tokenizer
from spinmark_training.data import ALL, MERGED, Document, LabelledSpan
from spinmark_training.examples import MAX_TOKENS, UNKNOWN, Example, batches, examples, joined, targets_for
from spinmark_training.markup import Speech

# Four words of ten characters between the two special tokens.
TOKENS = np.array([(0, 0), (0, 10), (11, 20), (21, 30), (31, 40), (0, 0)], np.int64)
WHATABOUT, POPULAR = MERGED["Whataboutism,Straw_Men,Red_Herring"], MERGED["Bandwagon,Reductio_ad_hitlerum"]
GROUPS = list(MERGED.values())


def document(*spans: LabelledSpan, source: str = "corpus", labelled=ALL, **rest) -> Document:
    return Document("1", source, "x" * 40, spans, frozenset(labelled), "train", **rest)


def column(targets: np.ndarray, output: str) -> str:
    """Return one output's targets as a row of signs: 1, 0 and ? for unknown."""
    return "".join("?" if v == UNKNOWN else str(v) for v in targets[:, OUTPUTS.index(output)])


def marked(start: int, end: int, *techniques: str, contested: bool = False) -> LabelledSpan:
    return LabelledSpan(Span(start, end), techniques, contested)


def test_tokens_in_a_span_are_1_and_the_others_0():
    targets, merged = targets_for(document(marked(11, 30, "slogan")), TOKENS)
    assert column(targets, "slogan") == "?0110?"
    assert column(targets, "any") == "?0110?"
    assert column(targets, "euphemism") == "?0000?"
    assert not merged.any()


@pytest.mark.parametrize(
    ("start", "end", "row"),
    [(0, 10, "?1000?"), (10, 11, "?0000?"), (9, 12, "?1100?"), (39, 40, "?0001?"), (0, 40, "?1111?")],
)
def test_a_token_that_a_span_touches_belongs_to_it(start, end, row):
    targets, _ = targets_for(document(marked(start, end, "slogan")), TOKENS)
    assert column(targets, "slogan") == row


def test_what_a_source_does_not_label_is_unknown_everywhere():
    targets, _ = targets_for(document(marked(0, 10, "slogan"), source="ptc", labelled={"slogan"}), TOKENS)
    for output in OUTPUTS:
        expected = "?1000?" if output in ("slogan", "any") else "??????"
        assert column(targets, output) == expected


def test_spans_of_different_techniques_may_overlap():
    targets, _ = targets_for(document(marked(0, 20, "slogan"), marked(11, 40, "euphemism")), TOKENS)
    assert column(targets, "slogan") == "?1100?"
    assert column(targets, "euphemism") == "?0111?"
    assert column(targets, "any") == "?1111?"


def test_a_merged_class_is_unknown_for_its_members_and_sure_of_the_group():
    targets, merged = targets_for(document(marked(11, 20, *WHATABOUT), source="ptc"), TOKENS)
    for member in WHATABOUT:
        assert column(targets, member) == "?0?00?"
    assert merged[:, GROUPS.index(WHATABOUT)].tolist() == [False, False, True, False, False, False]
    assert not merged[:, GROUPS.index(POPULAR)].any()
    assert column(targets, "any") == "?0100?"
    assert column(targets, "slogan") == "?0000?"


@pytest.mark.parametrize("first", [0, 1])
def test_a_merged_class_leaves_a_known_member_as_it_is(first):
    spans = [marked(11, 30, *WHATABOUT), marked(11, 20, "straw_man")]
    targets, merged = targets_for(document(spans[first], spans[1 - first], source="ptc"), TOKENS)
    assert column(targets, "straw_man") == "?01?0?"
    assert merged[3, GROUPS.index(WHATABOUT)]


def test_a_text_labelled_as_a_whole_says_nothing_of_its_tokens():
    targets, _ = targets_for(document(source="tq", labelled={"whataboutism"}, whole="whataboutism"), TOKENS)
    assert (targets == UNKNOWN).all()


def test_a_text_that_as_a_whole_is_none_says_so_of_each_token():
    targets, _ = targets_for(document(source="tq", labelled={"whataboutism"}), TOKENS)
    assert column(targets, "whataboutism") == "?0000?"
    assert column(targets, "any") == "??????"


def test_a_text_without_labels_says_nothing_at_all():
    targets, merged = targets_for(document(source="transfer", labelled=()), TOKENS)
    assert (targets == UNKNOWN).all()
    assert not merged.any()


def test_speech_is_taught_where_the_source_marks_it():
    speech = (Speech(Span(11, 40), "quoted", Span(0, 10)), Speech(Span(21, 30), "reported", None))
    targets, _ = targets_for(document(speech=speech), TOKENS)
    assert column(targets, "quoted") == "?0101?"
    assert column(targets, "reported") == "?0010?"
    assert column(targets, "speaker") == "?1000?"
    silent, _ = targets_for(document(speech=()), TOKENS)
    assert column(silent, "quoted") == column(silent, "speaker") == "?0000?"
    unmarked, _ = targets_for(document(), TOKENS)
    assert column(unmarked, "quoted") == column(unmarked, "speaker") == "??????"


def test_contest_is_taught_inside_passages_alone():
    spans = marked(0, 10, "slogan"), marked(21, 30, "slogan", contested=True)
    targets, _ = targets_for(document(*spans), TOKENS)
    assert column(targets, "contested") == "?0?1??"
    targets, _ = targets_for(
        document(marked(0, 30, "slogan"), marked(0, 10, "slogan", contested=True)), TOKENS
    )
    assert column(targets, "contested") == "?100??"
    elsewhere, _ = targets_for(document(*spans, source="ptc"), TOKENS)
    assert column(elsewhere, "contested") == "??????"


def test_the_columns_are_those_of_the_card():
    targets, merged = targets_for(document(), TOKENS)
    assert targets.shape == (len(TOKENS), len(OUTPUTS))
    assert merged.shape == (len(TOKENS), len(MERGED))
    assert targets.dtype == np.int8
    for index, technique in enumerate(TECHNIQUE_IDS):
        found, _ = targets_for(document(marked(0, 10, technique)), TOKENS)
        assert found[1, index] == 1


def example(tokens: int, whole: int = -1, weight: float = 1.0) -> Example:
    return Example(
        ids=np.arange(tokens, dtype=np.int64),
        targets=np.full((tokens, len(OUTPUTS)), tokens % 2, np.int8),
        merged=np.zeros((tokens, len(MERGED)), np.bool_),
        whole=whole,
        weight=weight,
    )


def test_joined_windows_lose_the_special_tokens_between_them():
    (one,) = joined([example(5), example(4, weight=2.0)], Random(0), probability=1)
    assert one.ids.tolist() == [0, 1, 2, 3, 1, 2, 3]
    assert one.targets[:, 0].tolist() == [1, 1, 1, 1, 0, 0, 0]
    assert len(one.merged) == len(one.ids)
    assert (one.whole, one.weight) == (-1, 2.0)


def test_what_we_read_ourselves_is_known_as_such_and_stays_so_when_joined():
    tokenizer = Tokenizer(WEIGHTS / "tokenizer.json")
    reading = replace(document(source="reading"), text="Now or never.")
    (read,) = examples([reading], tokenizer, 96, {})
    (other,) = examples([replace(reading, source="corpus")], tokenizer, 96, {})
    assert (read.read, other.read) == (True, False)
    for pair in ([read, other], [other, read]):
        (one,) = joined(pair, Random(0), probability=1)
        assert one.read


def test_a_text_labelled_as_a_whole_is_never_joined():
    three = [example(5), example(5, whole=3), example(5)]
    assert [len(e.ids) for e in joined(three, Random(0), probability=1)] == [5, 5, 5]


@given(st.lists(st.integers(3, MAX_TOKENS), max_size=30), st.integers(0, 5))
def test_joined_windows_hold_every_token_within_the_bound(lengths, seed):
    out = joined([example(n) for n in lengths], Random(seed))
    assert all(len(e.ids) == len(e.targets) <= MAX_TOKENS for e in out)
    assert sum(len(e.ids) - 2 for e in out) == sum(n - 2 for n in lengths)


def test_nothing_is_joined_without_a_chance():
    assert len(joined([example(5)] * 9, Random(0), probability=0)) == 9


@given(st.lists(st.integers(3, MAX_TOKENS), max_size=40), st.integers(0, 5))
def test_batches_hold_every_example_once_within_the_bound(lengths, seed):
    items = [example(n) for n in lengths]
    out = batches(items, Random(seed), max_tokens=1024)
    assert sorted(id(e) for batch in out for e in batch) == sorted(id(e) for e in items)
    assert all(len(b) * max(len(e.ids) for e in b) <= 1024 for b in out)


def test_the_same_seed_gives_the_same_batches():
    items = [example(n) for n in range(3, 80)]
    first, second = (batches(items, Random(7), 512) for _ in range(2))
    assert [[len(e.ids) for e in b] for b in first] == [[len(e.ids) for e in b] for b in second]
