"""What can be said about two objects: left of, above, in front of, bigger than."""

import hashlib
import math
from enum import Enum
from functools import lru_cache

from training.painting import paint_masks
from training.scenes import Background, Scene, SceneObject

# Below these the eye hesitates, and so nothing is said.
_CLEAR_DISTANCE = 0.13
_CLEAR_RATIO = 1.35
_CLEAR_COVER = 0.06
# The masks that decide who covers whom; fixed, so that the answer never depends on a picture.
_COVER_SIDE_PX = 48
_HELD_OUT_PART = 10


class Relation(Enum):
    """A relation and, through ``inverse``, its opposite."""

    LEFT_OF = "left_of"
    RIGHT_OF = "right_of"
    ABOVE = "above"
    BELOW = "below"
    IN_FRONT_OF = "in_front_of"
    BEHIND = "behind"
    BIGGER_THAN = "bigger_than"
    SMALLER_THAN = "smaller_than"

    @property
    def inverse(self) -> "Relation":
        """The relation seen from the other object."""
        return _INVERSE[self]

    @property
    def is_canonical(self) -> bool:
        """Whether triples are stored under this one of the two opposites."""
        return self in CANONICAL


CANONICAL = (Relation.LEFT_OF, Relation.ABOVE, Relation.IN_FRONT_OF, Relation.BIGGER_THAN)
_INVERSE = {
    Relation.LEFT_OF: Relation.RIGHT_OF,
    Relation.RIGHT_OF: Relation.LEFT_OF,
    Relation.ABOVE: Relation.BELOW,
    Relation.BELOW: Relation.ABOVE,
    Relation.IN_FRONT_OF: Relation.BEHIND,
    Relation.BEHIND: Relation.IN_FRONT_OF,
    Relation.BIGGER_THAN: Relation.SMALLER_THAN,
    Relation.SMALLER_THAN: Relation.BIGGER_THAN,
}

Triple = tuple[str, Relation, str]


def relations_between(first: SceneObject, second: SceneObject) -> tuple[Relation, ...]:
    """Say how the first object relates to the second.

    Sideways and up-and-down exclude each other: only the greater distance counts, and only where
    it is clear.

    Args:
        first: One object.
        second: Another object.

    Returns:
        Every relation that holds, read "first RELATION second"; may be empty.
    """
    held: list[Relation] = []
    across, down = second.x - first.x, second.y - first.y
    if max(abs(across), abs(down)) >= _CLEAR_DISTANCE:
        if abs(across) > 1.2 * abs(down):
            held.append(Relation.LEFT_OF if across > 0 else Relation.RIGHT_OF)
        elif abs(down) > 1.2 * abs(across):
            held.append(Relation.ABOVE if down > 0 else Relation.BELOW)
    if first.size >= _CLEAR_RATIO * second.size:
        held.append(Relation.BIGGER_THAN)
    elif second.size >= _CLEAR_RATIO * first.size:
        held.append(Relation.SMALLER_THAN)
    if first.layer > second.layer and _covers(first, second):
        held.append(Relation.IN_FRONT_OF)
    elif second.layer > first.layer and _covers(second, first):
        held.append(Relation.BEHIND)
    return tuple(held)


@lru_cache(maxsize=4096)
def _covers(above: SceneObject, below: SceneObject) -> bool:
    if math.hypot(above.x - below.x, above.y - below.y) > 0.71 * (above.size + below.size):
        return False
    pair = Scene((above, below), Background("paper", 0), 0)
    amodal, visible = paint_masks(pair, _COVER_SIDE_PX)
    whole = int(amodal[1].sum())
    return whole > 0 and int(visible[1].sum()) <= (1 - _CLEAR_COVER) * whole


def triples(scene: Scene) -> set[Triple]:
    """List the (concept, relation, concept) triples a scene shows, in canonical direction.

    Args:
        scene: The scene.

    Returns:
        Triples of different concepts; the opposite of each also holds.
    """
    found: set[Triple] = set()
    for index, first in enumerate(scene.objects):
        for second in scene.objects[index + 1 :]:
            if first.concept_key == second.concept_key:
                continue
            for relation in relations_between(first, second):
                if relation.is_canonical:
                    found.add((first.concept_key, relation, second.concept_key))
                else:
                    found.add((second.concept_key, relation.inverse, first.concept_key))
    return found


@lru_cache(maxsize=1 << 17)
def is_held_out_triple(first: str, relation: Relation, second: str) -> bool:
    """Tell whether a triple is kept from training: a tenth are, chosen by a hash.

    Args:
        first: Concept key.
        relation: Either direction; a triple and its opposite are held out together.
        second: Concept key.

    Returns:
        True if no training scene may show it.
    """
    if not relation.is_canonical:
        first, relation, second = second, relation.inverse, first
    text = f"{first}|{relation.value}|{second}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") % _HELD_OUT_PART == 0


def held_out_triples(scene: Scene) -> set[Triple]:
    """List the held-out triples that a scene shows.

    Args:
        scene: The scene.

    Returns:
        The part of ``triples(scene)`` that training never sees.
    """
    return {triple for triple in triples(scene) if is_held_out_triple(*triple)}
