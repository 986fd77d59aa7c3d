"""Pictures so thin that a library's resizing leaves nothing of one side."""

from __future__ import annotations

import numpy as np

# ViLT's processor fails from 20 on, that of Qwen from 200 on.
MOST_ASPECT = 10
GREY = 128


def widened(picture: np.ndarray) -> np.ndarray:
    """Puts a very thin picture on a grey ground; others stay as they are.

    Args:
        picture: uint8 (H, W, 3).

    Returns:
        uint8 (H', W', 3), no side more than ten times the other.
    """
    height, width = picture.shape[:2]
    least = -(-max(height, width) // MOST_ASPECT)
    if min(height, width) >= least:
        return picture
    ground = np.full((max(height, least), max(width, least), 3), GREY, np.uint8)
    top, left = (ground.shape[0] - height) // 2, (ground.shape[1] - width) // 2
    ground[top : top + height, left : left + width] = picture
    return ground
