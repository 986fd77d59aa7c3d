"""The three parts of a model that draws, as they lie in the cache, and what passes between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch


@dataclass(eq=False)
class Words:
    """What reads prompts.

    Attributes:
        kind: Key in `diffusion_kinds.KINDS`.
        encoders: The text encoders, a `torch.nn.ModuleList` so that the cache finds and moves them.
        tokenizers: One for each encoder.
    """

    kind: str
    encoders: Any
    tokenizers: Sequence[Any]


@dataclass(eq=False)
class Denoiser:
    """What takes noise out of latents.

    Attributes:
        kind: Key in `diffusion_kinds.KINDS`.
        module: The UNet or transformer.
        scheduler: The library's sampler as the folder configures it. Never stepped: samplers are
            made from its configuration.
        cell_px: Pixels of the side of one cell of a latent.
        told: What `model_index.json` says beside the parts, such as `is_distilled`.
        latent_scale: What latents are multiplied with while they are worked on; frames and what is
            decoded are divided by it.
        recorder: What reads the attention of `module`, for the maps of words; None where none can
            be read.
    """

    kind: str
    module: Any
    scheduler: Any
    cell_px: int
    told: Mapping[str, Any] = field(default_factory=dict)
    latent_scale: float = 1.0
    recorder: Any = None


@dataclass(eq=False)
class Pixels:
    """What turns pictures into latents and back.

    Attributes:
        kind: Key in `diffusion_kinds.KINDS`.
        module: The autoencoder.
    """

    kind: str
    module: Any


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a batch that goes through a denoiser.

    Attributes:
        latent: float32 (C, h, w) on the CPU, scaled as the sampler wants it.
        time: The step's time as the sampler names it, a tensor without axes.
        text: What is heard.
        tensors: What the words part made of it, by the library's names; without a batch axis.
        size_hw: Height and width of the picture in pixels.
        guidance: The guidance of the step, for denoisers that are told it.
        is_without: Whether this is the prediction that guidance leads away from.
    """

    latent: torch.Tensor
    time: torch.Tensor
    text: str
    tensors: Mapping[str, torch.Tensor]
    size_hw: tuple[int, int]
    guidance: float
    is_without: bool = False


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a denoiser made of R rows.

    Attributes:
        values: float32 (R, C, h, w) on the CPU, in the terms of the sampler's `prediction_type`.
        word_maps: For each row float16 (T, mh, mw), as in `Frame`, or None.
        widened: Rows that left the range of 16 bits and were worked out once more.
    """

    values: torch.Tensor
    word_maps: Sequence[np.ndarray | None]
    widened: frozenset[int] = frozenset()
