"""Sana Sprint: a picture in one or two steps, 32 pixels a cell, its words read by Gemma 2.

Chen et al. 2025 (arXiv:2503.09641); continuous-time consistency after Lu & Song 2024
(arXiv:2410.11081).
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models import diffusion_framed_words as framed
from playground.models.diffusion_asks import Reading
from playground.models.diffusion_loading import (
    load_encoder,
    load_module,
    load_sampler,
    load_tokenizer,
    read_index,
)
from playground.models.diffusion_parts import Denoiser, Pixels, Predicted, Row, Words

if TYPE_CHECKING:
    import torch

KIND = "SanaSprintPipeline"
HEARD, MASK = "encoder_hidden_states", "encoder_attention_mask"
# Places that are heard: the first and the last of all that are read.
PLACES = 300
# Angles of the first step and, of two, of the second (Chen 2025, section 5.1).
FIRST_ANGLE, SECOND_ANGLE = 1.57080, 1.3


def build_words(folder: Path) -> Words:
    """Builds the language model that reads prompts.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch

    encoder = load_encoder(folder, "text_encoder", "Gemma2Model")
    tokenizer = load_tokenizer(folder, "tokenizer")
    tokenizer.padding_side = "right"
    return Words(KIND, torch.nn.ModuleList([encoder]), (tokenizer,))


def read(words: Words, texts: Sequence[str]) -> list[Reading]:
    """Reads prompts in small letters, behind instructions to see more in them.

    Source: Xie et al. 2024 (arXiv:2410.10629), section 2.3 ("complex human instruction").
    """
    import torch

    [encoder], [tokenizer] = words.encoders, words.tokenizers
    frame = _frame(tokenizer)
    small = [_small(text) for text in texts]
    chosen = [0, *range(frame.places - PLACES + 1, frame.places)]
    rows: list[dict[str, torch.Tensor]] = []
    for ids, mask in framed.encode(tokenizer, frame, small):
        with torch.inference_mode():
            states = encoder(ids.to(encoder.device), attention_mask=mask.to(encoder.device))[0]
        heard = states.cpu()[:, chosen]
        rows += [
            {HEARD: row.clone(), MASK: own.clone()}
            for row, own in zip(heard, mask[:, chosen], strict=True)
        ]
    return [
        framed.reading_of(tokenizer, frame, text, row)
        for text, row in zip(small, rows, strict=True)
    ]


def cut(tokenizers: Sequence[Any], text: str) -> Reading:
    """Tells how a prompt is cut; see `diffusion_kinds.Kind.cut`."""
    return framed.reading_of(tokenizers[0], _frame(tokenizers[0]), _small(text), {})


def build_denoiser(folder: Path) -> Denoiser:
    """Builds the transformer from the folder of a whole model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from diffusers import AutoencoderDC

    scheduler = load_sampler(folder)
    pixels = AutoencoderDC.load_config(folder / "vae", local_files_only=True)
    return Denoiser(
        kind=KIND,
        module=load_module(folder, "transformer", "SanaTransformer2DModel"),
        scheduler=scheduler,
        cell_px=2 ** (len(pixels["encoder_block_out_channels"]) - 1),
        told=read_index(folder),
        latent_scale=float(scheduler.config.sigma_data),
    )


def predict(denoiser: Denoiser, rows: Sequence[Row]) -> Predicted:
    """Runs the transformer once; see `diffusion_kinds.Kind.predict`.

    Source: Chen 2025, section 3.1 and equation 6: a flow model heard as one of angles.
    """
    import torch

    module, scale = denoiser.module, denoiser.latent_scale
    first = next(module.parameters())
    place: dict[str, Any] = {"device": first.device, "dtype": first.dtype}
    angles = torch.stack([row.time for row in rows])
    times = torch.sin(angles) / (torch.cos(angles) + torch.sin(angles))
    across = times[:, None, None, None]
    length = torch.sqrt(across**2 + (1 - across) ** 2)
    latents = torch.stack([row.latent for row in rows]) / scale * length
    heard = torch.stack([row.tensors[HEARD] for row in rows]).to(**place)
    guidance = torch.tensor([row.guidance for row in rows]).to(heard)
    found: torch.Tensor = module(
        latents.to(**place),
        encoder_hidden_states=heard,
        encoder_attention_mask=torch.stack([row.tensors[MASK] for row in rows]).to(first.device),
        guidance=guidance * module.config.guidance_embeds_scale,
        timestep=times.to(first.device),
        return_dict=False,
    )[0]
    flow = found.float().cpu()
    turned = (1 - 2 * across) * latents + (1 - 2 * across + 2 * across**2) * flow
    return Predicted(turned / length * scale, [None] * len(rows))


def set_steps(denoiser: Denoiser, sampler: Any, steps: int, shape: tuple[int, int, int]) -> None:
    """Tells a sampler the number of steps; two lie as they were chosen for the model."""
    sampler.set_timesteps(
        steps,
        device="cpu",
        max_timesteps=FIRST_ANGLE,
        intermediate_timesteps=SECOND_ANGLE if steps == 2 else None,
    )


def needs_both(denoiser: Denoiser, guidance: float) -> bool:
    """Never: it hears the guidance as a number."""
    return False


def build_pixels(folder: Path) -> Pixels:
    """Builds the autoencoder from the folder of a whole model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    return Pixels(KIND, load_module(folder, "vae", "AutoencoderDC"))


def encode(module: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Turns pictures, (B, 3, H, W) from -1 to 1, into latents (B, C, h, w)."""
    latents: torch.Tensor = module.encode(pictures).latent
    return latents * module.config.scaling_factor


def decode(module: Any, latents: torch.Tensor) -> torch.Tensor:
    """Turns latents, (B, C, h, w), into pictures (B, 3, H, W), about -1 to 1."""
    decoded: torch.Tensor = module.decode(
        latents / module.config.scaling_factor, return_dict=False
    )[0]
    return decoded


def _small(text: str) -> str:
    return text.lower().strip()


def _frame(tokenizer: Any) -> framed.Frame:
    """The instructions are the pipeline's own."""
    from diffusers import SanaSprintPipeline

    told = inspect.signature(SanaSprintPipeline.__call__).parameters
    before = "\n".join(told["complex_human_instruction"].default)
    return framed.Frame(before, "", len(tokenizer.encode(before)) + PLACES - 2)
