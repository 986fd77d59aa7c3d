"""OpenCLIP checkpoints in the library's CLIP classes, without the open_clip package.

Repositories of OpenCLIP carry `open_clip_config.json` and their own names for the same weights.
Names are mapped and the joined query-key-value weight is seen as three, so that the tensors stay
views of the mapped file. ViT towers only; anything else is refused, not guessed.

Source: names and defaults follow open_clip 3.3.0 (`model.py`, `transformer.py`, `transform.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch

CONFIG = "open_clip_config.json"
# In the order in which they are looked for; both are in use on the hub.
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors")
# Fields that are understood, with those that matter in training only; any other is refused.
MODEL_FIELDS = {"embed_dim", "quick_gelu", "vision_cfg", "text_cfg", "init_logit_scale"}
VISION_FIELDS = {
    "image_size",
    "layers",
    "width",
    "patch_size",
    "head_width",
    "mlp_ratio",
    "patch_dropout",
}
TEXT_FIELDS = {"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio"}
RESAMPLING = {"bicubic": 3, "bilinear": 2}
# OpenAI's mean and deviation of each colour: open_clip's default.
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)

LAYER = re.compile(r"transformer\.resblocks\.(\d+)\.(.+)")
LAYER_NAMES = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
    "attn.out_proj": "self_attn.out_proj",
}
TEXT_NAMES = {
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "text_projection": "text_projection.weight",
}
VISION_NAMES = {
    "class_embedding": "vision_model.embeddings.class_embedding",
    "positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "ln_post.weight": "vision_model.post_layernorm.weight",
    "ln_post.bias": "vision_model.post_layernorm.bias",
    "proj": "visual_projection.weight",
}
# Kept as (in, out) by open_clip, as (out, in) by a linear layer.
TRANSPOSED = {"text_projection", "proj"}


def is_open_clip(folder: Path) -> bool:
    """Tells whether a folder holds OpenCLIP's files and not the library's own."""
    return (folder / CONFIG).is_file() and not any(folder.glob("model*.safetensors*"))


def read_open_clip_config(folder: Path) -> Any:
    """Says in the library's words what `open_clip_config.json` says.

    Args:
        folder: A folder of which `is_open_clip` is true.

    Returns:
        `CLIPConfig`.

    Raises:
        PersonError: `mistake.model.mismatch` for a tower that is no plain ViT or plain text tower.
    """
    from transformers import CLIPConfig

    model = _read(folder)["model_cfg"]
    vision, text = model["vision_cfg"], model["text_cfg"]
    strange = (set(model) - MODEL_FIELDS) | (set(vision) - VISION_FIELDS)
    strange |= set(text) - TEXT_FIELDS
    if strange or not isinstance(vision.get("layers", 12), int):
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    activation = "quick_gelu" if model.get("quick_gelu") else "gelu"
    width, text_width = vision.get("width", 768), text.get("width", 512)
    return CLIPConfig(
        projection_dim=model["embed_dim"],
        vision_config={
            "hidden_size": width,
            "intermediate_size": int(width * vision.get("mlp_ratio", 4.0)),
            "num_hidden_layers": vision.get("layers", 12),
            "num_attention_heads": width // vision.get("head_width", 64),
            "image_size": vision.get("image_size", 224),
            "patch_size": vision.get("patch_size", 16),
            "hidden_act": activation,
        },
        text_config={
            "vocab_size": text.get("vocab_size", 49408),
            "hidden_size": text_width,
            "intermediate_size": int(text_width * text.get("mlp_ratio", 4.0)),
            "num_hidden_layers": text.get("layers", 12),
            "num_attention_heads": text.get("heads", 8),
            "max_position_embeddings": text.get("context_length", 77),
            "hidden_act": activation,
            # With 2 the library reads the text at its highest token, as open_clip does.
            "eos_token_id": 2,
        },
    )


def read_tower(folder: Path, *, is_text: bool) -> dict[str, torch.Tensor]:
    """Reads one tower's weights under the library's names.

    Args:
        folder: A folder of which `is_open_clip` is true.
        is_text: The text tower; else the vision tower.

    Returns:
        Tensors by name, views of the mapped file but for the small projection.

    Raises:
        PersonError: `mistake.model.missing` when there are no weights.
    """
    from safetensors import safe_open

    file = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if file is None:
        raise PersonError("mistake.model.missing", {"model": folder.name})
    found: dict[str, torch.Tensor] = {}
    with safe_open(file, framework="pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118 - not a mapping
            is_vision = name.startswith("visual.")
            if is_vision != is_text:
                found |= _renamed(name.removeprefix("visual."), tensors.get_tensor(name), is_text)
    return found


def read_image_processor(folder: Path) -> Any:
    """Makes the picture processor that `open_clip_config.json` describes.

    Args:
        folder: A folder of which `is_open_clip` is true.

    Returns:
        `CLIPImageProcessor`.

    Raises:
        PersonError: `mistake.model.mismatch` for a way to resize that is not known here.
    """
    from transformers import CLIPImageProcessor

    told = _read(folder)
    side = told["model_cfg"]["vision_cfg"].get("image_size", 224)
    asked = told.get("preprocess_cfg", {})
    mode = asked.get("resize_mode", "shortest")
    resample = RESAMPLING.get(asked.get("interpolation", "bicubic"))
    if mode not in ("shortest", "squash") or resample is None:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    square = {"height": side, "width": side}
    return CLIPImageProcessor(
        size=square if mode == "squash" else {"shortest_edge": side},
        crop_size=square,
        resample=resample,
        image_mean=list(asked.get("mean", MEAN)),
        image_std=list(asked.get("std", DEVIATION)),
    )


def _read(folder: Path) -> Mapping[str, Any]:
    return json.loads((folder / CONFIG).read_text(encoding="utf-8"))


def _renamed(name: str, tensor: torch.Tensor, is_text: bool) -> dict[str, torch.Tensor]:
    plain = (TEXT_NAMES if is_text else VISION_NAMES).get(name)
    if plain is not None:
        return {plain: tensor.T.contiguous() if name in TRANSPOSED else tensor}
    layer = LAYER.fullmatch(name)
    if layer is None:
        # The logit scale and bias, which belong to neither tower.
        return {}
    prefix = f"{'text' if is_text else 'vision'}_model.encoder.layers.{layer[1]}"
    part, _, kind = layer[2].rpartition(".")
    if part == "attn":
        kind = kind.removeprefix("in_proj_")
        names = (f"{prefix}.self_attn.{letter}_proj.{kind}" for letter in "qkv")
        return dict(zip(names, tensor.chunk(3), strict=True))
    return {f"{prefix}.{LAYER_NAMES.get(part, part)}.{kind}": tensor}
