"""What a drawing starts from: nothing is stretched, and what was not marked stays untouched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from playground.drawing.start import feather, read_start

MASKS = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=24))


def near(mask: np.ndarray, reach: int) -> np.ndarray:
    """Cells at most so far from a marked one, along rows and columns."""
    padded = np.pad(mask, reach)
    height, width = mask.shape
    found = np.zeros_like(mask)
    for row in range(2 * reach + 1):
        for column in range(2 * reach + 1):
            found |= padded[row : row + height, column : column + width]
    return found


@settings(deadline=None)
@given(MASKS, st.integers(0, 9))
def test_a_feather_reaches_just_so_far(mask, pixels):
    soft = feather(mask, pixels)
    assert soft.dtype == np.float32 and soft.shape == mask.shape
    assert (soft[mask] == 1).all() and soft.min() >= 0 and soft.max() <= 1
    assert (soft[~near(mask, pixels)] == 0).all()


def test_a_feather_fades_evenly():
    mask = np.zeros((9, 60), bool)
    mask[:, :20] = True
    row = feather(mask, 10)[4]
    assert (np.diff(row) <= 0).all() and row[20] < 1 and row[29] > 0 and row[30] == 0
    assert np.abs(np.diff(row)).max() < 0.3


@pytest.mark.parametrize("size_hw", [(40, 40), (40, 80), (120, 40), (7, 9)])
def test_nothing_is_stretched(size_hw):
    """A circle in the middle stays round."""
    rows, columns = np.mgrid[:160, :200]
    disc = ((rows - 80) ** 2 + (columns - 100) ** 2 < 20**2).astype(np.uint8) * 255
    fitted, _, notes = read_start(np.dstack([disc] * 3), None, size_hw, 0)
    assert fitted.shape == (*size_hw, 3) and len(notes) == 1
    mass = fitted[..., 0].astype(float)
    height, width = (mass.sum(axis=axis) for axis in (1, 0))
    spread = [
        np.sqrt(((np.arange(len(m)) - np.average(np.arange(len(m)), weights=m)) ** 2 * m).sum())
        for m in (height, width)
    ]
    assert spread[0] == pytest.approx(spread[1], rel=0.15)


def test_a_mask_sits_where_it_was_drawn():
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[30:60, 140:170] = 255
    fitted, mask, _ = read_start(pixels, pixels[..., 0] > 0, (50, 50), 0)
    assert mask is not None
    assert np.array_equal(mask > 0.5, fitted[..., 0] > 127)
