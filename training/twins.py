"""Scenes made harder for training: twins with swapped places, and pictures made small."""

import random

import numpy as np
from PIL import Image

from training.painting import Painting, paint
from training.relations import held_out_triples, relations_between
from training.scenes import Background, Scene

_RESIZED, _RESIZED_SIDE_PX, _RESIZED_BACKGROUNDS = 0.12, 192, 20


def twin_of(scene: Scene) -> Scene | None:
    """Swap two objects, where that turns a relation around and may be trained on.

    Args:
        scene: Any scene.

    Returns:
        Its twin, or None if no two objects can be swapped.
    """
    for first in range(len(scene.objects)):
        for second in range(first + 1, len(scene.objects)):
            a, b = scene.objects[first], scene.objects[second]
            if scene.only(a.concept_key) and scene.only(b.concept_key) and relations_between(a, b):
                twin = scene.swapped(first, second)
                return None if held_out_triples(twin) else twin
    return None


def paint_as_sent(scene: Scene, side_px: int, rng: random.Random) -> Painting:
    """Paint a scene; a part is painted large and made small, as pictures of visitors are.

    Args:
        scene: What to paint.
        side_px: Side of the picture, a divisor of 192.
        rng: Decides.

    Returns:
        The picture and its masks.
    """
    if rng.random() >= _RESIZED:
        return paint(scene, side_px)
    # Few large backgrounds, or they would push the small ones out of the cache.
    background = scene.background
    few = Background(background.kind, background.seed % _RESIZED_BACKGROUNDS)
    painting = paint(Scene(scene.objects, few, scene.seed), _RESIZED_SIDE_PX)
    picture = Image.fromarray(painting.picture).resize((side_px,) * 2, Image.Resampling.BICUBIC)
    step = _RESIZED_SIDE_PX // side_px
    small = slice(step // 2, None, step)
    return Painting(
        np.asarray(picture),
        painting.amodal_masks[:, small, small],
        painting.visible_masks[:, small, small],
    )
