"""SmolVLM2: a picture, cut into tiles, stands in the messages of a small chat model.

Marafioti et al. 2025 (arXiv:2504.05299), section 2.
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

KIND = "SmolVLMForConditionalGeneration"
answer = blip2_messages.answer


def build_eyes(folder: Path) -> BlipEyes:
    """Builds the vision tower and what makes tokens of its states.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoImageProcessor, SmolVLMForConditionalGeneration

    precision = precision_for(folder)
    drops = ("model.text_model", "lm_head")
    vision = load_part(SmolVLMForConditionalGeneration, folder, precision, drops=drops).model
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    return BlipEyes(KIND, vision, processor, precision)


def build_language(folder: Path) -> ChatLanguage:
    """Builds the language model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoTokenizer, SmolVLMForConditionalGeneration
    from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE

    precision = precision_for(folder, only=("model.text_model.", "lm_head."))
    drops = ("model.vision_model", "model.connector")
    module = load_part(SmolVLMForConditionalGeneration, folder, precision, drops=drops)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return ChatLanguage(
        module=module,
        tokenizer=tokenizer,
        texts=TokenTexts(tokenizer, end_tokens(module)),
        frames=BARE,
        context_tokens=module.config.text_config.max_position_embeddings,
        is_encoder_decoder=False,
        precision=precision,
        # That of the library: of the repositories some carry one that cannot read pictures.
        template=DEFAULT_CHAT_TEMPLATE,
        image_mark="<image>",
        expand=partial(_expand, module.model.image_seq_len),
        encoded=_encoded,
    )


def see(eyes: BlipEyes, pictures: Sequence[np.ndarray]) -> list[Seen]:
    """Encodes pictures one by one: each is as many tiles as its shape asks for.

    An accelerator looks at tiles and the whole, as the model was taught; a processor at the whole
    alone, or one picture would take it half a minute.
    """
    import torch

    first = next(eyes.vision.parameters())
    found = []
    for picture in pictures:
        read = eyes.processor(
            images=[[Image.fromarray(picture)]],
            do_image_splitting=first.device.type != "cpu",
            return_row_col_info=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            tokens = eyes.vision.get_image_features(
                read["pixel_values"].to(first.device, first.dtype),
                read["pixel_attention_mask"].to(first.device),
                return_dict=True,
            ).pooler_output
        grid = np.array([int(read["rows"][0][0]), int(read["cols"][0][0])])
        size_hw = (picture.shape[0], picture.shape[1])
        found.append(Seen(eyes.kind, size_hw, half(tokens[0]), extra=(grid,)))
    return found


def _expand(tokens_of_a_tile: int, seen: Seen) -> str:
    from transformers.models.smolvlm.processing_smolvlm import get_image_prompt_string

    rows, columns = seen.extra[0].tolist()
    text: str = get_image_prompt_string(
        rows,
        columns,
        tokens_of_a_tile,
        fake_token_around_image="<fake_token_around_image>",
        image_token="<image>",
        global_image_token="<global-img>",
    )
    return text


def _encoded(ids: Any, asks: Sequence[Ask]) -> dict[str, Any]:
    """What the library would have made of the pixels."""
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    shown: Any = [torch.from_numpy(ask.seen.states).to(ids.device) for ask in asks]
    return {"mm_encoder_outputs": {"image": BaseModelOutputWithPooling(pooler_output=shown)}}
