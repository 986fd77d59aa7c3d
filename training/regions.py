"""Connected regions and distances inside masks, exact, with numpy alone."""

import numpy as np


def label_regions(kinds: np.ndarray) -> np.ndarray:
    """Number the connected regions of equal value, neighbours left, right, above and below.

    Runs of each row are joined to the runs that they touch in the next row; each round links
    the roots of touching runs and shortens the paths, so that a few rounds are enough.

    Args:
        kinds: (H, W) integers.

    Returns:
        (H, W) int64, 0 to the number of regions - 1.
    """
    height, width = kinds.shape
    starts = np.ones((height, width), bool)
    starts[:, 1:] = kinds[:, 1:] != kinds[:, :-1]
    runs = np.cumsum(starts.ravel()).reshape(height, width) - 1
    touching = kinds[1:] == kinds[:-1]
    upper, lower = runs[:-1][touching], runs[1:][touching]
    if len(upper):
        fresh = np.ones(len(upper), bool)
        fresh[1:] = (upper[1:] != upper[:-1]) | (lower[1:] != lower[:-1])
        upper, lower = upper[fresh], lower[fresh]
    root = np.arange(runs[-1, -1] + 1)
    while len(upper):
        one, other = root[upper], root[lower]
        open_links = one != other
        if not open_links.any():
            break
        upper, lower = upper[open_links], lower[open_links]
        one, other = one[open_links], other[open_links]
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(root, root[root]):
            root = root[root]
    return np.unique(root, return_inverse=True)[1].reshape(-1)[runs]


def squared_distances(mask: np.ndarray) -> np.ndarray:
    """Measure how far each pixel of a mask is from the nearest pixel outside.

    What lies beyond the frame counts as outside.

    Source: Felzenszwalb and Huttenlocher 2012, section 2 (rows and columns apart), as a full
    minimum over near rows rather than lower envelopes.

    Args:
        mask: (H, W) bool.

    Returns:
        (H, W) float32 squared distances in pixels; 0 outside the mask.
    """
    distances = np.zeros(mask.shape, np.float32)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return distances
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    inside = np.pad(mask[window], 1)
    rows_apart = _row_distances(inside)
    across = rows_apart.astype(np.float32) ** 2
    found = across.copy()
    # A row farther away than the farthest pixel of its own row cannot be nearer.
    for step in range(1, min(int(rows_apart.max()), len(inside) - 1) + 1):
        np.minimum(found[step:], across[:-step] + step**2, out=found[step:])
        np.minimum(found[:-step], across[step:] + step**2, out=found[:-step])
    distances[window] = found[1:-1, 1:-1]
    return distances


def _row_distances(inside: np.ndarray) -> np.ndarray:
    width = inside.shape[1]
    places = np.broadcast_to(np.arange(width), inside.shape)
    left = np.maximum.accumulate(np.where(inside, -1, places), 1)
    right = np.minimum.accumulate(np.where(inside, width, places)[:, ::-1], 1)[:, ::-1]
    return np.minimum(places - left, right - places)


def deepest_point(mask: np.ndarray) -> tuple[int, int]:
    """Find the pixel of a mask that is farthest from its border.

    Args:
        mask: (H, W) bool, not empty.

    Returns:
        Column and row.

    Raises:
        ValueError: If the mask is empty.
    """
    distances = squared_distances(mask)
    if not distances.any():
        raise ValueError("an empty mask has no inside")
    row, column = np.unravel_index(int(distances.argmax()), mask.shape)
    return int(column), int(row)
