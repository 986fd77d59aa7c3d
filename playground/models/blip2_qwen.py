"""Qwen3-VL: pictures of any shape, whose deeper features also go into the first text layers.

Bai et al. 2025 (arXiv:2511.21631), section 2 ("DeepStack", "Interleaved-MRoPE").
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from playground.models import blip2_messages
from playground.models.blip2_asks import Ask, Seen
from playground.models.blip2_blip import BlipEyes
from playground.models.blip2_eyes import half
from playground.models.blip2_messages import ChatLanguage
from playground.models.blip2_rows import BARE
from playground.models.blip2_words import TokenTexts
from playground.models.language_model import end_tokens
from playground.models.precision import load_part, precision_for
from playground.models.thin_pictures import widened

KIND = "Qwen3VLForConditionalGeneration"
IMAGE_MARK = "<|image_pad|>"
# Each 32 x 32 pixels are a token that every answer reads; the makers' limit is 16 million.
MOST_PIXELS_ON_PROCESSOR = 512**2
MOST_PIXELS = 1280**2
answer = blip2_messages.answer


def build_eyes(folder: Path) -> BlipEyes:
    """Builds the vision tower.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoImageProcessor, Qwen3VLForConditionalGeneration

    precision = precision_for(folder)
    drops = ("model.language_model", "lm_head")
    whole = load_part(Qwen3VLForConditionalGeneration, folder, precision, drops=drops)
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    return BlipEyes(KIND, whole.model.visual, processor, precision)


def build_language(folder: Path) -> ChatLanguage:
    """Builds the language model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoTokenizer, Qwen3VLForConditionalGeneration

    precision = precision_for(folder, only=("model.language_model.", "lm_head."))
    module = load_part(Qwen3VLForConditionalGeneration, folder, precision, drops=("model.visual",))
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return ChatLanguage(
        module=module,
        tokenizer=tokenizer,
        texts=TokenTexts(tokenizer, end_tokens(module)),
        frames=BARE | {"zh-Hant": BARE["en"]},
        context_tokens=module.config.text_config.max_position_embeddings,
        is_encoder_decoder=False,
        precision=precision,
        template=None,
        image_mark=IMAGE_MARK,
        expand=_expand,
        encoded=partial(_encoded, module.config.image_token_id),
    )


def see(eyes: BlipEyes, pictures: Sequence[np.ndarray]) -> list[Seen]:
    """Encodes pictures one by one, each in its own shape; see `blip2.see`."""
    import torch

    first = next(eyes.vision.parameters())
    is_slow = first.device.type == "cpu"
    own: Any = eyes.processor.size
    most = min(own["longest_edge"], MOST_PIXELS_ON_PROCESSOR if is_slow else MOST_PIXELS)
    size = {"shortest_edge": min(own["shortest_edge"], most), "longest_edge": most}
    found = []
    for picture in pictures:
        image = Image.fromarray(widened(picture))
        read = eyes.processor(images=image, size=size, return_tensors="pt")
        grid = read["image_grid_thw"].to(first.device)
        with torch.inference_mode():
            told = eyes.vision(
                read["pixel_values"].to(first.device, first.dtype), grid_thw=grid, return_dict=True
            )
        deeper = [half(level) for level in told.deepstack_features]
        size_hw = (picture.shape[0], picture.shape[1])
        extra = (grid[0].cpu().numpy(), *deeper)
        found.append(Seen(eyes.kind, size_hw, half(told.pooler_output), extra=extra))
    return found


def _expand(seen: Seen) -> str:
    return IMAGE_MARK * len(seen.states)


def _encoded(image_token: int, ids: Any, asks: Sequence[Ask]) -> dict[str, Any]:
    """What the library would have made of the pixels."""
    import torch
    from transformers.models.qwen3_vl.modeling_qwen3_vl import BaseModelOutputWithDeepstackFeatures

    def moved(arrays: Sequence[np.ndarray]) -> Any:
        return [torch.from_numpy(array).to(ids.device) for array in arrays]

    shown = BaseModelOutputWithDeepstackFeatures(
        pooler_output=moved([ask.seen.states for ask in asks]),
        deepstack_features=[
            moved(level) for level in zip(*(ask.seen.extra[1:] for ask in asks), strict=True)
        ],
    )
    return {
        "mm_encoder_outputs": {"image": shown},
        "mm_token_type_ids": (ids == image_token).int(),
        "image_grid_thw": torch.stack(moved([ask.seen.extra[0] for ask in asks])),
    }
