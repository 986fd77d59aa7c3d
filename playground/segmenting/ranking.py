"""Which proposals fit some words: CLIP compares the words with a crop of each.

So text finds things with a model that was never trained for it, and without a gated one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.explain.similarity import cosines
from playground.segmenting.proposals import Proposal, best_of
from playground.segmenting.run_lengths import from_runs

# The best ones are looked at; each stands for those whose boxes are nearly its own.
MOST_CROPS = 48
# Below what the browser's sliders begin with: whoever moves them lower finds scores there too.
LEAST_IOU, LEAST_STABILITY = 0.3, 0.5
# Of a box: what is shown around the thing.
MARGIN = 0.1
# How much of its colour what lies around the thing keeps, on grey.
AROUND = 0.25
GREY = 127.0
SMALLEST_CROP = 8


@dataclass(frozen=True)
class Ranking:
    """How well proposals fit words.

    Attributes:
        words: The words.
        scores: Per proposal its cosine, or None for one that was not looked at.
        most: How many stand out.
    """

    words: str
    scores: tuple[float | None, ...]
    most: int


def to_look_at(proposals: Sequence[Proposal]) -> dict[int, list[int]]:
    """Picks the proposals that are compared with words.

    Args:
        proposals: All of a picture.

    Returns:
        By index of each that is looked at, best first: those that it stands for.
    """
    kept = best_of(proposals, least_iou=LEAST_IOU, least_stability=LEAST_STABILITY)
    return {index: kept[index] for index in list(kept)[:MOST_CROPS]}


def crop(pixels: np.ndarray, proposal: Proposal, low_picture_hw: tuple[int, int]) -> np.ndarray:
    """Cuts out a proposal; what lies around it is paled, so that it decides.

    Args:
        pixels: uint8 (H, W, 3).
        proposal: One of this picture.
        low_picture_hw: Height and width of its mask.

    Returns:
        uint8 (h, w, 3).
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = proposal.box_xyxy
    margin = MARGIN * max(right - left, bottom - top)
    x0, y0 = int(max(0, left - margin)), int(max(0, top - margin))
    x1 = int(np.ceil(min(width, max(right + margin, x0 + SMALLEST_CROP))))
    y1 = int(np.ceil(min(height, max(bottom + margin, y0 + SMALLEST_CROP))))
    mask = from_runs(proposal.runs, low_picture_hw)
    rows = np.arange(y0, y1) * mask.shape[0] // height
    columns = np.arange(x0, x1) * mask.shape[1] // width
    inside = mask[np.ix_(rows, columns)][..., None]
    part = pixels[y0:y1, x0:x1].astype(np.float32)
    around = AROUND * part + (1 - AROUND) * GREY
    return np.where(inside, part, around).round().astype(np.uint8)


def rank(
    words: str,
    word_vector: np.ndarray,
    crop_vectors: np.ndarray,
    looked_at: dict[int, list[int]],
    count: int,
) -> Ranking:
    """Gives every proposal the cosine of the crop that stands for it.

    Args:
        words: What is looked for.
        word_vector: float32 (D,) of length 1.
        crop_vectors: float32 (M, D), of length 1, in the order of `looked_at`.
        looked_at: From `to_look_at`, M proposals.
        count: How many proposals there are in all.

    Returns:
        The ranking. Those stand out that lie nearer to the best than to the middle one.
    """
    found = cosines(crop_vectors, word_vector[None])[:, 0]
    scores: list[float | None] = [None] * count
    for score, members in zip(found.tolist(), looked_at.values(), strict=True):
        for index in members:
            scores[index] = round(score, 5)
    most = int((found >= (found.max() + np.median(found)) / 2).sum()) if len(found) else 0
    return Ranking(words, tuple(scores), max(1, most))
