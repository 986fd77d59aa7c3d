"""What the catalogue says of published models, counted in the library's classes on no device."""

import pytest
import torch
import transformers

from playground.catalog import entry
from playground.published.clip import PUBLISHED_CLIP

B32_TEXT = {"hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8}
L14_TEXT = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
H14_TEXT = {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16}
L14_VISION = {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16}
H14_VISION = {"hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 16}
# Sizes as the papers and the repositories' configurations give them.
CONFIGS = {
    "clip-b32": transformers.CLIPConfig(),
    "clip-l14": transformers.CLIPConfig(
        projection_dim=768,
        text_config=L14_TEXT,
        vision_config=L14_VISION | {"num_hidden_layers": 24, "patch_size": 14},
    ),
    "open-clip-b32": transformers.CLIPConfig(),
    "open-clip-h14": transformers.CLIPConfig(
        projection_dim=1024,
        text_config=H14_TEXT | {"num_hidden_layers": 24},
        vision_config=H14_VISION | {"num_hidden_layers": 32, "patch_size": 14},
    ),
    "open-clip-b32-datacomp": transformers.CLIPConfig(),
    "siglip2-b16": transformers.SiglipConfig(text_config={"vocab_size": 256_000}),
    "metaclip2-b32": transformers.MetaClip2Config(
        projection_dim=512,
        text_config=B32_TEXT | {"num_hidden_layers": 12, "vocab_size": 901_629},
        vision_config={
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "patch_size": 32,
        },
    ),
    "chinese-clip-b16": transformers.ChineseCLIPConfig(
        text_config={"vocab_size": 21_128}, vision_config={"patch_size": 16}
    ),
}


@pytest.mark.parametrize("item", PUBLISHED_CLIP, ids=lambda item: item.key)
def test_bytes_are_those_of_the_class(item):
    config = CONFIGS[item.key]
    with torch.device("meta"):
        model = getattr(transformers, item.class_name)(config)
    weights = sum(weight.nbytes for weight in model.parameters())
    buffers = sum(buffer.nbytes for buffer in model.buffers())
    # The logit scale and bias belong to no tower, or to both.
    assert abs(item.bytes_on_device - (weights + buffers)) <= 16
    # A safetensors file is its header and the weights.
    assert 0 < item.bytes_on_disk - weights < 200_000
    assert item.least_memory_bytes > item.bytes_on_device
    room = config.text_config.max_position_embeddings
    assert item.context_tokens == room or (item.class_name, room) == ("ChineseCLIPModel", 512)


@pytest.mark.parametrize("item", PUBLISHED_CLIP, ids=lambda item: item.key)
def test_nothing_that_runs_code_is_fetched(item):
    assert item.files and not any(pattern in ("*", "*.bin", "*.pt") for pattern in item.files)
    assert any(pattern.endswith(".safetensors") for pattern in item.files)
    assert not item.is_gated and not item.is_built_in
    assert item.revision is None or len(item.revision) == 40


def test_openais_small_clip_is_the_repository_that_has_safetensors():
    assert entry("clip-b32").source == "timm/vit_base_patch32_clip_224.openai"
    assert entry("chinese-clip-b16").branch == "refs/pr/1"
