"""CLIP and its kin: one space for pictures and words (Radford et al. 2021, arXiv:2103.00020).

Two towers, built apart because others share them: the text tower (CLIP's `.text_model` is the very
`CLIPTextModel` that text-to-image diffusion reads prompts with) and the vision tower. What
SigLIP 2, MetaCLIP 2, Chinese-CLIP and OpenCLIP do differently stands in `clip_families.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from playground.models.clip_families import ClipFamily, build_tower, read_family
from playground.models.open_clip_weights import is_open_clip, read_image_processor
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch

# Texts and pictures in one forward pass: bounds the activations, whatever was asked for.
MOST_TEXTS_AT_ONCE = 256
MOST_PICTURES_AT_ONCE = 32


@dataclass(frozen=True)
class Clip:
    """A joined model: what the functions of this module take.

    Attributes:
        family: What this kin of CLIP does differently.
        text: The text tower, such as `CLIPTextModelWithProjection`.
        vision: The vision tower, such as `CLIPVisionModelWithProjection`.
        tokenizer: Turns words into tokens.
        image_processor: Resizes, crops and normalises pictures as the model was trained.
        logit_scale: What cosines are multiplied with; 1 / temperature.
        logit_bias: What is added then, where a sigmoid turns each logit into a probability of its
            own (SigLIP); None where a softmax makes the texts or pictures compete.
        context_tokens: The most tokens read from one text, the end marks included.
        width: D, the numbers of an embedding.
    """

    family: ClipFamily
    text: Any
    vision: Any
    tokenizer: Any
    image_processor: Any
    logit_scale: float
    logit_bias: float | None
    context_tokens: int
    width: int


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
    """Builds one tower from the folder of a whole model.

    Args:
        tower: `"text"` or `"vision"`.
        folder: A checked model folder.

    Returns:
        A transformers module on the CPU, such as `CLIPTextModelWithProjection`; the text tower has
        its `tokenizer` with it, for those that share it.

    Raises:
        PersonError: `mistake.model.mismatch` for a family that is not known or missing weights.
    """
    from transformers import AutoTokenizer

    module = build_tower(tower, folder)
    if tower == "text":
        module.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        if read_family(folder)[0].is_lowercase:
            _lowercase(module.tokenizer)
    return module


def join(folder: Path, text: Any, vision: Any) -> Clip:
    """Joins the two towers with the tokenizer, the picture processor and the logit scale.

    Args:
        folder: The folder that the towers were built from.
        text: What `build("text", folder)` made.
        vision: What `build("vision", folder)` made.

    Returns:
        The model that the functions of this module take.

    Raises:
        PersonError: `mistake.model.mismatch` when the folder has no logit scale.
    """
    from transformers import AutoImageProcessor

    family, config = read_family(folder)
    has_own_processor = is_open_clip(folder) and not any(folder.glob("*processor_config.json"))
    scale = _read_number(folder, "logit_scale")
    if scale is None:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    room = config.text_config.max_position_embeddings
    return Clip(
        family=family,
        text=text,
        vision=vision,
        tokenizer=text.tokenizer,
        image_processor=(
            read_image_processor(folder)
            if has_own_processor
            else AutoImageProcessor.from_pretrained(folder, local_files_only=True)
        ),
        logit_scale=float(np.exp(scale)),
        logit_bias=_read_number(folder, "logit_bias"),
        context_tokens=min(room, family.most_tokens or room),
        width=family.width(config),
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
        return np.zeros((0, model.width), np.float32)
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
        return np.zeros((0, model.width), np.float32)
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


def logit_bias(model: Clip) -> float | None:
    """Returns what is added to `logit_scale * cosine` before a sigmoid, e.g. -16.5.

    Returns:
        The bias; None for a model that was trained with a softmax.

    Source: Zhai 2023 (arXiv:2303.15343), algorithm 1 (`logits = dot(zimg, ztxt.T) * t + b`).
    """
    return model.logit_bias


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
    # CLIP marks the start and the end of a text, SigLIP 2 the end only.
    limit = model.context_tokens - model.tokenizer.num_special_tokens_to_add()
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

    family = model.family
    tokens = model.tokenizer(
        list(texts),
        padding="max_length" if family.is_padded_full else True,
        padding_side="right",
        truncation=True,
        max_length=model.context_tokens,
        return_tensors="pt",
    ).to(model.text.device)
    with torch.inference_mode():
        embeddings = family.text.read(
            model.text, {name: tokens[name] for name in family.token_inputs}
        )
    return _unit_rows(embeddings)


def _embed_pictures_at_once(model: Clip, pictures: Sequence[np.ndarray]) -> np.ndarray:
    import torch

    # Through PIL: an array of three rows or columns leaves the library guessing its channel axis.
    images = [Image.fromarray(pixels) for pixels in pictures]
    inputs = model.image_processor(images=images, return_tensors="pt")
    # Only floats change their dtype: SigLIP's pictures of any shape bring masks and sizes along.
    inputs = inputs.to(model.vision.device, dtype=model.vision.dtype)
    with torch.inference_mode():
        embeddings = model.family.vision.read(model.vision, inputs)
    return _unit_rows(embeddings)


def _unit_rows(embeddings: torch.Tensor) -> np.ndarray:
    from torch.nn.functional import normalize

    return normalize(embeddings.float(), dim=-1).cpu().numpy()


def _lowercase(tokenizer: Any) -> None:
    """Puts lowercasing first; some published tokenizer files forget that training did it."""
    from tokenizers import normalizers

    backend = tokenizer.backend_tokenizer
    now = backend.normalizer
    if now is None:
        backend.normalizer = normalizers.Lowercase()
    elif now.normalize_str("A") == now.normalize_str("a"):
        return
    else:
        backend.normalizer = normalizers.Sequence([normalizers.Lowercase(), now])


def _read_number(folder: Path, name: str) -> float | None:
    """Reads a weight that is one number; None where the model has none of this name."""
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            if name in tensors.keys():  # noqa: SIM118 - not a mapping
                return float(tensors.get_tensor(name).float())
    return None
