"""Stable Diffusion and SDXL: a UNet hears the words through cross-attention.

Rombach et al. 2022 (arXiv:2112.10752); Podell et al. 2023 (arXiv:2307.01952).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models.diffusion_loading import (
    cell_px,
    load_module,
    load_sampler,
    read_index,
)
from playground.models.diffusion_maps import install
from playground.models.diffusion_parts import Denoiser, Predicted, Row

if TYPE_CHECKING:
    import torch

SD = "StableDiffusionPipeline"
SDXL = "StableDiffusionXLPipeline"
HEARD, POOLED = "encoder_hidden_states", "text_embeds"


def build_denoiser(kind: str, folder: Path) -> Denoiser:
    """Builds the UNet from the folder of a whole model.

    Args:
        kind: `SD` or `SDXL`.
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    module = load_module(folder, "unet", "UNet2DConditionModel")
    return Denoiser(
        kind=kind,
        module=module,
        scheduler=load_sampler(folder),
        cell_px=cell_px(folder),
        told=read_index(folder),
        recorder=install(module),
    )


def is_told_guidance(denoiser: Denoiser) -> bool:
    """Whether the UNet hears the guidance as a number (Luo et al. 2023, arXiv:2310.04378)."""
    return denoiser.module.config.time_cond_proj_dim is not None


def predict(denoiser: Denoiser, rows: Sequence[Row]) -> Predicted:
    """Runs the UNet once; see `diffusion_kinds.Kind.predict`."""
    import torch

    module = denoiser.module
    first = next(module.parameters())
    place = {"device": first.device, "dtype": first.dtype}
    latents = torch.stack([row.latent for row in rows]).to(**place)
    heard = torch.stack([_heard(denoiser, row, HEARD) for row in rows]).to(**place)
    options: dict[str, Any] = {}
    if is_told_guidance(denoiser):
        options["timestep_cond"] = _guidance(denoiser, rows).to(**place)
    if denoiser.kind == SDXL:
        pooled = torch.stack([_heard(denoiser, row, POOLED) for row in rows])
        options["added_cond_kwargs"] = {
            "text_embeds": pooled.to(**place),
            "time_ids": torch.tensor([_sizes(row) for row in rows]).to(**place),
        }
    times = torch.stack([row.time for row in rows]).to(first.device)
    listeners = [number for number, row in enumerate(rows) if not row.is_without]
    with denoiser.recorder.listening(listeners, tuple(latents.shape[-2:])):
        values = module(latents, times, heard, return_dict=False, **options)[0]
    maps: list[Any] = [None] * len(rows)
    for number, found in zip(listeners, denoiser.recorder.maps(), strict=True):
        maps[number] = found
    return Predicted(values.float().cpu(), maps)


def _heard(denoiser: Denoiser, row: Row, name: str) -> torch.Tensor:
    """SDXL was trained to hear nothing at all, not an empty sentence, where no words are given."""
    import torch

    found = row.tensors[name]
    is_silent = row.is_without and not row.text and denoiser.kind == SDXL
    if is_silent and denoiser.told.get("force_zeros_for_empty_prompt", True):
        return torch.zeros_like(found)
    return found


def _sizes(row: Row) -> list[int]:
    """Size of the original, corner of the crop, size wanted (Podell et al. 2023, section 2.2)."""
    return [*row.size_hw, 0, 0, *row.size_hw]


def _guidance(denoiser: Denoiser, rows: Sequence[Row]) -> torch.Tensor:
    import torch
    from diffusers import StableDiffusionPipeline

    told = torch.tensor([row.guidance - 1 for row in rows])
    width = denoiser.module.config.time_cond_proj_dim
    # The pipeline's own function; of the pipeline itself it needs nothing.
    embed: Any = StableDiffusionPipeline.get_guidance_scale_embedding
    found: torch.Tensor = embed(None, told, embedding_dim=width)
    return found
