"""The grid covers the picture early; good and different proposals stay."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import box_iou, nms

from playground.models.sam import Masks
from playground.segmenting.proposals import (
    best_of,
    box_ious,
    grid_points,
    proposals_of,
    without_repeats,
)
from playground.segmenting.run_lengths import from_runs
from tests.segmenting.fakes import encoded_of, proposal_of


@given(st.integers(16, 400), st.integers(16, 400))
def test_the_grid_is_regular_and_inside(height, width):
    points = grid_points((height, width))
    assert len(np.unique(points, axis=0)) == len(points) == 256
    assert (points > 0).all() and (points < [width, height]).all()
    steps = np.diff(np.unique(points[:, 0]))
    assert np.allclose(steps, width / 16, atol=1e-3)


def test_a_quarter_of_the_grid_covers_the_whole_picture():
    first = grid_points((160, 320))[:64]
    assert len(np.unique(first[:, 0])) == len(np.unique(first[:, 1])) == 8
    assert np.ptp(first[:, 0]) > 250 and np.ptp(first[:, 1]) > 125


@pytest.mark.parametrize("size_hw", [(48, 64), (64, 48), (64, 64), (16, 320), (300, 400), (17, 31)])
def test_boxes_and_areas_are_pixels_of_the_picture(size_hw):
    encoded = encoded_of(size_hw)
    height, width = encoded.low_picture_hw
    logits = np.full((1, 3, 16, 16), -1, np.float16)
    logits[0, 0] = 1  # the whole square, and so the whole picture
    logits[0, 1, : (height + 1) // 2, :width] = 1
    masks = Masks(logits, np.full((1, 3), 0.5, np.float32), np.full((1, 3), 0.25, np.float32))
    whole, half = proposals_of(masks, np.array([[3.0, 4.0]]), encoded)
    assert whole.box_xyxy == (0, 0, size_hw[1], size_hw[0])
    assert whole.area == size_hw[0] * size_hw[1]
    assert half.box_xyxy[:3] == (0, 0, size_hw[1]) and half.box_xyxy[3] <= size_hw[0]
    assert (whole.level, half.level) == (0, 1) and whole.point_xy == (3, 4)
    assert (whole.iou, whole.stability) == (0.5, 0.25)
    assert from_runs(half.runs, (height, width)).sum() == (height + 1) // 2 * width


BOXES = st.lists(
    st.tuples(st.integers(0, 10), st.integers(0, 14), st.integers(1, 4), st.integers(0, 99)),
    max_size=12,
)


@given(BOXES, st.sampled_from([0.1, 0.5, 0.7, 0.95]))
def test_as_torchvision_suppresses(rows, overlap):
    items = [
        proposal_of((top, min(12, top + side)), (left, min(16, left + side)), iou=0.6 + iou / 1000)
        for top, left, side, iou in rows
    ]
    kept = best_of(items, most_overlap=overlap)
    boxes = torch.tensor([item.box_xyxy for item in items], dtype=torch.float64).reshape(-1, 4)
    scores = torch.tensor([item.iou - 1e-9 * place for place, item in enumerate(items)])
    expected = nms(boxes, scores.double(), overlap).tolist()
    assert sorted(kept) == sorted(expected)
    assert sorted(index for members in kept.values() for index in members) == [*range(len(items))]
    if items:
        found = box_ious(boxes[0].numpy(), boxes.numpy())
        assert np.allclose(found, box_iou(boxes[:1], boxes)[0])


def test_only_good_ones_stay_best_first():
    items = [
        proposal_of((0, 4), (0, 4), iou=0.6),
        proposal_of((0, 4), (0, 4), iou=0.8),
        proposal_of((6, 9), (6, 9), iou=0.9, stability=0.69),
        proposal_of((6, 9), (0, 4), iou=0.5),
        proposal_of((6, 9), (10, 14), iou=0.95),
    ]
    assert best_of(items) == {4: [4], 1: [1, 0]}


def test_repeats_and_noise_are_left_out():
    known = [proposal_of((0, 6), (0, 6), iou=0.8)]
    again = proposal_of((0, 6), (0, 6), iou=0.81)
    better = proposal_of((0, 6), (0, 6), iou=0.9)
    other = proposal_of((0, 6), (8, 14))
    noise = [proposal_of((8, 9), (0, 6), iou=0.05), proposal_of((8, 9), (0, 6), stability=0.1)]
    found = [again, *noise, other, other, better]
    assert without_repeats(known, found, (12, 16)) == [other, better]
