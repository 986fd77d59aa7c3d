"""CLIP: one space for pictures and words (Radford et al. 2021, arXiv:2103.00020).

Two towers, built apart because others share them: the text tower (its `.text_model` is the very
`CLIPTextModel` that text-to-image diffusion reads prompts with) and the vision tower.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from playground.models.loading import load_pretrained

if TYPE_CHECKING:
    import torch

# Texts and pictures in one forward pass: bounds the activations, whatever was asked for.
MOST_TEXTS_AT_ONCE = 256
MOST_PICTURES_AT_ONCE = 32


@dataclass(frozen=True)
class Clip:
    """A joined CLIP model: what the functions of this module take.

    Attributes:
        text: `CLIPTextModelWithProjection`.
        vision: `CLIPVisionModelWithProjection`.
        tokenizer: Turns words into tokens.
        image_processor: Resizes, crops and normalises pictures as the model was trained.
        logit_scale: What cosines are multiplied with before the softmax; 1 / temperature.
        context_tokens: The most tokens read from one text, the two end marks included.
    """

    text: Any
    vision: Any
    tokenizer: Any
    image_processor: Any
    logit_scale: float
    context_tokens: int


@dataclass(frozen=True)
class TokenCount:
    """How a text was cut into tokens, and what was not read.

    Attributes:
        pieces: The text of each token in order, end marks left out. A character that takes
            several tokens stands once, with empty strings after it.
        kept: How many of the pieces the model reads.
        limit: How many it could read.
        unread: The end of the text that was not read, or an empty string.
    """

    pieces: tuple[str, ...]
    kept: int
    limit: int
    unread: str


def build(tower: str, folder: Path) -> Any:
    """Builds one tower from a full CLIP checkpoint.

    Args:
        tower: `"text"` or `"vision"`.
        folder: A checked model folder.

    Returns:
        `CLIPTextModelWithProjection` or `CLIPVisionModelWithProjection` on the CPU.
    """
    from transformers import (
        CLIPConfig,
        CLIPTextModelWithProjection,
        CLIPVisionModelWithProjection,
    )

    config = CLIPConfig.from_pretrained(folder)
    is_text = tower == "text"
    tower_config = config.text_config if is_text else config.vision_config
    # Published files often leave the tower's own field at its default; the joint one is right.
    tower_config.projection_dim = config.projection_dim
    tower_class = CLIPTextModelWithProjection if is_text else CLIPVisionModelWithProjection
    return load_pretrained(tower_class, folder, config=tower_config)


def join(folder: Path, text: Any, vision: Any) -> Clip:
    """Joins the two towers with the tokenizer, the picture processor and the logit scale.

    Args:
        folder: The folder that the towers were built from.
        text: What `build("text", folder)` made.
        vision: What `build("vision", folder)` made.

    Returns:
        The model that the functions of this module take.
    """
    from transformers import AutoImageProcessor, AutoTokenizer

    return Clip(
        text=text,
        vision=vision,
        tokenizer=AutoTokenizer.from_pretrained(folder, local_files_only=True),
        image_processor=AutoImageProcessor.from_pretrained(folder, local_files_only=True),
        logit_scale=_read_logit_scale(folder),
        context_tokens=text.config.max_position_embeddings,
    )


def embed_texts(model: Clip, texts: Sequence[str]) -> np.ndarray:
    """Embeds texts.

    Args:
        model: A joined CLIP.
        texts: M texts in any language the model knows; what exceeds the context is not read.

    Returns:
        float32 (M, D), rows of length 1.
    """
    if not texts:
        return np.zeros((0, model.text.config.projection_dim), np.float32)
    rows = [
        _embed_texts_at_once(model, texts[start : start + MOST_TEXTS_AT_ONCE])
        for start in range(0, len(texts), MOST_TEXTS_AT_ONCE)
    ]
    return np.concatenate(rows)


def embed_text_lists(model: Clip, lists: Sequence[tuple[str, ...]]) -> list[np.ndarray]:
    """Embeds the texts of several visitors in one pass; made for `cache.batch`.

    Args:
        model: A joined CLIP.
        lists: One tuple of M_i texts per visitor.

    Returns:
        One float32 (M_i, D) per visitor, rows of length 1.
    """
    rows = embed_texts(model, [text for texts in lists for text in texts])
    return np.split(rows, np.cumsum([len(texts) for texts in lists])[:-1])


def read_text_lists(
    model: Clip, lists: Sequence[tuple[str, ...]]
) -> list[tuple[np.ndarray, list[TokenCount]]]:
    """Embeds the texts of several visitors and tells how each was cut; made for `cache.batch`.

    Args:
        model: A joined CLIP.
        lists: One tuple of M_i texts per visitor.

    Returns:
        Per visitor: float32 (M_i, D), rows of length 1, and M_i token counts.
    """
    rows = embed_text_lists(model, lists)
    counts = [[count_tokens(model, text) for text in texts] for texts in lists]
    return list(zip(rows, counts, strict=True))


def embed_pictures(model: Clip, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Embeds pictures; made for `cache.batch`, which takes one row per picture.

    Args:
        model: A joined CLIP.
        pictures: N pictures, each uint8 (H, W, 3), RGB, of any size.

    Returns:
        float32 (N, D), rows of length 1.
    """
    if not pictures:
        return np.zeros((0, model.vision.config.projection_dim), np.float32)
    rows = [
        _embed_pictures_at_once(model, pictures[start : start + MOST_PICTURES_AT_ONCE])
        for start in range(0, len(pictures), MOST_PICTURES_AT_ONCE)
    ]
    return np.concatenate(rows)


def logit_scale(model: Clip) -> float:
    """Returns what the model itself multiplies cosines with, e.g. 100.0: 1 / its temperature.

    Source: Radford 2021, section 2.3 and figure 3 (`np.exp(t)`).
    """
    return model.logit_scale


def count_tokens(model: Clip, text: str) -> TokenCount:
    """Cuts a text into tokens and tells which words the model will not read.

    Args:
        model: A joined CLIP.
        text: Any text.

    Returns:
        The pieces and the part beyond the context.
    """
    encoded = model.tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    spans = encoded["offset_mapping"]
    # Two places are taken by the marks at the start and the end.
    limit = model.context_tokens - 2
    kept = min(len(spans), limit)
    unread = text[spans[kept][0] :] if kept < len(spans) else ""
    return TokenCount(tuple(_pieces(text, spans)), kept, limit, unread)


def _pieces(text: str, spans: Iterable[tuple[int, int]]) -> Iterable[str]:
    seen: tuple[int, int] | None = None
    for span in spans:
        yield "" if span == seen else text[span[0] : span[1]]
        seen = span


def _embed_texts_at_once(model: Clip, texts: Sequence[str]) -> np.ndarray:
    import torch

    tokens = model.tokenizer(
        list(texts),
        padding=True,
        truncation=True,
        max_length=model.context_tokens,
        return_tensors="pt",
    ).to(model.text.device)
    with torch.inference_mode():
        embeddings = model.text(
            input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
        ).text_embeds
    return _unit_rows(embeddings)


def _embed_pictures_at_once(model: Clip, pictures: Sequence[np.ndarray]) -> np.ndarray:
    import torch

    # Through PIL: an array of three rows or columns leaves the library guessing its channel axis.
    images = [Image.fromarray(pixels) for pixels in pictures]
    pixel_values = model.image_processor(images=images, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        embeddings = model.vision(
            pixel_values=pixel_values.to(model.vision.device, model.vision.dtype)
        ).image_embeds
    return _unit_rows(embeddings)


def _unit_rows(embeddings: torch.Tensor) -> np.ndarray:
    from torch.nn.functional import normalize

    return normalize(embeddings.float(), dim=-1).cpu().numpy()


def _read_logit_scale(folder: Path) -> float:
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            if "logit_scale" in tensors.keys():  # noqa: SIM118 - not a mapping
                return float(tensors.get_tensor("logit_scale").float().exp())
    raise KeyError("logit_scale")
