"""Masks as run lengths: short, and the same in Python, the browser and pycocotools."""

from __future__ import annotations

import numpy as np

from playground.visitors.errors import PersonError

# Longest digit string of one run: no mask is longer than a picture has pixels.
MOST_DIGITS = 9


def to_runs(mask: np.ndarray) -> str:
    """Writes a mask as row-major run lengths, background first.

    Args:
        mask: bool (h, w).

    Returns:
        Such as "3,2,7": one string, because JSON of many numbers is slow to write and to read.
    """
    return ",".join(map(str, _lengths(mask.ravel())))


def from_runs(runs: str, size_hw: tuple[int, int]) -> np.ndarray:
    """Reads what `to_runs` wrote.

    Args:
        runs: As it arrived; anyone may have written it.
        size_hw: Height and width of the mask.

    Returns:
        bool (h, w).

    Raises:
        PersonError: `segment.mistake.mask`: it is not the run lengths of such a mask.
    """
    parts = runs.split(",") if runs else []
    total = size_hw[0] * size_hw[1]
    if len(parts) > total + 1 or not all(
        part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS for part in parts
    ):
        raise PersonError("segment.mistake.mask")
    lengths = np.array([int(part) for part in parts], np.int64)
    if lengths.sum() != total:
        raise PersonError("segment.mistake.mask")
    is_mask = np.arange(len(lengths)) % 2 == 1
    return np.repeat(is_mask, lengths).reshape(size_hw)


def coco_rle(mask: np.ndarray) -> dict[str, list[int]]:
    """Writes a mask as COCO's uncompressed run lengths.

    Args:
        mask: bool (H, W).

    Returns:
        `size` [H, W] and `counts`, column by column, background first, as `pycocotools` reads it.

    Source: Lin 2014 (arXiv:1405.0312), the format of its "crowd" annotations.
    """
    return {"size": list(mask.shape), "counts": _lengths(mask.ravel(order="F"))}


def _lengths(flat: np.ndarray) -> list[int]:
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([[0], changes, [flat.size]])
    lengths: list[int] = np.diff(edges).tolist()
    return [0, *lengths] if flat.size and flat[0] else lengths
