"""Run lengths and set operations, beside numpy's."""

from __future__ import annotations

import numpy as np
import pytest


def random_masks(count=200, seed=1):
    """Masks of many sizes and densities, blocky ones among them."""
    rng = np.random.default_rng(seed)
    masks = [np.zeros((3, 4), bool), np.ones((3, 4), bool), np.ones((1, 1), bool)]
    while len(masks) < count:
        height, width = (int(n) for n in rng.integers(1, 24, 2))
        scale = int(rng.integers(1, 5))
        coarse = rng.random((height, width)) < rng.choice([0.03, 0.3, 0.5, 0.7, 0.97])
        masks.append(np.kron(coarse, np.ones((scale, scale), bool)).astype(bool))
    return masks


MASKS = random_masks()


def size_of(mask):
    return {"width": mask.shape[1], "height": mask.shape[0]}


def run_lengths(mask) -> str:
    flat = np.concatenate([[0], mask.ravel().astype(np.int8), [-1]])
    ends = np.flatnonzero(np.diff(flat))
    return ",".join(str(n) for n in np.diff(np.concatenate([[0], ends])))


def test_runs_are_row_by_row_and_begin_with_background(call_all):
    found = call_all("shared/runs", "toRuns", [[mask] for mask in MASKS])
    expected = [run_lengths(mask) for mask in MASKS]
    assert expected[:2] == ["12", "0,12"]
    assert found == expected


def test_runs_are_read_back(call_all):
    cases = [[run_lengths(mask), mask.size] for mask in MASKS]
    found = call_all("shared/runs", "fromRuns", cases)
    for mask, read in zip(MASKS, found, strict=True):
        assert np.array_equal(read, mask.ravel())


def test_the_mask_of_nothing_has_no_runs(call_all):
    assert call_all("shared/runs", "toRuns", [[np.zeros(0, np.uint8)]]) == [""]
    assert call_all("shared/runs", "fromRuns", [["", 0]])[0].size == 0


@pytest.mark.parametrize("text", ["", "3", "3,5", "3,-1,6", "3,1e9", "3,x,5", "3,,5", "0x8", " 8"])
def test_runs_of_another_length_are_refused(module_page, text):
    script = """async (text) => {
      const { fromRuns } = await import('/shared/runs.js');
      try { return [...fromRuns(text, 9)]; } catch (error) { return error.name; }
    }"""
    assert module_page.evaluate(script, text) == "RangeError"


def test_set_operations_are_those_of_sets(call_all):
    rng = np.random.default_rng(2)
    pairs = [[mask, rng.permutation(mask.ravel()).reshape(mask.shape)] for mask in MASKS]
    expected = {
        "merge": lambda a, b: a | b,
        "subtract": lambda a, b: a & ~b,
        "intersect": lambda a, b: a & b,
    }
    for name, operation in expected.items():
        for (a, b), found in zip(
            pairs, call_all("segment/set_operations", name, pairs), strict=True
        ):
            assert np.array_equal(found, operation(a, b).ravel())
    for (a, b), found in zip(pairs, call_all("segment/set_operations", "iou", pairs), strict=True):
        assert found == pytest.approx((a & b).sum() / (a | b).sum() if (a | b).any() else 1)


def test_areas_and_boxes_hold_the_mask_closely(call_all):
    areas = call_all("segment/set_operations", "area", [[mask] for mask in MASKS])
    assert areas == [int(mask.sum()) for mask in MASKS]
    boxes = call_all(
        "segment/set_operations", "boundingBox", [[mask, size_of(mask)] for mask in MASKS]
    )
    for mask, box in zip(MASKS, boxes, strict=True):
        y, x = np.nonzero(mask)
        expected = [x.min(), y.min(), x.max() + 1, y.max() + 1] if len(x) else [0, 0, 0, 0]
        assert box == expected
