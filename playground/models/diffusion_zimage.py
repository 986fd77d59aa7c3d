"""Z-Image: words and picture are one row of tokens of one transformer; it knows Chinese too.

Z-Image Team 2025 (arXiv:2511.22699).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models import diffusion_framed_words as framed
from playground.models.diffusion_asks import Reading
from playground.models.diffusion_loading import (
    load_encoder,
    load_tokenizer,
)
from playground.models.diffusion_parts import Denoiser, Predicted, Row, Words

if TYPE_CHECKING:
    import torch

KIND = "ZImagePipeline"
HEARD = "cap_feats"
PLACES = 512
PATCH = 2


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

    encoder = load_encoder(folder, "text_encoder", "Qwen3Model")
    return Words(KIND, torch.nn.ModuleList([encoder]), (load_tokenizer(folder, "tokenizer"),))


def read(words: Words, texts: Sequence[str]) -> list[Reading]:
    """Reads prompts: the states of the last layer but one, without padding."""
    import torch

    [encoder], [tokenizer] = words.encoders, words.tokenizers
    frame = _frame(tokenizer)
    rows: list[torch.Tensor] = []
    for ids, mask in framed.encode(tokenizer, frame, texts):
        heard = mask.bool()
        with torch.inference_mode():
            states = encoder(
                input_ids=ids.to(encoder.device),
                attention_mask=heard.to(encoder.device),
                output_hidden_states=True,
                use_cache=False,
            ).hidden_states[-2]
        rows += [row[own].clone() for row, own in zip(states.cpu(), heard, strict=True)]
    return [
        framed.reading_of(tokenizer, frame, text, {HEARD: row})
        for text, row in zip(texts, rows, strict=True)
    ]


def cut(tokenizers: Sequence[Any], text: str) -> Reading:
    """Tells how a prompt is cut; see `diffusion_kinds.Kind.cut`."""
    return framed.reading_of(tokenizers[0], _frame(tokenizers[0]), text, {})


def mix(
    first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """Mixes two prompts, token by token; what the shorter one lacks fades in as it is.

    Args:
        first: What the words part made of the first.
        second: Of the second; its rows may be fewer or more.
        share: Of the second, 0 to 1; at the ends one is heard alone.
    """
    import torch

    if share <= 0 or share >= 1:
        return dict(first if share <= 0 else second)
    short, long = sorted((first[HEARD], second[HEARD]), key=len)
    weight = share if long is second[HEARD] else 1 - share
    mixed = torch.lerp(short, long[: len(short)], weight)
    return {HEARD: torch.cat([mixed, weight * long[len(short) :]])}


def predict(denoiser: Denoiser, rows: Sequence[Row]) -> Predicted:
    """Runs the transformer once; see `diffusion_kinds.Kind.predict`."""
    import torch

    module = denoiser.module
    first = next(module.parameters())
    place: dict[str, Any] = {"device": first.device, "dtype": first.dtype}
    times = torch.stack([row.time for row in rows]).to(first.device)
    found = module(
        # With an axis for the frames of a film, of which there is one.
        [row.latent[:, None].to(**place) for row in rows],
        # It counts from noise to picture.
        (1000 - times) / 1000,
        [row.tensors[HEARD].to(**place) for row in rows],
        return_dict=False,
    )[0]
    values = -torch.stack([value.float() for value in found]).squeeze(2)
    return Predicted(values.cpu(), [None] * len(rows))


def set_steps(denoiser: Denoiser, sampler: Any, steps: int, shape: tuple[int, int, int]) -> None:
    """Tells a sampler the number of steps; how they lie, depends on the size."""
    from diffusers.pipelines.z_image import pipeline_z_image as library

    mu = library.calculate_shift(
        (shape[1] // PATCH) * (shape[2] // PATCH),
        sampler.config.get("base_image_seq_len", 256),
        sampler.config.get("max_image_seq_len", 4096),
        sampler.config.get("base_shift", 0.5),
        sampler.config.get("max_shift", 1.15),
    )
    sigmas = library.get_default_z_image_sigmas(steps)
    sampler.set_timesteps(sigmas=sigmas, mu=mu, device="cpu")


def _frame(tokenizer: Any) -> framed.Frame:
    return framed.chat_frame(tokenizer, PLACES, thinks=True)
