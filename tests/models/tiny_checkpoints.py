"""Tiny checkpoints of every CLIP family in the hub's file layout, made with the library's classes.

Random weights and tokenizers built in memory: they test code paths; nothing they answer is shown.
Each function writes a folder; the classes' own `save_pretrained` decides names and tensors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import (
    BertTokenizer,
    ChineseCLIPConfig,
    ChineseCLIPImageProcessor,
    ChineseCLIPModel,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    GemmaTokenizer,
    MetaClip2Config,
    MetaClip2Model,
    Siglip2Config,
    Siglip2ImageProcessor,
    Siglip2Model,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    XLMRobertaTokenizer,
)

from tests.models.tiny_clip import save_tiny_clip, tiny_tokenizer

SIDE, PATCH, WIDTH = 16, 8, 16
WORDS = ("cat", "dog", "tree", "red", "a", "the", "photo", "of")
CHINESE = "貓狗樹紅一隻的照片白馬"
SMALL = {"intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
LOGIT_SCALE, LOGIT_BIAS = 4.7, -16.5


def save_openai_clip(folder: Path) -> None:
    """OpenAI CLIP, LAION's repositories that carry the library's own files, and all like them."""
    save_tiny_clip(folder)


def save_siglip2(folder: Path) -> None:
    """SigLIP 2 at a fixed resolution: class `SiglipModel`, Gemma's tokenizer, case kept by it."""
    tokenizer = _gemma_tokenizer()
    tokenizer.save_pretrained(folder)
    SiglipImageProcessor(size=_square()).save_pretrained(folder)
    _save(
        SiglipModel,
        SiglipConfig(
            text_config=_text(tokenizer, max_position_embeddings=64, projection_size=WIDTH),
            vision_config=_vision(hidden_size=WIDTH),
        ),
        folder,
    )


def save_siglip2_naflex(folder: Path) -> None:
    """SigLIP 2 for pictures of any shape: class `Siglip2Model`."""
    tokenizer = _gemma_tokenizer()
    tokenizer.save_pretrained(folder)
    Siglip2ImageProcessor(patch_size=PATCH, max_num_patches=9).save_pretrained(folder)
    vision = _vision(hidden_size=WIDTH) | {"num_patches": 9}
    del vision["image_size"]
    _save(
        Siglip2Model,
        Siglip2Config(
            text_config=_text(tokenizer, max_position_embeddings=64, projection_size=WIDTH),
            vision_config=vision,
        ),
        folder,
    )


def save_metaclip2(folder: Path) -> None:
    """MetaCLIP 2: CLIP's layout with the tokenizer of XLM-R."""
    pieces = ["\u2581", *_letters(), *(f"\u2581{word}" for word in WORDS), *CHINESE]
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    vocab = [(mark, 0.0) for mark in marks] + [(piece, -2.0 - len(piece) / 99) for piece in pieces]
    tokenizer = XLMRobertaTokenizer(vocab=[*vocab, ("<mask>", 0.0)])
    tokenizer.save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=_square()).save_pretrained(folder)
    _save(
        MetaClip2Model,
        MetaClip2Config(
            text_config=_text(tokenizer, max_position_embeddings=12, eos_token_id=2),
            vision_config=_vision(hidden_size=24),
            projection_dim=WIDTH,
        ),
        folder,
    )


def save_chinese_clip(folder: Path) -> None:
    """Chinese-CLIP: BERT reads the words; the repository has `vocab.txt` and no other tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocab = [*marks, *CHINESE, *WORDS, *_letters(), *(f"##{letter}" for letter in _letters())]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(vocab)) + "\n", encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"))
    ChineseCLIPImageProcessor(size=_square(), do_center_crop=False).save_pretrained(folder)
    _save(
        ChineseCLIPModel,
        ChineseCLIPConfig(
            text_config=_text(tokenizer, max_position_embeddings=64),
            vision_config=_vision(hidden_size=24),
            projection_dim=WIDTH,
        ),
        folder,
    )


def save_open_clip(
    folder: Path,
    *,
    quick_gelu: bool = False,
    weights: str = "open_clip_model.safetensors",
) -> None:
    """OpenCLIP's own files: its configuration and its names, as in the DataComp repositories.

    The weights are a library model's under OpenCLIP's names, so that a test knows what to expect.
    """
    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(folder)
    told = open_clip_config(len(tokenizer), quick_gelu=quick_gelu)
    (folder / "open_clip_config.json").write_text(json.dumps(told), encoding="utf-8")
    save_file(open_clip_names(open_clip_twin(folder)), folder / weights)


def open_clip_config(vocab_size: int, *, quick_gelu: bool = False) -> dict[str, Any]:
    """What such a repository's `open_clip_config.json` says."""
    vision = {"image_size": SIDE, "layers": 2, "width": 128, "patch_size": PATCH}
    text = {"context_length": 12, "vocab_size": vocab_size, "width": 24, "heads": 2, "layers": 2}
    model: dict[str, Any] = {"embed_dim": WIDTH, "vision_cfg": vision, "text_cfg": text}
    if quick_gelu:
        model["quick_gelu"] = True
    preprocess = {
        "mean": [0.48145466, 0.4578275, 0.40821073],
        "std": [0.26862954, 0.26130258, 0.27577711],
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    }
    return {"model_cfg": model, "preprocess_cfg": preprocess}


def open_clip_twin(folder: Path, *, seed: int = 0) -> CLIPModel:
    """The library's model that has the sizes of a folder's `open_clip_config.json`."""
    model = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))["model_cfg"]
    activation = "quick_gelu" if model.get("quick_gelu") else "gelu"
    vision, text = model["vision_cfg"], model["text_cfg"]
    torch.manual_seed(seed)
    return CLIPModel(
        CLIPConfig(
            projection_dim=model["embed_dim"],
            vision_config=_vision(hidden_size=vision["width"])
            | {
                "intermediate_size": 4 * vision["width"],
                "num_attention_heads": vision["width"] // 64,
                "hidden_act": activation,
            },
            text_config=SMALL
            | {
                "vocab_size": text["vocab_size"],
                "hidden_size": text["width"],
                "intermediate_size": 4 * text["width"],
                "max_position_embeddings": text["context_length"],
                "hidden_act": activation,
                "eos_token_id": 2,
            },
        )
    ).eval()


def open_clip_names(model: CLIPModel) -> dict[str, torch.Tensor]:
    """The weights of a library model under OpenCLIP's names, written down by hand."""
    text, vision = model.text_model, model.vision_model
    found = {
        "logit_scale": model.logit_scale,
        "text_projection": model.text_projection.weight.T,
        "positional_embedding": text.embeddings.position_embedding.weight,
        "token_embedding.weight": text.embeddings.token_embedding.weight,
        "ln_final.weight": text.final_layer_norm.weight,
        "ln_final.bias": text.final_layer_norm.bias,
        "visual.proj": model.visual_projection.weight.T,
        "visual.class_embedding": vision.embeddings.class_embedding,
        "visual.positional_embedding": vision.embeddings.position_embedding.weight,
        "visual.conv1.weight": vision.embeddings.patch_embedding.weight,
        "visual.ln_pre.weight": vision.pre_layrnorm.weight,
        "visual.ln_pre.bias": vision.pre_layrnorm.bias,
        "visual.ln_post.weight": vision.post_layernorm.weight,
        "visual.ln_post.bias": vision.post_layernorm.bias,
    }
    for prefix, tower in (("", text), ("visual.", vision)):
        for number, layer in enumerate(tower.encoder.layers):
            found |= _open_clip_layer(f"{prefix}transformer.resblocks.{number}.", layer)
    return {name: tensor.detach().contiguous().clone() for name, tensor in found.items()}


def _open_clip_layer(prefix: str, layer: torch.nn.Module) -> dict[str, torch.Tensor]:
    attention = layer.self_attn
    found = {}
    for kind in ("weight", "bias"):
        three = [getattr(attention, f"{letter}_proj") for letter in "qkv"]
        found[f"attn.in_proj_{kind}"] = torch.cat([getattr(linear, kind) for linear in three])
        for theirs, ours in (
            ("attn.out_proj", attention.out_proj),
            ("ln_1", layer.layer_norm1),
            ("ln_2", layer.layer_norm2),
            ("mlp.c_fc", layer.mlp.fc1),
            ("mlp.c_proj", layer.mlp.fc2),
        ):
            found[f"{theirs}.{kind}"] = getattr(ours, kind)
    return {prefix + name: tensor for name, tensor in found.items()}


# By family: what writes its folder.
CHECKPOINTS: dict[str, Callable[[Path], None]] = {
    "openai-clip": save_openai_clip,
    "open-clip": save_open_clip,
    "siglip2": save_siglip2,
    "siglip2-naflex": save_siglip2_naflex,
    "metaclip2": save_metaclip2,
    "chinese-clip": save_chinese_clip,
}


def _save(model_class: Any, config: Any, folder: Path) -> None:
    torch.manual_seed(0)
    model = model_class(config).eval()
    with torch.no_grad():
        model.logit_scale.fill_(LOGIT_SCALE)
        if hasattr(model, "logit_bias"):
            model.logit_bias.fill_(LOGIT_BIAS)
    model.save_pretrained(folder)


def _text(tokenizer: Any, **changes: Any) -> dict[str, Any]:
    ids = {
        name: getattr(tokenizer, name)
        for name in ("bos_token_id", "eos_token_id", "pad_token_id")
        if getattr(tokenizer, name) is not None
    }
    return SMALL | {"vocab_size": len(tokenizer), "hidden_size": 24} | ids | changes


def _vision(*, hidden_size: int) -> dict[str, Any]:
    return SMALL | {"hidden_size": hidden_size, "image_size": SIDE, "patch_size": PATCH}


def _square() -> dict[str, int]:
    return {"height": SIDE, "width": SIDE}


def _letters() -> str:
    return "abcdefghijklmnopqrstuvwxyz"


def _gemma_tokenizer() -> GemmaTokenizer:
    """Pieces for whole words in lowercase, single letters, and bytes for everything else."""
    marks = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    pieces = ["\u2581", *_letters(), *_letters().upper(), "ca", "cat", "\u2581cat", *CHINESE]
    vocab = {piece: number for number, piece in enumerate([*marks, *bytes_, *pieces])}
    return GemmaTokenizer(
        vocab=vocab,
        merges=[("c", "a"), ("ca", "t"), ("\u2581", "cat")],
        add_bos_token=False,
        add_eos_token=True,
        padding_side="right",
        model_input_names=["input_ids"],
    )
