"""Drawing into a part of a picture with the weights that draw whole pictures."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import StableDiffusionPipeline

from training.vae_model import to_pixels


@torch.inference_mode()
def inpaint(
    pipeline: StableDiffusionPipeline,
    words: list[str],
    pictures: np.ndarray,
    mask: np.ndarray,
    *,
    steps: int,
    guidance: float,
    seed: int = 0,
) -> np.ndarray:
    """Draw what the words say where the mask is true; all else stays bit by bit.

    After each step the known part of the latent is replaced by the picture with as much noise as
    belongs to the step. ``StableDiffusionInpaintPipeline`` does the same, but only for latents
    of four channels.

    Source: Lugmayr et al. 2022, "RePaint: Inpainting using Denoising Diffusion Probabilistic
    Models", equation 8, without its resampling.

    Args:
        pipeline: mini-diffusion on the CPU.
        words: N sentences.
        pictures: (N, H, W, 3) uint8, RGB, sides divisible by 8.
        mask: (H, W) bool, the same for all pictures.
        steps: 1 or more.
        guidance: 1 is none.
        seed: Of the noise; picture number i starts from ``seed + i``.

    Returns:
        (N, H, W, 3) uint8, RGB.
    """
    generators = [torch.Generator().manual_seed(seed + i) for i in range(len(words))]
    pixels = to_pixels(torch.from_numpy(pictures).permute(0, 3, 1, 2))
    known = pipeline.vae.encode(pixels.to(pipeline.vae.dtype)).latent_dist.mode()
    known = known * pipeline.vae.config.scaling_factor
    noise = torch.stack(
        [torch.randn(known.shape[1:], generator=g, dtype=known.dtype) for g in generators]
    )
    cell = pictures.shape[1] // known.shape[-2]
    drawn_cells = F.max_pool2d(torch.from_numpy(mask)[None, None].to(known.dtype), cell)

    def keep_the_rest(
        pipe: StableDiffusionPipeline, number: int, _time: int, held: dict[str, Any]
    ) -> dict[str, Any]:
        times = pipe.scheduler.timesteps
        there = known
        if number + 1 < len(times):
            there = pipe.scheduler.add_noise(known, noise, times[number + 1])
        return {"latents": torch.lerp(there, held["latents"], drawn_cells)}

    drawn = pipeline(
        words,
        height=pictures.shape[1],
        width=pictures.shape[2],
        num_inference_steps=steps,
        guidance_scale=guidance,
        latents=noise,
        callback_on_step_end=keep_the_rest,
        output_type="np",
    )
    fresh = (drawn.images * 255 + 0.5).astype(np.uint8)
    return np.where(mask[None, ..., None], fresh, pictures)
