import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoProcessor, CLIPTextModel, CLIPTokenizer, CLIPVisionModel

from training.clip import SEED, ClipLearner, export, read_clip_options
from training.clip_model import build_model
from training.loop import Loop, Options
from training.sampling import Split
from training.scores import Clip, retrieval_recalls, retrieval_scenes


@pytest.fixture
def options(tmp_path: Path, tokenizer: CLIPTokenizer, monkeypatch: pytest.MonkeyPatch) -> Options:
    # Measuring takes a minute and is tested apart.
    monkeypatch.setattr(ClipLearner, "look", lambda self: "")
    words = ["--steps", "3", "--batch-size", "6", "--workers", "0", "--threads", "1"]
    words += ["--save-every", "1", "--warmup", "1", "--output", str(tmp_path / "out")]
    options = read_clip_options([*words, "--checkpoints", str(tmp_path / "run")])
    tokenizer.save_pretrained(options.checkpoints / "tokenizer")
    return options


def loop(options: Options) -> Loop:
    return Loop(lambda device: ClipLearner(device, options), options, SEED)


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = replace(options, checkpoints=tmp_path / "straight")
    (options.checkpoints / "tokenizer").rename(tmp_path / "words")
    for folder in (straight.checkpoints, options.checkpoints):
        CLIPTokenizer.from_pretrained(tmp_path / "words").save_pretrained(folder / "tokenizer")
    whole = loop(straight)
    whole.run()

    cut = loop(options)
    learn = cut._learn

    def stop_after_two(batch: object) -> object:
        if cut.step == 2:
            raise KeyboardInterrupt
        return learn(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(cut, "_learn", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        cut.run()
    resumed = loop(options)
    assert resumed.step == 2
    resumed.run()
    for one, other in zip(
        whole.learner.model.parameters(), resumed.learner.model.parameters(), strict=True
    ):
        assert torch.equal(one, other)


def test_a_loss_that_is_no_number_stops_the_training(options: Options) -> None:
    trainer = loop(options)
    with torch.no_grad():
        trainer.learner.model.clip.logit_scale.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="step 0"):
        trainer.run()


def test_what_is_exported_loads_everywhere(tokenizer: CLIPTokenizer, tmp_path: Path) -> None:
    torch.manual_seed(0)
    built = build_model(tokenizer)
    export(built, tokenizer, tmp_path)
    model = AutoModel.from_pretrained(tmp_path, dtype=torch.float32).eval()
    assert type(model).__name__ == "CLIPModel"
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= 9_000_000
    for tower in (CLIPTextModel, CLIPVisionModel):
        _, report = tower.from_pretrained(tmp_path, output_loading_info=True)
        assert not report["missing_keys"]
    clip = Clip(model, AutoProcessor.from_pretrained(tmp_path))
    assert clip.processor.tokenizer.model_max_length == 32
    found = retrieval_recalls(clip, retrieval_scenes(Split.VALIDATION, 8))
    assert all(0 <= score <= 1 for score in found.values())
    features = clip.read(["a cat", "貓"])
    assert features.shape == (2, 192)
    assert torch.allclose(features.norm(dim=1), torch.ones(2), atol=1e-5)
