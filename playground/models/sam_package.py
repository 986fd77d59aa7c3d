"""SAM of 2023 in the authors' own package, cut into its two parts.

Kirillov et al. 2023 (arXiv:2304.02643).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.models.loading import run_dtype
from playground.models.sam_decoder import SamDecoder, graph_of
from playground.models.sam_encoder import SamEncoder
from playground.models.sam_weights import build_package_sam, read_package_state
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch

# RGB of 0..255, as in `segment_anything.modeling.Sam`.
PIXEL_MEAN = np.array((123.675, 116.28, 103.53), np.float32)
PIXEL_STD = np.array((58.395, 57.12, 57.375), np.float32)


def build_encoder(folder: Path) -> SamEncoder:
    """Builds the image encoder.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    sam, side = _empty_sam(folder)
    _fill(sam, "image_encoder", folder)
    return SamEncoder(
        module=sam.image_encoder.to(run_dtype(folder)).requires_grad_(False),
        compute=_image_levels,
        prepare=partial(_prepare, side=side),
        input_side=side,
        low_hw=sam.prompt_encoder.mask_input_size,
    )


def build_decoder(folder: Path) -> SamDecoder:
    """Builds the prompt encoder and the mask decoder, always in float32: they are small.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from segment_anything.utils.onnx import SamOnnxModel
    from torch.nn import Identity

    sam, side = _empty_sam(folder)
    _fill(sam, "prompt_encoder", folder)
    _fill(sam, "mask_decoder", folder)
    # The decoder asks its encoder for nothing but the side.
    sam.image_encoder = Identity()
    sam.image_encoder.img_size = side
    sam.pixel_mean, sam.pixel_std = None, None
    module = SamOnnxModel(sam, return_single_mask=False).eval().requires_grad_(False)
    low_hw = sam.prompt_encoder.mask_input_size
    level_chw = (sam.prompt_encoder.embed_dim, *sam.prompt_encoder.image_embedding_size)
    return SamDecoder(
        module=module,
        compute=_mask_tokens,
        low_hw=low_hw,
        graph=graph_of(module, _mask_tokens, [level_chw], low_hw),
    )


def _image_levels(image_encoder: Any, squares: torch.Tensor) -> list[torch.Tensor]:
    return [image_encoder(squares)]


def _mask_tokens(
    model: Any,
    features: torch.Tensor,
    points_xy: torch.Tensor,
    labels: torch.Tensor,
    mask: torch.Tensor,
    has_mask: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """`SamOnnxModel.forward` without enlarging the masks, which costs more than all the rest."""
    return model.mask_decoder.predict_masks(
        image_embeddings=features,
        image_pe=model.model.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=model._embed_points(points_xy, labels),
        dense_prompt_embeddings=model._embed_masks(mask, has_mask),
    )


def _empty_sam(folder: Path) -> tuple[Any, int]:
    """The class without memory for its weights: a part takes its own, the rest is let go."""
    import torch
    from transformers import SamConfig

    config = SamConfig.from_pretrained(folder, local_files_only=True).to_dict()
    with torch.device("meta"):
        sam = build_package_sam(config)
    return sam, config["vision_config"]["image_size"]


def _fill(sam: Any, name: str, folder: Path) -> None:
    """Gives one part its weights, none missing and none left over."""
    part, prefix = getattr(sam, name), f"{name}."
    stored = read_package_state(folder, sam.mask_decoder.iou_prediction_head.num_layers)
    state = {
        key.removeprefix(prefix): tensor for key, tensor in stored.items() if key.startswith(prefix)
    }
    try:
        part.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise PersonError("mistake.model.mismatch", {"model": folder.name}) from error


def _prepare(picture: np.ndarray, side: int) -> tuple[np.ndarray, tuple[int, int]]:
    """The longer side becomes `side`; the rest of the square is 0, below or at the right."""
    from segment_anything.utils.transforms import ResizeLongestSide

    small = ResizeLongestSide(side).apply_image(picture).astype(np.float32)
    small = (small - PIXEL_MEAN) / PIXEL_STD
    height, width = small.shape[:2]
    square = np.zeros((3, side, side), np.float32)
    square[:, :height, :width] = small.transpose(2, 0, 1)
    return square, (height, width)
