"""The published drawing models as their configurations give them, without memory for weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
# Of 16 channels and without the layer before and behind the latent.
WIDE_VAE = VAE | {"latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False}
UNET_2 = {
    "attention_head_dim": (5, 10, 20, 20),
    "cross_attention_dim": 1024,
    "use_linear_projection": True,
}
UNET_XL = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "attention_head_dim": (5, 10, 20),
    "block_out_channels": (320, 640, 1280),
    "cross_attention_dim": 2048,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "projection_class_embeddings_input_dim": 2816,
    "transformer_layers_per_block": (1, 2, 10),
    "use_linear_projection": True,
}
CLIP_L = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
}
CLIP_H = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
}
CLIP_G = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
}
QWEN_3_4B = {
    "vocab_size": 151_936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "tie_word_embeddings": True,
}
GEMMA_2_2B = {
    "vocab_size": 256_000,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
}
SD_35_MEDIUM = {
    "attention_head_dim": 64,
    "caption_projection_dim": 1536,
    "dual_attention_layers": tuple(range(13)),
    "in_channels": 16,
    "joint_attention_dim": 4096,
    "num_attention_heads": 24,
    "num_layers": 24,
    "out_channels": 16,
    "pooled_projection_dim": 2048,
    "pos_embed_max_size": 384,
    "qk_norm": "rms_norm",
}
KLEIN_4B = {
    "num_layers": 5,
    "num_single_layers": 20,
    "num_attention_heads": 24,
    "joint_attention_dim": 7680,
    "guidance_embeds": False,
}
SPRINT_600M = {
    "num_attention_heads": 36,
    "num_layers": 28,
    "num_cross_attention_heads": 16,
    "cross_attention_head_dim": 72,
    "cross_attention_dim": 1152,
    "guidance_embeds": True,
    "qk_norm": "rms_norm_across_heads",
}
DC_AE = {
    "encoder_block_types": ("ResBlock",) * 3 + ("EfficientViTBlock",) * 3,
    "decoder_block_types": ("ResBlock",) * 3 + ("EfficientViTBlock",) * 3,
    "encoder_layers_per_block": (2, 2, 2, 3, 3, 3),
    "upsample_block_type": "interpolate",
    "downsample_block_type": "Conv",
}
SD_UNET = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}

_CLIP, _CLIP_PROJECTING = "CLIPTextModel", "CLIPTextModelWithProjection"
# By key of the catalogue: class and configuration of each component that has weights.
COMPONENTS: Mapping[str, Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "sd-1.5": {
        "text_encoder": (_CLIP, CLIP_L),
        "unet": ("UNet2DConditionModel", SD_UNET),
        "vae": ("AutoencoderKL", VAE),
    },
    "lcm-dreamshaper-v7": {
        "text_encoder": (_CLIP, CLIP_L),
        "unet": ("UNet2DConditionModel", SD_UNET | {"time_cond_proj_dim": 256}),
        "vae": ("AutoencoderKL", VAE),
    },
    "sd-turbo": {
        "text_encoder": (_CLIP, CLIP_H),
        "unet": ("UNet2DConditionModel", UNET_2),
        "vae": ("AutoencoderKL", VAE),
    },
    "sdxl": {
        "text_encoder": (_CLIP, CLIP_L),
        "text_encoder_2": (_CLIP_PROJECTING, CLIP_G),
        "unet": ("UNet2DConditionModel", UNET_XL),
        "vae": ("AutoencoderKL", VAE),
    },
    "sd-3.5-medium": {
        "text_encoder": (_CLIP_PROJECTING, CLIP_L),
        "text_encoder_2": (_CLIP_PROJECTING, CLIP_G),
        "transformer": ("SD3Transformer2DModel", SD_35_MEDIUM),
        "vae": ("AutoencoderKL", WIDE_VAE),
    },
    "flux-2-klein-4b": {
        "text_encoder": ("Qwen3ForCausalLM", QWEN_3_4B),
        "transformer": ("Flux2Transformer2DModel", KLEIN_4B),
        "vae": ("AutoencoderKLFlux2", {}),
    },
    "z-image-turbo": {
        "text_encoder": ("Qwen3Model", QWEN_3_4B),
        "transformer": ("ZImageTransformer2DModel", {}),
        "vae": ("AutoencoderKL", WIDE_VAE),
    },
    "sana-sprint-600m": {
        "text_encoder": ("Gemma2Model", GEMMA_2_2B),
        "transformer": ("SanaTransformer2DModel", SPRINT_600M),
        "vae": ("AutoencoderDC", DC_AE),
    },
    "safety-checker": {
        "": (
            "StableDiffusionSafetyChecker",
            {
                "projection_dim": 768,
                "vision_config": {
                    "hidden_size": 1024,
                    "intermediate_size": 4096,
                    "num_hidden_layers": 24,
                    "num_attention_heads": 16,
                    "patch_size": 14,
                },
            },
        )
    },
}


def component(class_name: str, config: Mapping[str, Any]) -> torch.nn.Module:
    """A component without memory for its weights."""
    with torch.device("meta"):
        if class_name == "StableDiffusionSafetyChecker":
            return StableDiffusionSafetyChecker(transformers.CLIPConfig(**config))
        if hasattr(diffusers, class_name):
            return getattr(diffusers, class_name)(**config)
        found = getattr(transformers, class_name)
        return found(found.config_class(**config))


def weights_of(key: str) -> dict[str, int]:
    """How many weights each component has, tied ones once."""
    return {
        name: sum(weight.numel() for weight in component(*told).parameters())
        for name, told in COMPONENTS[key].items()
    }
