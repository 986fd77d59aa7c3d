"""What the encoder holds alike: the cosine of one place's features with all others."""

from __future__ import annotations

import numpy as np

from playground.models.sam import Encoded


def similarity_map(encoded: Encoded, x: float, y: float) -> np.ndarray:
    """Compares one place with the whole picture.

    Args:
        encoded: The picture; the features are those that the decoder attends to.
        x: Pixels from the picture's left edge.
        y: Pixels from its top edge.

    Returns:
        float32 (h, w), -1..1, of the part of the features that holds the picture.
    """
    features = encoded.features[-1].astype(np.float32)
    size = features.shape[1:]
    height, width = (
        -(-resized * cells // encoded.input_side)
        for resized, cells in zip(encoded.resized_hw, size, strict=True)
    )
    part = features[:, :height, :width]
    # The square is larger than the picture where that is not square itself.
    rows, columns = (
        resized * cells / encoded.input_side
        for resized, cells in zip(encoded.resized_hw, size, strict=True)
    )
    row = min(height - 1, max(0, int(y / encoded.size_hw[0] * rows)))
    column = min(width - 1, max(0, int(x / encoded.size_hw[1] * columns)))
    lengths = np.linalg.norm(part, axis=0)
    unit = part / np.maximum(lengths, 1e-6)
    found: np.ndarray = np.einsum("c,chw->hw", unit[:, row, column], unit)
    return found
