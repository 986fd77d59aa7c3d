"""What weights are kept in: chosen from what is free, turned in place, moved like any others."""

from __future__ import annotations

import copy

import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from playground.cache import host_memory
from playground.cache.mover import TorchMover
from playground.models.precision import (
    BYTES_A_WEIGHT,
    FULL,
    INT8,
    Place,
    choose,
    convert,
    count_weights,
    load_part,
    needed_bytes,
    place_here,
    precision_for,
)
from playground.page.languages import Languages
from tests.models.tiny_chats import CHAT_CHECKPOINTS, save_blip2_opt, save_blip2_t5

BILLION = 1_000_000_000
GIGABYTE = 1_000_000_000
BLIP2_OPT = 3_744_761_856


def on_processor(gigabytes):
    return Place(round(gigabytes * GIGABYTE), "bfloat16")


@pytest.mark.parametrize(
    ("weights", "place", "name"),
    [
        (250_000_000, on_processor(8), FULL),
        (BLIP2_OPT, on_processor(20), FULL),
        (BLIP2_OPT, on_processor(14), "bfloat16"),
        (BLIP2_OPT, on_processor(6), INT8),
        (BLIP2_OPT, Place(None, "bfloat16"), FULL),
        (BLIP2_OPT, Place(70 * GIGABYTE, "float16", prefers_half=True), "float16"),
        (BLIP2_OPT, Place(6 * GIGABYTE, "float16", prefers_half=True), INT8),
        (8 * BILLION, on_processor(2), INT8),
    ],
)
def test_the_best_that_fits_is_chosen(weights, place, name):
    assert choose(weights, place).name == name


@given(st.integers(1, 10 * BILLION), st.integers(0, 200 * GIGABYTE), st.booleans())
def test_what_is_chosen_fits_or_is_the_smallest(weights, free, prefers_half):
    chosen = choose(weights, Place(free, "bfloat16", prefers_half))
    assert chosen.needed_bytes == needed_bytes(weights, chosen.name)
    assert chosen.needed_bytes <= free or chosen.name == INT8
    assert not (prefers_half and chosen.name == FULL)
    larger = choose(weights, Place(free + GIGABYTE, "bfloat16", prefers_half))
    assert BYTES_A_WEIGHT[larger.name] >= BYTES_A_WEIGHT[chosen.name]


@pytest.mark.parametrize("gigabytes", [20, 14, 6])
def test_the_choice_is_said_in_both_languages(gigabytes):
    note = choose(BLIP2_OPT, on_processor(gigabytes)).note
    for language in ("en", "zh-Hant"):
        sentence = Languages.read().say(note.key, language, **note.values)
        assert str(note.values["needed"]) in sentence and "{" not in sentence


def test_free_memory_and_the_file_decide(tmp_path, monkeypatch):
    save_blip2_opt(tmp_path)
    monkeypatch.setattr(TorchMover, "devices", lambda self: {"cpu": 12 * GIGABYTE})
    monkeypatch.setattr(host_memory, "available_bytes", lambda: 3 * GIGABYTE)
    assert place_here(tmp_path) == Place(3 * GIGABYTE, "bfloat16")
    monkeypatch.setattr(host_memory, "available_bytes", lambda: None)
    assert place_here(tmp_path).free_bytes == 12 * GIGABYTE
    assert precision_for(tmp_path).name == FULL
    monkeypatch.setattr(host_memory, "available_bytes", lambda: 1)
    assert precision_for(tmp_path).name == INT8


def test_a_card_keeps_the_files_16_bits_and_takes_bfloat16_where_it_can(tmp_path, monkeypatch):
    monkeypatch.setattr(TorchMover, "devices", lambda self: {"cuda:0": 9 * GIGABYTE})
    save_blip2_opt(tmp_path / "full")
    for capability, half in (((7, 5), "float16"), ((8, 0), "bfloat16")):
        found = capability
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda found=found: found)
        assert place_here(tmp_path / "full") == Place(9 * GIGABYTE, half, prefers_half=True)
    whole = transformers.Blip2ForConditionalGeneration.from_pretrained(tmp_path / "full")
    whole.half().save_pretrained(tmp_path / "half")
    assert place_here(tmp_path / "half").half == "float16"


def test_weights_are_counted_from_the_heads_of_all_files(tmp_path):
    save_blip2_opt(tmp_path)
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    whole = transformers.Blip2ForConditionalGeneration.from_pretrained(tmp_path)
    assert count_weights(tmp_path) == sum(weight.numel() for weight in whole.parameters())


def test_what_comes_last_needs_to_fit_what_is_left(tmp_path, monkeypatch):
    """BLIP-2 with 9 GB free: 16 bits fit; the eyes, once there, must not push the rest to 8."""
    save_blip2_opt(tmp_path)
    whole, language = count_weights(tmp_path), count_weights(tmp_path, ("language_model.",))
    assert 0 < language < whole
    eyes_bytes = needed_bytes(whole, "bfloat16") - needed_bytes(language, "bfloat16")
    monkeypatch.setattr(TorchMover, "devices", lambda self: {"cpu": 12 * GIGABYTE})
    free = needed_bytes(whole, "bfloat16")
    monkeypatch.setattr(host_memory, "available_bytes", lambda: free)
    assert precision_for(tmp_path).name == "bfloat16"
    monkeypatch.setattr(host_memory, "available_bytes", lambda: free - eyes_bytes)
    assert precision_for(tmp_path).name == INT8
    assert precision_for(tmp_path, only=("language_model.",)).name == "bfloat16"
    assert precision_for(tmp_path, only=("of_another_layout.",)).name == INT8


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("blip-vqa", ("text_encoder.", "text_decoder.")),
        ("smolvlm", ("model.text_model.", "lm_head.")),
        ("qwen3-vl", ("model.language_model.", "lm_head.")),
        ("instructblip-t5", ("language_model.",)),
    ],
)
def test_every_layout_names_its_language_model_so(tmp_path, name, names):
    CHAT_CHECKPOINTS[name](tmp_path)
    assert 0 < count_weights(tmp_path, names) < count_weights(tmp_path)


def language_part(folder, gigabytes):
    return load_part(
        transformers.Blip2ForConditionalGeneration,
        folder,
        choose(BLIP2_OPT, on_processor(gigabytes)),
        drops=("vision_model", "qformer", "query_tokens"),
    ).language_model


def test_a_part_holds_nothing_of_the_others_and_full_weights_stay_mapped(tmp_path):
    save_blip2_t5(tmp_path)
    whole = load_part(
        transformers.Blip2ForConditionalGeneration,
        tmp_path,
        choose(BLIP2_OPT, on_processor(20)),
        drops=("vision_model", "language_model.encoder"),
    )
    names = {name for name, _ in whole.named_parameters()}
    assert not any(n.startswith(("vision_model", "language_model.encoder")) for n in names)
    assert any(name.startswith("language_model.decoder") for name in names)
    file_bytes = (tmp_path / "model.safetensors").stat().st_size
    # Views of the mapped file share its one storage.
    assert {weight.untyped_storage().nbytes() for weight in whole.qformer.parameters()} <= {
        file_bytes,
        *(weight.nbytes for weight in whole.qformer.parameters()),
    }


@pytest.mark.parametrize("gigabytes", [14, 6])
def test_fewer_bits_answer_nearly_the_same(tmp_path, gigabytes):
    save_blip2_opt(tmp_path)
    ids = torch.arange(10, 40)[None]
    with torch.inference_mode():
        full = language_part(tmp_path, 20)(input_ids=ids).logits
        part = language_part(tmp_path, gigabytes)
        fewer = part(input_ids=ids).logits.float()
    assert part.dtype == torch.bfloat16
    assert (full - fewer).abs().mean() < 0.05 * full.abs().mean()
    # The embedding is the last layer too, and is held once.
    assert part.get_output_embeddings().weight is part.get_input_embeddings().weight


@pytest.mark.parametrize("length", [24, 32, 40, 96])
@pytest.mark.parametrize("bias", [True, False])
def test_both_ways_to_multiply_eight_bits_agree(length, bias):
    """The quick kernel reads beyond rows that are no whole blocks: those must not reach it."""
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(length, 35, bias=bias))
    inputs = torch.randn(2, 40, length)
    exact = layer(inputs)
    convert(layer, choose(BLIP2_OPT, on_processor(6)))
    with torch.inference_mode():
        many = layer(inputs.bfloat16())
        few = torch.stack([layer(row) for row in inputs.bfloat16().flatten(0, 1)])
        # One place of each row is no whole memory of its own.
        last = layer(inputs.bfloat16()[:, -1:])
    assert many.shape == (2, 40, 35)
    assert torch.allclose(many.float(), exact, atol=0.05, rtol=0.05)
    assert torch.allclose(few.reshape(many.shape), many, atol=0.03, rtol=0.03)
    assert torch.allclose(last, many[:, -1:], atol=0.03, rtol=0.03)


def test_eight_bits_are_a_quarter_and_move_as_other_weights_do(tmp_path):
    save_blip2_opt(tmp_path)
    part = language_part(tmp_path, 6)
    layer = part.model.decoder.layers[0]
    assert layer.fc1.weight.dtype == torch.int8 and layer.fc1.weight.abs().max() == 127
    mover = TorchMover(copy_on_host=True)
    home = mover.home(part)
    stored = language_part(tmp_path, 20)
    linear = sum(
        inner.weight.numel()
        for inner in stored.model.decoder.layers.modules()
        if isinstance(inner, torch.nn.Linear)
    )
    saved = mover.size(mover.home(stored)) - mover.size(home)
    assert saved > 2.5 * linear
    ids = torch.arange(10, 30)[None]
    with torch.inference_mode():
        at_home = part(input_ids=ids).logits
        mover.into(home, "cpu", lambda done, total: None)
        moved = part(input_ids=ids).logits
        twin = mover.object_of(mover.twin(home))(input_ids=ids).logits
        mover.out(home)
        back = part(input_ids=ids).logits
    assert torch.equal(at_home, moved) and torch.equal(at_home, back)
    assert torch.equal(at_home, twin)


def test_float16_keeps_in_full_what_the_library_says_overflows(tmp_path):
    save_blip2_t5(tmp_path)
    whole = transformers.Blip2ForConditionalGeneration.from_pretrained(tmp_path)
    half = copy.deepcopy(whole)
    convert(half, choose(BLIP2_OPT, Place(70 * GIGABYTE, "float16", prefers_half=True)))
    kept = {name for name, w in half.named_parameters() if w.dtype == torch.float32}
    assert any(".wo." in name for name in kept)
    assert all(".wo." in n or n.startswith(("query_tokens", "qformer")) for n in kept)
    convert(whole, choose(BLIP2_OPT, on_processor(14)))
    assert {weight.dtype for weight in whole.parameters()} == {torch.bfloat16}


def test_frequencies_of_places_stay_exact(tmp_path):
    config = transformers.LlamaConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        vocab_size=32,
    )
    model = transformers.LlamaForCausalLM(config)
    before = model.model.rotary_emb.inv_freq.clone()
    convert(model, choose(BLIP2_OPT, on_processor(6)))
    assert torch.equal(model.model.rotary_emb.inv_freq, before)
