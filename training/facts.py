"""Answers as facts, apart from the language they are told in."""

from dataclasses import dataclass
from enum import Enum

from training.backgrounds import BACKGROUNDS
from training.concepts import COLOURS, concept_named
from training.nouns import NUMBERS_EN, NUMBERS_ZH, definite_noun, plain_noun
from training.scenes import Language, Scene, SceneObject

_EDGE, _SAFE = 1 / 3, 0.03

PLACES: dict[str, tuple[str, str]] = {
    "top_left": ("top left", "左上方"),
    "top_middle": ("top middle", "正上方"),
    "top_right": ("top right", "右上方"),
    "middle_left": ("left", "左邊"),
    "middle_middle": ("middle", "中間"),
    "middle_right": ("right", "右邊"),
    "bottom_left": ("bottom left", "左下方"),
    "bottom_middle": ("bottom middle", "正下方"),
    "bottom_right": ("bottom right", "右下方"),
}


class FactKind(Enum):
    """What sort of thing an answer is."""

    YES_NO = "yes_no"
    COUNT = "count"
    THINGS = "things"
    THE_ONE = "the_one"
    COLOUR = "colour"
    PLACE = "place"
    BACKGROUND = "background"
    MISSING = "missing"


@dataclass(frozen=True)
class Fact:
    """A true answer, the same in every language.

    Attributes:
        kind: What sort of thing the value is.
        value: ``bool`` for YES_NO, ``int`` for COUNT, pairs of concept key and number for THINGS
            (left to right), a concept key for THE_ONE and MISSING, else a key of the table.
    """

    kind: FactKind
    value: bool | int | str | tuple[tuple[str, int], ...]

    def told(self, language: Language) -> str:
        """Say it.

        Args:
            language: In which language.

        Returns:
            A short answer without a full stop, e.g. ``"two cats"``.
        """
        column = 0 if language is Language.EN else 1
        value = self.value
        if isinstance(value, bool):
            return (("no", "不是"), ("yes", "是"))[value][column]
        if isinstance(value, int):
            return (NUMBERS_EN, NUMBERS_ZH)[column][value]
        if isinstance(value, tuple):
            return _things(value, language)
        if self.kind is FactKind.COLOUR:
            return COLOURS[value][column]
        if self.kind is FactKind.PLACE:
            return PLACES[value][column]
        if self.kind is FactKind.BACKGROUND:
            names = BACKGROUNDS[value]
            return (names.noun_en, names.noun_zh)[column]
        concept = concept_named(value)
        if self.kind is FactKind.MISSING:
            return (
                f"there is no {concept.names_en[0]}"
                if column == 0
                else f"沒有{concept.names_zh[0]}"
            )
        return definite_noun(concept, language)


def _things(counts: tuple[tuple[str, int], ...], language: Language) -> str:
    if not counts:
        return "nothing" if language is Language.EN else "沒有東西"
    nouns = [plain_noun(concept_named(key), count, language) for key, count in counts]
    if len(nouns) == 1:
        return nouns[0]
    comma, last = (", ", " and ") if language is Language.EN else ("、", "和")
    return comma.join(nouns[:-1]) + last + nouns[-1]


def things_in(scene: Scene) -> Fact:
    """Everything in the scene, from left to right.

    Args:
        scene: The scene.

    Returns:
        A fact of kind THINGS.
    """
    counts = scene.counts()
    first_x = {key: min(t.x for t in scene.objects if t.concept_key == key) for key in counts}
    ordered = sorted(counts, key=lambda key: first_x[key])
    return Fact(FactKind.THINGS, tuple((key, counts[key]) for key in ordered))


def place_of(thing: SceneObject) -> Fact | None:
    """Where in the picture an object is, of nine places.

    Args:
        thing: The object.

    Returns:
        A fact of kind PLACE, or ``None`` where the object is too near a border between two.
    """
    words = []
    for value, names in (
        (thing.y, ("top", "middle", "bottom")),
        (thing.x, ("left", "middle", "right")),
    ):
        if min(abs(value - _EDGE), abs(value - 2 * _EDGE)) < _SAFE:
            return None
        words.append(names[min(2, int(value / _EDGE))])
    return Fact(FactKind.PLACE, "_".join(words))
