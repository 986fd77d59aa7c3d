"""One set of SAM weights for two libraries: `segment_anything.Sam` and transformers' `SamModel`.

The files on disk have the names of transformers. The two differ in names only; no tensor is
reshaped. Heavy libraries are imported inside the functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

# transformers keeps a second name for this one: it is the same matrix, and is not stored.
TIED_NAME = "prompt_encoder.shared_embedding.positional_embedding"

# (transformers, segment_anything): pieces of names, replaced one after the other.
_PIECES = (
    (r"^shared_image_embedding\.positional_embedding$", None),
    (r"^vision_encoder\.", "image_encoder."),
    (r"^image_encoder\.patch_embed\.projection\.", "image_encoder.patch_embed.proj."),
    (r"^(image_encoder)\.layers\.(\d+)\.layer_norm([12])\.", r"\1.blocks.\2.norm\3."),
    (r"^(image_encoder)\.layers\.", r"\1.blocks."),
    (r"^(image_encoder\.neck)\.conv1\.", r"\1.0."),
    (r"^(image_encoder\.neck)\.layer_norm1\.", r"\1.1."),
    (r"^(image_encoder\.neck)\.conv2\.", r"\1.2."),
    (r"^(image_encoder\.neck)\.layer_norm2\.", r"\1.3."),
    (r"^(prompt_encoder)\.point_embed\.", r"\1.point_embeddings."),
    (r"^(prompt_encoder)\.mask_embed\.conv1\.", r"\1.mask_downscaling.0."),
    (r"^(prompt_encoder)\.mask_embed\.layer_norm1\.", r"\1.mask_downscaling.1."),
    (r"^(prompt_encoder)\.mask_embed\.conv2\.", r"\1.mask_downscaling.3."),
    (r"^(prompt_encoder)\.mask_embed\.layer_norm2\.", r"\1.mask_downscaling.4."),
    (r"^(prompt_encoder)\.mask_embed\.conv3\.", r"\1.mask_downscaling.6."),
    (r"^(mask_decoder\.transformer)\.layer_norm_final_attn\.", r"\1.norm_final_attn."),
    (r"^(mask_decoder\.transformer\.layers\.\d+)\.layer_norm(\d)\.", r"\1.norm\2."),
    (r"^(mask_decoder)\.upscale_conv1\.", r"\1.output_upscaling.0."),
    (r"^(mask_decoder)\.upscale_layer_norm\.", r"\1.output_upscaling.1."),
    (r"^(mask_decoder)\.upscale_conv2\.", r"\1.output_upscaling.3."),
)
_GAUSSIAN = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
# The small perceptrons: first, hidden and last layer have names of their own in transformers.
_PERCEPTRON = re.compile(
    r"^(mask_decoder\.(?:output_hypernetworks_mlps\.\d+|iou_prediction_head))\."
    r"(proj_in|proj_out|layers\.(\d+))\.(weight|bias)$"
)


def package_name(name: str, iou_head_depth: int = 3) -> str:
    """Translates the name of a weight from transformers to segment_anything.

    Args:
        name: As in the state of `transformers.SamModel`.
        iou_head_depth: Layers of the IoU head, 2 or more; the mask heads always have 3.

    Returns:
        As in the state of `segment_anything.modeling.Sam`.
    """
    found = _PERCEPTRON.match(name)
    if found:
        head, layer, hidden, kind = found.groups()
        depth = iou_head_depth if head.endswith("iou_prediction_head") else 3
        number = {"proj_in": 0, "proj_out": depth - 1}.get(layer, int(hidden or 0) + 1)
        return f"{head}.layers.{number}.{kind}"
    for pattern, replacement in _PIECES:
        name = re.sub(pattern, _GAUSSIAN if replacement is None else replacement, name)
    return name


def package_names(names: Iterable[str], iou_head_depth: int = 3) -> dict[str, str]:
    """Translates all names of a model, both ways at once.

    Args:
        names: Names of transformers; the tied second name is left out.
        iou_head_depth: Layers of the IoU head, 2 or more.

    Returns:
        Name of segment_anything by name of transformers; no two are equal.
    """
    return {name: package_name(name, iou_head_depth) for name in names if name != TIED_NAME}


def build_package_sam(config: Mapping[str, Any]) -> Any:
    """Builds the package's own `Sam` with random weights from a configuration of transformers.

    Args:
        config: `SamConfig.to_dict()`, or the JSON of a `config.json`; its three parts must agree
            with each other as `SamConfig` demands.

    Returns:
        `segment_anything.modeling.Sam` in evaluation mode on the CPU.
    """
    from segment_anything.modeling import (
        ImageEncoderViT,
        MaskDecoder,
        PromptEncoder,
        Sam,
        TwoWayTransformer,
    )
    from torch.nn import LayerNorm

    vision, prompt, mask = (
        config[part] for part in ("vision_config", "prompt_encoder_config", "mask_decoder_config")
    )
    grid = prompt["image_size"] // prompt["patch_size"]
    encoder = ImageEncoderViT(
        img_size=vision["image_size"],
        patch_size=vision["patch_size"],
        embed_dim=vision["hidden_size"],
        depth=vision["num_hidden_layers"],
        num_heads=vision["num_attention_heads"],
        mlp_ratio=vision["mlp_dim"] / vision["hidden_size"],
        out_chans=vision["output_channels"],
        qkv_bias=vision["qkv_bias"],
        norm_layer=partial(LayerNorm, eps=vision["layer_norm_eps"]),
        use_abs_pos=vision["use_abs_pos"],
        use_rel_pos=vision["use_rel_pos"],
        window_size=vision["window_size"],
        global_attn_indexes=tuple(vision["global_attn_indexes"]),
    )
    prompts = PromptEncoder(
        embed_dim=prompt["hidden_size"],
        image_embedding_size=(grid, grid),
        input_image_size=(prompt["image_size"],) * 2,
        mask_in_chans=prompt["mask_input_channels"],
    )
    decoder = MaskDecoder(
        transformer_dim=mask["hidden_size"],
        transformer=TwoWayTransformer(
            depth=mask["num_hidden_layers"],
            embedding_dim=mask["hidden_size"],
            num_heads=mask["num_attention_heads"],
            mlp_dim=mask["mlp_dim"],
            attention_downsample_rate=mask["attention_downsample_rate"],
        ),
        num_multimask_outputs=mask["num_multimask_outputs"],
        iou_head_depth=mask["iou_head_depth"],
        iou_head_hidden_dim=mask["iou_head_hidden_dim"],
    )
    return Sam(encoder, prompts, decoder).eval()


def read_package_state(folder: Path, iou_head_depth: int = 3) -> dict[str, Tensor]:
    """Reads the safetensors of a folder under the names of segment_anything, as float32.

    Args:
        folder: Holds safetensors with the names of transformers.
        iou_head_depth: Layers of the IoU head, 2 or more.

    Returns:
        The state for `Sam.load_state_dict`.
    """
    from safetensors.torch import load_file

    stored: dict[str, Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        stored.update(load_file(file))
    names = package_names(stored, iou_head_depth)
    return {names[name]: tensor.float() for name, tensor in stored.items() if name in names}


def load_package_sam(folder: Path) -> Any:
    """Loads the package's own `Sam` from a model folder of transformers.

    Args:
        folder: Holds `config.json` and safetensors.

    Returns:
        `segment_anything.modeling.Sam`, float32, in evaluation mode, without gradients.

    Raises:
        RuntimeError: If a weight is missing, too many, or of another shape.
    """
    from transformers import SamConfig

    config = SamConfig.from_pretrained(folder, local_files_only=True).to_dict()
    sam = build_package_sam(config)
    depth = config["mask_decoder_config"]["iou_head_depth"]
    sam.load_state_dict(read_package_state(folder, depth), strict=True)
    return sam.requires_grad_(False)
