"""What is asked of a model that draws, and what it hands back, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Change:
    """A change of mind in the middle: from a step on, something else is asked for.

    Attributes:
        step: Steps that are done as before, from 1 to one less than all.
        words: What is asked for from then on; None leaves it.
        guidance: The guidance from then on; None leaves it.
        noise_seed: Seed of noise that takes the place of the noise that is still in the picture;
            None leaves it.
    """

    step: int
    words: str | None = None
    guidance: float | None = None
    noise_seed: int | None = None


@dataclass(frozen=True, eq=False)
class Order:
    """One picture that is asked for. Everything was checked before.

    Attributes:
        words: What it is to show; "" asks for nothing in particular.
        size_hw: Height and width in pixels, divisible by the model's `side_multiple`.
        steps: Steps from pure noise to a picture, 1 or more.
        guidance: How much the words count, 1 (not more than the model does by itself) or more.
        scheduler: Name of the sampler, one of the model's.
        seed: Of the noise, 0 to 2**32 - 1.
        without: What it is not to show; ignored where guidance is 1.
        blend_words: A second prompt, "" for none.
        blend: Share of the second prompt, 0 to 1.
        start: Picture to start from, uint8 (H, W, 3), RGB, of `size_hw`; None starts from noise.
        strength: Share of the noise that is put on `start`, 0 (exclusive) to 1.
        mask: Where `start` is drawn anew: float32 (H, W), 0 to 1; 1 is drawn anew, what lies
            between is mixed. None draws all of it anew.
        changes: Changes of mind, by step.
    """

    words: str
    size_hw: tuple[int, int]
    steps: int
    guidance: float
    scheduler: str
    seed: int
    without: str = ""
    blend_words: str = ""
    blend: float = 0.0
    start: np.ndarray | None = None
    strength: float = 1.0
    mask: np.ndarray | None = None
    changes: tuple[Change, ...] = ()

    @property
    def last_words(self) -> str:
        """What is asked for in the last step: after a change of mind, other words."""
        heard = [change.words for change in self.changes if change.words is not None]
        return heard[-1] if heard else self.words


@dataclass(frozen=True)
class Token:
    """One piece of a prompt as the model reads it.

    Attributes:
        text: The characters it stands for, without marks of the tokenizer.
        word: Which word of the prompt it belongs to, from 0; -1 for start, end and padding.
        is_special: Whether it is the start, the end or padding.
    """

    text: str
    word: int
    is_special: bool


@dataclass(frozen=True, eq=False)
class Reading:
    """A prompt as a model read it.

    Attributes:
        text: The prompt.
        tokens: Every token that the denoiser hears, start and end and padding included.
        words: The words that `Token.word` counts.
        count: Tokens of the whole prompt, start and end included, also those that were cut off.
        most: The most tokens that are read, start and end included.
        unread: The end of the prompt that was cut off, "" if all was read.
        tensors: What the denoiser is given, by the library's names; on the CPU.
    """

    text: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    count: int
    most: int
    unread: str
    tensors: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Colours:
    """A linear guess of a picture's colours from its latent: one colour a cell.

    Attributes:
        matrix: float32 (C + 1, 3); the last row is added. Gives RGB from 0 to 1.
    """

    matrix: np.ndarray


@dataclass(frozen=True, eq=False)
class Frame:
    """What can be seen after one step.

    Attributes:
        step: Steps done, from 1 to `steps`.
        steps: All steps.
        noise_level: Share of noise in the latent that the step began with, 0 to 1.
        noisy: The latent that the step began with, as float16 (C, h, w).
        predicted: What the model thinks will come of it in the end, as float16 (C, h, w).
        word_maps: float16 (T, mh, mw), how much of the attention of each cell goes to each token,
            averaged over heads and layers, so that it sums to 1 over the tokens; None where the
            model has no cross-attention that can be read.
        guidance_map: float16 (h, w), length of the difference of the predictions with and without
            the words in each cell; None without guidance.
        is_widened: Whether numbers left the range of 16 bits and were worked out once more.
    """

    step: int
    steps: int
    noise_level: float
    noisy: np.ndarray
    predicted: np.ndarray
    word_maps: np.ndarray | None = None
    guidance_map: np.ndarray | None = None
    is_widened: bool = False


@dataclass(frozen=True, eq=False)
class Decoded:
    """What an autoencoder made of a latent.

    Attributes:
        pixels: uint8 (H, W, 3), RGB.
        is_widened: Whether numbers left the range of 16 bits and were worked out once more.
    """

    pixels: np.ndarray
    is_widened: bool = False


@dataclass(eq=False)
class Sketch:
    """A picture in the making. Only the functions of `diffusion.py` change it.

    Attributes:
        order: What was asked for.
        readings: What the denoiser hears: the prompt, what it is not to show, the second prompt and
            the words of the changes, by text.
        step: Steps done.
        steps: Steps to do; fewer than `order.steps` where it starts from a picture.
        state: Latents, sampler and dice; the family's own.
    """

    order: Order
    readings: Mapping[str, Reading]
    step: int
    steps: int
    state: Any = field(repr=False)

    @property
    def is_done(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.steps
