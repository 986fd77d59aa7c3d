"""What the parts of a drawing model run in: 32 bits where they fit, else 16, and they draw so."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.models import diffusion, diffusion_precision
from playground.models.diffusion_precision import component_dtype
from playground.models.precision import Place, count_weights, needed_bytes
from tests.models.test_diffusion_layouts import draw
from tests.models.tiny_pipelines import PIPELINES


@pytest.fixture
def free(monkeypatch):
    """Sets how much memory is free."""
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)

    def set_free(free_bytes):
        place = Place(free_bytes, "bfloat16")
        monkeypatch.setattr(diffusion_precision, "place_here", lambda _folder: place)

    return set_free


def test_what_fits_runs_in_full(free, tmp_path):
    PIPELINES["sd3"](tmp_path)
    whole = needed_bytes(count_weights(tmp_path), "float32")
    free(whole)
    assert component_dtype(tmp_path, "text_encoder") == torch.float32
    free(whole - 1)
    assert component_dtype(tmp_path, "text_encoder_2") == torch.bfloat16
    # The words are there already when the transformer is built.
    rest = count_weights(tmp_path, components=("transformer", "vae"))
    free(needed_bytes(rest, "float32"))
    assert component_dtype(tmp_path, "transformer") == torch.float32
    free(0)
    assert component_dtype(tmp_path, "transformer") == torch.bfloat16
    assert component_dtype(tmp_path, "vae") == torch.float32


def test_what_is_not_read_does_not_count(free, tmp_path):
    PIPELINES["sd"](tmp_path)
    before = count_weights(tmp_path, components=("text_encoder", "unet", "vae"))
    (tmp_path / "safety_checker").mkdir()
    for name in ("config.json", "diffusion_pytorch_model.safetensors"):
        (tmp_path / "safety_checker" / name).write_bytes((tmp_path / "unet" / name).read_bytes())
    free(needed_bytes(before, "float32"))
    assert component_dtype(tmp_path, "text_encoder") == torch.float32


@pytest.mark.parametrize("name", PIPELINES)
def test_16_bits_draw_nearly_the_same(name, free, tmp_path):
    PIPELINES[name](tmp_path)
    free(None)
    full = draw(tmp_path).astype(float)
    free(0)
    denoiser = diffusion.build("denoiser", tmp_path)
    assert next(denoiser.module.parameters()).dtype == torch.bfloat16
    half = draw(tmp_path).astype(float)
    assert np.abs(half - full).mean() < 0.2 * full.std() and half.std() > 1


@pytest.mark.parametrize(
    ("name", "half", "dtype"),
    [("sd", "bfloat16", torch.float16), ("z-image", "bfloat16", torch.bfloat16)],
)
def test_on_an_accelerator_transformers_get_the_wider_range(
    name, half, dtype, monkeypatch, tmp_path
):
    PIPELINES[name](tmp_path)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    place = Place(10**9, half, prefers_half=True)
    monkeypatch.setattr(diffusion_precision, "place_here", lambda _folder: place)
    assert component_dtype(tmp_path, "vae") == dtype
