"""Pictures without any emoji: leaves of all shapes and textures fall over each other.

A model that learns from them follows boundaries, not things it knows. What counts as one thing:
a **connected** visible region. Of a leaf that another one cuts in two, each piece is a thing of
its own, since nothing in the picture says that they belong together. A leaf may carry stickers:
then the whole (stickers included) and each sticker are both right answers to a click on it.

Source: Lee, Mumford and Huang 2001, "Occlusion models for natural images" (the dead leaves model,
sizes by a power law).
"""

import io
import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from training.leaf_shapes import draw_leaf
from training.leaf_textures import fill
from training.regions import label_regions
from training.sampling import Split

# Regions below this part of the picture are not asked for.
LEAST_PART = 0.0025
_STICKERS = 0.3


@dataclass(frozen=True)
class LeafPicture:
    """A picture of dead leaves.

    Attributes:
        picture: (H, W, 3) uint8, RGB.
        masks: (N, H, W) bool, connected visible regions; wholes first, then parts of them.
        borders: (H, W) int64, a number for each visible piece of one filling.
    """

    picture: np.ndarray
    masks: np.ndarray
    borders: np.ndarray


@dataclass
class _Canvas:
    """What lies so far: colours, which filling is on top, and which leaf that belongs to."""

    side_px: int
    store: int
    rng: np.random.Generator
    palette: np.ndarray
    shadows: float
    outlines: bool
    colours: np.ndarray = field(init=False)
    fillings: np.ndarray = field(init=False)
    owners: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.colours = fill(self.rng, self.store, self.side_px, self.colour())
        self.fillings = np.zeros((self.side_px, self.side_px), np.int64)
        self.owners = [0]

    def colour(self) -> np.ndarray:
        if self.rng.random() < 0.15:
            return self.rng.uniform(0, 255, 3)
        chosen = self.palette[self.rng.integers(len(self.palette))]
        return (chosen + self.rng.normal(0, 12, 3)).clip(0, 255)

    def drop(self, radius_px: float) -> None:
        """Let one leaf fall, with stickers perhaps."""
        shape = draw_leaf(self.rng, radius_px)
        x, y = self.rng.uniform(0, self.side_px, 2)
        left, top = round(x - len(shape) / 2), round(y - len(shape) / 2)
        if self.shadows:
            self._darken(shape, left, top)
        leaf = len(self.owners)
        self._lay(shape, left, top, leaf)
        if radius_px < 0.09 * self.side_px or self.rng.random() >= _STICKERS:
            return
        for _ in range(int(self.rng.integers(1, 4))):
            small = draw_leaf(self.rng, radius_px * self.rng.uniform(0.2, 0.6))
            free = len(shape) - len(small)
            if free > 0:
                x0, y0 = self.rng.integers(0, free + 1, 2)
                clipped = small * shape[y0 : y0 + len(small), x0 : x0 + len(small)]
                self._lay(clipped, left + int(x0), top + int(y0), leaf)

    def _windows(self, size: int, left: int, top: int) -> tuple[tuple[slice, slice], ...] | None:
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self.side_px, left + size), min(self.side_px, top + size)
        if x0 >= x1 or y0 >= y1:
            return None
        there = (slice(y0, y1), slice(x0, x1))
        return there, (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))

    def _lay(self, shape: np.ndarray, left: int, top: int, owner: int) -> None:
        windows = self._windows(len(shape), left, top)
        self.owners.append(owner)
        if windows is None:
            return
        there, own = windows
        cover = shape[own][..., None]
        side_px = min(384, len(shape))
        filled = fill(self.rng, self.store, side_px, self.colour())
        if side_px < len(shape):
            filled = np.pad(filled, ((0, len(shape) - side_px),) * 2 + ((0, 0),), mode="reflect")
        if self.outlines:
            image = Image.fromarray((255 * shape).astype(np.uint8))
            inner = np.asarray(image.filter(ImageFilter.MinFilter(3)), np.float32) / 255
            filled = filled * (0.35 + 0.65 * inner[..., None])
        self.colours[there] += cover * (filled[own] - self.colours[there])
        self.fillings[there][shape[own] >= 0.5] = len(self.owners) - 1

    def _darken(self, shape: np.ndarray, left: int, top: int) -> None:
        reach = max(1.0, 0.02 * self.side_px)
        image = Image.fromarray((255 * shape).astype(np.uint8))
        soft = np.asarray(image.filter(ImageFilter.BoxBlur(reach)), np.float32) / 255
        windows = self._windows(len(soft), left + round(reach), top + round(1.5 * reach))
        if windows is not None:
            there, own = windows
            self.colours[there] *= 1 - self.shadows * soft[own][..., None]


def paint_leaves(
    number: int, split: Split, side_px: int, painted_px: int | None = None
) -> LeafPicture:
    """Paint the picture of a number, or a piece of it.

    Args:
        number: Which picture of the split, 0 to 10**9 - 1.
        split: Where it will be used; each split has other numbers and other textures.
        side_px: Side in pixels, 32 to 384.
        painted_px: Side of the picture that a piece is cut out of at random, ``side_px`` to 384;
            ``None`` for the whole picture.

    Returns:
        The picture; always the same for the same arguments.
    """
    painted_px = painted_px or side_px
    rng = np.random.default_rng((split.value + number, side_px, painted_px))
    canvas = _Canvas(
        painted_px,
        split.value // 1_000_000_000,
        rng,
        _palette(rng),
        rng.uniform(0.2, 0.6) if rng.random() < 0.4 else 0.0,
        rng.random() < 0.12,
    )
    for radius_px in _radii(rng, painted_px):
        canvas.drop(radius_px)
    left, top = rng.integers(0, painted_px - side_px + 1, 2)
    piece = np.s_[top : top + side_px, left : left + side_px]
    fillings = canvas.fillings[piece]
    masks = _regions(fillings, np.array(canvas.owners), round(LEAST_PART * side_px**2))
    return LeafPicture(roughen(canvas.colours[piece], rng), masks, fillings)


def _palette(rng: np.random.Generator) -> np.ndarray:
    colours = rng.uniform(0, 255, (int(rng.integers(2, 9)), 3))
    grey = colours.mean(1, keepdims=True)
    # Photographs are rarely as colourful as chance is.
    return grey + rng.uniform(0.05, 1) * (colours - grey)


def _radii(rng: np.random.Generator, side_px: int) -> np.ndarray:
    """Draw sizes by a power law, in random order or the large ones first."""
    smallest = math.exp(rng.uniform(math.log(0.03), math.log(0.15)))
    largest = rng.uniform(0.3, 0.6)
    power = rng.uniform(1.2, 2.8)
    count = round(math.exp(rng.uniform(math.log(4), math.log(40))))
    chance = rng.random(count)
    ends = np.array((smallest, largest)) ** (1 - power)
    radii = (ends[0] + chance * (ends[1] - ends[0])) ** (1 / (1 - power))
    if rng.random() < 0.5:
        radii = np.sort(radii)[::-1]
    return radii * side_px


def _regions(fillings: np.ndarray, owners: np.ndarray, least_px: int) -> np.ndarray:
    wholes = label_regions(owners[fillings])
    masks = _masks_of(wholes, np.arange(wholes.max() + 1), least_px)
    is_part = owners != np.arange(len(owners))
    if not is_part.any():
        return masks
    pieces = label_regions(fillings)
    parts = np.unique(pieces[is_part[fillings]])
    return np.concatenate([masks, _masks_of(pieces, parts, least_px)])


def _masks_of(labels: np.ndarray, wanted: np.ndarray, least_px: int) -> np.ndarray:
    areas = np.bincount(labels.ravel())
    return labels[None] == wanted[areas[wanted] >= least_px][:, None, None]


def roughen(colours: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make a clean picture look taken: light, contrast, blur, noise, JPEG; each by chance.

    Args:
        colours: (H, W, 3) uint8 or float, 0..255.
        rng: Source of chance.

    Returns:
        (H, W, 3) uint8.
    """
    canvas = np.asarray(colours, np.float32)
    side_px = len(canvas)
    if rng.random() < 0.5:
        steps = np.linspace(-1, 1, side_px, dtype=np.float32)
        slopes = rng.uniform(-0.3, 0.3, 2)
        light = 1 + slopes[0] * steps[None, :] + slopes[1] * steps[:, None]
        canvas = canvas * light[..., None]
    if rng.random() < 0.3:
        canvas = rng.uniform(30, 220) + rng.uniform(0.25, 0.8) * (canvas - 128)
    if rng.random() < 0.08:
        canvas = np.repeat(canvas.mean(2, keepdims=True), 3, 2)
    image = Image.fromarray(canvas.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.3)))
    if rng.random() < 0.4:
        noise = rng.standard_normal((side_px, side_px, 3), np.float32) * rng.uniform(2, 16)
        image = Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
    if rng.random() < 0.35:
        stored = io.BytesIO()
        image.save(stored, "JPEG", quality=int(rng.integers(25, 92)))
        image = Image.open(stored).convert("RGB")
    return np.asarray(image)
