"""Batches for mini-sam: crops and whole pictures, each with masks to ask for.

One worker process makes one whole batch. Half of the pictures are emoji scenes, half are dead
leaves.
"""

import math
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch.utils.data import Dataset

from training.dead_leaves import LEAST_PART, paint_leaves, roughen
from training.painting import paint
from training.sam_model import PATCH_PX, SIDE_PX, WINDOW
from training.sampling import Split, sample_scene
from training.scenes import Background, Scene

CLICKED, BOXED = 3, 2
PROMPTS = CLICKED + BOXED
_AHEAD = 8
_SCENES = 0.5
_LEAST_PX = 40
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
        rounds: () int64, see ``Stage``.
    """

    pixels: torch.Tensor
    origins_xy: torch.Tensor
    masks: torch.Tensor
    borders: torch.Tensor
    rounds: torch.Tensor

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
class Stage:
    """Pictures of one size.

    Attributes:
        until: Step at which it ends.
        side_px: Side of the pictures or crops.
        size: How many in a batch.
        painted_px: Sides of the pictures that it is cut out of.
        rounds: 0: only the helpers teach; 1: one prompt; 2: prompts and corrections.
    """

    until: float
    side_px: int
    size: int
    painted_px: tuple[int, ...]
    rounds: int


_CLOSE, _MIDDLE = (64, 80, 96, 128), (128, 160, 192, 256)
# First the encoder alone on small crops, which costs a twelfth of a step with whole pictures;
# what a click means can be learned from small crops too.
STAGES = (
    Stage(1200, SIDE_PX // 4, 16, _CLOSE, 0),
    Stage(1750, SIDE_PX // 4, 16, _CLOSE, 1),
    Stage(2000, SIDE_PX // 4, 16, _CLOSE, 2),
    Stage(3000, SIDE_PX // 2, 8, _MIDDLE, 2),
    Stage(math.inf, SIDE_PX, 3, (SIDE_PX,), 2),
)


def stage_of(step: int) -> Stage:
    """Tell how large the pictures of a step are.

    Args:
        step: 0 or more.

    Returns:
        The stage; now and then the one with larger pictures ahead of time.
    """
    stage = next(stage for stage in STAGES if step < stage.until)
    if step % _AHEAD == _AHEAD - 1:
        larger = [other for other in STAGES if other.side_px > stage.side_px]
        if larger:
            return replace(larger[0], rounds=stage.rounds)
    return stage


@dataclass(frozen=True)
class _Example:
    picture: np.ndarray
    masks: np.ndarray
    borders: np.ndarray


class SamBatches(Dataset[SamBatch]):
    """Batch number i is always the same batch; ``__getitem__`` makes it.

    Args:
        steps: Length of the whole training.
    """

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> SamBatch:
        stage = stage_of(step)
        rng = np.random.default_rng((5, step))
        # Never the same number in two steps, whatever the sizes of the batches are.
        first = step * max(other.size for other in STAGES)
        made = [_example(first + index, stage, rng) for index in range(stage.size)]
        places = (SIDE_PX - stage.side_px) // (PATCH_PX * WINDOW) + 1
        pixels = np.stack([example.picture for example in made])
        return SamBatch(
            torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))),
            torch.from_numpy(rng.integers(0, places, (stage.size, 2)) * WINDOW),
            torch.from_numpy(np.stack([_asked(example.masks, rng) for example in made])),
            torch.from_numpy(np.stack([example.borders for example in made]).astype(np.int32)),
            torch.tensor(stage.rounds),
        )


def _example(number: int, stage: Stage, rng: np.random.Generator) -> _Example:
    while True:
        make = _scene if rng.random() < _SCENES else _leaves
        example = make(number % 1_000_000_000, stage, rng)
        if rng.random() < _PADDED:
            example = _padded(example, rng)
        least_px = max(_LEAST_PX, LEAST_PART * stage.side_px**2)
        large = example.masks.sum((1, 2)) >= least_px
        if large.any():
            return _Example(example.picture, example.masks[large], example.borders)
        # A crop beside everything: take another picture, far from all others.
        number += 500_000_000


def _leaves(number: int, stage: Stage, rng: np.random.Generator) -> _Example:
    leaves = paint_leaves(number, Split.TRAINING, stage.side_px, int(rng.choice(stage.painted_px)))
    return _Example(leaves.picture, leaves.masks, leaves.borders)


def _scene(number: int, stage: Stage, rng: np.random.Generator) -> _Example:
    scene = sample_scene(number, Split.TRAINING, max_objects=5)
    background = scene.background
    # Few backgrounds, or the large ones would fill the painter's cache.
    few = Background(background.kind, background.seed % _BACKGROUNDS)
    painted_px, side_px = int(rng.choice(stage.painted_px)), stage.side_px
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
    """Cut off the right or the bottom and pad it, as the package pads pictures not square."""
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
