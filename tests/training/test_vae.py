from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file

from training import vae
from training.loop import Loop, Options
from training.sampling import Split
from training.vae import VaeLearner, export_vae, read_vae_options, reconstruction_psnr, scene_pixels
from training.vae_model import build_vae


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    monkeypatch.setattr(vae, "_STATISTICS_SCENES", 3)
    words = ["--steps", "2", "--batch-size", "2", "--workers", "0", "--threads", "1"]
    words += ["--save-every", "1", "--warmup", "1", "--output", str(tmp_path / "out")]
    return read_vae_options([*words, "--checkpoints", str(tmp_path / "run")])


def test_it_trains_resumes_and_exports(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VaeLearner, "look", lambda self: "")
    for steps in (1, 2):
        loop = Loop(
            lambda device: VaeLearner(device, options), replace(options, steps=steps), vae.SEED
        )
        assert loop.step == steps - 1
        loop.run()
    loaded = AutoencoderKL.from_pretrained(options.output)
    assert loaded.config.scaling_factor == 1.0


def test_a_look_measures_and_draws(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vae, "scene_pixels", lambda split, count: scene_pixels(split, 8))
    learner = VaeLearner(torch.device("cpu"), options)
    assert "dB" in learner.look()
    assert (options.checkpoints / "samples" / "latest.png").is_file()


def test_the_export_is_half_precision_of_deviation_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vae, "_STATISTICS_SCENES", 16)
    torch.manual_seed(0)
    trained = build_vae()
    before = reconstruction_psnr(trained, Split.VALIDATION, 2)
    export_vae(trained, tmp_path)
    [weights] = tmp_path.glob("*.safetensors")
    assert {tensor.dtype for tensor in load_file(weights).values()} == {torch.float16}
    assert next(trained.parameters()).dtype == torch.float32
    again = AutoencoderKL.from_pretrained(tmp_path, dtype=torch.float32).eval()
    assert reconstruction_psnr(again, Split.VALIDATION, 2) == pytest.approx(before, abs=0.05)
    with torch.no_grad():
        latents = again.encode(scene_pixels(Split.VALIDATION, 16)).latent_dist.mode()
    assert 0.5 < float(latents.std()) < 2
