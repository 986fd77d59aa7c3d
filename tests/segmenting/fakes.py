"""A small encoded picture and proposals of it, made by hand."""

from __future__ import annotations

import numpy as np

from playground.catalog import entry
from playground.models.sam import Encoded
from playground.segmenting.proposals import Proposal
from playground.segmenting.run_lengths import to_runs
from playground.segmenting.store import Kept
from playground.visitors.pictures import Picture


def encoded_of(size_hw=(48, 64), *, side=64, low=16, width=4):
    """As a model with an input of 64 x 64 would encode it: the longer side fills the square."""
    height, width_ = size_hw
    longest = max(size_hw)
    resized = (max(1, round(height * side / longest)), max(1, round(width_ * side / longest)))
    rng = np.random.default_rng(0)
    features = rng.normal(size=(width, low // 4, low // 4)).astype(np.float16)
    return Encoded((features,), size_hw, resized, side, (low, low))


def picture_of(size_hw=(48, 64), colour=(200, 30, 30)):
    return Picture(np.full((*size_hw, 3), colour, np.uint8))


def kept_of(name="a", *, size_hw=(48, 64), proposals=(), points_of=256):
    picture = picture_of(size_hw, (len(name), 7, sum(name.encode()) % 256))
    return Kept(
        key=("mini-sam", "print", picture.content_id),
        item=entry("mini-sam"),
        picture=picture,
        encoded=encoded_of(size_hw),
        seconds=0.5,
        proposals=tuple(proposals),
        points_of=points_of,
    )


def proposal_of(rows, columns, *, iou=0.9, stability=0.9, low_hw=(12, 16), cell=4):
    """A rectangle of cells."""
    mask = np.zeros(low_hw, bool)
    mask[slice(*rows), slice(*columns)] = True
    top, bottom, left, right = (cell * edge for edge in (*rows, *columns))
    return Proposal(
        iou=iou,
        stability=stability,
        area=cell * cell * int(mask.sum()),
        box_xyxy=(left, top, right, bottom),
        point_xy=((left + right) / 2, (top + bottom) / 2),
        level=0,
        runs=to_runs(mask),
    )
