from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from safetensors.torch import load_file

from tests.sources import ROOT
from training import diffusion
from training.diffusion import (
    DiffusionLearner,
    draw,
    export,
    load_pipeline,
    read_diffusion_options,
)
from training.diffusion_batches import LatentBatches
from training.loop import Loop, Options
from training.vae_model import build_vae


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    torch.manual_seed(3)
    vae = build_vae().requires_grad_(False).eval()
    monkeypatch.setattr(diffusion, "load_vae", lambda: vae)
    monkeypatch.setattr(diffusion, "CLIP_FOLDER", ROOT / "assets" / "models" / "mini-clip")
    monkeypatch.setattr(diffusion, "STEPS", 2)
    monkeypatch.setattr(
        diffusion, "LatentBatches", partial(LatentBatches, shard_size=2, most_shards=2)
    )
    words = ["--steps", "2", "--batch-size", "2", "--threads", "1", "--save-every", "1"]
    words += ["--warmup", "1", "--output", str(tmp_path / "out")]
    return read_diffusion_options([*words, "--checkpoints", str(tmp_path / "run")])


@pytest.fixture
def learner(options: Options) -> DiffusionLearner:
    torch.manual_seed(0)
    return DiffusionLearner(torch.device("cpu"), options)


def loop(options: Options) -> Loop:
    return Loop(lambda device: DiffusionLearner(device, options), options, diffusion.SEED)


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiffusionLearner, "look", lambda self: "")
    monkeypatch.setattr(DiffusionLearner, "export", lambda self, folder: None)
    straight = loop(replace(options, checkpoints=tmp_path / "straight"))
    straight.run()

    class Stopped(Exception):
        pass

    cut = loop(options)
    learn = cut._learn

    def stop_at_one(batch: object) -> object:
        if cut.step == 1:
            raise Stopped
        return learn(batch)

    monkeypatch.setattr(cut, "_learn", stop_at_one)
    with pytest.raises(Stopped):
        cut.run()
    resumed = loop(options)
    assert resumed.step == 1
    resumed.run()
    for one, two in zip(
        straight.learner.model.parameters(), resumed.learner.model.parameters(), strict=True
    ):
        assert torch.equal(one, two)


def test_the_export_is_the_unmodified_pipeline_in_small_half_precision_files(
    learner: DiffusionLearner, options: Options
) -> None:
    # A second export must not leave files of the first behind.
    for _ in range(2):
        learner.export(options.output)
    files = [path for path in options.output.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 9_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors"}
    weights = [path for path in files if path.suffix == ".safetensors"]
    assert {t.dtype for path in weights for t in load_file(path).values()} == {torch.float16}
    pipeline = load_pipeline(options.output)
    assert type(pipeline) is StableDiffusionPipeline
    assert pipeline.scheduler.config.prediction_type == "v_prediction"
    first, again = (draw(pipeline, ["a cat", "一隻狗"], seed=1) for _ in range(2))
    assert first.shape == (2, 128, 128, 3) and first.dtype == np.uint8
    assert np.array_equal(first, again)
    alone = draw(pipeline, ["一隻狗"], seed=2)
    assert np.abs(first[1].astype(int) - alone[0]).max() <= 1


def test_the_words_are_read_as_the_pipeline_reads_them(learner: DiffusionLearner) -> None:
    pipeline = learner._pipeline()
    for words in ("a cat on the grass", ""):
        read, _ = pipeline.encode_prompt(words, torch.device("cpu"), 1, False)
        torch.testing.assert_close(learner._read([words]), read, atol=1e-4, rtol=1e-4)


def test_a_look_draws_a_sheet(
    learner: DiffusionLearner, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffusion, "_SAMPLE_WORDS", ("a cat", "一隻貓"))
    learner.look()
    [sheet] = (options.checkpoints / "samples").glob("*.png")
    assert Image.open(sheet).size == (2 * 128, 3 * 128)


def test_the_average_is_what_ships(learner: DiffusionLearner, options: Options) -> None:
    with torch.no_grad():
        for parameter in learner.model.unet.parameters():
            parameter.zero_()
    export(learner._pipeline(), options.output)
    weights = {
        name: tensor
        for path in (options.output / "unet").glob("*.safetensors")
        for name, tensor in load_file(path).items()
    }
    assert weights["conv_in.weight"].abs().sum() > 0


def test_the_autoencoder_is_trained_first_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Told:
        def __init__(self, name: str, was_ended: bool) -> None:
            self.name, self.was_ended = name, was_ended

        def run(self) -> None:
            ran.append(self.name)

    ran: list[str] = []
    parts = (diffusion.autoencoder, "vae", True), (diffusion.decoder, "decoder", False)
    for part, name, was_ended in parts:
        loop = Told(name, was_ended)
        monkeypatch.setattr(part, "build_loop", lambda words, loop=loop: loop)
    diffusion.train_autoencoder()
    assert ran == ["decoder"]
