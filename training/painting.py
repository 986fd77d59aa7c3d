"""From a scene to its picture and to the exact mask of every object."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from training.backgrounds import paint_background
from training.scenes import Scene, SceneObject
from training.sprites import Patch, place_shadow, place_sprite

_SHADOW_STRENGTH = 0.38


@dataclass(frozen=True)
class Painting:
    """A painted scene.

    Attributes:
        picture: (H, W, 3) uint8, RGB.
        amodal_masks: (N, H, W) bool, each object as if nothing covered it, inside the frame.
        visible_masks: (N, H, W) bool, the part of it that can be seen; never overlap.
    """

    picture: np.ndarray
    amodal_masks: np.ndarray
    visible_masks: np.ndarray


def paint(scene: Scene, side_px: int) -> Painting:
    """Paint a scene and cut out its masks.

    Args:
        scene: What to paint.
        side_px: Side of the square picture in pixels, 8 or more.

    Returns:
        The picture and the masks, in the order of ``scene.objects``.

    Raises:
        training.sprites.FontMissing: If Noto Color Emoji is not on this machine.
    """
    patches = [place_sprite(thing, side_px) for thing in scene.objects]
    amodal = _amodal(patches, side_px)
    return Painting(_picture(scene, patches, side_px), amodal, _visible(scene.objects, amodal))


def paint_picture(scene: Scene, side_px: int) -> np.ndarray:
    """Paint a scene.

    Args:
        scene: What to paint.
        side_px: Side of the square picture in pixels, 8 or more.

    Returns:
        (side, side, 3) uint8, RGB.

    Raises:
        training.sprites.FontMissing: If Noto Color Emoji is not on this machine.
    """
    patches = [place_sprite(thing, side_px) for thing in scene.objects]
    return _picture(scene, patches, side_px)


def paint_masks(scene: Scene, side_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut out the masks without painting.

    Args:
        scene: Whose masks.
        side_px: Side of the square picture in pixels, 8 or more.

    Returns:
        Amodal and visible masks, each (N, side, side) bool.

    Raises:
        training.sprites.FontMissing: If Noto Color Emoji is not on this machine.
    """
    amodal = _amodal([place_sprite(thing, side_px) for thing in scene.objects], side_px)
    return amodal, _visible(scene.objects, amodal)


def boxes_xyxy(masks: np.ndarray) -> np.ndarray:
    """Find the tight box around each mask.

    Args:
        masks: (N, H, W) bool.

    Returns:
        (N, 4) int64: left, top, right, bottom in pixels, right and bottom exclusive;
        zeros for an empty mask.
    """
    boxes = np.zeros((len(masks), 4), np.int64)
    for box, mask in zip(boxes, masks, strict=True):
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(rows):
            box[:] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return boxes


def _bottom_up(objects: tuple[SceneObject, ...]) -> list[int]:
    return sorted(range(len(objects)), key=lambda index: objects[index].layer)


def _amodal(patches: list[Patch | None], side_px: int) -> np.ndarray:
    masks = np.zeros((len(patches), side_px, side_px), bool)
    for mask, patch in zip(masks, patches, strict=True):
        if patch is not None:
            mask[patch.window] = patch.pixels[..., 3] >= 0.5
    return masks


def _visible(objects: tuple[SceneObject, ...], amodal: np.ndarray) -> np.ndarray:
    visible = amodal.copy()
    covered = np.zeros(amodal.shape[1:], bool)
    for index in reversed(_bottom_up(objects)):
        visible[index] &= ~covered
        covered |= amodal[index]
    return visible


def _picture(scene: Scene, patches: list[Patch | None], side_px: int) -> np.ndarray:
    background = scene.background
    canvas = paint_background(background.kind, background.seed, side_px).astype(np.float32)
    for index in _bottom_up(scene.objects):
        patch = patches[index]
        shadow = place_shadow(scene.objects[index], side_px)
        if patch is None or shadow is None:
            continue
        canvas[shadow.window] *= 1 - _SHADOW_STRENGTH * shadow.pixels
        part = canvas[patch.window]
        part *= 1 - patch.pixels[..., 3:]
        part += patch.pixels[..., :3] * 255
    canvas *= _light(scene.seed, side_px)
    return np.clip(canvas + 0.5, 0, 255).astype(np.uint8)


@cache
def _steps(side_px: int) -> np.ndarray:
    return ((np.arange(side_px, dtype=np.float32) + 0.5) / side_px - 0.5).astype(np.float32)


def _light(seed: int, side_px: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    tilt_x, tilt_y, level = rng.uniform(-1, 1, 3).astype(np.float32)
    tint = 1 + 0.05 * rng.uniform(-1, 1, 3).astype(np.float32)
    steps = _steps(side_px)
    plane = 0.22 * (tilt_x * steps[None, :] + tilt_y * steps[:, None]) + 1 + 0.1 * level
    return plane[..., None] * tint
