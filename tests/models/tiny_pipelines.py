"""Tiny checkpoints of every pipeline that draws, in the hub's file layout.

Random weights and tokenizers built in memory: they test code paths; nothing they draw is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    Gemma2Config,
    Gemma2Model,
    GemmaTokenizer,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
)

from tests.models.tiny_clip import CONTEXT_TOKENS, tiny_tokenizer

# As Qwen 3's own: without thoughts they are written for it, empty.
QWEN_3_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}"
    "<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
SD_SCHEDULE = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "steps_offset": 1,
}


def save_sd(folder: Path, **options: Any) -> None:
    """Stable Diffusion 1.5: PNDM, words of the last state."""
    scheduler = diffusers.PNDMScheduler(skip_prk_steps=True, set_alpha_to_one=False, **SD_SCHEDULE)
    _stable_diffusion(scheduler).save_pretrained(folder, **options)


def save_sd_turbo(folder: Path, **options: Any) -> None:
    """SD-Turbo: Euler with trailing times, one step."""
    scheduler = diffusers.EulerDiscreteScheduler(timestep_spacing="trailing", **SD_SCHEDULE)
    _stable_diffusion(scheduler).save_pretrained(folder, **options)


def save_lcm(folder: Path, **options: Any) -> None:
    """LCM Dreamshaper: its UNet is told the guidance."""
    pipeline = _stable_diffusion(
        diffusers.LCMScheduler(original_inference_steps=50, **SD_SCHEDULE),
        diffusers.LatentConsistencyModelPipeline,
        time_cond_proj_dim=8,
    )
    pipeline.save_pretrained(folder, **options)


def save_sdxl(folder: Path, **options: Any) -> None:
    """SDXL: two towers, sizes as numbers, Euler."""
    scheduler = diffusers.EulerDiscreteScheduler(timestep_spacing="leading", **SD_SCHEDULE)
    _stable_diffusion_xl(scheduler).save_pretrained(folder, **options)


def save_sdxl_turbo(folder: Path, **options: Any) -> None:
    """SDXL-Turbo: Euler ancestral with trailing times."""
    scheduler = diffusers.EulerAncestralDiscreteScheduler(
        timestep_spacing="trailing", **SD_SCHEDULE
    )
    _stable_diffusion_xl(scheduler).save_pretrained(folder, **options)


def save_sd3(folder: Path, **options: Any) -> None:
    """SD 3.5: its third text encoder is not among the files that are fetched."""
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer()
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=4,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        # Wider than what the first two encoders say together.
        joint_attention_dim=48,
        caption_projection_dim=16,
        pooled_projection_dim=32,
        pos_embed_max_size=16,
        dual_attention_layers=(0,),
        qk_norm="rms_norm",
    )
    diffusers.StableDiffusion3Pipeline(
        transformer=_lively(transformer),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_autoencoder(
            scaling_factor=1.5305,
            shift_factor=0.0609,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=_tower(tokenizer, CLIPTextModelWithProjection),
        tokenizer=tokenizer,
        text_encoder_2=_tower(tokenizer, CLIPTextModelWithProjection),
        tokenizer_2=tokenizer,
        text_encoder_3=None,
        tokenizer_3=None,
    ).save_pretrained(folder, **options)


def save_flux2_klein(folder: Path, **options: Any) -> None:
    """FLUX.2 klein: as many layers in its language model as are heard, and two more."""
    torch.manual_seed(0)
    tokenizer = _qwen_tokenizer()
    transformer = diffusers.Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        timestep_guidance_channels=32,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    vae = diffusers.AutoencoderKLFlux2(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
    )
    # Numbers of its own for each channel, as training leaves them.
    vae.bn.running_mean.normal_()
    vae.bn.running_var.uniform_(0.5, 2)
    diffusers.Flux2KleinPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=vae,
        text_encoder=Qwen3ForCausalLM(_qwen_config(tokenizer, 29)),
        tokenizer=tokenizer,
        transformer=_lively(transformer),
        is_distilled=True,
    ).save_pretrained(folder, **options)


def save_z_image(folder: Path, **options: Any) -> None:
    """Z-Image-Turbo."""
    torch.manual_seed(0)
    tokenizer = _qwen_tokenizer()
    transformer = diffusers.ZImageTransformer2DModel(
        in_channels=4,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[4, 6, 6],
        axes_lens=[1024, 32, 32],
    )
    diffusers.ZImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_autoencoder(
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=Qwen3Model(_qwen_config(tokenizer, 3)),
        tokenizer=tokenizer,
        transformer=_lively(transformer),
    ).save_pretrained(folder, **options)


def save_sana_sprint(folder: Path, **options: Any) -> None:
    """Sana Sprint: cells of 4 pixels here in place of 32."""
    torch.manual_seed(0)
    tokenizer = _gemma_tokenizer()
    transformer = diffusers.SanaTransformer2DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=4,
        num_layers=2,
        num_cross_attention_heads=2,
        cross_attention_head_dim=4,
        cross_attention_dim=8,
        caption_channels=8,
        sample_size=32,
        guidance_embeds=True,
        qk_norm="rms_norm_across_heads",
    )
    vae = diffusers.AutoencoderDC(
        in_channels=3,
        latent_channels=4,
        attention_head_dim=2,
        encoder_block_types=("ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "EfficientViTBlock"),
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        encoder_layers_per_block=(1, 1),
        decoder_layers_per_block=(1, 1),
        encoder_qkv_multiscales=((), (5,)),
        decoder_qkv_multiscales=((), (5,)),
        upsample_block_type="interpolate",
        downsample_block_type="conv",
        scaling_factor=0.41407,
    )
    config = Gemma2Config(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=4,
        max_position_embeddings=4096,
    )
    diffusers.SanaSprintPipeline(
        tokenizer=tokenizer,
        text_encoder=Gemma2Model(config),
        vae=vae,
        transformer=_lively(transformer),
        scheduler=diffusers.SCMScheduler(),
    ).save_pretrained(folder, **options)


def _stable_diffusion(
    scheduler: Any, pipeline: Any = diffusers.StableDiffusionPipeline, **unet: Any
) -> Any:
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer()
    more = {} if pipeline is diffusers.StableDiffusionPipeline else {"image_encoder": None}
    return pipeline(
        vae=_autoencoder(),
        text_encoder=_tower(tokenizer, CLIPTextModel),
        tokenizer=tokenizer,
        unet=_unet(cross_attention_dim=24, **unet),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
        **more,
    )


def _stable_diffusion_xl(scheduler: Any) -> Any:
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer()
    unet = _unet(
        cross_attention_dim=48,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=16 + 6 * 8,
    )
    return diffusers.StableDiffusionXLPipeline(
        vae=_autoencoder(force_upcast=True, scaling_factor=0.13025),
        text_encoder=_tower(tokenizer, CLIPTextModel),
        text_encoder_2=_tower(tokenizer, CLIPTextModelWithProjection),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=scheduler,
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )


def _unet(**more: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **more,
    )


def _autoencoder(**more: Any) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(4, 4),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        **more,
    )


def _lively(transformer: Any) -> Any:
    """Gates that begin at zero would let nothing through that a test could see."""
    with torch.no_grad():
        for weight in transformer.parameters():
            if not weight.any():
                weight.normal_(std=0.2)
    return transformer


def _clip_tokenizer() -> Any:
    tokenizer = tiny_tokenizer()
    tokenizer.model_max_length = CONTEXT_TOKENS
    tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _tower(tokenizer: Any, tower_class: Any) -> Any:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=24,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        projection_dim=16,
        max_position_embeddings=CONTEXT_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return tower_class(config)


def _qwen_tokenizer() -> Any:
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    pieces = [*sorted(ByteLevel.alphabet()), "ca", "cat", "\u0120cat"]
    vocab = {piece: number for number, piece in enumerate([*marks, *pieces])}
    tokenizer = Qwen2Tokenizer(
        vocab=vocab,
        merges=[("c", "a"), ("ca", "t"), ("\u0120", "cat")],
        additional_special_tokens=marks,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
    )
    tokenizer.chat_template = QWEN_3_CHAT
    return tokenizer


def _qwen_config(tokenizer: Any, layers: int) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=1024,
    )


def _gemma_tokenizer() -> Any:
    marks = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    pieces = ["\u2581", *"abcdefghijklmnopqrstuvwxyz", "ca", "cat", "\u2581cat"]
    vocab = {piece: number for number, piece in enumerate([*marks, *bytes_, *pieces])}
    return GemmaTokenizer(
        vocab=vocab,
        merges=[("c", "a"), ("ca", "t"), ("\u2581", "cat")],
        additional_special_tokens=marks[-2:],
    )


# By the pipeline's name here; `save(folder, **options of save_pretrained)`.
PIPELINES: Mapping[str, Callable[..., None]] = {
    "sd": save_sd,
    "sd-turbo": save_sd_turbo,
    "lcm": save_lcm,
    "sdxl": save_sdxl,
    "sdxl-turbo": save_sdxl_turbo,
    "sd3": save_sd3,
    "flux2-klein": save_flux2_klein,
    "z-image": save_z_image,
    "sana-sprint": save_sana_sprint,
}
