"""True captions of a scene, in many wordings and two languages."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from training.backgrounds import BACKGROUNDS
from training.concepts import CATEGORIES, COLOURS, Concept, concept_named
from training.nouns import (
    article_en,
    concepts_of_category,
    concepts_of_colour,
    is_mass_en,
    plural_en,
    varied_noun,
)
from training.phrases import (
    BACKGROUND_ONLY,
    FRAMES,
    JOINS,
    PLACED,
    RELATION_FRAMES,
    SIZE_WORDS,
    SOMETHING,
)
from training.relations import Relation, relations_between
from training.scenes import Language, Scene


class CaptionKind(Enum):
    """What a caption tells."""

    NAMES = "names"
    FULL = "full"
    RELATION = "relation"
    BACKGROUND = "background"
    COLOUR = "colour"
    CATEGORY = "category"


@dataclass(frozen=True)
class Caption:
    """A sentence and the part of its meaning that other scenes may share.

    Attributes:
        text: The sentence.
        language: Its language.
        kind: What it tells.
        groups: One set of concept keys for each thing named; any of the set would do.
        background: Background that it names, or ``None``.
        exact: True if it also tells a relation or a number, so that the groups are not all.
    """

    text: str
    language: Language
    kind: CaptionKind
    groups: tuple[frozenset[str], ...]
    background: str | None
    exact: bool

    def may_fit(self, scene: Scene) -> bool:
        """Tell whether the sentence may be true of another scene.

        Args:
            scene: Any scene.

        Returns:
            False if something named is missing, or if the sentence is ``exact``.
        """
        if self.exact or self.background not in (None, scene.background.kind):
            return False
        present = {thing.concept_key for thing in scene.objects}
        return all(group & present for group in self.groups)


_WEIGHTS = {
    CaptionKind.NAMES: 4.0,
    CaptionKind.FULL: 4.0,
    CaptionKind.RELATION: 3.0,
    CaptionKind.BACKGROUND: 0.5,
    CaptionKind.COLOUR: 0.4,
    CaptionKind.CATEGORY: 0.4,
}


def caption(
    scene: Scene, language: Language, rng: random.Random, kind: CaptionKind | None = None
) -> Caption:
    """Write a true caption.

    Args:
        scene: What it is about; at least one object, unless the kind is ``BACKGROUND``.
        language: In which language.
        rng: Decides between wordings.
        kind: What it should tell; ``None`` draws a kind. A relation is told as ``FULL`` where
            no relation is clear, and a colour as ``NAMES`` where no colour is clear.

    Returns:
        The caption.
    """
    if kind is None:
        kinds = list(_WEIGHTS)
        if len(scene.objects) == 1:
            kinds.remove(CaptionKind.RELATION)
        kind = rng.choices(kinds, [_WEIGHTS[k] for k in kinds])[0]
    if not scene.objects or kind is CaptionKind.BACKGROUND:
        return _background_caption(scene, language, rng)
    if kind is CaptionKind.COLOUR:
        return _colour_caption(scene, language, rng)
    if kind is CaptionKind.CATEGORY:
        return _category_caption(scene, language, rng)
    if kind is CaptionKind.RELATION:
        return _relation_caption(scene, language, rng, rng.random() < 0.3)
    if kind is CaptionKind.FULL:
        return full_caption(scene, language, rng)
    return _names_caption(scene, language, rng)


def full_caption(scene: Scene, language: Language, rng: random.Random) -> Caption:
    """Tell everything: each thing, how many, where, and half the time a relation.

    Args:
        scene: What it is about, with at least one object.
        language: In which language.
        rng: Decides between wordings.

    Returns:
        The caption.
    """
    if len(scene.counts()) >= 2 and rng.random() < 0.5:
        return _relation_caption(scene, language, rng, True)
    counts = scene.counts()
    words = _listed(counts, language, rng)
    return Caption(
        _placed(words, scene, language, rng),
        language,
        CaptionKind.FULL,
        _groups(counts),
        scene.background.kind,
        max(counts.values()) > 1,
    )


def name_prompt(concept: Concept, language: Language, rng: random.Random) -> str:
    """Write one of the ways in which people ask for a single thing.

    Args:
        concept: What.
        language: In which language.
        rng: Decides between synonyms and frames.

    Returns:
        E.g. ``"a photo of a cat"``.
    """
    countable = not is_mass_en(concept.names_en[0])
    if language is Language.EN and countable and rng.random() < 0.06:
        return _framed(plural_en(concept.names_en[0]), language, rng)
    return _framed(varied_noun(concept, 1, language, rng), language, rng)


def _pick(weighted: Iterable[tuple[str, int]], rng: random.Random) -> str:
    frames, weights = zip(*weighted, strict=True)
    return str(rng.choices(frames, weights)[0])


def _framed(words: str, language: Language, rng: random.Random) -> str:
    return _pick(FRAMES[language], rng).format(words)


def _groups(keys: Iterable[str]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset((key,)) for key in keys)


def _listed(counts: dict[str, int], language: Language, rng: random.Random) -> str:
    keys = list(counts)
    rng.shuffle(keys)
    nouns = [varied_noun(concept_named(key), counts[key], language, rng) for key in keys]
    if len(nouns) == 1:
        return nouns[0]
    comma = ", " if language is Language.EN else "、"
    return comma.join(nouns[:-1]) + rng.choice(JOINS[language]) + nouns[-1]


def _placed(words: str, scene: Scene, language: Language, rng: random.Random) -> str:
    names = BACKGROUNDS[scene.background.kind]
    frame = _pick(PLACED[language], rng)
    if language is Language.EN:
        return frame.format(n=words, p=names.place_en, b=names.noun_en)
    return frame.format(n=words, p=names.place_zh, b=names.noun_zh)


def _names_caption(scene: Scene, language: Language, rng: random.Random) -> Caption:
    counts = scene.counts()
    told = counts
    if len(counts) > 1 and rng.random() < 0.4:
        kept = rng.sample(list(counts), rng.randint(1, len(counts) - 1))
        told = {key: counts[key] for key in kept}
    text = _framed(_listed(told, language, rng), language, rng)
    exact = max(told.values()) > 1
    return Caption(text, language, CaptionKind.NAMES, _groups(told), None, exact)


def _background_caption(scene: Scene, language: Language, rng: random.Random) -> Caption:
    names = BACKGROUNDS[scene.background.kind]
    frame = rng.choice(BACKGROUND_ONLY[language])
    if language is Language.EN:
        text = frame.format(b=names.noun_en, p=names.place_en)
    else:
        text = frame.format(b=names.noun_zh, p=names.place_zh)
    return Caption(text, language, CaptionKind.BACKGROUND, (), scene.background.kind, False)


def _colour_caption(scene: Scene, language: Language, rng: random.Random) -> Caption:
    coloured = [thing.concept for thing in scene.objects if thing.concept.colour is not None]
    if not coloured:
        return _names_caption(scene, language, rng)
    concept = rng.choice(coloured)
    assert concept.colour is not None
    word = COLOURS[concept.colour][0 if language is Language.EN else 1]
    if rng.random() < 0.5:
        text = rng.choice(SOMETHING[language]).format(word)
        group = concepts_of_colour(concept.colour)
    else:
        text = _framed(varied_noun(concept, 1, language, rng, word), language, rng)
        group = frozenset((concept.key,))
    return Caption(text, language, CaptionKind.COLOUR, (group,), None, False)


def _category_caption(scene: Scene, language: Language, rng: random.Random) -> Caption:
    category = rng.choice(scene.objects).concept.category
    english, chinese = CATEGORIES[category]
    if language is Language.EN:
        words = f"{article_en(english)} {english}"
    else:
        words = rng.choice(("{}", "一個{}")).format(chinese)
    text = _framed(words, language, rng)
    groups = (concepts_of_category(category),)
    return Caption(text, language, CaptionKind.CATEGORY, groups, None, False)


def _relation_caption(
    scene: Scene, language: Language, rng: random.Random, everything: bool
) -> Caption:
    pairs = [
        (first, second)
        for first in scene.objects
        for second in scene.objects
        if first is not second and scene.only(first.concept_key) and scene.only(second.concept_key)
    ]
    rng.shuffle(pairs)
    for first, second in pairs:
        held = relations_between(first, second)
        if held:
            break
    else:
        counts = scene.counts()
        text = _placed(_listed(counts, language, rng), scene, language, rng)
        kind, exact = CaptionKind.FULL, max(counts.values()) > 1
        return Caption(text, language, kind, _groups(counts), scene.background.kind, exact)
    told = _related(first.concept, second.concept, rng.choice(held), language, rng)
    keys = [first.concept_key, second.concept_key]
    background = None
    if everything:
        rest = {key: n for key, n in scene.counts().items() if key not in keys}
        if rest:
            comma = rng.choice((", and ", ", with ")) if language is Language.EN else "，還有"
            told += comma + _listed(rest, language, rng)
            keys += list(rest)
        told, background = _placed(told, scene, language, rng), scene.background.kind
    elif rng.random() < 0.3:
        told = _framed(told, language, rng)
    return Caption(told, language, CaptionKind.RELATION, _groups(keys), background, True)


def _related(
    first: Concept, second: Concept, relation: Relation, language: Language, rng: random.Random
) -> str:
    big, small = SIZE_WORDS[language]
    if relation is Relation.SMALLER_THAN:
        big, small = small, big
    frame = rng.choice(RELATION_FRAMES[language][relation])
    return frame.format(
        a=varied_noun(first, 1, language, rng),
        b=varied_noun(second, 1, language, rng),
        A=varied_noun(first, 1, language, rng, big),
        B=varied_noun(second, 1, language, rng, small),
    )
