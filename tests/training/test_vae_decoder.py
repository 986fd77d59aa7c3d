from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL

from tests.sources import ROOT
from training import vae_decoder
from training.diffusion_batches import fingerprint
from training.loop import Loop, Options
from training.sampling import Split
from training.vae import export_vae, scene_pixels
from training.vae_decoder import DecoderLearner, SceneBatches, Seen, read_decoder_options, seen_loss
from training.vae_model import build_vae

CLIP_FOLDER = ROOT / "assets" / "models" / "mini-clip"


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    torch.manual_seed(0)
    export_vae(build_vae(), tmp_path / "vae")
    monkeypatch.setattr(vae_decoder, "FOLDER", tmp_path / "vae")
    monkeypatch.setattr(vae_decoder, "CLIP_FOLDER", CLIP_FOLDER)
    monkeypatch.setattr("training.vae._STATISTICS_SCENES", 8)
    monkeypatch.setattr("training.vae._LOOKED_AT", 8)
    words = ["--steps", "2", "--batch-size", "2", "--threads", "1", "--workers", "0"]
    folders = ["--output", str(tmp_path / "out"), "--checkpoints", str(tmp_path / "run")]
    return read_decoder_options([*words, *folders])


def test_only_the_decoder_learns(options: Options) -> None:
    before = AutoencoderKL.from_pretrained(vae_decoder.FOLDER, dtype=torch.float32)
    loop = Loop(lambda device: DecoderLearner(device, options), options, vae_decoder.SEED)
    loop.run()
    after = AutoencoderKL.from_pretrained(options.output, dtype=torch.float32)
    assert fingerprint(before) == fingerprint(after)
    assert not torch.equal(before.decoder.conv_out.weight, after.decoder.conv_out.weight)
    assert not any(p.grad is not None for p in loop.learner._seen.parameters())
    assert (options.checkpoints / "samples" / "latest.png").is_file()


def test_a_batch_is_always_the_same_and_its_cover_lies_on_things() -> None:
    batch, again = (SceneBatches(2, 5)[3] for _ in range(2))
    assert torch.equal(batch.pictures, again.pictures)
    assert batch.pictures.shape == (2, 3, 128, 128) and batch.cover.shape == (2, 1, 128, 128)
    assert 0 < batch.cover.float().mean() < 0.9


def test_what_is_seen_differs_more_the_more_a_picture_is_blurred() -> None:
    seen = Seen(CLIP_FOLDER)
    pixels = scene_pixels(Split.VALIDATION, 4)
    true = seen(pixels)
    losses = [0.0]
    for side in (64, 32, 16):
        small = torch.nn.functional.interpolate(pixels, side, mode="area")
        blurred = torch.nn.functional.interpolate(small, 128, mode="bilinear")
        losses.append(float(seen_loss(seen(blurred), true)))
    assert losses == sorted(losses) and losses[-1] < 2
    assert float(seen_loss(true, true)) == pytest.approx(0, abs=1e-5)
