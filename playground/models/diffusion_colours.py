"""A picture's colours straight from its latent, without the decoder: one colour a cell.

Latents of such autoencoders are nearly linear in the colours: a matrix is fitted once for each
model on pictures that are painted here, and gives a preview in less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.models.diffusion_asks import Colours

PICTURES, SIDE_PX = 8, 128
_SEED = 20_220_413
_RIDGE = 1e-3


def painted() -> list[np.ndarray]:
    """Paints what the matrix is fitted on: soft fields of colour with discs and bars on them.

    Returns:
        uint8 (SIDE_PX, SIDE_PX, 3) each; always the same.
    """
    rng = np.random.default_rng(_SEED)
    return [_painting(rng) for _ in range(PICTURES)]


def fit(pictures: Sequence[np.ndarray], latents: Sequence[np.ndarray]) -> Colours:
    """Fits colours to latents.

    Args:
        pictures: N pictures, uint8 (H, W, 3), RGB.
        latents: N latents, float32 (C, h, w).

    Returns:
        The matrix.

    Source: Hoerl & Kennard 1970, "Ridge Regression", equation 2.1.
    """
    rows, wanted = [], []
    for picture, latent in zip(pictures, latents, strict=True):
        rows.append(_cells(latent))
        wanted.append(_means(picture, latent.shape[1:]))
    inputs, outputs = np.concatenate(rows), np.concatenate(wanted)
    squared = inputs.T @ inputs
    # The last row, what is added, is not held back.
    held = np.diag([_RIDGE * len(inputs)] * (len(squared) - 1) + [0.0])
    return Colours(np.linalg.solve(squared + held, inputs.T @ outputs).astype(np.float32))


def preview(colours: Colours, latent: np.ndarray) -> np.ndarray:
    """Shows a latent.

    Args:
        colours: Of the model.
        latent: float (C, h, w).

    Returns:
        uint8 (h, w, 3), RGB.
    """
    rgb = _cells(latent) @ colours.matrix
    pixels = np.rint(np.nan_to_num(rgb).clip(0, 1) * 255).astype(np.uint8)
    return pixels.reshape(*latent.shape[1:], 3)


def _cells(latent: np.ndarray) -> np.ndarray:
    """(cells, C + 1), a one at the end of each row."""
    flat = latent.reshape(len(latent), -1).T.astype(np.float32)
    return np.concatenate([flat, np.ones((len(flat), 1), np.float32)], axis=1)


def _means(picture: np.ndarray, size_hw: tuple[int, ...]) -> np.ndarray:
    """(cells, 3), the mean colour of each cell, 0 to 1."""
    height, width = size_hw
    cells = picture.reshape(height, len(picture) // height, width, -1, 3)
    return cells.mean((1, 3), dtype=np.float32).reshape(-1, 3) / 255


def _painting(rng: np.random.Generator) -> np.ndarray:
    ramp = np.linspace(0, 1, SIDE_PX, dtype=np.float32)
    down, across = ramp[:, None, None], ramp[None, :, None]
    corners = rng.random((2, 2, 3), dtype=np.float32)
    left = corners[0, 0] * (1 - down) + corners[1, 0] * down
    right = corners[0, 1] * (1 - down) + corners[1, 1] * down
    field = left * (1 - across) + right * across
    for _ in range(6):
        centre, radius = rng.random(2), 0.05 + 0.2 * rng.random()
        disc = (down[..., 0] - centre[0]) ** 2 + (across[..., 0] - centre[1]) ** 2 < radius**2
        field[disc] = rng.random(3, dtype=np.float32)
    for _ in range(3):
        top, start = rng.integers(0, SIDE_PX, 2)
        field[top : top + SIDE_PX // 8, start : start + SIDE_PX // 3] = rng.random(
            3, dtype=np.float32
        )
    return np.rint(field * 255).astype(np.uint8)
