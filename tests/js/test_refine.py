"""Refining and the brush, beside slow references that are plainly right."""

from __future__ import annotations

import numpy as np
import pytest

from tests.js.test_runs import random_masks, size_of

MASKS = random_masks(90, 12)
NOTHING = {"holes": 0, "islands": 0, "grow": 0, "feather": 0}


def regions(mask) -> list[np.ndarray]:
    """Connected parts of a mask, by flooding; pixels touch by their corners too."""
    left, parts = mask.copy(), []
    while left.any():
        part = np.zeros_like(mask)
        part[tuple(np.argwhere(left)[0])] = True
        while True:
            wider = dilated(part, 1.5) & mask
            if np.array_equal(wider, part):
                break
            part = wider
        parts.append(part)
        left &= ~part
    return parts


def dilated(mask, distance) -> np.ndarray:
    """All pixels with one of the mask at most so far away, by trying every way there."""
    height, width = mask.shape
    out = mask.copy()
    reach = min(int(distance), max(height, width))
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if dx * dx + dy * dy <= distance * distance:
                shifted = np.zeros_like(mask)
                ys, xs = np.nonzero(mask)
                ys, xs = ys + dy, xs + dx
                inside = (ys >= 0) & (xs >= 0) & (ys < height) & (xs < width)
                shifted[ys[inside], xs[inside]] = True
                out |= shifted
    return out


def without_small(mask, holes, islands) -> np.ndarray:
    """`remove_small_regions` of the segment-anything package, which needs OpenCV."""
    out = mask.copy()
    if holes:
        for part in regions(~out):
            if part.sum() < holes:
                out |= part
    if islands:
        parts = regions(out)
        large = [part for part in parts if part.sum() >= islands]
        largest = [max(parts, key=np.sum)] if parts else []
        out = np.any(large or largest or [np.zeros_like(out)], axis=0)
    return out


def refined(call_all, masks, wanted, **options):
    cases = [[mask, size_of(mask), NOTHING | wanted] for mask in masks]
    found = call_all("segment/refine", "refine", cases, **options)
    return found


@pytest.mark.parametrize(("holes", "islands"), [(5, 0), (0, 5), (9, 20), (1e9, 0), (0, 1e9)])
def test_small_holes_and_islands_go_as_in_the_package(call_all, holes, islands):
    found = refined(call_all, MASKS, {"holes": holes, "islands": islands})
    for mask, one in zip(MASKS, found, strict=True):
        expected = without_small(mask, holes, islands)
        # Of islands that are equally large any may stay.
        if islands == 1e9 and expected.sum() == one["mask"].sum():
            assert not (one["mask"].reshape(mask.shape) & ~mask).any()
            continue
        assert np.array_equal(one["mask"].reshape(mask.shape), expected)


@pytest.mark.parametrize("distance", [0.5, 1, 1.5, 2.3, 5, 40])
def test_growing_and_shrinking_are_round(call_all, distance):
    masks = MASKS[:40]
    grown = refined(call_all, masks, {"grow": distance})
    shrunk = refined(call_all, masks, {"grow": -distance})
    for mask, wide, narrow in zip(masks, grown, shrunk, strict=True):
        assert np.array_equal(wide["mask"].reshape(mask.shape), dilated(mask, distance))
        assert np.array_equal(narrow["mask"].reshape(mask.shape), ~dilated(~mask, distance))


def mean_along(plane, reach, axis):
    """A moving mean; of the outermost pixels only a part counts, and edges go on."""
    whole, part = int(reach), reach - int(reach)
    pad = [(0, 0), (0, 0)]
    pad[axis] = (whole + 1, whole + 1)
    padded = np.pad(plane, pad, mode="edge")
    kernel = np.array([part, *[1.0] * (2 * whole + 1), part]) / (2 * reach + 1)
    return np.apply_along_axis(lambda row: np.convolve(row, kernel, "valid"), axis, padded)


@pytest.mark.parametrize("feather", [0.6, 1, 3.5, 12, 60])
def test_a_feathered_edge_fades_to_both_sides(call_all, feather):
    found = refined(call_all, MASKS, {"feather": feather})
    for mask, one in zip(MASKS, found, strict=True):
        expected = mask.astype(float)
        for _ in range(2):
            expected = mean_along(mean_along(expected, feather / 2, 1), feather / 2, 0)
        alpha = one["alpha"].reshape(mask.shape)
        assert np.abs(alpha - 255 * expected).max() <= 0.51
        assert np.array_equal(one["mask"], mask.ravel())


def test_nothing_asked_changes_nothing(call_all):
    found = refined(call_all, MASKS, {}, with_arguments=True)
    for mask, (one, taken) in zip(MASKS, found, strict=True):
        assert np.array_equal(one["mask"], mask.ravel())
        assert np.array_equal(one["alpha"], 255 * mask.ravel())
        assert np.array_equal(taken[0], mask.ravel())


def test_a_mask_that_is_refined_stays_as_it_was(call_all):
    wanted = {"holes": 4, "islands": 4, "grow": 2, "feather": 3}
    found = refined(call_all, MASKS, wanted, with_arguments=True)
    for mask, (one, taken) in zip(MASKS, found, strict=True):
        assert np.array_equal(taken[0], mask.ravel())
        neat = without_small(mask, 4, 4)
        assert np.array_equal(one["mask"].reshape(mask.shape), dilated(neat, 2))


def stroke(shape, start, end, radius):
    """Pixels whose centre is near enough to the way, and those under its ends."""
    height, width = shape
    y, x = np.mgrid[:height, :width] + 0.5
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    along = np.clip(((x - ax) * dx + (y - ay) * dy) / square, 0, 1) if square else 0
    far = np.hypot(x - ax - along * dx, y - ay - along * dy)
    painted = far <= radius
    for px, py in (start, end):
        if 0 <= px < width and 0 <= py < height:
            painted[int(py), int(px)] = True
    return painted, far


def test_the_brush_paints_a_round_stroke(call_all):
    rng = np.random.default_rng(13)
    cases, expected = [], []
    for mask in MASKS * 3:
        height, width = mask.shape
        start, end = (rng.uniform(-8, [width + 8, height + 8]).tolist() for _ in range(2))
        end = [end, start, [start[0], end[1]], [end[0], start[1]]][int(rng.integers(4))]
        radius = float(rng.choice([0.2, 1, 3.7, 15]))
        value = int(rng.integers(2))
        cases.append([mask, size_of(mask), start, end, radius, value])
        expected.append(stroke(mask.shape, start, end, radius))
    found = call_all("segment/brush", "stamp", cases, with_arguments=True)
    for case, (painted, far), (_, taken) in zip(cases, expected, found, strict=True):
        mask, _, _, _, radius, value = case
        is_clear = np.abs(far - radius) > 1e-9
        changed = np.where(painted, bool(value), mask)
        assert np.array_equal(taken[0].reshape(mask.shape)[is_clear], changed[is_clear])
