"""Does a sentence fit a picture: the Q-Former's two heads, on what the vision tower made before.

Li et al. 2023 (arXiv:2301.12597), section 3.1: image-text matching and contrastive learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.models.blip2_asks import Matched, Seen
from playground.models.loading import load_pretrained
from playground.models.typed_text import as_text

if TYPE_CHECKING:
    import torch

KIND = "Blip2ForImageTextRetrieval"
# One folder may hold the weights of both classes: those of this one stand in an index of its own.
VARIANT = "itm"


@dataclass(eq=False)
class Matcher:
    """What reads a sentence together with a picture.

    Attributes:
        module: The library's class, without its vision tower.
        tokenizer: Its tokenizer.
        most_tokens: Longest sentence it has places for.
    """

    module: Any
    tokenizer: Any
    most_tokens: int


def build_match(folder: Path) -> Matcher:
    """Builds what matches from the folder of a whole model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU, without vision tower and language model.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoConfig, AutoTokenizer, Blip2ForImageTextRetrieval

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    # The tower's layers are never built: the states come from elsewhere.
    config.vision_config.num_hidden_layers = 0
    is_variant = (folder / f"model.safetensors.index.{VARIANT}.json").is_file()
    module = load_pretrained(
        Blip2ForImageTextRetrieval,
        folder,
        config=config,
        variant=VARIANT if is_variant else None,
    )
    del module.vision_model
    module.vision_model = _as_shown
    return Matcher(
        module=module,
        tokenizer=AutoTokenizer.from_pretrained(folder, local_files_only=True),
        most_tokens=config.qformer_config.max_position_embeddings,
    )


def match(matcher: Matcher, pairs: Sequence[tuple[Seen, str]]) -> list[Matched]:
    """Matches sentences with pictures; see `playground.models.blip2.match`."""
    import torch

    module = matcher.module
    first = module.itm_head.weight
    shown = torch.from_numpy(np.stack([seen.states for seen, _ in pairs]))
    inputs = _read_sentences(matcher, [sentence for _, sentence in pairs])
    inputs = {name: values.to(first.device) for name, values in inputs.items()}
    inputs["pixel_values"] = shown.to(first.device, first.dtype)
    with torch.inference_mode():
        fits = module(**inputs, use_image_text_matching_head=True).logits_per_image
        alike = module(**inputs, use_image_text_matching_head=False).logits_per_image
    probabilities = fits.float().softmax(dim=1)[:, 1].tolist()
    cosines = alike.float().diagonal().clamp(-1, 1).tolist()
    return [Matched(*numbers) for numbers in zip(probabilities, cosines, strict=True)]


def _read_sentences(matcher: Matcher, sentences: Sequence[str]) -> dict[str, torch.Tensor]:
    """Tokens of the sentences, with places for the queries where the library wants them."""
    import torch

    config = matcher.module.config
    tokens = matcher.tokenizer(
        [as_text(matcher.tokenizer, sentence) for sentence in sentences],
        padding=True,
        padding_side="right",
        truncation=True,
        max_length=matcher.most_tokens,
        split_special_tokens=True,
        return_tensors="pt",
    )
    ids, mask = tokens["input_ids"], tokens["attention_mask"]
    if config.image_token_index is not None:
        places = torch.full((len(ids), config.num_query_tokens), config.image_token_index)
        ids = torch.cat([places, ids], dim=1)
        mask = torch.cat([torch.ones_like(places), mask], dim=1)
    return {"input_ids": ids, "attention_mask": mask}


def _as_shown(pixel_values: torch.Tensor, **options: Any) -> tuple[torch.Tensor]:
    """Stands in for the vision tower: what it is given are its states."""
    return (pixel_values,)
