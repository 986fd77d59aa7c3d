"""Batches for the autoencoder: crops of emoji scenes, and of patches without any emoji."""

import random

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch.utils.data import Dataset

from training.painting import paint
from training.sampling import Split, sample_scene

_PATTERNS = 0.15
_ON_AN_OBJECT = 0.8


class CropBatches(Dataset[torch.Tensor]):
    """Batch number i is always the same batch; ``__getitem__`` makes it.

    Args:
        picture_side_px: Side of the painted scenes.
        crop_side_px: Side of the crops, at most ``picture_side_px``.
        batch_size: Crops in a batch.
        steps: Number of batches.
    """

    def __init__(
        self, picture_side_px: int, crop_side_px: int, batch_size: int, steps: int
    ) -> None:
        self._picture_side_px = picture_side_px
        self._crop_side_px = crop_side_px
        self._batch_size = batch_size
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> torch.Tensor:
        rng = random.Random(step)
        first = step * self._batch_size
        numbers = range(first, first + self._batch_size)
        crops = np.stack([self._crop(number, rng) for number in numbers])
        return torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2)))

    def _crop(self, number: int, rng: random.Random) -> np.ndarray:
        side = self._crop_side_px
        if rng.random() < _PATTERNS:
            return pattern(rng, side)
        painting = paint(sample_scene(number, Split.TRAINING), self._picture_side_px)
        room = self._picture_side_px - side
        left, top = rng.randint(0, room), rng.randint(0, room)
        if rng.random() < _ON_AN_OBJECT:
            rows, columns = np.nonzero(rng.choice(painting.visible_masks))
            if len(rows):
                chosen = rng.randrange(len(rows))
                left = min(max(int(columns[chosen]) - side // 2, 0), room)
                top = min(max(int(rows[chosen]) - side // 2, 0), room)
        return painting.picture[top : top + side, left : left + side]


def pattern(rng: random.Random, side_px: int) -> np.ndarray:
    """Draw shapes, lines and noise in any colours: pictures that are no emoji scenes.

    Args:
        rng: Decides everything.
        side_px: Side in pixels, 8 or more.

    Returns:
        (side, side, 3) uint8, RGB.
    """
    large = 2 * side_px
    canvas = Image.new("RGB", (large, large), _colour(rng))
    draw = ImageDraw.Draw(canvas)
    for _ in range(rng.randint(3, 30)):
        reach = large * rng.uniform(0.03, 0.5)
        x, y = rng.uniform(-reach, large), rng.uniform(-reach, large)
        box = (x, y, x + reach * rng.uniform(0.3, 1) + 1, y + reach * rng.uniform(0.3, 1) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            draw.ellipse(box, fill=_colour(rng), outline=_colour(rng))
        elif kind == 1:
            draw.rectangle(box, fill=_colour(rng))
        elif kind == 2:
            points = [(x + rng.uniform(0, reach), y + rng.uniform(0, reach)) for _ in range(4)]
            draw.polygon(points, fill=_colour(rng))
        else:
            draw.line(box, fill=_colour(rng), width=rng.randint(1, 8))
    picture = np.asarray(canvas.resize((side_px,) * 2, Image.Resampling.BOX), np.float32)
    noise = np.random.default_rng(rng.randrange(1 << 30))
    grain = noise.standard_normal((side_px, side_px, 1)) * rng.choice((0, 0, 6, 16))
    slope = np.linspace(-1, 1, side_px)[:, None, None] * rng.uniform(-40, 40)
    return np.clip(picture + grain + slope, 0, 255).astype(np.uint8)


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)
