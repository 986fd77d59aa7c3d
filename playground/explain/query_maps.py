"""Where the queries of a Q-Former look: maps, how wide, what they lie on, how alike queries are.

Shapes: L layers that look at the picture, A heads, Q queries, (h, w) the grid of patches. Whether a
map matters is another question: switch queries off, and let `playground.explain.referee` judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.explain.similarity import cosines


@dataclass(frozen=True)
class QueryMap:
    """Where some queries look together.

    Attributes:
        places: float32 (h, w), at least 0.
        elsewhere: What goes to the class token, which stands for no place; with all places it
            sums to 1.
    """

    places: np.ndarray
    elsewhere: float


def mean_map(
    weights: np.ndarray,
    elsewhere: np.ndarray,
    *,
    queries: Sequence[int] = (),
    layer: int | None = None,
    head: int | None = None,
) -> QueryMap:
    """Averages the maps of some queries.

    Args:
        weights: float (L, A, Q, h, w), as `playground.models.blip2.look` gives them.
        elsewhere: float (L, A, Q).
        queries: Which; none stands for all.
        layer: Which; None for the mean of all.
        head: Which; None for the mean of all.

    Returns:
        The mean map.

    Source:
        Li 2023 (arXiv:2301.12597), section 3.1: the queries take from the picture through
        cross-attention; each head's weights over the places sum to 1 (Vaswani 2017, section 3.2).

    Limits:
        Weights say where a layer took from, not what it took, nor whether the answer needed it
        (Jain and Wallace 2019, arXiv:1902.10186). Each layer looks at what lower ones have made
        of the places around.
    """
    places, gone = np.asarray(weights, np.float32), np.asarray(elsewhere, np.float32)
    if queries:
        places, gone = places[:, :, list(queries)], gone[:, :, list(queries)]
    if head is not None:
        places, gone = places[:, head : head + 1], gone[:, head : head + 1]
    if layer is not None:
        places, gone = places[layer : layer + 1], gone[layer : layer + 1]
    return QueryMap(places.mean(axis=(0, 1, 2)), float(gone.mean()))


def places_of_each(weights: np.ndarray, *, layer: int | None = None) -> np.ndarray:
    """Averages the heads, and the layers where none is chosen, and keeps the queries apart.

    Args:
        weights: float (L, A, Q, h, w).
        layer: Which; None for the mean of all.

    Returns:
        float32 (Q, h, w).
    """
    places = np.asarray(weights, np.float32)
    chosen = places if layer is None else places[layer : layer + 1]
    return chosen.mean(axis=(0, 1))


def width_in_places(places: np.ndarray) -> float:
    """Tells on how many places a look is spread.

    Args:
        places: float (h, w), at least 0, of any sum.

    Returns:
        1 (one place has it all) to h * w (all alike): the exponential of the entropy of the
        shares; 0 for a map without weight.

    Source:
        Hill 1973, "Diversity and evenness", the number of order 1; Shannon 1948 for the entropy.

    Example:
        >>> width_in_places(np.array([[1.0, 1.0], [0.0, 0.0]]))
        2.0
    """
    flat = np.asarray(places, np.float64).ravel()
    total = flat.sum()
    if total <= 0:
        return 0.0
    shares = flat[flat > 0] / total
    return float(np.clip(np.exp(-(shares * np.log(shares)).sum()), 1.0, flat.size))


def on_grid(mask: np.ndarray, grid_hw: tuple[int, int]) -> np.ndarray:
    """Tells how much of each patch belongs to a thing.

    Args:
        mask: bool (H, W), at least as large as the grid.
        grid_hw: Height and width of the grid (h, w) that lies over the whole picture.

    Returns:
        float32 (h, w), 0 to 1. A pixel on a border counts for each side by its part there.
    """
    rows, columns = (
        _shares_of_pixels(size, count) for size, count in zip(mask.shape, grid_hw, strict=True)
    )
    return (rows @ np.asarray(mask, np.float64) @ columns.T).astype(np.float32)


def onlookers(places: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Tells how much each query looks at a thing.

    Args:
        places: float (Q, h, w), as `places_of_each` gives them.
        cover: float (h, w), 0 to 1, as `on_grid` gives it.

    Returns:
        float32 (Q,): the weight that lies on the thing, 0 to 1.
    """
    summed = np.einsum("qhw,hw->q", np.asarray(places, np.float32), np.asarray(cover, np.float32))
    return np.clip(summed, 0.0, 1.0)


def likeness(queries: np.ndarray) -> float:
    """Tells how alike the queries of one picture are.

    Args:
        queries: float (Q, D), Q at least 2, what the queries have become.

    Returns:
        Mean cosine of all pairs, -1 to 1. Near 1 the queries say the same thing Q times: the
        picture is squeezed into one vector.
    """
    table = cosines(queries, queries)
    count = len(table)
    return float((table.sum() - np.trace(table)) / (count * (count - 1)))


def _shares_of_pixels(size: int, count: int) -> np.ndarray:
    """(count, size): the part that each of `size` pixels makes up of each of `count` stretches."""
    edges = np.arange(size, dtype=np.float64)
    low = np.arange(count)[:, None] * size / count
    high = low + size / count
    overlap = np.minimum(edges + 1, high) - np.maximum(edges, low)
    return np.clip(overlap, 0.0, None) * count / size
