"""Tiny checkpoints of every kin of Segment Anything in the hub's file layout.

Random weights, made with the library's classes: they test code paths; nothing they answer is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import (
    EdgeTamVideoConfig,
    EdgeTamVideoModel,
    Sam2Config,
    Sam2ImageProcessor,
    Sam2Model,
    Sam2VideoConfig,
    Sam2VideoModel,
    SamConfig,
    SamImageProcessor,
    SamModel,
)

SIDE = 64
MEMORY = {
    "memory_attention_hidden_size": 128,
    "memory_attention_num_layers": 1,
    "memory_encoder_hidden_size": 128,
    "mask_downsampler_embed_dim": 128,
    "memory_fuser_num_layers": 1,
    "memory_fuser_embed_dim": 128,
    "memory_fuser_intermediate_dim": 128,
    "memory_attention_rope_feat_sizes": [SIDE // 16, SIDE // 16],
    "image_size": SIDE,
}


def save_sam(folder: Path) -> None:
    """SAM of 2023, as `facebook/sam-vit-base` is laid out."""
    side, patch, width = SIDE, 16, 16
    config = SamConfig(
        vision_config={
            "hidden_size": 24,
            "output_channels": width,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "mlp_dim": 48,
            "image_size": side,
            "patch_size": patch,
            "window_size": 2,
            "global_attn_indexes": [1],
            "num_pos_feats": width // 2,
        },
        prompt_encoder_config={
            "hidden_size": width,
            "image_size": side,
            "patch_size": patch,
            "mask_input_channels": 8,
        },
        mask_decoder_config=_decoder(width),
    )
    _save(SamModel, config, folder)
    low = 4 * side // patch
    SamImageProcessor(
        size={"longest_edge": side},
        pad_size={"height": side, "width": side},
        mask_size={"longest_edge": low},
        mask_pad_size={"height": low, "width": low},
    ).save_pretrained(folder)


def save_sam2(folder: Path) -> None:
    """SAM 2 for pictures alone."""
    _save(Sam2Model, Sam2Config(**_sam2(width=32)), folder)
    _save_processor(folder)


def save_sam2_video(folder: Path) -> None:
    """SAM 2.1, as `facebook/sam2.1-hiera-tiny` is laid out: the picture model is a part of it."""
    _save(Sam2VideoModel, Sam2VideoConfig(**_sam2(width=128), **MEMORY), folder)
    _save_processor(folder)


def save_edgetam(folder: Path) -> None:
    """EdgeTAM, as `yonigozlan/EdgeTAM-hf` is laid out: a video model as well."""
    config = _prompts_and_masks(width=128) | {
        "vision_config": {
            "model_type": "edgetam_vision_model",
            "backbone_config": {
                "model_type": "timm_wrapper",
                "architecture": "repvit_m1.dist_in1k",
                "num_classes": 2,
                "model_args": {
                    "in_chans": 3,
                    "features_only": True,
                    "out_indices": [0, 1, 2, 3],
                    "embed_dim": [8, 16, 24, 32],
                    "depth": [1, 1, 1, 1],
                },
            },
            "backbone_channel_list": [32, 24, 16, 8],
            "fpn_hidden_size": 128,
            "backbone_feature_sizes": [[SIDE // step] * 2 for step in (4, 8, 16)],
        }
    }
    memory = {
        name: value for name, value in MEMORY.items() if name != "memory_attention_hidden_size"
    }
    _save(EdgeTamVideoModel, EdgeTamVideoConfig(**config, **memory), folder)
    _save_processor(folder)


# By layout: what writes its folder.
SAM_CHECKPOINTS: dict[str, Callable[[Path], None]] = {
    "sam": save_sam,
    "sam2": save_sam2,
    "sam2-video": save_sam2_video,
    "edgetam": save_edgetam,
}


def _sam2(*, width: int) -> dict[str, Any]:
    return _prompts_and_masks(width=width) | {
        "vision_config": {
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "hidden_size": 8,
                "image_size": [SIDE, SIDE],
                "blocks_per_stage": [1, 2, 2, 1],
                "embed_dim_per_stage": [8, 16, 32, 64],
                "num_attention_heads_per_stage": [1, 1, 2, 2],
                "window_size_per_stage": [4, 2, 4, 2],
                "global_attention_blocks": [4],
                "window_positional_embedding_background_size": [4, 4],
            },
            "backbone_channel_list": [64, 32, 16, 8],
            "backbone_feature_sizes": [[SIDE // step] * 2 for step in (4, 8, 16)],
            "fpn_hidden_size": width,
        }
    }


def _prompts_and_masks(*, width: int) -> dict[str, Any]:
    prompt = {"hidden_size": width, "image_size": SIDE, "patch_size": 16, "mask_input_channels": 8}
    return {"prompt_encoder_config": prompt, "mask_decoder_config": _decoder(width)}


def _decoder(width: int) -> dict[str, Any]:
    return {
        "hidden_size": width,
        "mlp_dim": 32,
        "num_attention_heads": 2,
        "iou_head_hidden_dim": 16,
    }


def _save_processor(folder: Path) -> None:
    low = {"height": SIDE // 4, "width": SIDE // 4}
    Sam2ImageProcessor(size={"height": SIDE, "width": SIDE}, mask_size=low).save_pretrained(folder)


def _save(model_class: Any, config: Any, folder: Path) -> None:
    torch.manual_seed(0)
    model = model_class(config).eval()
    # The library starts near zero: too little for a comparison to mean anything.
    for weights in model.parameters():
        if weights.ndim > 1:
            torch.nn.init.kaiming_normal_(weights, a=1)
    model.save_pretrained(folder)
