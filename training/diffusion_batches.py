"""Batches for mini-diffusion: latents of scenes, encoded once, and a fresh caption each time.

Encoding costs a quarter of a training step, so latents are kept in shards on disk. The first
steps draw from few shards; more are added as the training goes on.
"""

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file

from training.concepts import CONCEPTS
from training.painting import paint
from training.sampling import Split, sample_scene
from training.scenes import Language, Scene
from training.vae_model import LATENT_SIDE, PICTURE_SIDE_PX, to_pixels
from training.wording import CaptionKind, caption

NO_CONCEPT = len(CONCEPTS)
CELLS_SIDE = 8
UNGUIDED = ""
_UNGUIDED_SHARE = 0.12
_COVERED = 0.3
_EASY_SHARDS, _EASY_SHARE, _SHARE = 6, 0.85, 0.5
_THREE_OBJECTS = 0.15
_ONE_OBJECT_KINDS = {
    CaptionKind.FULL: 5.5,
    CaptionKind.NAMES: 3.5,
    CaptionKind.BACKGROUND: 0.4,
    CaptionKind.COLOUR: 0.3,
    CaptionKind.CATEGORY: 0.3,
}
_MORE_OBJECTS_KINDS = {
    CaptionKind.FULL: 5.0,
    CaptionKind.NAMES: 2.0,
    CaptionKind.RELATION: 2.4,
    CaptionKind.BACKGROUND: 0.3,
    CaptionKind.COLOUR: 0.15,
    CaptionKind.CATEGORY: 0.15,
}


@dataclass
class Batch:
    """What one step learns from; B scenes.

    Attributes:
        step: Number of the batch, 0 or more.
        latents: (B, 8, 16, 16) float16 of deviation 1.
        cover: (B, 16, 16) uint8, how much of a cell of the latent is covered by things.
        cells: (B, 8, 8) uint8, the concept that covers a cell, or ``NO_CONCEPT``.
        captions: B sentences; some are empty, for guidance without a classifier.
    """

    step: int
    latents: torch.Tensor
    cover: torch.Tensor
    cells: torch.Tensor
    captions: list[str]

    def to(self, device: torch.device) -> "Batch":
        """Copy to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        latents, cover, cells = (t.to(device) for t in (self.latents, self.cover, self.cells))
        return Batch(self.step, latents, cover, cells, self.captions)


def shard_scenes(shard: int, size: int) -> list[Scene]:
    """Draw the scenes of a shard: mostly one thing at first, then one to three.

    Args:
        shard: Number of the shard, 0 or more.
        size: Scenes in a shard, 1 or more.

    Returns:
        Training scenes; always the same.
    """
    rng = random.Random(shard)
    share = _EASY_SHARE if shard < _EASY_SHARDS else _SHARE
    scenes = []
    for number in range(shard * size, (shard + 1) * size):
        count = 1 if rng.random() < share else 3 if rng.random() < _THREE_OBJECTS else 2
        scenes.append(sample_scene(number, Split.TRAINING, min_objects=count, max_objects=count))
    return scenes


def draw_caption(scene: Scene, rng: random.Random) -> str:
    """Write what a person might have typed to get a scene, in either language.

    Args:
        scene: With at least one object.
        rng: Decides the language, what is told, and the wording.

    Returns:
        A true sentence, or sometimes nothing.

    Source: Ho & Salimans 2022, "Classifier-Free Diffusion Guidance", algorithm 1 (captions are
    left out at random).
    """
    if rng.random() < _UNGUIDED_SHARE:
        return UNGUIDED
    kinds = _ONE_OBJECT_KINDS if len(scene.objects) == 1 else _MORE_OBJECTS_KINDS
    [kind] = rng.choices(list(kinds), list(kinds.values()))
    return caption(scene, rng.choice(tuple(Language)), rng, kind).text


def mask_maps(masks: np.ndarray, concepts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make small maps of what covers what.

    Args:
        masks: (N, 128, 128) bool, visible, not overlapping.
        concepts: (N,) int, index of the concept of each.

    Returns:
        ``cover`` and ``cells`` as in ``Batch``, without the first axis.
    """
    cover = 255 * _cell_means(masks.sum(0)[None], LATENT_SIDE)[0]
    share = _cell_means(masks, CELLS_SIDE)
    cells = np.where(share.max(0) >= _COVERED, concepts[share.argmax(0)], NO_CONCEPT)
    return cover.astype(np.uint8), cells.astype(np.uint8)


def _cell_means(masks: np.ndarray, side: int) -> np.ndarray:
    cell = masks.shape[-1] // side
    return masks.reshape(len(masks), side, cell, side, cell).mean((2, 4))


@torch.no_grad()
def encode_shard(vae: AutoencoderKL, scenes: list[Scene]) -> dict[str, torch.Tensor]:
    """Paint and encode scenes.

    Args:
        vae: With latents of deviation 1.
        scenes: What to paint.

    Returns:
        ``latents``, ``cover`` and ``cells`` as in ``Batch``.
    """
    latents, covers, cells = [], [], []
    for start in range(0, len(scenes), 32):
        pictures = []
        for scene in scenes[start : start + 32]:
            painting = paint(scene, PICTURE_SIDE_PX)
            concepts = np.array([thing.concept.index for thing in scene.objects])
            cover, cell = mask_maps(painting.visible_masks, concepts)
            pictures.append(painting.picture)
            covers.append(cover)
            cells.append(cell)
        pixels = to_pixels(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))
        pixels = pixels.to(vae.device)
        with torch.autocast(vae.device.type, torch.bfloat16):
            posterior = vae.encode(pixels).latent_dist
        latents.append(posterior.mode().half().cpu())
    return {
        "latents": torch.cat(latents).contiguous(),
        "cover": torch.from_numpy(np.stack(covers)),
        "cells": torch.from_numpy(np.stack(cells)),
    }


def fingerprint(vae: AutoencoderKL) -> str:
    """Name an encoder by its weights, since latents of another one are of no use.

    Args:
        vae: The model.

    Returns:
        Eight hexadecimal digits.
    """
    value = 0
    for parameter in (*vae.encoder.parameters(), *vae.quant_conv.parameters()):
        value = zlib.crc32(parameter.detach().cpu().float().numpy().tobytes(), value)
    return f"{value:08x}"


class LatentBatches:
    """Batch number i is always the same batch.

    Args:
        vae: Encodes the scenes.
        folder: Where the shards are kept.
        batch_size: Scenes in a batch.
        shard_size: Scenes in a shard.
        steps_per_shard: After so many steps one shard more is drawn from.
        most_shards: No more than these.
    """

    def __init__(
        self,
        vae: AutoencoderKL,
        folder: Path,
        batch_size: int,
        shard_size: int = 1024,
        steps_per_shard: int = 256,
        most_shards: int = 48,
    ) -> None:
        self._vae, self._batch_size = vae, batch_size
        self._folder = folder / f"latents-{fingerprint(vae)}"
        self._shard_size, self._steps_per_shard = shard_size, steps_per_shard
        self._most_shards = most_shards
        self._shards: list[dict[str, torch.Tensor]] = []
        self._scenes: list[Scene] = []

    def shards_at(self, step: int) -> int:
        """How many shards a step draws from.

        Args:
            step: 0 or more.

        Returns:
            2 or more, at most ``most_shards``.
        """
        return min(2 + step // self._steps_per_shard, self._most_shards)

    def make(self, step: int) -> Batch:
        """Make a batch; encodes a shard first if it is missing.

        Args:
            step: Number of the batch, 0 or more.

        Returns:
            The batch, on the CPU.
        """
        while len(self._shards) < self.shards_at(step):
            self._add_shard()
        rng = random.Random(step)
        count = self.shards_at(step) * self._shard_size
        drawn = rng.sample(range(count), min(count, self._batch_size))
        places = [divmod(number, self._shard_size) for number in drawn]
        parts = {
            name: torch.stack([self._shards[shard][name][row] for shard, row in places])
            for name in ("latents", "cover", "cells")
        }
        captions = [draw_caption(self._scenes[number], rng) for number in drawn]
        return Batch(step, parts["latents"], parts["cover"], parts["cells"], captions)

    def _add_shard(self) -> None:
        number = len(self._shards)
        scenes = shard_scenes(number, self._shard_size)
        path = self._folder / f"{number:04d}-{self._shard_size}.safetensors"
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            save_file(encode_shard(self._vae, scenes), unfinished)
            unfinished.replace(path)
        self._shards.append(load_file(path))
        self._scenes += scenes


def load_batches(batches: LatentBatches, first_step: int, steps: int) -> Iterator[Batch]:
    """Make the batches of a training.

    Args:
        batches: What to make.
        first_step: Number of the first batch, 0 or more.
        steps: Length of the whole training.

    Yields:
        The batches in order.
    """
    for step in range(first_step, steps):
        yield batches.make(step)
