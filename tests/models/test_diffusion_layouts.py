"""Repositories of other years name the same weights otherwise; read, they draw the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Gemma2ForCausalLM, Qwen3ForCausalLM

from playground.models import diffusion
from playground.models.diffusion_asks import Order
from playground.models.diffusion_samplers import own_sampler
from playground.models.files import check_folder
from playground.visitors.errors import PersonError
from tests.models.tiny_pipelines import PIPELINES

# Names of an autoencoder's attention before 2023, by those of today.
ATTENTION_2022 = {
    ".to_q.": ".query.",
    ".to_k.": ".key.",
    ".to_v.": ".value.",
    ".to_out.0.": ".proj_attn.",
}


def draw(folder: Path) -> np.ndarray:
    """A small picture with all three parts built anew."""
    check_folder(folder, title="tiny")
    words, denoiser, pixels = (
        diffusion.build(part, folder) for part in ("words", "denoiser", "pixels")
    )
    order = Order(
        words="a cat",
        size_hw=(32, 32),
        steps=2,
        guidance=2.0,
        scheduler=own_sampler(denoiser.scheduler),
        seed=1,
    )
    texts = diffusion.texts_of(order)
    readings = dict(zip(texts, diffusion.read(words, texts), strict=True))
    sketch = diffusion.begin(denoiser, order, readings, None)
    while not sketch.is_done:
        diffusion.advance(denoiser, [sketch])
    return diffusion.decode(pixels, [diffusion.latent_of(sketch)])[0]


def rewrite(file: Path, change: Any) -> None:
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def name_as_in_2022(folder: Path) -> None:
    """As `stable-diffusion-v1-5` is laid out."""
    for place in folder.glob("text_encoder*"):
        rewrite(place / "model.safetensors", _with_tower_prefix)
    rewrite(folder / "vae/diffusion_pytorch_model.safetensors", _with_old_attention)
    for place in folder.glob("tokenizer*"):
        told = json.loads((place / "tokenizer.json").read_text())["model"]
        (place / "vocab.json").write_text(json.dumps(told["vocab"]))
        merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in told["merges"]]
        (place / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
        (place / "tokenizer.json").unlink()


def _with_tower_prefix(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    named = {
        name if name.startswith(("text_model.", "text_projection.")) else f"text_model.{name}": t
        for name, t in weights.items()
    }
    return named | {"text_model.embeddings.position_ids": torch.arange(12)[None]}


def _with_old_attention(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    named = {}
    for name, tensor in weights.items():
        for today, then in ATTENTION_2022.items():
            name = name.replace(today, then) if "attentions" in name else name
        named[name] = tensor
    return named


@pytest.mark.parametrize("name", ["sd", "sdxl"])
def test_the_layout_of_2022(name, tmp_path):
    PIPELINES[name](tmp_path / "new")
    shutil.copytree(tmp_path / "new", tmp_path / "old")
    name_as_in_2022(tmp_path / "old")
    assert np.array_equal(draw(tmp_path / "new"), draw(tmp_path / "old"))


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("flux2-klein", Qwen3ForCausalLM),
        ("z-image", Qwen3ForCausalLM),
        ("sana-sprint", Gemma2ForCausalLM),
    ],
)
def test_a_language_model_with_and_without_its_last_layer(name, whole, tmp_path):
    """Repositories hold the whole language model or only what is heard of it."""
    PIPELINES[name](tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    place = tmp_path / "two/text_encoder"
    has_layer = name == "flux2-klein"
    model = whole.from_pretrained(place, dtype=torch.float32)
    for file in place.iterdir():
        file.unlink()
    (model.model if has_layer else model).save_pretrained(place)
    assert np.array_equal(draw(tmp_path / "one"), draw(tmp_path / "two"))


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("variant", ["fp16", "bf16"])
def test_weights_of_16_bits_are_read_under_their_name(name, variant, tmp_path):
    PIPELINES[name](tmp_path, variant=variant)
    names = [file.name for file in tmp_path.rglob("*.safetensors")]
    assert names and all(f".{variant}." in file for file in names)
    assert draw(tmp_path).std() > 1


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("component", ["text_encoder", "denoiser", "vae"])
def test_missing_weights_are_not_made_up(name, component, tmp_path):
    PIPELINES[name](tmp_path)
    if component == "denoiser":
        component = "unet" if (tmp_path / "unet").is_dir() else "transformer"
    [file] = (tmp_path / component).glob("*.safetensors")

    def without_one(weights):
        # Tied weights may stand for each other; a bias of the middle stands for itself.
        name = sorted(name for name in weights if "norm" in name and name.endswith("weight"))[0]
        return {other: tensor for other, tensor in weights.items() if other != name}

    rewrite(file, without_one)
    with pytest.raises(PersonError, match="mismatch"):
        draw(tmp_path)
