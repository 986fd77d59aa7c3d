import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training.regions import deepest_point, label_regions, squared_distances

kinds = arrays(
    np.int64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 2)
)
masks = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def flooded(grid: np.ndarray) -> np.ndarray:
    labels = np.full(grid.shape, -1)
    count = 0
    for start in np.ndindex(grid.shape):
        if labels[start] >= 0:
            continue
        labels[start] = count
        stack = [start]
        while stack:
            row, column = stack.pop()
            for near in (
                (row - 1, column),
                (row + 1, column),
                (row, column - 1),
                (row, column + 1),
            ):
                inside = 0 <= near[0] < grid.shape[0] and 0 <= near[1] < grid.shape[1]
                if inside and labels[near] < 0 and grid[near] == grid[start]:
                    labels[near] = count
                    stack.append(near)
        count += 1
    return labels


@given(kinds)
def test_regions_are_those_that_a_flood_fills(grid: np.ndarray) -> None:
    found, expected = label_regions(grid), flooded(grid)
    pairs = {tuple(pair) for pair in np.stack([found.ravel(), expected.ravel()], 1)}
    assert len(pairs) == expected.max() + 1 == found.max() + 1
    assert found.min() == 0


def test_a_spiral_is_one_region() -> None:
    grid = np.zeros((40, 40), np.int64)
    top, left, bottom, right = 0, 0, 39, 39
    while top <= bottom and left <= right:
        grid[top, left : right + 1] = 1
        grid[top : bottom + 1, right] = 1
        grid[bottom, left + 2 : right + 1] = 1
        grid[top + 2 : bottom + 1, left + 2] = 1
        top, left, bottom, right = top + 2, left + 2, bottom - 2, right - 2
    labels = label_regions(grid)
    assert len(np.unique(labels[grid == 1])) == len(np.unique(flooded(grid)[grid == 1]))


@given(masks)
def test_distances_are_those_to_the_nearest_pixel_outside(mask: np.ndarray) -> None:
    found = squared_distances(mask)
    framed = np.pad(mask, 1)
    outside = np.argwhere(~framed)
    for row, column in np.ndindex(mask.shape):
        nearest = ((outside - (row + 1, column + 1)) ** 2).sum(1).min()
        assert found[row, column] == (nearest if mask[row, column] else 0)


def test_the_middle_of_a_square_is_its_deepest_point() -> None:
    mask = np.zeros((20, 30), bool)
    mask[4:11, 8:15] = True
    assert deepest_point(mask) == (11, 7)
    with pytest.raises(ValueError, match="no inside"):
        deepest_point(np.zeros((3, 3), bool))
