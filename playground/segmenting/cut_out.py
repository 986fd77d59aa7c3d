"""An object as a picture of its own, to be handed on to other tabs."""

from __future__ import annotations

import numpy as np

from playground.segmenting.run_lengths import from_runs
from playground.visitors.errors import PersonError

# Around the object, of its longer side: models look at things with some room about them.
MARGIN = 0.08
# Other tabs refuse pictures that are smaller, or longer than wide by more.
SMALLEST_SIDE = 32
MOST_ASPECT = 10
WHITE = 255


def cut_out(pixels: np.ndarray, runs: str, size_hw: tuple[int, int]) -> np.ndarray:
    """Cuts an object out and lays it on white.

    Args:
        pixels: uint8 (H, W, 3).
        runs: Row-major run lengths of its mask, as they arrived.
        size_hw: Size that the mask claims.

    Returns:
        uint8 (h, w, 3), the object in the middle.

    Raises:
        PersonError: `segment.mistake.mask`: not a mask of this picture, or an empty one.
    """
    if size_hw != pixels.shape[:2]:
        raise PersonError("segment.mistake.mask")
    mask = from_runs(runs, size_hw)
    if not mask.any():
        raise PersonError("segment.mistake.mask")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    inside = mask[top:bottom, left:right, None]
    thing = np.where(inside, pixels[top:bottom, left:right], np.uint8(WHITE))
    height, width = thing.shape[:2]
    margin = round(MARGIN * max(height, width))
    least = max(SMALLEST_SIDE, -(-max(height, width) // MOST_ASPECT))
    canvas_hw = [max(side + 2 * margin, least) for side in (height, width)]
    canvas = np.full((*canvas_hw, 3), WHITE, np.uint8)
    y, x = (canvas_hw[0] - height) // 2, (canvas_hw[1] - width) // 2
    canvas[y : y + height, x : x + width] = thing
    return canvas
