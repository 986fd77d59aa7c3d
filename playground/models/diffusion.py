"""Models that draw: noise is taken out of a latent, step by step, as the words say.

Rombach et al. 2022 (arXiv:2112.10752) and its kin; what they do differently stands in
`diffusion_kinds.py`. The parts are built and leased apart: "words" reads the prompts, "denoiser"
takes the noise out, "pixels" turns pictures into latents and back.

`read`, `encode` and `decode` are made for `cache.batch`; `advance` takes one step of every picture
that is in the making.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.entries import Entry
from playground.models import diffusion_colours, diffusion_steps
from playground.models.diffusion_asks import Colours, Decoded, Order, Reading, Sketch
from playground.models.diffusion_colours import preview
from playground.models.diffusion_kinds import KINDS, kind_name
from playground.models.diffusion_parts import Pixels, Words
from playground.models.diffusion_samplers import SAMPLERS
from playground.models.diffusion_steps import advance, advance_sparingly, begin, texts_of
from playground.models.diffusion_words import words_of_tower

if TYPE_CHECKING:
    import torch

__all__ = [
    "SAMPLERS",
    "Cutter",
    "advance",
    "advance_sparingly",
    "begin",
    "blend_kept",
    "build",
    "cutter_of",
    "decode",
    "decode_noting",
    "encode",
    "fit_colours",
    "join",
    "latent_of",
    "part_of",
    "preview",
    "read",
    "texts_of",
]

LOG = logging.getLogger("playground")
# In one forward pass of the autoencoder: bounds its activations.
MOST_PIXELS_AT_ONCE = 1024**2


def build(part: str, folder: Path) -> Any:
    """Builds one part from the folder of a whole model.

    Args:
        part: `"words"`, `"denoiser"` or `"pixels"`.
        folder: A checked model folder.

    Returns:
        `Words`, `Denoiser` or `Pixels` on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` for a kind that is not known or missing weights.
    """
    return KINDS[kind_name(folder)].build[part](folder)


def join(folder: Path, *parts: Any) -> tuple[Any, ...]:
    """Keeps the parts together; every function here takes the one it needs."""
    return parts


def part_of(item: Entry, name: str) -> str:
    """Returns the key of a part in the cache.

    Args:
        item: The entry.
        name: `"words"`, `"denoiser"` or `"pixels"`.

    Returns:
        The key; for the words of a model that shares the text tower of a CLIP, that one's.

    Raises:
        KeyError: It has no such part.
    """
    names = {key.rpartition("/")[2]: key for key in item.parts}
    if name == "words" and name not in names:
        return names["text"]
    return names[name]


def read(words: Any, texts: Sequence[str]) -> list[Reading]:
    """Reads prompts; made for `cache.batch`.

    Args:
        words: The words part: `Words`, or the text tower that a CLIP shares.
        texts: Cleaned prompts; "" is nothing in particular. What exceeds the context is not read.

    Returns:
        One for each.
    """
    part = _words_of(words)
    return KINDS[part.kind].read(part, texts)


@dataclass(frozen=True, eq=False)
class Cutter:
    """Tells how prompts are cut into tokens; safe to use from many threads, on no device.

    Attributes:
        kind: Key in `KINDS`.
        tokenizers: Its own: the library's change while they are used, so that a prompt that is
            read meanwhile would come out unpadded.
    """

    kind: str
    tokenizers: Sequence[Any]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self, text: str) -> Reading:
        """Returns what `read` does, without the `tensors`."""
        with self._lock:
            return KINDS[self.kind].cut(self.tokenizers, text)


def cutter_of(words: Any) -> Cutter:
    """Makes what cuts prompts as a words part does, and goes on without it.

    Args:
        words: The words part: `Words`, or the text tower that a CLIP shares.
    """
    part = _words_of(words)
    return Cutter(part.kind, copy.deepcopy(list(part.tokenizers)))


def encode(pixels: Pixels, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Turns pictures into latents as the denoiser wants them; made for `cache.batch`.

    Args:
        pixels: The pixels part.
        pictures: uint8 (H, W, 3), RGB, sides divisible by the model's `side_multiple`.

    Returns:
        float32 (C, h, w) each, on the CPU.

    Raises:
        FloatingPointError: What came out is not finite, in 32 bits either.
    """
    inputs = [picture.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1 for picture in pictures]
    found = _through(pixels, KINDS[pixels.kind].encode, inputs, lambda size: size[1] * size[2])
    return [latent for latent, _ in found]


def decode(pixels: Pixels, latents: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Turns latents into pictures; made for `cache.batch`.

    Args:
        pixels: The pixels part.
        latents: float (C, h, w) each.

    Returns:
        uint8 (H, W, 3), RGB, each.

    Raises:
        FloatingPointError: See `decode_noting`.
    """
    return [decoded.pixels for decoded in decode_noting(pixels, latents)]


def decode_noting(pixels: Pixels, latents: Sequence[np.ndarray]) -> list[Decoded]:
    """Turns latents into pictures as `decode` does, and tells of each how it went.

    Args:
        pixels: The pixels part.
        latents: float (C, h, w) each.

    Returns:
        One for each.

    Raises:
        FloatingPointError: What came out is not finite, in 32 bits either: no black picture.
    """
    # A cell is 8 px in most models, which is only used to bound a batch.
    inputs = [latent.astype(np.float32) for latent in latents]
    found = _through(pixels, KINDS[pixels.kind].decode, inputs, lambda size: size[1] * size[2] * 64)
    return [Decoded(_pixels_of(picture), is_widened) for picture, is_widened in found]


def fit_colours(pixels: Pixels) -> Colours:
    """Fits what shows latents in colours without decoding them; once for each model.

    Args:
        pixels: The pixels part.

    Returns:
        Always the same for the same weights.
    """
    pictures = diffusion_colours.painted()
    return diffusion_colours.fit(pictures, encode(pixels, pictures))


def latent_of(sketch: Sketch) -> np.ndarray:
    """Returns the latent that is to be decoded.

    Args:
        sketch: Done, or stopped before.

    Returns:
        float32 (C, h, w): the last latent; before the last step what was foreseen last.
    """
    return diffusion_steps.latent_of(sketch)


def blend_kept(order: Order, pixels: np.ndarray) -> np.ndarray:
    """Puts back what was not to be drawn anew.

    Args:
        order: With `start` and `mask`, or without.
        pixels: uint8 (H, W, 3), what was drawn.

    Returns:
        uint8 (H, W, 3): where the mask is 0, the very numbers of `order.start`; where it is 1,
        those of `pixels`; between, a mixture. `pixels` where there is no mask.
    """
    if order.start is None or order.mask is None:
        return pixels
    share = order.mask[..., None].astype(np.float32)
    mixed = order.start * (1 - share) + pixels * share
    found: np.ndarray = np.rint(mixed).clip(0, 255).astype(np.uint8)
    return found


def _through(
    pixels: Pixels,
    run: Callable[[Any, torch.Tensor], torch.Tensor],
    inputs: Sequence[np.ndarray],
    pixels_of: Callable[[tuple[int, ...]], int],
) -> list[tuple[np.ndarray, bool]]:
    """Runs the autoencoder over arrays of any sizes, those of one size together.

    Returns:
        What it made of each, and whether that had left the range of 16 bits.
    """
    found: list[tuple[np.ndarray, bool] | None] = [None] * len(inputs)
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for number, values in enumerate(inputs):
        by_shape.setdefault(values.shape, []).append(number)
    for shape, numbers in by_shape.items():
        at_once = max(1, MOST_PIXELS_AT_ONCE // pixels_of(shape))
        for start in range(0, len(numbers), at_once):
            some = numbers[start : start + at_once]
            outputs = _once(pixels.module, run, np.stack([inputs[number] for number in some]))
            for number, output, is_widened in zip(some, *outputs, strict=True):
                found[number] = output, bool(is_widened)
    return [output for output in found if output is not None]


def _once(
    module: Any, run: Callable[[Any, torch.Tensor], torch.Tensor], inputs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What left the range of 16 bits is worked out once more in 32; the others are not touched."""
    import torch

    first = next(module.parameters())
    with torch.inference_mode():
        there = torch.from_numpy(inputs).to(first.device)
        outputs = run(module, there.to(first.dtype)).float().cpu()
        is_bad = ~outputs.isfinite().flatten(1).all(1)
        if bool(is_bad.any()) and first.dtype != torch.float32:
            LOG.warning("the autoencoder left the range of 16 bits; 32 are tried")
            # A copy: the cache knows where the weights of the module itself lie.
            outputs[is_bad] = run(copy.deepcopy(module).float(), there[is_bad]).cpu()
    if not bool(outputs.isfinite().all()):
        raise FloatingPointError("the autoencoder gave numbers that are not finite")
    return outputs.numpy(), is_bad.numpy()


def _words_of(words: Any) -> Words:
    return words if isinstance(words, Words) else words_of_tower(words)


def _pixels_of(picture: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.rint((picture / 2 + 0.5).clip(0, 1) * 255).astype(np.uint8)
    return found.transpose(1, 2, 0)
