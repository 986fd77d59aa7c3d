"""SAM 2 and EdgeTAM in the classes of transformers, cut into their two parts.

Ravi et al. 2024 (arXiv:2408.00714); Zhou et al. 2025 (arXiv:2501.07256).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.models.loading import load_pretrained
from playground.models.sam_decoder import Fallback, SamDecoder, graph_of
from playground.models.sam_encoder import SamEncoder

if TYPE_CHECKING:
    import torch

# The convolutions of the mask decoder that make the fine levels: the encoder runs them once.
FINE_LEVELS = ("conv_s0", "conv_s1")


def build_encoder(class_name: str, folder: Path) -> SamEncoder:
    """Builds what looks at pictures.

    Args:
        class_name: `"Sam2Model"` or `"EdgeTamModel"`.
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoImageProcessor

    model = _load(class_name, folder)
    low_hw, side = model.prompt_encoder.mask_input_size, model.prompt_encoder.input_image_size
    del model.prompt_encoder, model.shared_image_embedding
    for name, _ in list(model.mask_decoder.named_children()):
        if name not in FINE_LEVELS:
            delattr(model.mask_decoder, name)
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    return SamEncoder(
        module=model,
        compute=_image_levels,
        prepare=partial(_prepare, processor=processor),
        input_side=side,
        low_hw=low_hw,
    )


def build_decoder(class_name: str, folder: Path) -> SamDecoder:
    """Builds what answers clicks, always in float32: it is small.

    Args:
        class_name: `"Sam2Model"` or `"EdgeTamModel"`.
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    model = _load(class_name, folder)
    del model.vision_encoder, model.no_memory_embedding
    model = model.float()
    decoder, config = model.mask_decoder, model.config.mask_decoder_config
    channels = [getattr(decoder, name).out_channels for name in FINE_LEVELS]
    for name in FINE_LEVELS:
        delattr(decoder, name)
    sides_hw = model.backbone_feature_sizes
    levels_chw = [
        (depth, *side_hw)
        for depth, side_hw in zip((*channels, config.hidden_size), sides_hw, strict=True)
    ]
    # The library asks this function to choose among all four masks; `SamDecoder` chooses later.
    decoder.dynamic_multimask_via_stability = True
    decoder._dynamic_multimask_via_stability = _keep_all
    fallback = Fallback(
        config.dynamic_multimask_stability_delta, config.dynamic_multimask_stability_thresh
    )
    low_hw = model.prompt_encoder.mask_input_size
    return SamDecoder(
        module=model,
        compute=_mask_tokens,
        low_hw=low_hw,
        graph=graph_of(model, _mask_tokens, levels_chw, low_hw),
        pads_box=True,
        fallback=fallback if config.dynamic_multimask_via_stability else None,
    )


def _load(class_name: str, folder: Path) -> Any:
    import transformers

    return load_pretrained(getattr(transformers, class_name), folder)


def _image_levels(model: Any, squares: torch.Tensor) -> list[torch.Tensor]:
    return model.get_image_embeddings(squares)


def _mask_tokens(model: Any, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    *features, points_xy, labels, mask, has_mask = inputs
    prompt = model.prompt_encoder
    dense = has_mask * prompt.mask_embed(mask)
    dense = dense + (1 - has_mask) * prompt.no_mask_embed.weight.reshape(1, -1, 1, 1)
    masks, iou, _, _ = model.mask_decoder(
        image_embeddings=features[-1],
        image_positional_embeddings=model.get_image_wide_positional_embeddings(),
        sparse_prompt_embeddings=prompt._embed_points(points_xy[None], labels[None].long(), False),
        dense_prompt_embeddings=dense,
        multimask_output=False,
        high_resolution_features=features[:-1],
    )
    return masks[0], iou[0]


def _keep_all(logits: torch.Tensor, iou: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return logits, iou


def _prepare(picture: np.ndarray, processor: Any) -> tuple[np.ndarray, tuple[int, int]]:
    """Squashed to the whole square, whatever the picture's shape."""
    square = processor(images=picture, return_tensors="np")["pixel_values"][0]
    return square.astype(np.float32), (square.shape[1], square.shape[2])
