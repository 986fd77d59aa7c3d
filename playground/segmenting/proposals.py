"""What the model finds by itself: a grid of single points, three candidates each, decoded once.

The browser filters and looks them up; here they are made, in an order that shows the whole picture
early, and filtered for programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.models.sam import Encoded, Masks
from playground.segmenting.run_lengths import from_runs, to_runs

GRID_SIDE = 16
# What the browser's sliders begin with.
LEAST_IOU, LEAST_STABILITY, MOST_OVERLAP = 0.5, 0.7, 0.7
# What is worse than this is noise, whatever the sliders say; it would be most of what is sent.
USEFUL_IOU, USEFUL_STABILITY = 0.1, 0.2
# A mask that repeats another, and is not clearly thought better, is sent once.
REPEATS_BOX_IOU, REPEATS_MASK_IOU, CLEARLY_BETTER = 0.85, 0.9, 0.02


@dataclass(frozen=True)
class Proposal:
    """One candidate of one point of the grid.

    Attributes:
        iou: The model's own guess of its IoU, about 0..1.
        stability: How little it changes with its threshold, 0..1.
        area: Pixels of the picture, about: counted on the low-resolution mask.
        box_xyxy: Around it, in pixels of the picture.
        point_xy: What was asked, in pixels of the picture.
        level: Which of the three candidates, 0..2.
        runs: Row-major run lengths of the mask at `Encoded.low_picture_hw`.
    """

    iou: float
    stability: float
    area: float
    box_xyxy: tuple[float, float, float, float]
    point_xy: tuple[float, float]
    level: int
    runs: str


def grid_points(size_hw: tuple[int, int], side: int = GRID_SIDE) -> np.ndarray:
    """Places the points: every other row and column first, then those between them.

    Args:
        size_hw: Height and width of the picture.
        side: Points along each side; even.

    Returns:
        float32 (side * side, 2), x and y in pixels of the picture.

    Source: Kirillov 2023, section 5 and appendix B ("Automatic mask generation"): a regular grid.
    """
    height, width = size_hw
    rows, columns = np.mgrid[:side, :side].reshape(2, -1)
    is_late = (rows % 2 == 0) | (columns % 2 == 0)
    order = np.argsort(is_late, kind="stable")
    points = np.stack([(columns + 0.5) * width / side, (rows + 0.5) * height / side], axis=1)
    return points[order].astype(np.float32)


def proposals_of(masks: Masks, points_xy: np.ndarray, encoded: Encoded) -> list[Proposal]:
    """Writes down what was decoded; empty masks are left out.

    Args:
        masks: What `decode_points` made of the points.
        points_xy: float (N, 2).
        encoded: The picture.

    Returns:
        Up to 3 N proposals.
    """
    height, width = encoded.low_picture_hw
    low = masks.logits[..., :height, :width] > 0
    return [
        _proposal(low[place, level], masks, (place, level), points_xy[place], encoded)
        for place in range(len(points_xy))
        for level in range(low.shape[1])
        if low[place, level].any()
    ]


def without_repeats(
    known: Sequence[Proposal], found: Sequence[Proposal], low_picture_hw: tuple[int, int]
) -> list[Proposal]:
    """Leaves out noise, and what repeats a proposal that is known already.

    Args:
        known: Proposals that stay.
        found: Those that were decoded after them.
        low_picture_hw: Height and width of their masks.

    Returns:
        Those of `found` that are news, in their order.
    """
    kept = list(known)
    boxes = [item.box_xyxy for item in kept]
    for item in found:
        if item.iou < USEFUL_IOU or item.stability < USEFUL_STABILITY:
            continue
        overlaps = box_ious(np.asarray(item.box_xyxy), np.asarray(boxes).reshape(-1, 4))
        near = [kept[place] for place in np.flatnonzero(overlaps > REPEATS_BOX_IOU)]
        if not any(_repeats(item, other, low_picture_hw) for other in near):
            kept.append(item)
            boxes.append(item.box_xyxy)
    return kept[len(known) :]


def _repeats(item: Proposal, other: Proposal, low_picture_hw: tuple[int, int]) -> bool:
    if item.iou > other.iou + CLEARLY_BETTER:
        return False
    mask, known = (from_runs(one.runs, low_picture_hw) for one in (item, other))
    shared = np.count_nonzero(mask & known)
    return bool(shared > REPEATS_MASK_IOU * np.count_nonzero(mask | known))


def _proposal(
    low: np.ndarray, masks: Masks, at: tuple[int, int], point_xy: np.ndarray, encoded: Encoded
) -> Proposal:
    # Pixels of the picture for one cell of the logits, along each axis.
    cell_hw = [
        encoded.input_side / cells * size / resized
        for cells, size, resized in zip(
            encoded.low_hw, encoded.size_hw, encoded.resized_hw, strict=True
        )
    ]
    rows, columns = np.flatnonzero(low.any(axis=1)), np.flatnonzero(low.any(axis=0))
    (picture_height, picture_width), (cell_height, cell_width) = encoded.size_hw, cell_hw
    return Proposal(
        iou=round(float(masks.iou[at]), 4),
        stability=round(float(masks.stability[at]), 4),
        area=min(round(int(low.sum()) * cell_height * cell_width), picture_height * picture_width),
        box_xyxy=(
            round(columns[0] * cell_width, 2),
            round(rows[0] * cell_height, 2),
            round(min((columns[-1] + 1) * cell_width, picture_width), 2),
            round(min((rows[-1] + 1) * cell_height, picture_height), 2),
        ),
        point_xy=(round(float(point_xy[0]), 2), round(float(point_xy[1]), 2)),
        level=at[1],
        runs=to_runs(low),
    )


def best_of(
    proposals: Sequence[Proposal],
    *,
    least_iou: float = LEAST_IOU,
    least_stability: float = LEAST_STABILITY,
    most_overlap: float = MOST_OVERLAP,
) -> dict[int, list[int]]:
    """Keeps the good ones, and of those whose boxes overlap the one that expects the best IoU.

    Args:
        proposals: N proposals.
        least_iou: 0..1; the model's guess must be above.
        least_stability: 0..1.
        most_overlap: 0..1, IoU of boxes; above it the worse one goes.

    Returns:
        By index of each that stays, best first: itself and those that it stands for.

    Source: Kirillov 2023, appendix B: filtering and non-maximal suppression of boxes; in the
    package `SamAutomaticMaskGenerator`.
    """
    good = [
        index
        for index, item in enumerate(proposals)
        if item.iou > least_iou and item.stability >= least_stability
    ]
    good.sort(key=lambda index: (-proposals[index].iou, index))
    boxes = np.array([proposals[index].box_xyxy for index in good], np.float64).reshape(-1, 4)
    kept: dict[int, list[int]] = {}
    places: list[int] = []
    for place, index in enumerate(good):
        overlaps = box_ious(boxes[place], boxes[places])
        if overlaps.size and overlaps.max() > most_overlap:
            kept[good[places[int(overlaps.argmax())]]].append(index)
            continue
        places.append(place)
        kept[index] = [index]
    return kept


def box_ious(box_xyxy: np.ndarray, boxes_xyxy: np.ndarray) -> np.ndarray:
    """Returns the IoU of one box with N others: float64 (N,), 0..1.

    Args:
        box_xyxy: (4,).
        boxes_xyxy: (N, 4).
    """
    box_xyxy, boxes_xyxy = box_xyxy.astype(np.float64), boxes_xyxy.astype(np.float64)
    corner_low = np.maximum(box_xyxy[:2], boxes_xyxy[:, :2])
    corner_high = np.minimum(box_xyxy[2:], boxes_xyxy[:, 2:])
    shared = (corner_high - corner_low).clip(0).prod(axis=1)
    areas = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).prod(axis=1)
    area = (box_xyxy[2:] - box_xyxy[:2]).prod()
    union = area + areas - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
