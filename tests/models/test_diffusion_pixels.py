from __future__ import annotations

import json

import diffusers
import numpy as np
import pytest
import torch

from playground.models import diffusion
from playground.models.diffusion_loading import cell_px, load_sampler
from playground.models.diffusion_pixels import build_pixels, decode, encode
from playground.visitors.errors import PersonError
from tests.models.tiny_pipelines import save_sd, save_sdxl


@pytest.fixture
def folder(tmp_path):
    save_sd(tmp_path / "sd")
    return tmp_path / "sd"


def told(file, **changes):
    known = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(known | changes), "utf-8")


@pytest.mark.parametrize(
    "changes",
    [
        {"scaling_factor": 0.5},
        {"scaling_factor": 1.5, "shift_factor": 0.06},
        {
            "scaling_factor": 0.5,
            "latents_mean": [-1.5, 0.2, 0.3, -0.4],
            "latents_std": [8.0, 5.0, 0.5, 2.0],
        },
    ],
)
@torch.inference_mode()
def test_scale_and_shift_go_one_way_and_back(folder, changes):
    told(folder / "vae" / "config.json", **changes)
    module = build_pixels("StableDiffusionPipeline", folder).module
    pictures = torch.rand(2, 3, 16, 16) * 2 - 1
    plain = module.encode(pictures).latent_dist.mode()
    latents = encode(module, pictures)
    mean, deviation = (
        torch.tensor(changes.get(name, [usual] * 4))[:, None, None]
        for name, usual in (
            ("latents_mean", changes.get("shift_factor", 0.0)),
            ("latents_std", 1.0),
        )
    )
    expected = (plain - mean) / deviation * changes["scaling_factor"]
    torch.testing.assert_close(latents, expected)
    torch.testing.assert_close(decode(module, latents), module.decode(plain).sample)


def test_one_that_overflows_stays_in_32_bits(tmp_path, monkeypatch):
    save_sd(tmp_path / "sd")
    save_sdxl(tmp_path / "sdxl")
    told(tmp_path / "sd" / "vae" / "config.json", force_upcast=False)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    dtypes = [
        build_pixels("StableDiffusionPipeline", tmp_path / name).module.dtype
        for name in ("sd", "sdxl")
    ]
    assert dtypes == [torch.float16, torch.float32]


def test_a_cell_is_as_large_as_the_autoencoder_makes_it(folder):
    side = cell_px(folder)
    part = diffusion.build("pixels", folder)
    [latent] = diffusion.encode(part, [np.zeros((8 * side, 4 * side, 3), np.uint8)])
    assert latent.shape[1:] == (8, 4)


@pytest.mark.parametrize("named", ["UNet2DConditionModel", "DiffusionPipeline", "Sampler", "os"])
def test_a_sampler_is_one_of_the_librarys(folder, named):
    assert isinstance(load_sampler(folder), diffusers.PNDMScheduler)
    told(folder / "model_index.json", scheduler=["diffusers", named])
    with pytest.raises(PersonError) as caught:
        load_sampler(folder)
    assert caught.value.key == "mistake.model.mismatch"


def test_a_pipeline_of_another_kind_is_refused(folder):
    told(folder / "model_index.json", _class_name="ShapEPipeline")
    with pytest.raises(PersonError) as caught:
        diffusion.build("denoiser", folder)
    assert caught.value.key == "mistake.model.mismatch"
