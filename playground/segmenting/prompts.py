"""Clicks, boxes and masks as they arrive from a browser: measured before any model sees them."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.models.sam import Encoded, Prompts
from playground.segmenting.reproduce import Step
from playground.visitors.errors import PersonError

MOST_POINTS = 50
MOST_STEPS = 200
CANDIDATES = 3
# A click on the far edge of the last pixel is still one on the picture.
EDGE = 1e-3


def read_prompts(told: Mapping[str, Any], encoded: Encoded) -> Prompts:
    """Checks what is asked of one mask.

    Args:
        told: `points` [[x, y, label], ...], `box` [x0, y0, x1, y1] or None, `mask` (base64 of
            little-endian float16 logits, `low_hw`) or None, `multimask`; in pixels of the picture.
        encoded: The picture that is asked about.

    Returns:
        The prompts; the corners of a box that was drawn backwards are in order.

    Raises:
        PersonError: `segment.mistake.` and one of form, too_many, outside, both, box_empty,
            no_prompt, mask.
    """
    points_xy, labels = read_points(told.get("points"), encoded.size_hw)
    box_xyxy = read_box(told.get("box"), encoded.size_hw)
    if box_xyxy is None and not len(points_xy):
        raise PersonError("segment.mistake.no_prompt")
    is_multimask = told.get("multimask", False)
    if not isinstance(is_multimask, bool):
        raise PersonError("segment.mistake.form")
    mask_logits = read_logits(told.get("mask"), encoded.low_hw)
    return Prompts(points_xy, labels, box_xyxy, mask_logits, is_multimask)


def read_points(
    told: Any, size_hw: tuple[int, int], *, most: int = MOST_POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """Checks clicks.

    Args:
        told: [[x, y, label], ...] or None; label 1 includes, 0 excludes.
        size_hw: Height and width of the picture.
        most: Most clicks.

    Returns:
        float32 (N, 2) and int64 (N,).

    Raises:
        PersonError: `segment.mistake.` and one of form, too_many, outside, both.
    """
    rows = [] if told is None else told
    if not _is_list(rows):
        raise PersonError("segment.mistake.form")
    if len(rows) > most:
        raise PersonError("segment.mistake.too_many", {"most": most})
    for row in rows:
        if not _is_list(row) or len(row) != 3 or not all(map(_is_number, row)):
            raise PersonError("segment.mistake.form")
        if row[2] not in (0, 1):
            raise PersonError("segment.mistake.form")
        _refuse_outside(row[:2], size_hw)
    labels: dict[tuple[float, float], float] = {}
    for x, y, label in rows:
        if labels.setdefault((x, y), label) != label:
            raise PersonError("segment.mistake.both")
    array = np.asarray(rows, np.float64).reshape(-1, 3)
    return array[:, :2].astype(np.float32), array[:, 2].astype(np.int64)


def read_box(told: Any, size_hw: tuple[int, int]) -> np.ndarray | None:
    """Checks a box.

    Args:
        told: [x0, y0, x1, y1], in any order of corners, or None.
        size_hw: Height and width of the picture.

    Returns:
        float32 (4,) with x0 < x1 and y0 < y1, or None.

    Raises:
        PersonError: `segment.mistake.` and one of form, outside, box_empty.
    """
    if told is None:
        return None
    if not _is_list(told) or len(told) != 4 or not all(map(_is_number, told)):
        raise PersonError("segment.mistake.form")
    for corner in (told[:2], told[2:]):
        _refuse_outside(corner, size_hw)
    corners = np.sort(np.asarray(told, np.float64).astype(np.float32).reshape(2, 2), axis=0)
    if (corners[0] == corners[1]).any():
        raise PersonError("segment.mistake.box_empty")
    return corners.reshape(4)


def read_logits(told: Any, low_hw: tuple[int, int]) -> np.ndarray | None:
    """Checks the mask that is fed back.

    Args:
        told: base64 of little-endian float16 (h, w), or None.
        low_hw: Height and width that it must have.

    Returns:
        float32 `low_hw`, or None.

    Raises:
        PersonError: `segment.mistake.mask`.
    """
    if told is None:
        return None
    count = low_hw[0] * low_hw[1]
    # Measured before it is read: base64 takes 4 characters for 3 bytes.
    if not isinstance(told, str) or len(told) > 4 * count:
        raise PersonError("segment.mistake.mask")
    try:
        data = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PersonError("segment.mistake.mask") from error
    if len(data) != 2 * count:
        raise PersonError("segment.mistake.mask")
    logits = np.frombuffer(data, "<f2").astype(np.float32).reshape(low_hw)
    if not np.isfinite(logits).all():
        raise PersonError("segment.mistake.mask")
    return logits


def write_logits(logits: np.ndarray) -> str:
    """Writes logits as `read_logits` reads them.

    Args:
        logits: float16 (h, w).
    """
    return base64.b64encode(np.ascontiguousarray(logits, "<f2").tobytes()).decode()


def read_steps(told: Any, size_hw: tuple[int, int]) -> tuple[Step, ...]:
    """Checks the questions that led to a mask, for the program that asks them again.

    Args:
        told: [{points, box, multimask, chosen, uses_previous}, ...], in order.
        size_hw: Height and width of the picture.

    Returns:
        The steps, at least one.

    Raises:
        PersonError: `segment.mistake.` and one of form, too_many, outside, both, box_empty,
            no_prompt.
    """
    if not _is_list(told) or len(told) > MOST_STEPS:
        raise PersonError("segment.mistake.form")
    if not told:
        raise PersonError("segment.mistake.no_prompt")
    return tuple(_read_step(step, size_hw) for step in told)


def _read_step(told: Any, size_hw: tuple[int, int]) -> Step:
    if not isinstance(told, Mapping):
        raise PersonError("segment.mistake.form")
    points_xy, labels = read_points(told.get("points"), size_hw)
    box_xyxy = read_box(told.get("box"), size_hw)
    if box_xyxy is None and not len(points_xy):
        raise PersonError("segment.mistake.no_prompt")
    chosen = told.get("chosen")
    flags = (told.get("multimask", False), told.get("uses_previous", False))
    # The step that is still being made has nothing chosen yet.
    chosen = 0 if chosen is None else chosen
    if not _is_number(chosen) or chosen not in range(CANDIDATES):
        raise PersonError("segment.mistake.form")
    if not all(isinstance(flag, bool) for flag in flags):
        raise PersonError("segment.mistake.form")
    return Step(
        points_xy=[(x, y) for x, y in points_xy.tolist()],
        labels=labels.tolist(),
        box_xyxy=None if box_xyxy is None else tuple(box_xyxy.tolist()),
        is_multimask=flags[0],
        chosen=int(chosen),
        uses_previous=flags[1],
    )


def _refuse_outside(xy: Sequence[float], size_hw: tuple[int, int]) -> None:
    height, width = size_hw
    x, y = xy
    if not (-EDGE <= x <= width + EDGE and -EDGE <= y <= height + EDGE):
        raise PersonError("segment.mistake.outside")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_number(value: Any) -> bool:
    # An integer of 400 digits does not fit in a float, and isfinite would raise.
    is_real = type(value) in (int, float) and abs(value) < 1e9
    return is_real and math.isfinite(value)
