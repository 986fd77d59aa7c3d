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


_FRAMES = {
    Language.EN: (
        ("{}", 8), ("a photo of {}", 5), ("a picture of {}", 3), ("an image of {}", 2),
        ("this is {}", 1), ("there is {}", 1), ("{} in the picture", 1), ("i see {}", 1),
        ("a photo with {}", 1), ("a picture with {}", 1), ("show me {}", 1), ("find {}", 1),
        ("a good photo of {}", 1), ("a cute picture of {}", 1), ("a drawing of {}", 1),
        ("an emoji of {}", 1), ("where is {}", 1), ("a scene with {}", 1),
    ),
    Language.ZH: (
        ("{}", 8), ("{}的照片", 3), ("一張{}的照片", 4), ("{}的圖片", 2), ("一張{}的圖片", 2),
        ("這是{}", 1), ("有{}", 2), ("圖中有{}", 1), ("照片裡有{}", 1), ("圖片裡有{}", 1),
        ("一張有{}的照片", 1), ("我看到{}", 1), ("找{}", 1), ("給我看{}", 1), ("可愛的{}", 1),
        ("畫面中有{}", 1), ("{}的圖案", 1), ("一幅{}的畫", 1),
    ),
}  # fmt: skip
_JOINS = {
    Language.EN: (" and ", " with ", " and ", " next to ", ", "),
    Language.ZH: ("和", "跟", "與", "和", "、"),
}
_PLACED = {
    Language.EN: (("{n} {p}", 6), ("{p}, {n}", 2), ("{n} with {b} behind", 1), ("a photo of {n} {p}", 2), ("a picture of {n} {p}", 1)),
    Language.ZH: (("{p}有{n}", 4), ("{p}的{n}", 3), ("在{p}的{n}", 1), ("{n}在{p}", 2), ("{n},背景是{b}", 1), ("一張{p}有{n}的照片", 2), ("{p}的{n}的圖片", 1)),
}  # fmt: skip
_BACKGROUND_ONLY = {
    Language.EN: ("{b}", "a photo of {b}", "{b} in the background", "{p}", "a picture of {b}", "the background is {b}"),
    Language.ZH: ("{b}", "{b}的照片", "背景是{b}", "{p}", "一張{b}的圖片", "{b}的背景"),
}  # fmt: skip
RELATION_FRAMES = {
    Language.EN: {
        Relation.LEFT_OF: ("{a} to the left of {b}", "{a} left of {b}", "{a} on the left side of {b}", "{a} is to the left of {b}", "{a} on the left and {b} on the right"),
        Relation.RIGHT_OF: ("{a} to the right of {b}", "{a} right of {b}", "{a} on the right side of {b}", "{a} is to the right of {b}", "{a} on the right and {b} on the left"),
        Relation.ABOVE: ("{a} above {b}", "{a} over {b}", "{a} is above {b}", "{a} at the top and {b} at the bottom", "{a} higher than {b}"),
        Relation.BELOW: ("{a} below {b}", "{a} under {b}", "{a} is below {b}", "{a} beneath {b}", "{a} lower than {b}"),
        Relation.IN_FRONT_OF: ("{a} in front of {b}", "{a} covering {b}", "{a} is in front of {b}", "{a} hiding a part of {b}"),
        Relation.BEHIND: ("{a} behind {b}", "{a} is behind {b}", "{a} partly hidden by {b}"),
        Relation.BIGGER_THAN: ("{a} bigger than {b}", "{a} is bigger than {b}", "{a} larger than {b}", "{A} and {B}"),
        Relation.SMALLER_THAN: ("{a} smaller than {b}", "{a} is smaller than {b}", "{A} and {B}"),
    },
    Language.ZH: {
        Relation.LEFT_OF: ("{a}在{b}的左邊", "{b}左邊的{a}", "{b}的左邊有{a}", "左邊是{a},右邊是{b}", "{a}在{b}左邊"),
        Relation.RIGHT_OF: ("{a}在{b}的右邊", "{b}右邊的{a}", "{b}的右邊有{a}", "右邊是{a},左邊是{b}", "{a}在{b}右邊"),
        Relation.ABOVE: ("{a}在{b}的上面", "{a}在{b}上方", "{b}上面的{a}", "{b}的上方有{a}", "上面是{a},下面是{b}"),
        Relation.BELOW: ("{a}在{b}的下面", "{a}在{b}下方", "{b}下面的{a}", "{b}的下方有{a}", "下面是{a},上面是{b}"),
        Relation.IN_FRONT_OF: ("{a}在{b}的前面", "{a}擋住{b}", "{b}前面的{a}", "{a}遮住{b}"),
        Relation.BEHIND: ("{a}在{b}的後面", "{b}後面的{a}", "{a}被{b}擋住"),
        Relation.BIGGER_THAN: ("{a}比{b}大", "比{b}大的{a}", "{A}和{B}"),
        Relation.SMALLER_THAN: ("{a}比{b}小", "比{b}小的{a}", "{A}和{B}"),
    },
}  # fmt: skip
_SIZE_WORDS = {Language.EN: ("big", "small"), Language.ZH: ("大", "小")}
_SOMETHING = {
    Language.EN: ("something {}", "a {} thing", "{} things", "the color {}", "a photo of something {}"),
    Language.ZH: ("{}的東西", "有{}的東西", "{}", "一個{}的東西", "{}物品的照片"),
}  # fmt: skip

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
    return _pick(_FRAMES[language], rng).format(words)


def _groups(keys: Iterable[str]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset((key,)) for key in keys)


def _listed(counts: dict[str, int], language: Language, rng: random.Random) -> str:
    keys = list(counts)
    rng.shuffle(keys)
    nouns = [varied_noun(concept_named(key), counts[key], language, rng) for key in keys]
    if len(nouns) == 1:
        return nouns[0]
    comma = ", " if language is Language.EN else "、"
    return comma.join(nouns[:-1]) + rng.choice(_JOINS[language]) + nouns[-1]


def _placed(words: str, scene: Scene, language: Language, rng: random.Random) -> str:
    names = BACKGROUNDS[scene.background.kind]
    frame = _pick(_PLACED[language], rng)
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
    frame = rng.choice(_BACKGROUND_ONLY[language])
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
        text = rng.choice(_SOMETHING[language]).format(word)
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
        if first is not second
        and scene.only(first.concept_key)
        and scene.only(second.concept_key)
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
            comma = rng.choice((", and ", ", with ")) if language is Language.EN else ",還有"
            told += comma + _listed(rest, language, rng)
            keys += list(rest)
        told, background = _placed(told, scene, language, rng), scene.background.kind
    elif rng.random() < 0.3:
        told = _framed(told, language, rng)
    return Caption(told, language, CaptionKind.RELATION, _groups(keys), background, True)


def _related(
    first: Concept, second: Concept, relation: Relation, language: Language, rng: random.Random
) -> str:
    big, small = _SIZE_WORDS[language]
    if relation is Relation.SMALLER_THAN:
        big, small = small, big
    frame = rng.choice(RELATION_FRAMES[language][relation])
    return frame.format(
        a=varied_noun(first, 1, language, rng),
        b=varied_noun(second, 1, language, rng),
        A=varied_noun(first, 1, language, rng, big),
        B=varied_noun(second, 1, language, rng, small),
    )
