"""Names of sides are exchanged form by form."""

import pytest

from spinmark_training.bias import SIDES, exchanged


@pytest.mark.parametrize("kind", SIDES)
def test_all_sides_of_a_kind_have_the_same_forms(kind: str):
    assert len({len(forms) for forms in SIDES[kind].values()}) == 1


def test_every_name_in_a_text_becomes_the_other_sides():
    assert (
        exchanged("Russia and Ukrainian Russians in Kyiv", "nation", "Iran")
        == "Iran and Iranian Iranians in Tehran"
    )


def test_a_text_that_names_no_side_of_the_kind_is_left_out():
    assert exchanged("The garden was watered.", "religion", "Hindu") is None


def test_parts_of_longer_words_stay():
    assert exchanged("The Democrats' churchyard", "religion", "Jewish") is None
