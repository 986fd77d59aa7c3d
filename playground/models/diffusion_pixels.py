"""Pictures to latents and back, by the autoencoder that most models that draw have.

Kingma & Welling 2014 (arXiv:1312.6114); Rombach et al. 2022 (arXiv:2112.10752), section 3.1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models.diffusion_loading import load_module
from playground.models.diffusion_parts import Pixels

if TYPE_CHECKING:
    import torch


def build_pixels(kind: str, folder: Path) -> Pixels:
    """Builds the autoencoder from the folder of a whole model.

    Args:
        kind: Key in `diffusion_kinds.KINDS`.
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch
    from diffusers import AutoencoderKL

    config = AutoencoderKL.load_config(folder / "vae", local_files_only=True)
    # SDXL's overflows in 16 bits, which its configuration tells.
    dtype = torch.float32 if config.get("force_upcast", False) else None
    return Pixels(kind, load_module(folder, "vae", "AutoencoderKL", dtype=dtype))


def encode(module: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Turns pictures into latents as the denoiser wants them; the most likely ones.

    Args:
        module: The autoencoder.
        pictures: (B, 3, H, W), -1 to 1, on its device and in its dtype.

    Returns:
        (B, C, h, w).
    """
    latents = module.encode(pictures).latent_dist.mode()
    mean, deviation = _spread(module, latents)
    return (latents - mean) * module.config.scaling_factor / deviation


def decode(module: Any, latents: torch.Tensor) -> torch.Tensor:
    """Turns latents into pictures.

    Args:
        module: The autoencoder.
        latents: (B, C, h, w) on its device and in its dtype.

    Returns:
        (B, 3, H, W), about -1 to 1.
    """
    mean, deviation = _spread(module, latents)
    scaled = latents * deviation / module.config.scaling_factor + mean
    decoded: torch.Tensor = module.decode(scaled, return_dict=False)[0]
    return decoded


def _spread(module: Any, like: torch.Tensor) -> tuple[Any, Any]:
    """Mean and deviation of latents; some models tell them for each channel, some a shift."""
    config = module.config
    mean, deviation = config.get("latents_mean"), config.get("latents_std")
    if mean is None or deviation is None:
        return config.get("shift_factor") or 0.0, 1.0
    return like.new_tensor(mean)[:, None, None], like.new_tensor(deviation)[:, None, None]
