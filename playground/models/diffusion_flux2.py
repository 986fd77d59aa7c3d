"""FLUX.2 klein: a transformer of 4 billion weights in few steps, its words read by Qwen3.

Labs 2026 (bfl.ai/blog/flux2-klein-towards-interactive-visual-intelligence); flow matching after
Lipman et al. 2023 (arXiv:2210.02747).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models import diffusion_framed_words as framed
from playground.models.diffusion_asks import Reading
from playground.models.diffusion_loading import (
    load_encoder,
    load_module,
    load_tokenizer,
)
from playground.models.diffusion_parts import Denoiser, Pixels, Predicted, Row, Words

if TYPE_CHECKING:
    import torch

KIND = "Flux2KleinPipeline"
HEARD = "encoder_hidden_states"
PLACES = 512
# States that are heard, counted from the embeddings; nothing behind the last of them is run.
LAYERS = (9, 18, 27)
# Four cells of the autoencoder are one of a latent.
PATCH = 2


def build_words(folder: Path) -> Words:
    """Builds the language model that reads prompts, without the layers that nobody hears.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch

    encoder = load_encoder(folder, "text_encoder", "Qwen3Model")
    # One more than is heard: the states of the very last layer come out normed.
    encoder.layers = encoder.layers[: max(LAYERS) + 1]
    encoder.config.num_hidden_layers = len(encoder.layers)
    return Words(KIND, torch.nn.ModuleList([encoder]), (load_tokenizer(folder, "tokenizer"),))


def read(words: Words, texts: Sequence[str]) -> list[Reading]:
    """Reads prompts: the states of three layers, side by side."""
    import torch

    [encoder], [tokenizer] = words.encoders, words.tokenizers
    frame = _frame(tokenizer)
    rows: list[torch.Tensor] = []
    for ids, mask in framed.encode(tokenizer, frame, texts):
        with torch.inference_mode():
            states = encoder(
                input_ids=ids.to(encoder.device),
                attention_mask=mask.to(encoder.device),
                output_hidden_states=True,
                use_cache=False,
            ).hidden_states
            heard = torch.cat([states[layer] for layer in LAYERS], dim=-1).cpu()
        rows += [row.clone() for row in heard]
    return [
        framed.reading_of(tokenizer, frame, text, {HEARD: row})
        for text, row in zip(texts, rows, strict=True)
    ]


def cut(tokenizers: Sequence[Any], text: str) -> Reading:
    """Tells how a prompt is cut; see `diffusion_kinds.Kind.cut`."""
    return framed.reading_of(tokenizers[0], _frame(tokenizers[0]), text, {})


def predict(denoiser: Denoiser, rows: Sequence[Row]) -> Predicted:
    """Runs the transformer once; see `diffusion_kinds.Kind.predict`."""
    import torch
    from diffusers import Flux2KleinPipeline as Library

    module = denoiser.module
    first = next(module.parameters())
    place: dict[str, Any] = {"device": first.device, "dtype": first.dtype}
    latents = torch.stack([row.latent for row in rows]).to(**place)
    heard = torch.stack([row.tensors[HEARD] for row in rows]).to(**place)
    times = torch.stack([row.time for row in rows]).to(first.device)
    values: torch.Tensor = module(
        hidden_states=latents.flatten(2).transpose(1, 2),
        timestep=times / 1000,
        guidance=None,
        encoder_hidden_states=heard,
        txt_ids=Library._prepare_text_ids(heard).to(first.device),
        img_ids=Library._prepare_latent_ids(latents).to(first.device),
        return_dict=False,
    )[0]
    unpacked = values.transpose(1, 2).reshape(latents.shape)
    return Predicted(unpacked.float().cpu(), [None] * len(rows))


def set_steps(denoiser: Denoiser, sampler: Any, steps: int, shape: tuple[int, int, int]) -> None:
    """Tells a sampler the number of steps; how they lie, depends on the size and on it."""
    import numpy as np
    from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

    sampler.set_timesteps(
        sigmas=np.linspace(1.0, 1 / steps, steps),
        mu=compute_empirical_mu(shape[1] * shape[2], steps),
        device="cpu",
    )


def needs_both(denoiser: Denoiser, guidance: float) -> bool:
    """Whether a step also needs the prediction without words; never where it was distilled."""
    return guidance > 1 and not denoiser.told.get("is_distilled", False)


def build_pixels(folder: Path) -> Pixels:
    """Builds the autoencoder from the folder of a whole model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    return Pixels(KIND, load_module(folder, "vae", "AutoencoderKLFlux2"))


def encode(module: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Turns pictures, (B, 3, H, W) from -1 to 1, into latents (B, C, h, w)."""
    from diffusers import Flux2KleinPipeline as Library

    latents = Library._patchify_latents(module.encode(pictures).latent_dist.mode())
    mean, deviation = _spread(module, latents)
    scaled: torch.Tensor = (latents - mean) / deviation
    return scaled


def decode(module: Any, latents: torch.Tensor) -> torch.Tensor:
    """Turns latents, (B, C, h, w), into pictures (B, 3, H, W), about -1 to 1."""
    from diffusers import Flux2KleinPipeline as Library

    mean, deviation = _spread(module, latents)
    scaled = Library._unpatchify_latents(latents * deviation + mean)
    decoded: torch.Tensor = module.decode(scaled, return_dict=False)[0]
    return decoded


def _spread(module: Any, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of latents, kept as those of a batch norm."""
    mean = module.bn.running_mean[:, None, None].to(like)
    variance = module.bn.running_var[:, None, None].to(like)
    return mean, (variance + module.config.batch_norm_eps).sqrt()


def _frame(tokenizer: Any) -> framed.Frame:
    return framed.chat_frame(tokenizer, PLACES, thinks=False)
