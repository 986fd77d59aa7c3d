"""Stable Diffusion 3: a transformer sees the picture and the words as one row of tokens.

Esser et al. 2024 (arXiv:2403.03206). Its third text encoder, larger than all the rest, is left out:
where it would be heard stand zeros, as in the library's pipeline without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models.diffusion_asks import Reading
from playground.models.diffusion_loading import (
    load_encoder,
    load_tokenizer,
)
from playground.models.diffusion_parts import Denoiser, Predicted, Row, Words
from playground.models.diffusion_words import read_towers, reading_of

if TYPE_CHECKING:
    import torch

KIND = "StableDiffusion3Pipeline"
HEARD, POOLED = "encoder_hidden_states", "pooled_projections"
# Places of the third encoder: `max_sequence_length` of the pipeline.
THIRD_PLACES = 256


def build_words(folder: Path) -> Words:
    """Builds the first two text encoders from the folder of a whole model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch

    names = ("text_encoder", "text_encoder_2")
    encoders = [load_encoder(folder, name, "CLIPTextModelWithProjection") for name in names]
    tokenizers = [load_tokenizer(folder, name) for name in ("tokenizer", "tokenizer_2")]
    return Words(KIND, torch.nn.ModuleList(encoders), tokenizers)


def read(words: Words, texts: Sequence[str]) -> list[Reading]:
    """Reads prompts, each tower at its last layer but one (Esser 2024, section 4)."""
    import torch

    heard, pooled = read_towers(words, texts)
    return [
        reading_of(
            words.tokenizers[0],
            text,
            {HEARD: torch.cat(states, dim=-1), POOLED: torch.cat(whole, dim=-1)},
        )
        for text, states, whole in zip(
            texts, zip(*heard, strict=True), zip(*pooled, strict=True), strict=True
        )
    ]


def predict(denoiser: Denoiser, rows: Sequence[Row]) -> Predicted:
    """Runs the transformer once; see `diffusion_kinds.Kind.predict`."""
    import torch
    from torch.nn.functional import pad

    module = denoiser.module
    first = next(module.parameters())
    place: dict[str, Any] = {"device": first.device, "dtype": first.dtype}
    heard = torch.stack([row.tensors[HEARD] for row in rows]).to(**place)
    wanted = module.config.joint_attention_dim
    values: torch.Tensor = module(
        hidden_states=torch.stack([row.latent for row in rows]).to(**place),
        timestep=torch.stack([row.time for row in rows]).to(first.device),
        encoder_hidden_states=pad(heard, (0, wanted - heard.shape[-1], 0, THIRD_PLACES)),
        pooled_projections=torch.stack([row.tensors[POOLED] for row in rows]).to(**place),
        return_dict=False,
    )[0]
    return Predicted(values.float().cpu(), [None] * len(rows))


def set_steps(denoiser: Denoiser, sampler: Any, steps: int, shape: tuple[int, int, int]) -> None:
    """Tells a sampler the number of steps; larger pictures get more of them at much noise.

    Source: Esser 2024, section 5.3.2 ("resolution-dependent shifting of timestep schedules").
    """
    from diffusers.pipelines.stable_diffusion_3 import pipeline_stable_diffusion_3 as library

    options = {}
    if sampler.config.get("use_dynamic_shifting"):
        side = denoiser.module.config.patch_size
        options["mu"] = library.calculate_shift(
            (shape[1] // side) * (shape[2] // side),
            sampler.config.get("base_image_seq_len", 256),
            sampler.config.get("max_image_seq_len", 4096),
            sampler.config.get("base_shift", 0.5),
            sampler.config.get("max_shift", 1.16),
        )
    sampler.set_timesteps(steps, device="cpu", **options)
