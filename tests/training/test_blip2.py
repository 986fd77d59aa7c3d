import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoProcessor,
    Blip2ForConditionalGeneration,
    Blip2ForImageTextRetrieval,
    PreTrainedTokenizerFast,
)

from tests.sources import ROOT
from training import blip2 as module
from training.blip2 import EYES, SEED, STAGE_ONE, Blip2Learner, export, read_blip2_options
from training.blip2_model import MatchHeads, build_blip2
from training.llama import export as export_llama
from training.llama_model import build_llama
from training.llama_scores import load_llama
from training.loop import Loop, Options
from training.match_scores import MATCH_VARIANT


@pytest.fixture
def options(
    tmp_path: Path, llama_tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> Options:
    monkeypatch.setattr(Blip2Learner, "look", lambda self: "")
    monkeypatch.setattr(module, "CLIP_FOLDER", ROOT / "assets" / "models" / "mini-clip")
    torch.manual_seed(0)
    words = ["--steps", "6", "--batch-size", "6", "--workers", "0", "--save-every", "1"]
    words += ["--warmup", "1", "--output", str(tmp_path / "out")]
    options = read_blip2_options([*words, "--checkpoints", str(tmp_path / "run")])
    export_llama(build_llama(llama_tokenizer), llama_tokenizer, options.checkpoints / "llama")
    return options


def loop(options: Options) -> Loop:
    return Loop(lambda device: Blip2Learner(device, options), options, SEED)


def test_phases_follow_one_another_and_resume(options: Options, tmp_path: Path) -> None:
    assert 0 < EYES < STAGE_ONE < 0.5
    half = loop(replace(options, minutes=1e9))
    learned = []
    losses = half.learner.losses

    def noted(batch: object, progress: float) -> object:
        found = losses(batch, progress)
        learned.append("+".join(found))
        if half.step == 3:
            raise KeyboardInterrupt
        return found

    half.learner.losses = noted  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        half.run()
    assert learned[0] == "patches+places"
    assert learned[2].startswith("itc+itm+itg") and learned[3].startswith("talk+names+read")
    assert half.learner.model.blip.query_tokens.std() > 0.5
    resumed = loop(options)
    assert resumed.step == 3
    tower = [p.clone() for p in resumed.learner.model.blip.vision_model.parameters()]
    resumed.run()
    # The vision tower stands still in stage two.
    for before, after in zip(
        tower, resumed.learner.model.blip.vision_model.parameters(), strict=True
    ):
        assert torch.equal(before, after)
    assert (options.output / "model.safetensors.index.json").is_file()


def test_its_language_model_is_written_as_mini_llama(options: Options) -> None:
    run = loop(replace(options, steps=1))
    run.run()
    written, _ = load_llama(options.output.with_name("mini-llama"))
    blip = Blip2ForConditionalGeneration.from_pretrained(options.output, dtype=torch.float32)
    shared = blip.language_model.state_dict()
    assert shared.keys() == written.state_dict().keys()
    for name, weight in written.state_dict().items():
        assert torch.equal(weight, shared[name]), name


def test_both_classes_find_exactly_their_weights(
    llama_tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    llama = build_llama(llama_tokenizer)
    llama.config._name_or_path = "/somewhere/secret"
    built = build_blip2(llama_tokenizer, llama)
    heads = MatchHeads(built.config)
    export(built, heads, llama_tokenizer, tmp_path)
    model, report = Blip2ForConditionalGeneration.from_pretrained(
        tmp_path, dtype=torch.float32, output_loading_info=True
    )
    assert not any(report.values())
    language = model.language_model
    assert language.lm_head.weight is language.model.embed_tokens.weight
    for name, weight in built.state_dict().items():
        assert torch.equal(model.state_dict()[name], weight.half().float()), name
    matcher, report = Blip2ForImageTextRetrieval.from_pretrained(
        tmp_path, variant=MATCH_VARIANT, dtype=torch.float32, output_loading_info=True
    )
    assert not any(report.values())
    assert torch.equal(matcher.itm_head.weight, heads.itm_head.weight.half().float())
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert max(sizes) <= 9_000_000 and sum(sizes) <= 24_000_000
    assert "secret" not in (tmp_path / "config.json").read_text(encoding="utf-8")
    assert AutoProcessor.from_pretrained(tmp_path).num_query_tokens == model.config.num_query_tokens


def test_a_new_export_leaves_no_old_weights(
    llama_tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    (tmp_path / "model-old-7.safetensors").write_bytes(b"x")
    built = build_blip2(llama_tokenizer, build_llama(llama_tokenizer))
    export(built, MatchHeads(built.config), llama_tokenizer, tmp_path)
    assert not (tmp_path / "model-old-7.safetensors").exists()
    shutil.rmtree(tmp_path)
