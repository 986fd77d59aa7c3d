"""An emoji scene: a frozen description from which everything else is derived.

A ``Scene`` says what stands where on which background. The picture and the masks
(``training.painting``), the relations (``training.relations``), the captions
(``training.wording``) and the questions with their answers (``training.questions``) are all
computed from it, so that they can never disagree.
"""

from dataclasses import dataclass, replace
from enum import Enum

from training.concepts import Concept, concept_named


class Language(Enum):
    """The two languages that captions, questions and answers come in."""

    EN = "en"
    ZH = "zh-Hant"


@dataclass(frozen=True)
class SceneObject:
    """One thing in a scene.

    Attributes:
        concept_key: Key of its concept.
        x: Centre, 0 (left edge) to 1 (right edge) of the picture.
        y: Centre, 0 (top edge) to 1 (bottom edge) of the picture.
        size: Longer side of the upright sprite as a part of the picture's side, 0 to 1.
        turn_degrees: Rotation, counter-clockwise, -180 to 180.
        flipped: Whether the sprite is mirrored left to right.
        layer: Higher layers cover lower ones; unique within a scene.
    """

    concept_key: str
    x: float
    y: float
    size: float
    turn_degrees: float
    flipped: bool
    layer: int

    @property
    def concept(self) -> Concept:
        """The concept it shows."""
        return concept_named(self.concept_key)


@dataclass(frozen=True)
class Background:
    """What is behind the objects.

    Attributes:
        kind: Key of ``training.backgrounds.BACKGROUNDS``.
        seed: Which of the many pictures of this kind, 0 or more.
    """

    kind: str
    seed: int


@dataclass(frozen=True)
class Scene:
    """Everything there is to know about one picture.

    Attributes:
        objects: The things, in no particular order; may be empty.
        background: What is behind them.
        seed: Decides the light; scenes that differ in nothing else differ in lighting only.
    """

    objects: tuple[SceneObject, ...]
    background: Background
    seed: int

    def counts(self) -> dict[str, int]:
        """Count the objects of each concept.

        Returns:
            Concept key to number of objects (1 or more), in order of first appearance.
        """
        found: dict[str, int] = {}
        for thing in self.objects:
            found[thing.concept_key] = found.get(thing.concept_key, 0) + 1
        return found

    def only(self, concept_key: str) -> SceneObject | None:
        """Find the object of a concept that occurs exactly once.

        Args:
            concept_key: Key of a concept.

        Returns:
            The object, or ``None`` if there is none or more than one.
        """
        found = [thing for thing in self.objects if thing.concept_key == concept_key]
        return found[0] if len(found) == 1 else None

    def swapped(self, first: int, second: int) -> "Scene":
        """Let two objects change places: the hard negative of every relation caption.

        Args:
            first: Index of one object.
            second: Index of the other object.

        Returns:
            The scene in which each of the two stands where the other stood.
        """
        a, b = self.objects[first], self.objects[second]
        things = list(self.objects)
        things[first] = replace(a, x=b.x, y=b.y, size=b.size, layer=b.layer)
        things[second] = replace(b, x=a.x, y=a.y, size=a.size, layer=a.layer)
        return replace(self, objects=tuple(things))
