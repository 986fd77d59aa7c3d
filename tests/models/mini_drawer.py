"""mini-diffusion taken apart, and the shortest way through it; read once for all tests."""

from __future__ import annotations

from functools import cache as remember
from typing import Any

import numpy as np
import torch

from playground.catalog import entry, folder_of
from playground.models import clip, diffusion
from playground.models.diffusion_asks import Frame, Order, Sketch
from training.diffusion import load_pipeline

SIDE = 128
PROMPT, OTHER = "a cat on the grass", "雪地裡有一隻企鵝"


@remember
def mini_parts() -> dict[str, Any]:
    folder = folder_of(entry("mini-diffusion"))
    return {
        "words": clip.build("text", folder_of(entry("mini-clip"))),
        "denoiser": diffusion.build("denoiser", folder),
        "pixels": diffusion.build("pixels", folder),
    }


@remember
def mini_pipeline() -> Any:
    """The library's own; its `scheduler` may be set by a test that sets it back."""
    return load_pipeline()


def order(**changes: Any) -> Order:
    told: dict[str, Any] = {"words": PROMPT, "size_hw": (SIDE, SIDE), "steps": 4, "guidance": 4.0}
    return Order(**(told | {"scheduler": "ddim", "seed": 7} | changes))


def begun(asked: Order, parts: dict[str, Any] | None = None) -> Sketch:
    parts = parts or mini_parts()
    texts = diffusion.texts_of(asked)
    readings = dict(zip(texts, diffusion.read(parts["words"], texts), strict=True))
    start = None
    if asked.start is not None:
        [start] = diffusion.encode(parts["pixels"], [asked.start])
    return diffusion.begin(parts["denoiser"], asked, readings, start)


def finished(sketch: Sketch, parts: dict[str, Any] | None = None) -> list[Frame]:
    frames: list[Frame] = []
    while not sketch.is_done:
        frames += diffusion.advance((parts or mini_parts())["denoiser"], [sketch])
    return frames


def drawn(asked: Order, parts: dict[str, Any] | None = None) -> np.ndarray:
    parts = parts or mini_parts()
    sketch = begun(asked, parts)
    finished(sketch, parts)
    return diffusion.decode(parts["pixels"], [diffusion.latent_of(sketch)])[0]


def picture(seed: int = 0, size_hw: tuple[int, int] = (SIDE, SIDE)) -> np.ndarray:
    """Soft colours with a bright square: something an autoencoder can keep."""
    height, width = size_hw
    down, across = np.mgrid[0:height, 0:width] / max(size_hw)
    pixels = np.stack([down, across, np.full_like(down, 0.2 + 0.1 * seed)], axis=-1) * 255
    pixels[height // 4 : height // 2, width // 4 : width // 2] = (250, 240, 40)
    return pixels.astype(np.uint8)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def farthest(one: np.ndarray, other: np.ndarray) -> int:
    """The largest difference of two pictures, which must not be plain surfaces."""
    assert one.shape == other.shape and other.std() > 2
    return int(np.abs(one.astype(np.int16) - other.astype(np.int16)).max())
