"""The models that `device_swaps` moves: random weights in mapped files, at full size or tiny."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging

# Processors crawl in float16.
DTYPE = torch.float16 if torch.cuda.is_available() else torch.float32
Ask = Callable[[Any], torch.Tensor]


@dataclass
class SwappedModel:
    """One model on the disk.

    Attributes:
        key: Its name.
        model_class: The library's class.
        folder: Where its files lie.
        ask: A small question; the answer does not depend on anything but the weights.
        size_bytes: Bytes of its weights.
        first: What it answered first.
    """

    key: str
    model_class: Any
    folder: Path
    ask: Ask
    size_bytes: int
    first: torch.Tensor | None = field(default=None)

    def load(self) -> Any:
        """Maps the file; nothing is copied."""
        return self.model_class.from_pretrained(
            self.folder, torch_dtype=DTYPE, use_safetensors=True, local_files_only=True
        ).eval()

    def use(self, module: Any) -> torch.Tensor:
        """Asks once."""
        return self.ask(module).float().cpu()

    def remember(self, module: Any) -> None:
        """Keeps the answer to compare later ones with."""
        self.first = self.use(module)

    def is_right(self, module: Any) -> bool:
        """Whether the answer is what it was first, but for the order of sums."""
        return self.first is not None and torch.allclose(
            self.use(module), self.first, rtol=1e-2, atol=1e-2
        )


def save_models(folder: Path, *, is_full_size: bool) -> list[SwappedModel]:
    """Writes all models.

    Args:
        folder: Where to.
        is_full_size: Some 12 GB of published sizes; else a few megabytes.
    """
    logging.disable_progress_bar()
    makers = (clip_l14, sam_h, sd_unet, blip2_opt)
    return [_save(folder, *maker(is_full_size)) for maker in makers]


def clip_l14(is_full: bool) -> tuple[str, Any, Any, Ask]:
    """CLIP L/14, asked with one text."""
    from transformers import CLIPConfig, CLIPModel

    text: dict[str, Any] = {"hidden_size": 768, "intermediate_size": 3072}
    vision: dict[str, Any] = {"hidden_size": 1024, "intermediate_size": 4096, "patch_size": 14}
    if is_full:
        text |= {"num_attention_heads": 12, "num_hidden_layers": 12}
        vision |= {"num_attention_heads": 16, "num_hidden_layers": 24}
    else:
        text = _small() | {"vocab_size": 49_408}
        vision = _small() | {"patch_size": 32}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=768)

    def ask(model: Any) -> torch.Tensor:
        ids = torch.tensor([[49_406, 320, 1125, 49_407]], device=model.device)
        return model.get_text_features(input_ids=ids).pooler_output

    return "CLIP L/14", CLIPModel, config, ask


def sam_h(is_full: bool) -> tuple[str, Any, Any, Ask]:
    """SAM ViT-H, asked for a picture's embedding."""
    from transformers import SamConfig, SamModel

    side = 1024 if is_full else 64
    vision: dict[str, Any] = {"hidden_size": 1280, "num_hidden_layers": 32, "mlp_dim": 5120}
    vision |= {"num_attention_heads": 16, "global_attn_indexes": [7, 15, 23, 31]}
    if not is_full:
        vision = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
        vision |= {"mlp_dim": 128, "image_size": side, "global_attn_indexes": [1]}
    prompt = {"image_size": side, "image_embedding_size": side // 16}
    config = SamConfig(vision_config=vision, prompt_encoder_config=prompt)

    def ask(model: Any) -> torch.Tensor:
        pixels = torch.full((1, 3, side, side), 0.5, device=model.device, dtype=model.dtype)
        return model.get_image_embeddings(pixels)

    return "SAM ViT-H", SamModel, config, ask


def sd_unet(is_full: bool) -> tuple[str, Any, Any, Ask]:
    """The UNet of Stable Diffusion 1.5, asked for one step."""
    from diffusers import UNet2DConditionModel

    config: dict[str, Any] = {"sample_size": 64, "cross_attention_dim": 768}
    if not is_full:
        config = {
            "sample_size": 8,
            "cross_attention_dim": 768,
            "block_out_channels": (32, 64),
            "layers_per_block": 1,
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        }

    def ask(model: Any) -> torch.Tensor:
        options = {"device": model.device, "dtype": model.dtype}
        latents = torch.full((1, 4, config["sample_size"], config["sample_size"]), 0.5, **options)
        words = torch.full((1, 77, 768), 0.1, **options)
        return model(latents, 500, encoder_hidden_states=words).sample

    return "SD 1.5 UNet", UNet2DConditionModel, config, ask


def blip2_opt(is_full: bool) -> tuple[str, Any, Any, Ask]:
    """BLIP-2 with OPT-2.7B, asked what its language model says after four tokens."""
    from transformers import Blip2Config, Blip2ForConditionalGeneration

    options: dict[str, Any] = {}
    language: dict[str, Any] = {
        "model_type": "opt",
        "vocab_size": 50_272,
        "hidden_size": 2560,
        "word_embed_proj_dim": 2560,
        "ffn_dim": 10_240,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
    }
    if not is_full:
        language |= {"hidden_size": 64, "word_embed_proj_dim": 64, "ffn_dim": 128}
        language |= {"num_hidden_layers": 2, "num_attention_heads": 2}
        options["vision_config"] = _small() | {"image_size": 28, "patch_size": 14}
        options["qformer_config"] = _small() | {"encoder_hidden_size": 64}
    config = Blip2Config(text_config=language, image_token_index=50_265, **options)

    def ask(model: Any) -> torch.Tensor:
        ids = torch.tensor([[2, 5, 6, 7]], device=model.device)
        return model.language_model(input_ids=ids).logits

    return "BLIP-2 OPT-2.7B", Blip2ForConditionalGeneration, config, ask


def _small() -> dict[str, Any]:
    return {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }


def _save(folder: Path, key: str, model_class: Any, config: Any, ask: Ask) -> SwappedModel:
    """Makes random weights where that is fastest, and writes them."""
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.device(device):
        model = model_class(**config) if isinstance(config, dict) else model_class(config)
    model = model.to(DTYPE).cpu()
    place = folder / key.replace("/", "-")
    model.save_pretrained(place)
    tensors = {tensor.data_ptr(): tensor for tensor in (*model.parameters(), *model.buffers())}
    size = sum(tensor.nbytes for tensor in tensors.values())
    return SwappedModel(key, model_class, place, ask, size)
