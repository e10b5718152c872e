import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

import pytest

from spinmark.taxonomy import BY_ID, GROUPS, TECHNIQUE_IDS, TECHNIQUES, Technique

# The order is the order of the model's outputs and the ids stand in stored reports, so both are pinned here
# a second time: a technique that is moved or renamed would silently give every score another meaning.
PINNED_ORDER = {
    "attack": (
        "name_calling",
        "guilt_by_association",
        "casting_doubt",
        "appeal_to_hypocrisy",
        "questioning_reputation",
    ),
    "justification": (
        "flag_waving",
        "appeal_to_authority",
        "appeal_to_popularity",
        "appeal_to_values",
        "appeal_to_fear",
        "justification_by_provocation",
        "blame_shifting",
    ),
    "simplification": ("causal_oversimplification", "false_dilemma", "consequential_oversimplification"),
    "distraction": ("straw_man", "red_herring", "whataboutism"),
    "call": ("slogan", "conversation_killer", "appeal_to_time"),
    "wording": (
        "loaded_language",
        "obfuscation",
        "exaggeration_minimisation",
        "repetition",
        "euphemism",
    ),
}

# The labels as the data files of each release spell them, under the technique that each one stands for.
PTC_18 = {
    "name_calling": "Name_Calling,Labeling",
    "guilt_by_association": "Reductio_ad_hitlerum",
    "casting_doubt": "Doubt",
    "flag_waving": "Flag-Waving",
    "appeal_to_authority": "Appeal_to_Authority",
    "appeal_to_popularity": "Bandwagon",
    "appeal_to_fear": "Appeal_to_fear-prejudice",
    "causal_oversimplification": "Causal_Oversimplification",
    "false_dilemma": "Black-and-White_Fallacy",
    "straw_man": "Straw_Men",
    "red_herring": "Red_Herring",
    "whataboutism": "Whataboutism",
    "slogan": "Slogans",
    "conversation_killer": "Thought-terminating_Cliches",
    "loaded_language": "Loaded_Language",
    "obfuscation": "Obfuscation,Intentional_Vagueness,Confusion",
    "exaggeration_minimisation": "Exaggeration,Minimisation",
    "repetition": "Repetition",
}
MERGED_IN_2020 = {
    "guilt_by_association": "Bandwagon,Reductio_ad_hitlerum",
    "appeal_to_popularity": "Bandwagon,Reductio_ad_hitlerum",
    "straw_man": "Whataboutism,Straw_Men,Red_Herring",
    "red_herring": "Whataboutism,Straw_Men,Red_Herring",
    "whataboutism": "Whataboutism,Straw_Men,Red_Herring",
}
SEMEVAL_2021 = {
    "name_calling": "Name calling/Labeling",
    "guilt_by_association": "Reductio ad hitlerum",
    "casting_doubt": "Doubt",
    "questioning_reputation": "Smears",
    "flag_waving": "Flag-waving",
    "appeal_to_authority": "Appeal to authority",
    "appeal_to_popularity": "Bandwagon",
    "appeal_to_values": "Glittering generalities (Virtue)",
    "appeal_to_fear": "Appeal to fear/prejudice",
    "causal_oversimplification": "Causal Oversimplification",
    "false_dilemma": "Black-and-white Fallacy/Dictatorship",
    "straw_man": "Misrepresentation of Someone's Position (Straw Man)",
    "red_herring": "Presenting Irrelevant Data (Red Herring)",
    "whataboutism": "Whataboutism",
    "slogan": "Slogans",
    "conversation_killer": "Thought-terminating cliché",
    "loaded_language": "Loaded Language",
    "obfuscation": "Obfuscation, Intentional vagueness, Confusion",
    "exaggeration_minimisation": "Exaggeration/Minimisation",
    "repetition": "Repetition",
}
SEMEVAL_2023 = {
    "name_calling": "Name_Calling-Labeling",
    "guilt_by_association": "Guilt_by_Association",
    "casting_doubt": "Doubt",
    "appeal_to_hypocrisy": "Appeal_to_Hypocrisy",
    "questioning_reputation": "Questioning_the_Reputation",
    "flag_waving": "Flag_Waving",
    "appeal_to_authority": "Appeal_to_Authority",
    "appeal_to_popularity": "Appeal_to_Popularity",
    "appeal_to_values": "Appeal_to_Values",
    "appeal_to_fear": "Appeal_to_Fear-Prejudice",
    "causal_oversimplification": "Causal_Oversimplification",
    "false_dilemma": "False_Dilemma-No_Choice",
    "consequential_oversimplification": "Consequential_Oversimplification",
    "straw_man": "Straw_Man",
    "red_herring": "Red_Herring",
    "whataboutism": "Whataboutism",
    "slogan": "Slogans",
    "conversation_killer": "Conversation_Killer",
    "appeal_to_time": "Appeal_to_Time",
    "loaded_language": "Loaded_Language",
    "obfuscation": "Obfuscation-Vagueness-Confusion",
    "exaggeration_minimisation": "Exaggeration-Minimisation",
    "repetition": "Repetition",
}

# The cards of a narrow side panel are laid out for these lengths.
MAX_CHARS = {"name": 40, "definition": 170, "effect": 280, "question": 140, "legitimate": 280}
MAX_EXAMPLE_CHARS = 200

every_technique = pytest.mark.parametrize("technique", TECHNIQUES, ids=TECHNIQUE_IDS)


def texts_of(technique: Technique) -> Iterator[str]:
    yield from (getattr(technique, field) for field in MAX_CHARS)
    yield from technique.examples


def sentences(text: str) -> int:
    return len(re.findall(r"[.?!](?=\s|$)", text))


def names_in(inventory: str) -> dict[str, str]:
    return {t.id: t.names[inventory] for t in TECHNIQUES if inventory in t.names}


def test_the_ids_stand_in_the_order_of_the_model_outputs():
    assert tuple(id_ for ids in PINNED_ORDER.values() for id_ in ids) == TECHNIQUE_IDS


def test_there_are_26_ids_each_unique_and_in_lower_snake_case():
    assert len(TECHNIQUE_IDS) == 26
    assert len(BY_ID) == 26
    assert [id_ for id_ in TECHNIQUE_IDS if not re.fullmatch(r"[a-z]+(_[a-z]+)*", id_)] == []


def test_every_id_leads_to_its_own_technique():
    assert {id_: t.id for id_, t in BY_ID.items()} == {id_: id_ for id_ in TECHNIQUE_IDS}


def test_the_groups_hold_the_techniques_of_the_design():
    assert tuple(PINNED_ORDER) == GROUPS
    members = {group: tuple(t.id for t in TECHNIQUES if t.group == group) for group in GROUPS}
    assert members == PINNED_ORDER


def test_no_two_techniques_share_a_display_name():
    assert len({t.name.casefold() for t in TECHNIQUES}) == len(TECHNIQUES)


@every_technique
def test_a_name_can_be_lower_cased_inside_a_sentence(technique: Technique):
    """Surfaces write "resembles guilt by association", so no name may hold a proper noun."""
    assert technique.name == technique.name.lower().capitalize()
    assert not technique.name.endswith(".")


@every_technique
@pytest.mark.parametrize(("field", "max_chars"), MAX_CHARS.items(), ids=MAX_CHARS)
def test_a_text_is_there_and_fits_its_card(technique: Technique, field: str, max_chars: int):
    assert 0 < len(getattr(technique, field)) <= max_chars


@every_technique
def test_texts_are_single_trimmed_lines_in_normal_form(technique: Technique):
    """A stray line break or control character would reach terminals and the side panel."""
    for text in texts_of(technique):
        assert text == " ".join(text.split())
        assert text.isprintable()
        assert unicodedata.is_normalized("NFC", text)


@every_technique
def test_a_definition_is_one_sentence(technique: Technique):
    assert technique.definition.endswith(".")
    assert sentences(technique.definition) == 1


@every_technique
def test_effect_and_legitimate_use_are_one_or_two_sentences(technique: Technique):
    for text in (technique.effect, technique.legitimate):
        assert text.endswith(".")
        assert sentences(text) in (1, 2)


@every_technique
def test_legitimate_use_completes_the_heading_legitimate(technique: Technique):
    assert technique.legitimate.startswith("When ")


@every_technique
def test_there_is_exactly_one_question(technique: Technique):
    assert technique.question.endswith("?")
    assert sentences(technique.question) == 1


@every_technique
def test_there_are_two_examples_of_a_length_for_the_panel(technique: Technique):
    assert len(set(technique.examples)) == len(technique.examples) == 2
    for example in technique.examples:
        assert 30 <= len(example) <= MAX_EXAMPLE_CHARS


def test_no_text_is_used_twice():
    counts = Counter(text for t in TECHNIQUES for text in texts_of(t))
    assert [text for text, count in counts.items() if count > 1] == []


@every_technique
def test_no_explanation_passes_a_verdict_on_a_text_or_its_author(technique: Technique):
    """Spinmark says what wording resembles; it calls nobody a liar and no text propaganda."""
    verdict = re.compile(
        r"propagand|manipulat|\bfake|\bliars?\b|\bl(ie|ies|ied|ying)\b|dishonest|\bdeceiv|\bdecept|deliberate",
        re.IGNORECASE,
    )
    explanation = (technique.definition, technique.effect, technique.question, technique.legitimate)
    assert [text for text in explanation if verdict.search(text)] == []


def test_only_the_four_published_inventories_are_named():
    inventories = {inventory for t in TECHNIQUES for inventory in t.names}
    assert inventories == {"ptc-18", "semeval-2020", "semeval-2021", "semeval-2023"}


@pytest.mark.parametrize(
    ("inventory", "published", "size"),
    [("ptc-18", PTC_18, 18), ("semeval-2021", SEMEVAL_2021, 20), ("semeval-2023", SEMEVAL_2023, 23)],
)
def test_each_label_of_an_inventory_stands_under_the_one_technique_that_it_means(
    inventory: str, published: dict[str, str], size: int
):
    assert names_in(inventory) == published
    assert len(set(published.values())) == len(published) == size


def test_the_14_classes_of_semeval_2020_are_those_of_ptc_18_with_two_merged_and_no_obfuscation():
    expected = PTC_18 | MERGED_IN_2020
    del expected["obfuscation"]
    assert names_in("semeval-2020") == expected
    assert len(set(expected.values())) == 14


def test_our_three_own_techniques_have_no_name_elsewhere():
    own = {t.id for t in TECHNIQUES if not t.names}
    assert own == {"justification_by_provocation", "blame_shifting", "euphemism"}
