"""The picture that a drawing starts from, and the part of it that is drawn anew."""

from __future__ import annotations

import numpy as np
from PIL import Image

from playground.visitors.errors import PersonError
from playground.visitors.notes import Note

LEVELS = 255


def read_start(
    pixels: np.ndarray, mask: np.ndarray | None, size_hw: tuple[int, int], feather_px: int
) -> tuple[np.ndarray, np.ndarray | None, tuple[Note, ...]]:
    """Brings a picture and its mask to the size that is drawn: the middle of it, nothing stretched.

    Args:
        pixels: uint8 (H, W, 3), RGB.
        mask: (h, w) of any size, bool, uint8 or float from 0 to 1, laid over the whole picture; 1
            is drawn anew. None draws all of it anew.
        size_hw: Height and width that are drawn.
        feather_px: How far the edges of the mask are softened outwards, in pixels that are drawn.

    Returns:
        The picture, uint8 of `size_hw`; the mask, float32 (H, W), 0 to 1; and what was done.

    Raises:
        PersonError: `draw.mistake.mask_empty`, `draw.mistake.mask_broken`.
    """
    notes: tuple[Note, ...] = ()
    old_hw = pixels.shape[:2]
    if old_hw != size_hw:
        names = ("old_height", "old_width", "height", "width")
        is_cut = old_hw[0] * size_hw[1] != old_hw[1] * size_hw[0]
        key = "draw.note.start_cut" if is_cut else "draw.note.start_scaled"
        notes = (Note(key, dict(zip(names, (*old_hw, *size_hw), strict=True))),)
    fitted = _fit(Image.fromarray(pixels), size_hw, Image.Resampling.LANCZOS)
    if mask is None:
        return fitted, None, notes
    wide = Image.fromarray(_read_mask(mask))
    if (wide.height, wide.width) != old_hw:
        wide = wide.resize((old_hw[1], old_hw[0]), Image.Resampling.NEAREST)
    placed = _fit(wide, size_hw, Image.Resampling.BOX) > LEVELS // 2
    if not placed.any():
        raise PersonError("draw.mistake.mask_empty")
    return fitted, feather(placed, feather_px), notes


def feather(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Softens the edge of a mask outwards: all of it stays, what lies around it fades.

    Args:
        mask: bool (H, W).
        pixels: How far, 0 or more.

    Returns:
        float32 (H, W), 0 to 1: 1 wherever `mask` is true, and exactly 0 farther than `pixels` from
        it (along rows and columns).
    """
    if pixels <= 0:
        return mask.astype(np.float32)
    # A square of ones that reaches halfway, then its mean over a square that reaches as far again:
    # counted in whole numbers, so that far away there is nothing at all.
    inner, outer = pixels // 2, pixels - pixels // 2
    grown = _sums(mask.astype(np.int64), inner) > 0
    total = _sums(grown.astype(np.int64), outer)
    levels = np.rint(total * LEVELS / (2 * outer + 1) ** 2)
    # In steps of 1/255, as a recipe keeps them.
    return np.where(mask, LEVELS, levels).astype(np.float32) / np.float32(LEVELS)


def _sums(values: np.ndarray, reach: int) -> np.ndarray:
    """Sums over the square of `2 * reach + 1` cells around each cell; the rim is repeated."""
    for axis in (0, 1):
        width = [(0, 0), (0, 0)]
        width[axis] = (reach + 1, reach)
        added = np.cumsum(np.pad(values, width, mode="edge"), axis=axis)
        upper = np.take(added, range(2 * reach + 1, added.shape[axis]), axis=axis)
        lower = np.take(added, range(added.shape[axis] - 2 * reach - 1), axis=axis)
        values = upper - lower
    return values


def _read_mask(mask: np.ndarray) -> np.ndarray:
    """Returns the mask as uint8 (H, W), 0 or 255."""
    values = np.asarray(mask)
    if values.ndim == 3 and values.shape[2] in (1, 3, 4):
        # Drawn by hand in an editor: any colour, or the last channel, says where.
        values = values[..., 3] if values.shape[2] == 4 else values.max(axis=2)
    if values.ndim != 2 or not values.size:
        raise PersonError("draw.mistake.mask_broken")
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(LEVELS)
    if not np.issubdtype(values.dtype, np.number) or not np.isfinite(values).all():
        raise PersonError("draw.mistake.mask_broken")
    half = LEVELS / 2 if np.issubdtype(values.dtype, np.integer) and values.max() > 1 else 0.5
    return (values >= half).astype(np.uint8) * np.uint8(LEVELS)


def _fit(image: Image.Image, size_hw: tuple[int, int], resample: Image.Resampling) -> np.ndarray:
    """Cuts the largest middle part of the wanted shape, and scales it."""
    height, width = size_hw
    if image.size == (width, height):
        return np.array(image)
    scale = max(height / image.height, width / image.width)
    cut_h, cut_w = height / scale, width / scale
    left, top = (image.width - cut_w) / 2, (image.height - cut_h) / 2
    box = (left, top, left + cut_w, top + cut_h)
    return np.array(image.resize((width, height), resample, box=box))
