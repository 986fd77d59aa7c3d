from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaForCausalLM, PreTrainedTokenizerFast

from training.llama import SEED, LlamaLearner, export, read_llama_options
from training.llama_model import build_llama
from training.llama_scores import load_llama
from training.loop import Loop, Options


@pytest.fixture
def options(
    tmp_path: Path, llama_tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> Options:
    monkeypatch.setattr(LlamaLearner, "look", lambda self: "")
    words = ["--steps", "3", "--batch-size", "2", "--workers", "0", "--save-every", "1"]
    words += ["--warmup", "1", "--output", str(tmp_path / "out")]
    options = read_llama_options([*words, "--checkpoints", str(tmp_path / "run")])
    llama_tokenizer.save_pretrained(options.checkpoints / "tokenizer")
    return options


def loop(options: Options) -> Loop:
    return Loop(lambda device: LlamaLearner(device, options), options, SEED)


def test_a_stopped_training_goes_on_with_its_one_table(options: Options) -> None:
    first = loop(replace(options, steps=2))
    first.run()
    resumed = loop(options)
    assert resumed.step == 2 and resumed.was_ended and not first.was_ended
    model = resumed.learner.model
    assert isinstance(model, LlamaForCausalLM)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    for one, other in zip(first.learner.model.parameters(), model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_what_is_exported_loads_and_is_small(
    llama_tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    built = build_llama(llama_tokenizer)
    export(built, llama_tokenizer, tmp_path)
    _, report = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= 9_000_000
    model, tokenizer = load_llama(tmp_path)
    assert (
        torch.equal(model.lm_head.weight.half(), built.lm_head.weight.half())
        and len(tokenizer) == model.config.vocab_size
    )
