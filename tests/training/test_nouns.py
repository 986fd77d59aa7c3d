import random

import pytest

from training.concepts import CONCEPTS, concept_named
from training.nouns import article_en, definite_noun, plain_noun, plural_en, varied_noun
from training.scenes import Language


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("cat", "cats"),
        ("bus", "buses"),
        ("fox", "foxes"),
        ("butterfly", "butterflies"),
        ("monkey", "monkeys"),
        ("mouse", "mice"),
        ("sheep", "sheep"),
        ("box of popcorn", "boxes of popcorn"),
        ("pair of glasses", "pairs of glasses"),
        ("loaf of bread", "loaves of bread"),
        ("kiwi", "kiwis"),
    ],
)
def test_plurals(name: str, plural: str) -> None:
    assert plural_en(name) == plural


@pytest.mark.parametrize(
    ("word", "article"), [("owl", "an"), ("cat", "a"), ("unicorn", "a"), ("umbrella", "an")]
)
def test_articles(word: str, article: str) -> None:
    assert article_en(word) == article


def test_numbers_and_measure_words() -> None:
    cat, glasses = concept_named("cat"), concept_named("glasses")
    assert plain_noun(cat, 1, Language.EN) == "a cat"
    assert plain_noun(cat, 3, Language.EN) == "three cats"
    assert plain_noun(cat, 2, Language.ZH) == "兩隻貓"
    assert plain_noun(glasses, 2, Language.EN) == "two pairs of glasses"
    assert definite_noun(cat, Language.EN) == "the cat"
    assert definite_noun(cat, Language.ZH) == "貓"


@pytest.mark.parametrize("language", Language)
def test_every_variation_holds_a_name_of_the_concept(language: Language) -> None:
    rng = random.Random(1)
    for concept in CONCEPTS:
        names = concept.names_en if language is Language.EN else concept.names_zh
        for count in (1, 1, 2, 5):
            phrase = varied_noun(concept, count, language, rng)
            forms = set(names) | ({plural_en(name) for name in names} if count > 1 else set())
            assert any(form in phrase for form in forms), phrase
