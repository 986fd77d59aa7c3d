"""A part of a picture that a question is about: a box, or a thing with its outline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.segmenting.run_lengths import from_runs
from playground.visitors.errors import PersonError
from playground.visitors.pictures import NEUTRAL_RGB, Picture

# Around a box, of its sides: models look at things with some room about them.
MARGIN = 0.10
# A click that slipped is no box; and smaller crops tell a model nothing.
LEAST_SIDE = 4
MOST_RUNS_CHARACTERS = 4_000_000
MOST_NAME = 80

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Part:
    """A part of a picture.

    Attributes:
        box_xyxy: Left, top, right, bottom in pixels of the picture; the right and bottom edges
            are just outside. Of a mask, its bounding box.
        runs: Row-major run lengths of the mask at the picture's size, background first; "" for a
            plain box.
        name: What the visitor calls it.
    """

    box_xyxy: Box
    runs: str = ""
    name: str = ""


def read_part(told: object, size_hw: tuple[int, int]) -> Part | None:
    """Checks which part a question is about.

    Args:
        told: None; `{"box": [x0, y0, x1, y1]}`; or `{"runs", "width", "height", "name"}`.
        size_hw: Height and width of the picture.

    Returns:
        The part; None for the whole picture. A box that was drawn backwards or beyond the edges
        is put right.

    Raises:
        PersonError: `chat.mistake.part` (it cannot be read, or is a mask of another picture) or
            `chat.mistake.part_small`.
    """
    if told is None:
        return None
    if not isinstance(told, Mapping):
        raise PersonError("chat.mistake.part")
    if told.get("box") is not None:
        return Part(_box(told["box"], size_hw), name=_name(told.get("name")))
    return _mask_part(told, size_hw)


def picture_of_part(picture: Picture, part: Part | None) -> Picture:
    """Returns what a model is shown of a picture.

    Args:
        picture: The whole picture.
        part: None for all of it; a box gives the crop with a margin; a mask is cut out, on grey.

    Raises:
        PersonError: `segment.mistake.mask`.
    """
    if part is None:
        return picture
    height, width = picture.pixels.shape[:2]
    left, top, right, bottom = _with_margin(part.box_xyxy, (height, width))
    crop = picture.pixels[top:bottom, left:right]
    if part.runs:
        mask = from_runs(part.runs, (height, width))[top:bottom, left:right, None]
        crop = np.where(mask, crop, np.array(NEUTRAL_RGB, np.uint8))
    return Picture(np.ascontiguousarray(crop))


def _with_margin(box: Box, size_hw: tuple[int, int]) -> Box:
    left, top, right, bottom = box
    x, y = math.ceil(MARGIN * (right - left)), math.ceil(MARGIN * (bottom - top))
    return (
        max(0, left - x),
        max(0, top - y),
        min(size_hw[1], right + x),
        min(size_hw[0], bottom + y),
    )


def _box(told: Any, size_hw: tuple[int, int]) -> Box:
    is_four = isinstance(told, Sequence) and not isinstance(told, str) and len(told) == 4
    if not is_four or not all(type(edge) in (int, float) and abs(edge) < 1e9 for edge in told):
        raise PersonError("chat.mistake.part")
    (left, right), (top, bottom) = sorted(told[::2]), sorted(told[1::2])
    box = (
        max(0, math.floor(left)),
        max(0, math.floor(top)),
        min(size_hw[1], math.ceil(right)),
        min(size_hw[0], math.ceil(bottom)),
    )
    if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
        raise PersonError("chat.mistake.part_small")
    return box


def _mask_part(told: Mapping[str, Any], size_hw: tuple[int, int]) -> Part:
    runs = told.get("runs")
    if not isinstance(runs, str) or len(runs) > MOST_RUNS_CHARACTERS:
        raise PersonError("chat.mistake.part")
    if (told.get("height"), told.get("width")) != size_hw:
        raise PersonError("chat.mistake.part")
    mask = from_runs(runs, size_hw)
    box = box_of(mask)
    if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
        raise PersonError("chat.mistake.part_small")
    return Part(box, runs, _name(told.get("name")))


def box_of(mask: np.ndarray) -> Box:
    """Returns the bounding box of a mask: bool (H, W); all 0 for an empty one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _name(told: Any) -> str:
    if not isinstance(told, str):
        return ""
    return "".join(letter for letter in told[: 4 * MOST_NAME] if letter.isprintable())[:MOST_NAME]
