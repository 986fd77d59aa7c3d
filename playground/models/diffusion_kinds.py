"""Which kinds of model draw, and who builds and runs each.

Adding a kind is writing its functions in a file beside this one and adding one row to `KINDS`. The
loop (`diffusion_steps.py`), the samplers, changes of mind, starting from a picture, drawing into
part of one, colours and batches are the same for all kinds. A kind says how its words are read,
what its latents look like, and what its denoiser makes of a batch of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models import (
    diffusion_flux2,
    diffusion_pixels,
    diffusion_sana,
    diffusion_sd3,
    diffusion_unet,
    diffusion_words,
    diffusion_zimage,
)
from playground.models.diffusion_asks import Reading
from playground.models.diffusion_loading import build_transformer, read_index
from playground.models.diffusion_parts import Denoiser, Predicted, Row, Words
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch

Shape = tuple[int, int, int]
Tensors = Mapping[str, "torch.Tensor"]


def grid_shape(denoiser: Denoiser, size_hw: tuple[int, int]) -> Shape:
    """Returns the shape of a latent, (C, h, w), where the module takes it as it is."""
    height, width = (side // denoiser.cell_px for side in size_hw)
    return int(denoiser.module.config.in_channels), height, width


def set_steps(denoiser: Denoiser, sampler: Any, steps: int, shape: Shape) -> None:
    """Tells a sampler how many steps there are to be."""
    sampler.set_timesteps(steps, device="cpu")


def needs_both(denoiser: Denoiser, guidance: float) -> bool:
    """Whether a step also needs the prediction without the words."""
    return guidance > 1


def led_away(without: torch.Tensor, with_words: torch.Tensor, guidance: float) -> torch.Tensor:
    """Leads the prediction away from the one without words.

    Source: Ho & Salimans 2022 (arXiv:2207.12598), equation 6, with w + 1 = guidance.
    """
    return without + guidance * (with_words - without)


def mixed_tensors(first: Tensors, second: Tensors, share: float) -> dict[str, torch.Tensor]:
    """Mixes what two prompts were read as; masks are joined.

    Args:
        first: What the words part made of the first.
        second: Of the second; the same names and shapes.
        share: Of the second, 0 to 1; at the ends one is heard alone, with its own mask.
    """
    import torch

    if share <= 0 or share >= 1:
        return dict(first if share <= 0 else second)
    return {
        name: torch.lerp(values, second[name], share)
        if values.is_floating_point()
        else torch.maximum(values, second[name])
        for name, values in first.items()
    }


@dataclass(frozen=True)
class Kind:
    """One kind of model: a pipeline of diffusers, taken apart.

    Attributes:
        build: By part ("words", "denoiser" and "pixels"): builds it from a checked folder. Gives
            `Words`, `Denoiser` and `Pixels` with `kind`: the key in `KINDS`.
        read: `read(words, texts)` reads prompts; one `Reading` each. Its `tensors` are on the CPU
            and without a batch axis; `tokens` has one for each place that word maps have.
        predict: `predict(denoiser, rows)` runs the module once over all rows, which may be at
            different times. It moves them to the module's device and dtype. What it returns is
            in the terms of the sampler (`prediction_type`; velocity for flows).
        cut: `cut(tokenizers, text)`: the same `Reading` without its `tensors`, for which nothing
            but the tokenizers has to run.
        encode: `encode(module, pictures)`: (B, 3, H, W), -1 to 1, to (B, C, h, w), scaled and
            shifted as the denoiser wants it. On the device and in the dtype of the module.
        decode: `decode(module, latents)`: back.
        shape: `shape(denoiser, size_hw)` is the shape of one latent, without a batch axis. Noise
            is drawn in this shape: it has to be that of the pipeline's own noise.
        set_steps: `set_steps(denoiser, sampler, steps, shape)` calls the sampler's `set_timesteps`
            as the pipeline does, on the CPU.
        needs_both: `needs_both(denoiser, guidance)`: whether each step takes two rows.
        guide: `guide(without, with_words, guidance)` joins the two predictions.
        mix: `mix(first, second, share)` mixes the `tensors` of two readings.
        also_named: What `_class_name` may say in place of the key.
    """

    build: Mapping[str, Callable[[Path], Any]]
    read: Callable[[Words, Sequence[str]], list[Reading]]
    predict: Callable[[Denoiser, Sequence[Row]], Predicted]
    cut: Callable[[Sequence[Any], str], Reading] = diffusion_words.cut
    encode: Callable[[Any, torch.Tensor], torch.Tensor] = diffusion_pixels.encode
    decode: Callable[[Any, torch.Tensor], torch.Tensor] = diffusion_pixels.decode
    shape: Callable[[Denoiser, tuple[int, int]], Shape] = grid_shape
    set_steps: Callable[[Denoiser, Any, int, Shape], None] = set_steps
    needs_both: Callable[[Denoiser, float], bool] = needs_both
    guide: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor] = led_away
    mix: Callable[[Tensors, Tensors, float], dict[str, torch.Tensor]] = mixed_tensors
    also_named: tuple[str, ...] = ()


def kind_name(folder: Path) -> str:
    """Reads which kind a folder belongs to.

    Args:
        folder: A checked model folder.

    Returns:
        A key of `KINDS`.

    Raises:
        PersonError: `mistake.model.mismatch` for one that is not known here.
    """
    named = read_index(folder).get("_class_name")
    for name, kind in KINDS.items():
        if named == name or named in kind.also_named:
            return name
    raise PersonError("mistake.model.mismatch", {"model": folder.name})


def _unet_needs_both(denoiser: Denoiser, guidance: float) -> bool:
    return guidance > 1 and not diffusion_unet.is_told_guidance(denoiser)


def _unet_kind(
    name: str,
    build_words: Callable[[Path], Words],
    read: Callable[[Words, Sequence[str]], list[Reading]],
    also_named: tuple[str, ...] = (),
) -> Kind:
    return Kind(
        build={
            "words": build_words,
            "denoiser": partial(diffusion_unet.build_denoiser, name),
            "pixels": partial(diffusion_pixels.build_pixels, name),
        },
        read=read,
        predict=diffusion_unet.predict,
        needs_both=_unet_needs_both,
        also_named=also_named,
    )


# By class of the library: `_class_name` of a folder's `model_index.json`.
KINDS: Mapping[str, Kind] = {
    diffusion_unet.SD: _unet_kind(
        diffusion_unet.SD,
        diffusion_words.build_words,
        diffusion_words.read,
        # A UNet that is told the guidance (Luo et al. 2023, arXiv:2310.04378); else the same.
        also_named=("LatentConsistencyModelPipeline",),
    ),
    diffusion_unet.SDXL: _unet_kind(
        diffusion_unet.SDXL, diffusion_words.build_words_xl, diffusion_words.read_xl
    ),
    diffusion_sd3.KIND: Kind(
        build={
            "words": diffusion_sd3.build_words,
            "denoiser": partial(build_transformer, diffusion_sd3.KIND, "SD3Transformer2DModel"),
            "pixels": partial(diffusion_pixels.build_pixels, diffusion_sd3.KIND),
        },
        read=diffusion_sd3.read,
        predict=diffusion_sd3.predict,
        set_steps=diffusion_sd3.set_steps,
    ),
    diffusion_flux2.KIND: Kind(
        build={
            "words": diffusion_flux2.build_words,
            "denoiser": partial(
                build_transformer,
                diffusion_flux2.KIND,
                "Flux2Transformer2DModel",
                patch=diffusion_flux2.PATCH,
            ),
            "pixels": diffusion_flux2.build_pixels,
        },
        read=diffusion_flux2.read,
        predict=diffusion_flux2.predict,
        cut=diffusion_flux2.cut,
        encode=diffusion_flux2.encode,
        decode=diffusion_flux2.decode,
        set_steps=diffusion_flux2.set_steps,
        needs_both=diffusion_flux2.needs_both,
    ),
    diffusion_zimage.KIND: Kind(
        build={
            "words": diffusion_zimage.build_words,
            "denoiser": partial(
                build_transformer, diffusion_zimage.KIND, "ZImageTransformer2DModel"
            ),
            "pixels": partial(diffusion_pixels.build_pixels, diffusion_zimage.KIND),
        },
        read=diffusion_zimage.read,
        predict=diffusion_zimage.predict,
        cut=diffusion_zimage.cut,
        set_steps=diffusion_zimage.set_steps,
        mix=diffusion_zimage.mix,
    ),
    diffusion_sana.KIND: Kind(
        build={
            "words": diffusion_sana.build_words,
            "denoiser": diffusion_sana.build_denoiser,
            "pixels": diffusion_sana.build_pixels,
        },
        read=diffusion_sana.read,
        predict=diffusion_sana.predict,
        cut=diffusion_sana.cut,
        encode=diffusion_sana.encode,
        decode=diffusion_sana.decode,
        set_steps=diffusion_sana.set_steps,
        needs_both=diffusion_sana.needs_both,
    ),
}
