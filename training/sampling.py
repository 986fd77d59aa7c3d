"""Draws random scenes: what may be in a training scene, and what is kept for tests."""

import math
import random
from enum import Enum

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS
from training.relations import held_out_triples
from training.scenes import Background, Scene, SceneObject

_KINDS = tuple(BACKGROUNDS)
_BACKGROUNDS_PER_KIND = 200
# Longer side of the sprite by number of objects, smallest and largest.
_SIZES = {0: (0.3, 0.3), 1: (0.3, 0.78), 2: (0.24, 0.52), 3: (0.22, 0.42), 4: (0.2, 0.34)}
_SMALLEST_SIZES = (0.17, 0.27)
_OVERLAPPING = 0.25
_REPEATED = 0.18


class Split(Enum):
    """Disjoint sets of scenes; the value is the first seed of the range, 10**9 seeds long.

    Seeds are numbered from 0 within each split, so that nobody can mix the ranges up. The
    backgrounds are disjoint as well.
    """

    TRAINING = 0
    VALIDATION = 1_000_000_000
    TEST = 2_000_000_000
    GALLERY = 3_000_000_000


def sample_scene(
    number: int,
    split: Split,
    *,
    min_objects: int = 1,
    max_objects: int = 3,
    concept_key: str | None = None,
    held_out_only: bool = False,
) -> Scene:
    """Draw the scene of a number.

    Training scenes never show a held-out triple.

    Args:
        number: Which scene of the split, 0 to 10**9 - 1.
        split: Where the scene will be used.
        min_objects: Fewest objects, 0 or more.
        max_objects: Most objects, ``min_objects`` to 6.
        concept_key: Concept that the first object must be, or any.
        held_out_only: Draw only scenes that show a held-out triple; not for training.

    Returns:
        The scene; always the same for the same arguments.

    Raises:
        ValueError: If the arguments contradict each other.
    """
    if not 0 <= number < 1_000_000_000:
        raise ValueError("number must be 0 to 10**9 - 1")
    if not 0 <= min_objects <= max_objects <= 6:
        raise ValueError("objects must be 0 to 6, the fewest not above the most")
    if held_out_only and (split is Split.TRAINING or max_objects < 2):
        raise ValueError("held-out triples need two objects and a split other than training")
    rng = random.Random(split.value + number)
    while True:
        count = rng.randint(min_objects, max_objects)
        scene = Scene(
            _place_objects(rng, _draw_concepts(rng, count, concept_key)),
            _draw_background(rng, split),
            rng.randrange(1 << 30),
        )
        held_out = bool(held_out_triples(scene))
        if held_out_only and not held_out:
            continue
        if split is Split.TRAINING and held_out:
            continue
        return scene


def _draw_background(rng: random.Random, split: Split) -> Background:
    offset = list(Split).index(split) * _BACKGROUNDS_PER_KIND
    return Background(rng.choice(_KINDS), offset + rng.randrange(_BACKGROUNDS_PER_KIND))


def _draw_concepts(rng: random.Random, count: int, first: str | None) -> list[str]:
    drawn = [concept.key for concept in rng.sample(CONCEPTS, count)]
    if first is not None and drawn:
        drawn = [first, *[key for key in drawn if key != first][: count - 1]]
    if count >= 2 and rng.random() < _REPEATED:
        same = count if count == 2 else rng.randint(2, count)
        drawn[:same] = [drawn[0]] * same
    return drawn


def _place_objects(rng: random.Random, keys: list[str]) -> tuple[SceneObject, ...]:
    low, high = _SIZES.get(len(keys), _SMALLEST_SIZES)
    overlapping = rng.random() < _OVERLAPPING
    layers = rng.sample(range(len(keys)), len(keys))
    shrink = 1.0
    while True:
        placed: list[SceneObject] = []
        for key, layer in zip(keys, layers, strict=True):
            size = shrink * rng.uniform(low, high)
            spot = _free_spot(rng, placed, size, overlapping and len(placed) == 1)
            if spot is None:
                break
            turn = rng.gauss(0, 9) if rng.random() < 0.8 else rng.uniform(-40, 40)
            placed.append(SceneObject(key, *spot, size, turn, rng.random() < 0.4, layer))
        if len(placed) == len(keys):
            return tuple(placed)
        shrink *= 0.96


def _free_spot(
    rng: random.Random, placed: list[SceneObject], size: float, onto_first: bool
) -> tuple[float, float] | None:
    margin = 0.46 * size
    for _ in range(12):
        if onto_first:
            reach = rng.uniform(0.55, 0.8) * 0.5 * (placed[0].size + size)
            angle = rng.uniform(0, 2 * math.pi)
            x, y = placed[0].x + reach * math.cos(angle), placed[0].y + reach * math.sin(angle)
            if not (margin <= x <= 1 - margin and margin <= y <= 1 - margin):
                continue
            return x, y
        x, y = rng.uniform(margin, 1 - margin), rng.uniform(margin, 1 - margin)
        if all(_apart(x, y, size, other) for other in placed):
            return x, y
    return None


def _apart(x: float, y: float, size: float, other: SceneObject) -> bool:
    return math.hypot(x - other.x, y - other.y) >= 0.47 * (size + other.size)
