"""What looks at pictures before they are shown: the checker that came with Stable Diffusion.

It compares a picture with concepts that its authors kept as vectors; what they are was never
published. It misses much and objects to harmless things: a net with holes, not a promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.models.loading import load_pretrained

if TYPE_CHECKING:
    import torch

MOST_PICTURES_AT_ONCE = 8
# What one special concept adds to the scores of all others, and the digits that scores have.
SPECIAL_CARE, DIGITS = 0.01, 3


@dataclass(eq=False)
class Checker:
    """The checker and what prepares pictures for it.

    Attributes:
        module: `StableDiffusionSafetyChecker` of the library.
        image_processor: Resizes and normalises pictures.
    """

    module: Any
    image_processor: Any


def build(part: str, folder: Path) -> Checker:
    """Builds the checker from its folder.

    Args:
        part: `"checker"`.
        folder: A checked model folder.

    Returns:
        The checker on the CPU, in 32 bits wherever it runs: its thresholds were set in them.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPImageProcessor

    module = load_pretrained(StableDiffusionSafetyChecker, folder, dtype=torch.float32)
    return Checker(module, CLIPImageProcessor.from_pretrained(folder, local_files_only=True))


def join(folder: Path, checker: Checker) -> Checker:
    """Returns the only part."""
    return checker


def check(checker: Checker, pictures: Sequence[np.ndarray]) -> list[bool]:
    """Tells which pictures should not be shown; made for `cache.batch`.

    Args:
        checker: What `build` made.
        pictures: N pictures, each uint8 (H, W, 3), RGB, of any size.

    Returns:
        N answers: True where the checker objects.

    Raises:
        FloatingPointError: It gave numbers that are none; no picture counts as looked at.

    Source: Rando 2022 (arXiv:2210.04610), section 2 and figure 2; the library's own decision,
    which it makes only together with painting pictures black.
    """
    import torch

    found: list[bool] = []
    with torch.inference_mode():
        for start in range(0, len(pictures), MOST_PICTURES_AT_ONCE):
            some = list(pictures[start : start + MOST_PICTURES_AT_ONCE])
            pixels = checker.image_processor(images=some, return_tensors="pt")["pixel_values"]
            weight = checker.module.visual_projection.weight
            seen = checker.module.vision_model(pixels.to(weight.device, weight.dtype))
            found += _objections(checker.module, checker.module.visual_projection(seen[1]))
    return found


def _objections(module: Any, embeds: torch.Tensor) -> list[bool]:
    """What the library decides, on (N, D) embeddings of pictures."""
    special = _cosines(embeds, module.special_care_embeds) - _row(
        module.special_care_embeds_weights
    )
    concepts = _cosines(embeds, module.concept_embeds) - _row(module.concept_embeds_weights)
    if not (np.isfinite(special).all() and np.isfinite(concepts).all()):
        raise FloatingPointError("the checker gave numbers that are none")
    care = SPECIAL_CARE * np.any(_rounded(special) > 0, axis=1, keepdims=True)
    objects: list[bool] = np.any(_rounded(concepts + care) > 0, axis=1).tolist()
    return objects


def _cosines(embeds: torch.Tensor, concepts: torch.Tensor) -> np.ndarray:
    import torch

    normal = torch.nn.functional.normalize
    return _row(normal(embeds) @ normal(concepts).T)


def _row(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()


def _rounded(scores: np.ndarray) -> np.ndarray:
    return np.round(scores, DIGITS)
