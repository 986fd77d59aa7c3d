"""The space of pictures and words, drawn flat: principal axes, an axis of one's own, the gap.

Shapes: N points of D numbers, float32 rows of length 1. What a flat drawing loses is told beside
it: how much of the variance it shows, and who the true neighbours are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playground.explain.similarity import SMALLEST_LENGTH, unit_rows


@dataclass(frozen=True)
class Plane:
    """Two directions to look at the space from.

    Attributes:
        centre: float64 (D,), what lies at the origin of the drawing.
        axes: float64 (2, D), of length 1 and at right angles; zeros where there is no direction.
        shares: float64 (2,), the share of the fitted points' variance along each, 0 to 1.
    """

    centre: np.ndarray
    axes: np.ndarray
    shares: np.ndarray

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Returns where points lie in the drawing: float64 (N, 2)."""
        return (np.asarray(vectors, np.float64) - self.centre) @ self.axes.T


def principal_plane(vectors: np.ndarray) -> Plane:
    """Finds the two directions along which points differ most.

    Args:
        vectors: float (N, D), N at least 1.

    Returns:
        The plane; its centre is the mean. The sign of an axis is chosen so that its largest entry
        is positive, so the same points always give the same drawing.

    Source:
        Pearson 1901, "On lines and planes of closest fit to systems of points in space".

    Limits:
        Two directions of hundreds: points that lie together here may be far apart in truth.
    """
    points = np.asarray(vectors, np.float64)
    centre = points.mean(axis=0)
    _, sizes, directions = np.linalg.svd(points - centre, full_matrices=False)
    total = max(float(sizes @ sizes), SMALLEST_LENGTH)
    axes = np.zeros((2, points.shape[1]))
    shares = np.zeros(2)
    for place in range(min(2, len(sizes))):
        if sizes[place] <= 1e-9 * max(1.0, sizes[0]):
            break
        axis = directions[place]
        axes[place] = axis * (1.0 if axis[np.abs(axis).argmax()] >= 0 else -1.0)
        shares[place] = sizes[place] ** 2 / total
    return Plane(centre, axes, shares)


def plane_between(start: np.ndarray, end: np.ndarray, vectors: np.ndarray) -> Plane:
    """Makes an axis of one's own the first one, and what points differ in most besides the second.

    Args:
        start: float (D,), what lies to the left, such as the words "a dog".
        end: float (D,), what lies to the right, such as the words "a cat".
        vectors: float (N, D), the points that the second axis is fitted to.

    Returns:
        The plane. A point lies right of the middle if it is more like `end` than like `start`.

    Raises:
        ValueError: `start` and `end` are the same.

    Source:
        Bolukbasi 2016 (arXiv:1607.06520), section 5: projections on the difference of two words.
    """
    first = np.asarray(end, np.float64) - np.asarray(start, np.float64)
    length = float(np.linalg.norm(first))
    if length < 1e-6:
        raise ValueError("an axis needs two different ends")
    first /= length
    points = np.asarray(vectors, np.float64)
    middle = (np.asarray(start, np.float64) + np.asarray(end, np.float64)) / 2
    # The middle of the ends lies at 0 along the axis; across it the points' own mean does.
    centre = points.mean(axis=0)
    centre = centre + first * ((middle - centre) @ first)
    offsets = points - points.mean(axis=0)
    across = principal_plane(offsets - np.outer(offsets @ first, first))
    total = max(float(np.square(offsets).sum()), SMALLEST_LENGTH)
    shares = np.square(offsets @ np.stack([first, across.axes[0]]).T).sum(axis=0) / total
    return Plane(centre, np.stack([first, across.axes[0]]), shares)


@dataclass(frozen=True)
class Gap:
    """How far the cone of pictures lies from the cone of words.

    Attributes:
        distance: Length of the difference of the two means, 0 to 2.
        pictures: float64 (N,), each picture along the line from the mean of the words (0) to the
            mean of the pictures (1).
        texts: float64 (M,), each text along the same line.
        cosines: Mean cosine of two pictures, of two texts, of a picture with a text.
    """

    distance: float
    pictures: np.ndarray
    texts: np.ndarray
    cosines: tuple[float, float, float]


def modality_gap(pictures: np.ndarray, texts: np.ndarray) -> Gap:
    """Measures the gap between pictures and words.

    Args:
        pictures: float32 (N, D), rows of length 1, N at least 2.
        texts: float32 (M, D), rows of length 1, M at least 2.

    Returns:
        The gap, and where each point lies along it.

    Source:
        Liang 2022 (arXiv:2203.02053), section 4.2: the gap is the difference of the two centres.
    """
    one, other = (unit_rows(rows).astype(np.float64) for rows in (pictures, texts))
    to, start = one.mean(axis=0), other.mean(axis=0)
    line = to - start
    length = float(np.linalg.norm(line))
    scale = max(length, SMALLEST_LENGTH) ** 2
    return Gap(
        distance=length,
        pictures=(one - start) @ line / scale,
        texts=(other - start) @ line / scale,
        cosines=(_mean_of_pairs(one), _mean_of_pairs(other), float((one @ other.T).mean())),
    )


def _mean_of_pairs(rows: np.ndarray) -> float:
    """The mean cosine of two different rows of length 1."""
    count, total = len(rows), rows.sum(axis=0)
    return float((total @ total - count) / max(1, count * (count - 1)))


def nearest(vectors: np.ndarray, others: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lists the true neighbours of points: by cosine over all D numbers, not by the drawing.

    Args:
        vectors: float32 (N, D), rows of length 1.
        others: float32 (M, D), rows of length 1, among which neighbours are looked for.
        count: How many are wanted; a point that stands among the others lists itself.

    Returns:
        int (N, K) places and float32 (N, K) cosines, nearest first, K = min(count, M).
    """
    found = np.asarray(vectors, np.float32) @ np.asarray(others, np.float32).T
    places = np.argsort(-found, axis=1, kind="stable")[:, :count]
    return places, np.take_along_axis(found, places, axis=1)
