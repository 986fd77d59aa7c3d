"""The language model that ships: its files, its class, and that it knows the emoji world."""

import re

import pytest
import torch
from transformers import AutoModelForCausalLM, Blip2ForConditionalGeneration, LlamaForCausalLM

from tests.sources import ROOT
from training.llama_scores import answers_in_words, held_out_texts, load_llama, perplexity
from training.sampling import Split
from training.scenes import Language

FOLDER = ROOT / "assets" / "models" / "mini-llama"


def test_files_are_small_and_hold_no_pickle() -> None:
    files = [path for path in FOLDER.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 8_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}


def test_the_class_finds_exactly_its_weights() -> None:
    model, report = AutoModelForCausalLM.from_pretrained(
        FOLDER, dtype=torch.float32, output_loading_info=True
    )
    assert isinstance(model, LlamaForCausalLM) and not any(report.values())


def test_it_is_the_language_model_of_mini_blip2() -> None:
    llama = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float16)
    blip2 = Blip2ForConditionalGeneration.from_pretrained(
        FOLDER.with_name("mini-blip2"), dtype=torch.float16
    )
    theirs = blip2.language_model.state_dict()
    ours = llama.state_dict()
    assert ours.keys() == theirs.keys() and len(ours) > 50
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


@pytest.mark.parametrize("language", list(Language))
def test_it_foretells_captions_and_answers(language: Language) -> None:
    llama, tokenizer = load_llama(FOLDER)
    texts = held_out_texts(language, Split.VALIDATION, 100)
    assert perplexity(llama, tokenizer, texts)["perplexity"] < 14
    right = answers_in_words(llama, tokenizer, language, Split.VALIDATION, 20)
    assert right["all"] >= 0.8 and right["background"] >= 0.95


def test_the_card_shows_its_scores() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| answers exactly right .+: all \| ([\d.]+) % \| ([\d.]+) % \|", card)
    assert len(rows) == 1 and min(float(score) for score in rows[0]) > 80
    assert "perplexity per token" in card and "python -m training.llama" in card
