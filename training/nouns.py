"""Noun phrases in English and Traditional Chinese: a cat, three cats, 一隻貓, 三隻貓."""

import random
import re

from training.concepts import COLOURS, CONCEPTS, Concept
from training.scenes import Language

NUMBERS_EN = ("no", "one", "two", "three", "four", "five", "six")
NUMBERS_ZH = ("零", "一", "兩", "三", "四", "五", "六")

# Names that take no "a": masses and plurals.
_WITHOUT_ARTICLE = frozenset(
    re.findall(
        r"\S+",
        """
        bread toast corn sweetcorn broccoli cheese popcorn coffee milk juice ramen noodles dice
        grapes cherries jeans trousers scissors glasses spectacles fries chips tennis
        """,
    )
) | {"french fries"}
_IRREGULAR_PLURALS = {
    "sheep": "sheep",
    "fish": "fish",
    "tropical fish": "tropical fish",
    "mouse": "mice",
    "dice": "dice",
    "pony": "ponies",
    "bunny": "bunnies",
    "watermelon": "watermelons",
    "loaf of bread": "loaves of bread",
    "maple leaf": "maple leaves",
    "autumn leaf": "autumn leaves",
}


def article_en(phrase: str) -> str:
    """Choose the indefinite article.

    Args:
        phrase: The words after the article.

    Returns:
        ``"a"`` or ``"an"``.
    """
    return "an" if phrase[0] in "aeiou" and not phrase.startswith("uni") else "a"


def is_mass_en(name: str) -> bool:
    """Tell whether an English name takes no article ("bread", "grapes").

    Args:
        name: One of a concept's English names.

    Returns:
        True for masses and plurals.
    """
    return name in _WITHOUT_ARTICLE


def plural_en(name: str) -> str:
    """Form the plural of an English name.

    Args:
        name: One of a concept's English names that takes an article.

    Returns:
        The plural, e.g. ``"pairs of glasses"``.
    """
    if name in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[name]
    if " of " in name:
        head, rest = name.split(" of ", 1)
        return f"{plural_en(head)} of {rest}"
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def plain_noun(concept: Concept, count: int, language: Language) -> str:
    """Name a number of things in the way answers do.

    Args:
        concept: What.
        count: How many, 1 to 6.
        language: In which language.

    Returns:
        E.g. ``"a cat"``, ``"three cats"``, ``"一隻貓"``, ``"三隻貓"``.
    """
    if language is Language.ZH:
        return f"{NUMBERS_ZH[count]}{concept.measure_zh}{concept.names_zh[0]}"
    name = concept.names_en[0]
    if count == 1:
        return name if is_mass_en(name) else f"{article_en(name)} {name}"
    return f"{NUMBERS_EN[count]} {plural_en(name)}"


def definite_noun(concept: Concept, language: Language) -> str:
    """Name a thing that is known already: ``"the cat"``, ``"貓"``.

    Args:
        concept: What.
        language: In which language.

    Returns:
        The phrase.
    """
    if language is Language.ZH:
        return concept.names_zh[0]
    return f"the {concept.names_en[0]}"


def varied_noun(
    concept: Concept,
    count: int,
    language: Language,
    rng: random.Random,
    adjective: str | None = None,
) -> str:
    """Name a number of things in one of the many ways in which people do.

    Args:
        concept: What.
        count: How many, 1 to 6.
        language: In which language.
        rng: Decides between synonyms, articles and whether the colour is said.
        adjective: An adjective to put in front, in that language.

    Returns:
        The phrase.
    """
    if adjective is None and concept.colour is not None and rng.random() < 0.12:
        adjective = COLOURS[concept.colour][0 if language is Language.EN else 1]
    if language is Language.EN:
        return _varied_en(concept, count, rng, adjective)
    return _varied_zh(concept, count, rng, adjective)


def _synonym(names: tuple[str, ...], rng: random.Random) -> str:
    return names[0] if rng.random() < 0.55 else rng.choice(names)


def _varied_en(concept: Concept, count: int, rng: random.Random, adjective: str | None) -> str:
    name = _synonym(concept.names_en, rng)
    if count > 1:
        if is_mass_en(name):
            name = concept.names_en[0]
        if is_mass_en(name):
            return f"{NUMBERS_EN[count]} {name}"
        number = str(count) if rng.random() < 0.15 else NUMBERS_EN[count]
        words = plural_en(name)
        return f"{number} {adjective} {words}" if adjective else f"{number} {words}"
    words = f"{adjective} {name}" if adjective else name
    way = rng.random()
    if way < 0.12:
        return words
    if way < 0.3:
        return f"the {words}"
    if is_mass_en(name):
        return f"some {words}" if way < 0.45 else words
    if way < 0.34:
        return f"one {words}"
    return f"{article_en(words)} {words}"


def _varied_zh(concept: Concept, count: int, rng: random.Random, adjective: str | None) -> str:
    name = _synonym(concept.names_zh, rng)
    words = f"{adjective}的{name}" if adjective else name
    if count == 1 and rng.random() < 0.33:
        return words
    measure = "個" if rng.random() < 0.08 else concept.measure_zh
    number = str(count) if rng.random() < 0.06 else NUMBERS_ZH[count]
    return f"{number}{measure}{words}"


def concepts_of_colour(colour: str) -> frozenset[str]:
    """List the concepts that have a colour.

    Args:
        colour: Key of ``COLOURS``.

    Returns:
        Their keys.
    """
    return frozenset(c.key for c in CONCEPTS if c.colour == colour)


def concepts_of_category(category: str) -> frozenset[str]:
    """List the concepts of a category.

    Args:
        category: Key of ``CATEGORIES``.

    Returns:
        Their keys.
    """
    return frozenset(c.key for c in CONCEPTS if c.category == category)
