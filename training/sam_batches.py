"""Batches for mini-sam: crops and whole pictures, each with masks to ask for.

One worker process makes one whole batch. Half of the pictures are emoji scenes, half are dead
leaves.
"""

import math

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from training.dead_leaves import LEAST_PART, paint_leaves, roughen
from training.painting import paint
from training.sam_model import GRID, PATCH_PX, SIDE_PX, WINDOW
from training.sampling import Split, sample_scene
from training.scenes import Background, Scene

CLICKED, BOXED = 3, 2
PROMPTS = CLICKED + BOXED
CROP_PX = SIDE_PX // 2
_WHOLE_EVERY = 8
_SCENES = 0.5
_SCENE_SIDES_PX = (128, 160, 192, 256)
_LEAF_SIDES_PX = (128, 176, 256)
_BACKGROUNDS = 60
_BACKGROUND_ASKED = 0.1
_ROUGHENED = 0.35
_PADDED = 0.25
# What the package pads with: zero after normalising.
_PADDING = (124, 116, 104)


@dataclass
class SamBatch:
    """What one step learns from; B pictures, P prompts for each, clicks before boxes.

    Attributes:
        pixels: (B, 3, side, side) uint8, RGB.
        origins_xy: (B, 2) int64, left and top of each crop in the whole frame, in tokens.
        masks: (B, P, side, side) uint8, 1 inside; what each prompt means.
        borders: (B, side, side) int32, a number for each piece of one kind.
    """

    pixels: torch.Tensor
    origins_xy: torch.Tensor
    masks: torch.Tensor
    borders: torch.Tensor

    def to(self, device: torch.device) -> "SamBatch":
        """Copy to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        moved = (getattr(self, f.name).to(device, non_blocking=True) for f in fields(self))
        return SamBatch(*moved)


@dataclass(frozen=True)
class Stages:
    """First mostly crops, then whole pictures.

    Attributes:
        steps: Length of the whole training.
        crop_part: Part of the training, 0 to 1, in which only every eighth batch is whole.
        whole_size: Pictures in a batch of whole pictures.
        crop_size: Crops in a batch.
    """

    steps: int
    crop_size: int = 12
    whole_size: int = 4
    crop_part: float = 0.65

    def is_whole(self, step: int) -> bool:
        """Tell whether the batch of a step holds whole pictures.

        Args:
            step: 0 or more.

        Returns:
            False for a batch of crops.
        """
        return step >= self.crop_part * self.steps or step % _WHOLE_EVERY == _WHOLE_EVERY - 1


@dataclass(frozen=True)
class _Example:
    picture: np.ndarray
    masks: np.ndarray
    borders: np.ndarray


class SamBatches(Dataset[SamBatch]):
    """Batch number i is always the same batch; ``__getitem__`` makes it.

    Args:
        stages: Sizes of the batches.
    """

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    def __len__(self) -> int:
        return self._stages.steps

    def __getitem__(self, step: int) -> SamBatch:
        stages = self._stages
        whole = stages.is_whole(step)
        size = stages.whole_size if whole else stages.crop_size
        side_px = SIDE_PX if whole else CROP_PX
        rng = np.random.default_rng((5, step))
        # Never the same number in two steps, whatever the sizes of the batches are.
        first = step * max(stages.whole_size, stages.crop_size)
        made = [_example(first + index, side_px, rng) for index in range(size)]
        places = (GRID - side_px // PATCH_PX) // WINDOW + 1
        pixels = np.stack([example.picture for example in made])
        return SamBatch(
            torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))),
            torch.from_numpy(rng.integers(0, places, (size, 2)) * WINDOW),
            torch.from_numpy(np.stack([_asked(example.masks, rng) for example in made])),
            torch.from_numpy(np.stack([example.borders for example in made]).astype(np.int32)),
        )


def _example(number: int, side_px: int, rng: np.random.Generator) -> _Example:
    while True:
        is_scene = rng.random() < _SCENES
        example = _scene(number, side_px, rng) if is_scene else _leaves(number, side_px, rng)
        if rng.random() < _PADDED:
            example = _padded(example, rng)
        large = example.masks.sum((1, 2)) >= LEAST_PART * side_px**2
        if large.any():
            return _Example(example.picture, example.masks[large], example.borders)
        # A crop beside everything: take another picture, far from all others.
        number += 500_000_000


def _leaves(number: int, side_px: int, rng: np.random.Generator) -> _Example:
    painted_px = max(side_px, int(rng.choice(_LEAF_SIDES_PX)))
    leaves = paint_leaves(number % 1_000_000_000, Split.TRAINING, side_px, painted_px)
    return _Example(leaves.picture, leaves.masks, leaves.borders)


def _scene(number: int, side_px: int, rng: np.random.Generator) -> _Example:
    scene = sample_scene(number % 1_000_000_000, Split.TRAINING, max_objects=5)
    background = scene.background
    # Few backgrounds, or the large ones would fill the painter's cache.
    few = Background(background.kind, background.seed % _BACKGROUNDS)
    painted_px = max(side_px, int(rng.choice(_SCENE_SIDES_PX)))
    painting = paint(Scene(scene.objects, few, scene.seed), painted_px)
    left, top = rng.integers(0, painted_px - side_px + 1, 2)
    cut = np.s_[top : top + side_px, left : left + side_px]
    masks = painting.visible_masks[:, *cut]
    numbers = np.arange(1, len(masks) + 1)[:, None, None]
    borders = (masks * numbers).sum(0)
    picture = painting.picture[cut]
    if rng.random() < _ROUGHENED:
        picture = roughen(picture, rng)
    if rng.random() < _BACKGROUND_ASKED:
        masks = np.concatenate([masks, borders[None] == 0])
    return _Example(picture, masks, borders)


def _padded(example: _Example, rng: np.random.Generator) -> _Example:
    """Cut off the right or the bottom and pad it as the package pads pictures that are not square."""
    side_px = len(example.picture)
    kept = int(rng.integers(side_px // 2, side_px))
    outside = np.s_[kept:] if rng.random() < 0.5 else np.s_[:, kept:]
    picture, masks, borders = example.picture.copy(), example.masks.copy(), example.borders.copy()
    picture[outside] = _PADDING
    borders[outside] = -1
    masks[(slice(None), *outside) if isinstance(outside, tuple) else (slice(None), outside)] = False
    return _Example(picture, masks, borders)


def _asked(masks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw which masks are asked for, large ones a little more often: (P, side, side) uint8."""
    weights = np.sqrt(np.minimum(masks.mean((1, 2)), 0.04))
    count = len(masks)
    if count >= PROMPTS:
        chosen = rng.choice(count, PROMPTS, replace=False, p=weights / weights.sum())
    else:
        rounds = math.ceil(PROMPTS / count)
        chosen = np.concatenate([rng.permutation(count) for _ in range(rounds)])[:PROMPTS]
    return masks[chosen].astype(np.uint8)


def _only(batches: list[SamBatch]) -> SamBatch:
    return batches[0]


def load_sam_batches(batches: SamBatches, first_step: int, workers: int) -> Iterator[SamBatch]:
    """Make batches in other processes.

    Args:
        batches: What to make.
        first_step: Number of the first batch, 0 or more.
        workers: Number of processes; 0 makes them in this one.

    Returns:
        The batches in order, to the last step.
    """
    loader = DataLoader(
        torch.utils.data.Subset(batches, range(first_step, len(batches))),
        batch_size=1,
        shuffle=False,
        collate_fn=_only,
        num_workers=workers,
        prefetch_factor=3 if workers else None,
    )
    return iter(loader)
