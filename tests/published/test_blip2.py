"""What the catalogue says of published chat models, counted in the library's classes."""

import pytest
import torch
import transformers

from playground.models import blip2
from playground.models.blip2_kinds import KINDS
from playground.models.precision import FULL, INT8, Place, choose, needed_bytes
from playground.published.blip2 import PUBLISHED_BLIP2

OPT = {
    "model_type": "opt",
    "vocab_size": 50_304,
    "hidden_size": 2560,
    "word_embed_proj_dim": 2560,
    "ffn_dim": 10_240,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
}
T5 = {
    "model_type": "t5",
    "d_model": 2048,
    "d_ff": 5120,
    "num_layers": 24,
    "num_heads": 32,
    "feed_forward_proj": "gated-gelu",
}
VICUNA = {
    "model_type": "llama",
    "vocab_size": 32_001,
    "hidden_size": 4096,
    "intermediate_size": 11_008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
}
READER = {"vocab_size": 30_523}
LARGE_VISION = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
}
SIGLIP_BASE = {
    "hidden_size": 768,
    "num_attention_heads": 12,
    "image_size": 512,
    "patch_size": 16,
}


def smolvlm(width, inner, layers, heads, key_heads, scale, vision):
    text = {
        "model_type": "llama",
        "vocab_size": 49_280,
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
    }
    return transformers.SmolVLMConfig(scale_factor=scale, vision_config=vision, text_config=text)


# Sizes as the papers and the repositories' configurations give them.
CONFIGS = {
    "vilt-vqa": transformers.ViltConfig(num_labels=3129),
    "blip-vqa-base": transformers.BlipConfig(vision_config={"image_size": 384}),
    "blip-captioning-base": transformers.BlipConfig(),
    "blip-captioning-large": transformers.BlipConfig(
        vision_config=LARGE_VISION, text_config={"encoder_hidden_size": 1024}
    ),
    "blip2-opt-2.7b": transformers.Blip2Config(text_config=OPT),
    "blip2-flan-t5-xl": transformers.Blip2Config(text_config=T5),
    "blip2-itm-vit-g": transformers.Blip2Config(
        qformer_config=READER | {"use_qformer_text_input": True}
    ),
    "instructblip-flan-t5-xl": transformers.InstructBlipConfig(
        text_config=T5, qformer_config=READER
    ),
    "instructblip-vicuna-7b": transformers.InstructBlipConfig(
        text_config=VICUNA, qformer_config=READER
    ),
    "smolvlm2-256m": smolvlm(576, 1536, 30, 9, 3, 4, SIGLIP_BASE),
    "smolvlm2-500m": smolvlm(960, 2560, 32, 15, 5, 4, SIGLIP_BASE),
    "smolvlm2-2.2b": smolvlm(
        2048,
        8192,
        24,
        32,
        32,
        3,
        {
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": 27,
            "image_size": 384,
            "patch_size": 14,
        },
    ),
    "qwen3-vl-2b": transformers.Qwen3VLConfig(
        tie_word_embeddings=True,
        vision_config={
            "depth": 24,
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "out_hidden_size": 2048,
            "deepstack_visual_indexes": [5, 11, 17],
        },
        text_config={
            "hidden_size": 2048,
            "intermediate_size": 6144,
            "num_hidden_layers": 28,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
        },
    ),
}
# Files that hold word embeddings twice, and FLAN-T5's last layer, which the library unties only
# when it meets it in a file.
TWICE = ("blip-vqa-base", "blip-captioning-base", "blip-captioning-large")
LAST_LAYER = {"blip2-flan-t5-xl": 32_128 * 2048, "instructblip-flan-t5-xl": 32_128 * 2048}
ON_DISK = {"qwen3-vl-2b": 2}
MOST_WEIGHTS_IN_FULL = 1_500_000_000


def model_of(item):
    """The whole model without memory for its weights."""
    with torch.device("meta"):
        return getattr(transformers, item.class_name)(CONFIGS[item.key])


@pytest.mark.parametrize("item", PUBLISHED_BLIP2, ids=lambda item: item.key)
def test_bytes_are_those_of_the_class(item):
    model = model_of(item)
    weights = sum(weight.numel() for weight in model.parameters()) + LAST_LAYER.get(item.key, 0)
    stored = weights
    if item.key in TWICE:
        stored = sum(tensor.numel() for tensor in model.state_dict(keep_vars=True).values())
    # A safetensors file is its header and the weights.
    assert 0 < item.bytes_on_disk - ON_DISK.get(item.key, 4) * stored < 300_000
    buffers = sum(buffer.nbytes for buffer in model.buffers())
    width = 4 if weights <= MOST_WEIGHTS_IN_FULL else 2
    assert abs(item.bytes_on_device - width * weights - buffers) < 10_000
    least = needed_bytes(weights, INT8)
    assert least <= item.least_memory_bytes < least + 200_000_000


@pytest.mark.parametrize("item", PUBLISHED_BLIP2, ids=lambda item: item.key)
def test_the_eight_bits_are_fewer_bytes_than_the_rule_says(item):
    """`BYTES_A_WEIGHT` of 8 bits: what stays in 16 beside the linear layers is little enough."""
    model = model_of(item)
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    eight = {
        id(m.weight): m.weight.numel()
        for m in model.modules()
        if type(m) is torch.nn.Linear and id(m.weight) not in embeddings
    }
    weights = sum(weight.numel() for weight in model.parameters())
    small = sum(eight.values())
    # Up to the share that `needed_bytes` keeps free besides.
    assert small + 2 * (weights - small) < (needed_bytes(weights, INT8) - 400_000_000)


@pytest.mark.parametrize("item", PUBLISHED_BLIP2, ids=lambda item: item.key)
def test_nothing_that_runs_code_is_fetched(item):
    assert all(
        pattern.endswith((".json", ".txt", ".jinja", ".safetensors")) for pattern in item.files
    )
    assert any(
        pattern.endswith("model*.safetensors") or pattern == "model.safetensors"
        for pattern in item.files
    )
    assert not item.is_gated and not item.is_built_in and item.family == "blip2"
    assert all(part.startswith(f"{item.key}/") for part in item.parts)
    names = {part.rpartition("/")[2] for part in item.parts}
    assert names <= set(KINDS[item.class_name].build)


def test_what_a_laptop_can_run():
    """16 GB, of which 9 are free: the small ones in full, BLIP-2 in 16 bits or 8."""
    chosen = {}
    for item in PUBLISHED_BLIP2:
        weights = sum(weight.numel() for weight in model_of(item).parameters())
        chosen[item.key] = choose(weights, Place(9_000_000_000, "bfloat16")).name
    assert all(chosen[key] == FULL for key in ("vilt-vqa", "blip-vqa-base", "smolvlm2-500m"))
    assert chosen["blip2-opt-2.7b"] == "bfloat16" and chosen["instructblip-vicuna-7b"] == INT8


def test_facts_tell_who_answers_who_writes_captions_and_who_chooses():
    facts = {item.key: blip2.facts(item) for item in PUBLISHED_BLIP2}
    assert [key for key, fact in facts.items() if not fact.answers] == ["blip2-itm-vit-g"]
    assert [key for key, fact in facts.items() if not fact.is_free_text] == ["vilt-vqa"]
    captioners = [key for key, fact in facts.items() if fact.is_captioner]
    assert captioners == ["blip-captioning-base", "blip-captioning-large"]
    remembering = {key for key, fact in facts.items() if fact.remembers_turns}
    assert remembering == {
        "blip2-opt-2.7b",
        "blip2-flan-t5-xl",
        "smolvlm2-256m",
        "smolvlm2-500m",
        "smolvlm2-2.2b",
        "qwen3-vl-2b",
    }
    assert [key for key, fact in facts.items() if "zh-Hant" in fact.languages] == ["qwen3-vl-2b"]
