"""Filtering as the segment-anything package filters, and the map of what lies under the pointer."""

from __future__ import annotations

import numpy as np
import torch
from torchvision.ops.boxes import batched_nms

from tests.js.test_runs import random_masks, run_lengths

LEAST = {"iou": 0.6, "stability": 0.8, "overlap": 0.7, "area": 0}


def random_items(count, rng):
    """Proposals that often lie over each other, with scores that often are the same."""
    corners = rng.integers(0, 40, (count, 2)) + 0.0
    sizes = rng.integers(0, 30, (count, 2)) + 0.0
    return [
        {
            "iou": float(rng.integers(0, 101)) / 100,
            "stability": float(rng.integers(0, 101)) / 100,
            "area": int(rng.integers(0, 900)),
            "box": [*corner.tolist(), *(corner + size).tolist()],
        }
        for corner, size in zip(corners, sizes, strict=True)
    ]


def package_order(items, least):
    """What `SamAutomaticMaskGenerator` does, in its order."""
    good = [
        index
        for index, item in enumerate(items)
        if item["iou"] > least["iou"]
        and item["stability"] >= least["stability"]
        and item["area"] >= max(1, least["area"])
    ]
    # In double precision, as the browser counts: a ratio on the very threshold falls the same way.
    boxes = torch.tensor([items[i]["box"] for i in good], dtype=torch.float64).reshape(-1, 4)
    scores = torch.tensor([items[i]["iou"] for i in good], dtype=torch.float64)
    order = torch.argsort(-scores, stable=True)
    kept = batched_nms(
        boxes[order],
        torch.arange(len(good), 0, -1, dtype=torch.float64),
        torch.zeros(len(good)),
        least["overlap"],
    )
    return [good[i] for i in order[kept].tolist()]


def test_what_stays_is_what_the_package_keeps(call_all):
    rng = np.random.default_rng(4)
    cases = []
    for count in [0, 1, 2, 5, 20, 60, 120] * 6:
        least = {
            "iou": float(rng.choice([0, 0.3, 0.6])),
            "stability": float(rng.choice([0, 0.5, 0.8])),
            "overlap": float(rng.choice([0.05, 0.3, 0.7, 1.0])),
            "area": int(rng.choice([0, 100])),
        }
        cases.append([random_items(count, rng), least])
    for case, found in zip(cases, call_all("segment/proposals", "filter", cases), strict=True):
        assert found == package_order(*case)


def test_scores_that_are_no_numbers_never_stay(call_all):
    good = {"iou": 0.9, "stability": 0.9, "area": 5, "box": [0, 0, 3, 3]}
    items = [good, {**good, "iou": None, "box": [9, 9, 12, 12]}]
    assert call_all("segment/proposals", "filter", [[items, LEAST]]) == [[0]]


def test_the_smallest_proposal_lies_on_top(call_all):
    rng = np.random.default_rng(6)
    height, width = 31, 23
    masks = [np.resize(mask, (height, width)) for mask in random_masks(40, 8)]
    items = [
        {"runs": run_lengths(mask), "area": int(mask.sum()) * int(rng.integers(1, 3))}
        for mask in masks
    ]
    kept = [int(i) for i in rng.permutation(len(items))[:25]]
    [found] = call_all("segment/proposals", "hoverMap", [[items, kept, [height, width]]])
    smallest_first = sorted(kept, key=lambda index: (items[index]["area"], index))
    expected = np.zeros((height, width), np.int32)
    for index in reversed(smallest_first):
        expected[masks[index]] = index + 1
    assert np.array_equal(found.reshape(height, width), expected)
    unpacked = call_all("segment/proposals", "unpack", [[item, [height, width]] for item in items])
    for mask, one in zip(masks, unpacked, strict=True):
        assert np.array_equal(one.reshape(height, width), mask)


def test_a_map_of_nothing_is_empty(call_all):
    [found] = call_all("segment/proposals", "hoverMap", [[[], [], [3, 4]]])
    assert found.tolist() == [0] * 12
