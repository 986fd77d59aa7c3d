import pytest

from training.concepts import CATEGORIES, COLOURS, CONCEPTS, concept_named
from training.sprites import sprite


def test_there_are_enough_concepts_in_enough_categories() -> None:
    assert len(CONCEPTS) >= 120
    assert len({concept.category for concept in CONCEPTS}) >= 12


def test_every_concept_is_complete() -> None:
    for index, concept in enumerate(CONCEPTS):
        assert concept.index == index
        assert concept.category in CATEGORIES
        assert concept.colour is None or concept.colour in COLOURS
        assert all(concept.names_en) and all(concept.names_zh) and concept.measure_zh
        assert all(name == name.lower() and name.isascii() for name in concept.names_en)


@pytest.mark.parametrize("attribute", ["names_en", "names_zh"])
def test_no_two_concepts_share_a_name(attribute: str) -> None:
    names = [name for concept in CONCEPTS for name in getattr(concept, attribute)]
    assert len(names) == len(set(names))


def test_keys_and_emoji_are_unique_and_found_again() -> None:
    assert len({concept.emoji for concept in CONCEPTS}) == len(CONCEPTS)
    assert all(concept_named(concept.key) is concept for concept in CONCEPTS)
    with pytest.raises(KeyError):
        concept_named("nobody")


def test_the_font_draws_every_concept() -> None:
    for concept in CONCEPTS:
        coverage = sprite(concept.emoji).levels[0].getchannel("a").getextrema()
        assert coverage[1] == 255
