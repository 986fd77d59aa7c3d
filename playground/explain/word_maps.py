"""Where each word of a prompt acts: the cross-attention of a denoiser by word and step.

Shapes: S steps, T tokens, W words, (h, w) the grid of cells. The attention of a cell sums to 1 over
the tokens, start, end and padding included, so a word's map tells what part of each cell's
attention goes to it. That is where the model reads the word, no proof yet of what it draws there.

Source: Tang et al. 2023, "What the DAAM: Interpreting Stable Diffusion Using Cross Attention",
section 3 (arXiv:2210.04885); there the maps of heads, layers and steps are added up alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def maps_by_word(maps: np.ndarray, owners: Sequence[int], count: int) -> np.ndarray:
    """Adds up the maps of the tokens of each word.

    Args:
        maps: float (S, T, h, w), 0 to 1.
        owners: For each of the T tokens, the place of its word, from 0 to `count` - 1.
        count: How many words there are, W.

    Returns:
        float32 (S, W, h, w), 0 to 1; as `maps`, it sums to 1 over W.

    Raises:
        ValueError: `owners` does not name one word for each token.
    """
    steps, tokens, height, width = maps.shape
    if len(owners) != tokens or not all(0 <= owner < count for owner in owners):
        raise ValueError(f"{len(owners)} owners below {count} for {tokens} tokens")
    found = np.zeros((steps, count, height, width), np.float32)
    for token, owner in enumerate(owners):
        found[:, owner] += maps[:, token]
    return found


def pooled(maps: np.ndarray, most_cells: int) -> np.ndarray:
    """Makes maps coarser until all of them together have few enough cells.

    Args:
        maps: float (..., h, w).
        most_cells: Cells of all maps together; a grid of odd sides stays as it is.

    Returns:
        float32 (..., h', w'): means of squares of cells, so that sums over words stay.
    """
    found = maps.astype(np.float32)
    while found.size > most_cells:
        *front, height, width = found.shape
        if height % 2 or width % 2:
            break
        found = found.reshape(*front, height // 2, 2, width // 2, 2).mean((-3, -1))
    return found


def attention_shares(maps: np.ndarray) -> np.ndarray:
    """Tells what part of all attention goes to each word at each step.

    Args:
        maps: float (S, W, h, w), 0 to 1.

    Returns:
        float32 (S, W), 0 to 1.
    """
    shares: np.ndarray = maps.mean((-2, -1), dtype=np.float32)
    return shares
