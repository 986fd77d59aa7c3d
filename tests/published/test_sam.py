"""What the catalogue says of published segmenters, counted in the library's classes, no device."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

from playground.published.sam import PUBLISHED_SAM

Config = dict[str, Any]


def vit(width: int, layers: int, heads: int, global_layers: list[int]) -> Config:
    """The image encoder of a SAM of 2023, as its authors' `build_sam.py` gives it."""
    return {
        "hidden_size": width,
        "mlp_dim": 4 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "global_attn_indexes": global_layers,
    }


def hiera(width: int, blocks: list[int], global_blocks: list[int], **more: Any) -> Config:
    """The image encoder of a SAM 2.1, as its authors' recipes give it."""
    widths = [width, 2 * width, 4 * width, 8 * width]
    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": width,
        "blocks_per_stage": blocks,
        "global_attention_blocks": global_blocks,
        "embed_dim_per_stage": widths,
    }
    return {"backbone_config": backbone | more, "backbone_channel_list": widths[::-1]}


TWO_HEADS = {"num_attention_heads": 2, "num_attention_heads_per_stage": [2, 4, 8, 16]}
REPVIT = {
    "model_type": "edgetam_vision_model",
    "backbone_config": {
        "model_type": "timm_wrapper",
        "architecture": "repvit_m1.dist_in1k",
        "num_classes": 1000,
        "model_args": {"in_chans": 3, "features_only": True, "out_indices": [0, 1, 2, 3]},
    },
}
VISION: dict[str, Config] = {
    "sam-vit-b": vit(768, 12, 12, [2, 5, 8, 11]),
    "sam-vit-l": vit(1024, 24, 16, [5, 11, 17, 23]),
    "sam-vit-h": vit(1280, 32, 16, [7, 15, 23, 31]),
    "sam2.1-hiera-tiny": hiera(96, [1, 2, 7, 2], [5, 7, 9]),
    "sam2.1-hiera-small": hiera(96, [1, 2, 11, 2], [7, 10, 13]),
    "sam2.1-hiera-base-plus": hiera(
        112,
        [2, 3, 16, 3],
        [12, 16, 20],
        window_positional_embedding_background_size=[14, 14],
        **TWO_HEADS,
    ),
    "sam2.1-hiera-large": hiera(
        144, [2, 6, 36, 4], [23, 33, 43], window_size_per_stage=[8, 4, 16, 8], **TWO_HEADS
    ),
    "edgetam": REPVIT,
}


def model_of(class_name: str, vision: Config) -> torch.nn.Module:
    """The whole model without memory for its weights."""
    model_class = getattr(transformers, class_name)
    with torch.device("meta"):
        return model_class(model_class.config_class(vision_config=vision))


@pytest.mark.parametrize("item", PUBLISHED_SAM, ids=lambda item: item.key)
def test_bytes_are_those_of_the_class(item):
    vision = VISION[item.key]
    model = model_of(item.class_name, vision)
    held = sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))
    assert item.bytes_on_device == held
    state = model_of((*item.also_named, item.class_name)[0], vision).state_dict(keep_vars=True)
    stored = sum(tensor.nbytes for tensor in {id(kept): kept for kept in state.values()}.values())
    # A safetensors file is its header and the weights.
    assert 0 < item.bytes_on_disk - stored < 200_000
    assert item.least_memory_bytes > item.bytes_on_device


@pytest.mark.parametrize("item", PUBLISHED_SAM, ids=lambda item: item.key)
def test_nothing_that_runs_code_is_fetched(item):
    assert item.files == ("*.json", "model.safetensors")
    assert not item.is_gated and not item.is_built_in and not item.languages
    assert [part.rpartition("/")[2] for part in item.parts] == ["encoder", "decoder"]
