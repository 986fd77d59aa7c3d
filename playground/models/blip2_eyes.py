"""The eyes of a BLIP-2: vision tower, Q-Former and the projection into the language model.

Li et al. 2023 (arXiv:2301.12597), section 3.1 and figure 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from playground.models.blip2_asks import Seen
from playground.models.loading import load_pretrained, read_tensors
from playground.models.precision import convert, precision_for, stored_torch_dtype
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch

KIND = "Blip2ForConditionalGeneration"
# Of the squares that pictures are resized to: bounds the activations of one forward pass.
MOST_PIXELS_AT_ONCE = 2 * 1024**2


@dataclass(eq=False)
class Eyes:
    """What looks at a picture, once.

    Attributes:
        kind: Key in `blip2_kinds.KINDS`.
        vision: The vision tower.
        qformer: The Q-Former, in float32 and with attention that can be read.
        query_tokens: What the queries begin as: an embedding (Q, width).
        projection: Into the language model; None where there is none.
        processor: The library's own preparation of pictures.
    """

    kind: str
    vision: Any
    qformer: Any
    query_tokens: Any
    projection: Any
    processor: Any


def build_eyes(folder: Path, *, kind: str = KIND, has_language: bool = True) -> Eyes:
    """Builds the eyes from the folder of a whole model.

    Args:
        folder: A checked model folder.
        kind: Key in `blip2_kinds.KINDS`.
        has_language: Whether there is a projection into a language model.

    Returns:
        The part on the CPU, without the language model.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoConfig, AutoImageProcessor
    from transformers.models.blip_2.modeling_blip_2 import Blip2VisionModel

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    vision = load_pretrained(
        Blip2VisionModel,
        folder,
        config=config.vision_config,
        key_mapping={r"^vision_model\.": ""},
        dtype=stored_torch_dtype(folder),
    )
    convert(vision, precision_for(folder))
    dtype = next(vision.parameters()).dtype
    return Eyes(
        kind=kind,
        vision=vision,
        qformer=build_qformer(folder, config),
        query_tokens=build_query_tokens(folder),
        projection=_build_projection(folder, dtype) if has_language else None,
        processor=AutoImageProcessor.from_pretrained(folder, local_files_only=True),
    )


def build_qformer(folder: Path, config: Any) -> Any:
    """Builds the Q-Former; in float32, as the library keeps it.

    Args:
        folder: A checked model folder.
        config: The library's configuration of the whole model.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch
    from transformers.models.blip_2.modeling_blip_2 import Blip2QFormerModel

    return load_pretrained(
        Blip2QFormerModel,
        folder,
        config=config.qformer_config,
        key_mapping={r"^qformer\.": ""},
        dtype=torch.float32,
        attn_implementation="eager",
    )


def build_query_tokens(folder: Path) -> Any:
    """Reads what the queries begin as, as a module, so that it moves with the part.

    Args:
        folder: A checked model folder.

    Raises:
        PersonError: `mistake.model.mismatch` when the folder has none.
    """
    import torch

    found = read_tensors(folder, ("query_tokens",))
    if not found:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    return torch.nn.Embedding.from_pretrained(found["query_tokens"][0].float())


def see(eyes: Eyes, pictures: Sequence[np.ndarray]) -> list[Seen]:
    """Encodes pictures; see `playground.models.blip2.see`."""
    side = eyes.vision.config.image_size
    at_once = max(1, MOST_PIXELS_AT_ONCE // side**2)
    found: list[Seen] = []
    for start in range(0, len(pictures), at_once):
        found += _see_at_once(eyes, pictures[start : start + at_once])
    return found


def read_pixels(eyes: Any, pictures: Sequence[np.ndarray]) -> torch.Tensor:
    """Prepares pictures as the model was shown them.

    Args:
        eyes: A part with `processor` and `vision`.
        pictures: N pictures, each uint8 (H, W, 3), RGB.

    Returns:
        (N, 3, side, side) on the device and in the dtype of the tower.
    """
    # Through PIL: an array of three rows or columns leaves the library guessing its channel axis.
    images = [Image.fromarray(pixels) for pixels in pictures]
    first = next(eyes.vision.parameters())
    pixels: torch.Tensor = eyes.processor(images=images, return_tensors="pt")["pixel_values"]
    return pixels.to(first.device, first.dtype)


def ask_queries(eyes: Eyes, states: torch.Tensor, **options: Any) -> Any:
    """Lets the queries look at what the vision tower made.

    Args:
        eyes: The part.
        states: (N, P, D).
        options: Further arguments of the library's Q-Former.

    Returns:
        Its output.
    """
    queries = eyes.query_tokens.weight[None].expand(len(states), -1, -1)
    return eyes.qformer(query_embeds=queries, encoder_hidden_states=states, **options)


def half(values: torch.Tensor) -> np.ndarray:
    """Rounds to float16, large numbers to its largest: what is kept of a picture stays small."""
    limit = float(np.finfo(np.float16).max)
    return values.float().clamp(-limit, limit).cpu().numpy().astype(np.float16)


def _see_at_once(eyes: Eyes, pictures: Sequence[np.ndarray]) -> list[Seen]:
    import torch

    with torch.inference_mode():
        states = eyes.vision(pixel_values=read_pixels(eyes, pictures)).last_hidden_state
        queries: list[np.ndarray | None] = [None] * len(pictures)
        if eyes.projection is not None:
            found = ask_queries(eyes, states).last_hidden_state
            queries = list(half(eyes.projection(found.to(eyes.projection.weight.dtype))))
        kept = half(states)
    return [
        Seen(
            kind=eyes.kind,
            size_hw=(picture.shape[0], picture.shape[1]),
            states=kept[number].copy(),
            queries=queries[number],
        )
        for number, picture in enumerate(pictures)
    ]


def _build_projection(folder: Path, dtype: torch.dtype) -> Any:
    import torch

    found = read_tensors(folder, ("language_projection.weight", "language_projection.bias"))
    if len(found) != 2:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    weight, bias = found.values()
    with torch.device("meta"):
        module = torch.nn.Linear(weight.shape[1], weight.shape[0])
    module.load_state_dict({"weight": weight.to(dtype), "bias": bias.to(dtype)}, assign=True)
    return module.eval().requires_grad_(False)
