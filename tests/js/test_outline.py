"""Outlines: closed, and around exactly the pixels of the mask."""

from __future__ import annotations

import numpy as np
import pytest

from tests.js.test_exports import filled, in_pairs
from tests.js.test_runs import random_masks, size_of

MASKS = random_masks(160, 3)


def random_logits(count=60, seed=9):
    """Values between noise and hills, some just on the threshold."""
    rng = np.random.default_rng(seed)
    planes = []
    for _ in range(count):
        height, width = (int(n) for n in rng.integers(1, 30, 2))
        plane = rng.normal(0, 3, (height, width))
        if rng.random() < 0.5:
            y, x = np.mgrid[:height, :width]
            plane = plane / 4 + 6 * np.sin(x / 3) * np.cos(y / 4)
        plane[rng.random(plane.shape) < 0.1] = 0
        planes.append(plane.astype(np.float32))
    return planes


def area(ring):
    x, y = np.array(in_pairs(ring)).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def assert_outlines(rings, mask):
    for ring in rings:
        assert len(ring) % 2 == 0
        assert len(ring) >= 6
        corners = np.array(in_pairs(ring))
        assert corners.min() >= 0
        assert (corners <= mask.shape[::-1]).all()
    assert np.array_equal(filled([in_pairs(ring) for ring in rings], mask.shape), mask)


def test_outlines_of_masks_hold_their_pixels(call_all):
    cases = [[mask, size_of(mask), 0.5] for mask in MASKS]
    for mask, rings in zip(MASKS, call_all("shared/outline", "contours", cases), strict=True):
        assert_outlines(rings, mask)


@pytest.mark.parametrize("threshold", [0.0, 1.25, -2.0])
def test_outlines_of_logits_hold_what_lies_above(call_all, threshold):
    planes = random_logits()
    cases = [[plane, size_of(plane), threshold] for plane in planes]
    for plane, rings in zip(planes, call_all("shared/outline", "contours", cases), strict=True):
        assert_outlines(rings, plane > threshold)


def test_an_outline_of_logits_runs_between_pixels_where_they_cross(call_all):
    """A slope from -1 to 2 crosses 0 a third of the way."""
    plane = np.tile(np.array([-1, 2], np.float32), (3, 1))
    [[ring]] = call_all("shared/outline", "contours", [[plane, size_of(plane), 0.0]])
    assert min(ring[::2]) == pytest.approx(0.5 + 1 / 3)
    assert max(ring[::2]) == 2
    assert (min(ring[1::2]), max(ring[1::2])) == (0, 3)


def test_infinite_logits_have_outlines_too(call_all):
    plane = np.full((5, 6), -np.inf, np.float32)
    plane[1:3, 2:5] = np.inf
    plane[4, 0] = np.nan
    [rings] = call_all("shared/outline", "contours", [[plane, size_of(plane), 0.0]])
    assert_outlines(rings, plane > 0)


def test_outer_rings_run_one_way_and_holes_the_other(call_all):
    mask = np.zeros((12, 14), bool)
    mask[2:10, 3:12] = True
    mask[4:7, 5:9] = False
    [rings] = call_all("shared/outline", "contours", [[mask, size_of(mask), 0.5]])
    areas = sorted(area(ring) for ring in rings)
    assert areas == [pytest.approx(-12 + 0.5), pytest.approx(72 - 0.5)]
    # Straight lines have no corners along them.
    assert [len(ring) for ring in rings] == [16, 16]


def test_pixels_that_touch_by_a_corner_are_two_rings(call_all):
    mask = np.eye(2, dtype=bool)
    [rings] = call_all("shared/outline", "contours", [[mask, size_of(mask), 0.5]])
    assert [len(ring) for ring in rings] == [8, 8]


def distance_to_ring(points, ring):
    corners = np.array(in_pairs(ring))
    ends = np.roll(corners, -1, axis=0)
    way = ends - corners
    square = np.maximum((way**2).sum(1), 1e-12)
    along = ((points[:, None] - corners) * way).sum(2) / square
    nearest = corners + np.clip(along, 0, 1)[..., None] * way
    return np.sqrt(((points[:, None] - nearest) ** 2).sum(2)).min(1)


@pytest.mark.parametrize("tolerance", [0.1, 0.4, 2.0, 50.0])
def test_simpler_rings_run_within_the_tolerance(call_all, tolerance):
    masks = MASKS[3:43]
    outlines = call_all(
        "shared/outline", "contours", [[mask, size_of(mask), 0.5] for mask in masks]
    )
    simpler = call_all("shared/outline", "simplify", [[rings, tolerance] for rings in outlines])
    for rings, fewer in zip(outlines, simpler, strict=True):
        assert len(fewer) == len(rings)
        for ring, short in zip(rings, fewer, strict=True):
            assert 6 <= len(short) <= len(ring)
            assert set(in_pairs(short)) <= set(in_pairs(ring))
            corners = np.array(in_pairs(ring))
            assert distance_to_ring(corners, short).max() <= tolerance + 1e-9


def test_a_circle_needs_far_fewer_corners(call_all):
    y, x = np.mgrid[:200, :200]
    mask = (x - 99) ** 2 + (y - 101) ** 2 < 80**2
    [rings] = call_all("shared/outline", "contours", [[mask, size_of(mask), 0.5]])
    [[ring]] = call_all("shared/outline", "simplify", [[rings, 1.0]])
    assert len(ring) < len(rings[0]) / 4
    found = filled([in_pairs(ring)], mask.shape)
    assert (found & mask).sum() / (found | mask).sum() > 0.99


def test_a_path_is_filled_as_its_rings_are(module_page):
    """Drawn by the browser, a pixel wide hole stays a hole."""
    script = """async () => {
      const { contours, toPath2D } = await import('/shared/outline.js');
      const mask = Uint8Array.from({ length: 100 }, (_, i) => +(i !== 44));
      const pen = new OffscreenCanvas(10, 10).getContext('2d');
      pen.fill(toPath2D(contours(mask, { width: 10, height: 10 }, 0.5)), 'evenodd');
      return [...pen.getImageData(0, 0, 10, 10).data].filter((_, i) => i % 4 === 3);
    }"""
    alpha = module_page.evaluate(script)
    assert alpha[44] < 140
    assert alpha[55] == 255
