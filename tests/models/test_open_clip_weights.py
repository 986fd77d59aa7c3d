"""OpenCLIP's files in the library's classes, against a twin and open_clip where it is installed."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from playground.models import clip
from playground.models.open_clip_weights import (
    is_open_clip,
    read_image_processor,
    read_open_clip_config,
)
from playground.visitors.errors import PersonError
from tests.models.tiny_checkpoints import open_clip_config, open_clip_twin, save_open_clip
from tests.models.tiny_clip import save_tiny_clip

TEXTS = ["a cat", "two cats beside a tree", ""]


def load(folder: Path) -> clip.Clip:
    return clip.join(folder, clip.build("text", folder), clip.build("vision", folder))


def picture(height: int = 20, width: int = 33) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def change(folder: Path, part: str, **fields: object) -> None:
    file = folder / "open_clip_config.json"
    told = json.loads(file.read_text("utf-8"))
    target = told["model_cfg"] if part == "model" else told.get(part, told["model_cfg"].get(part))
    target.update(fields)
    file.write_text(json.dumps(told), encoding="utf-8")


@pytest.mark.parametrize("quick_gelu", [False, True], ids=["gelu", "quick_gelu"])
@pytest.mark.parametrize(
    "weights", ["open_clip_model.safetensors", "open_clip_pytorch_model.safetensors"]
)
def test_converted_weights_answer_like_the_model_they_were(tmp_path, quick_gelu, weights):
    save_open_clip(tmp_path, quick_gelu=quick_gelu, weights=weights)
    model, twin = load(tmp_path), open_clip_twin(tmp_path)
    short = {"truncation": True, "max_length": 12, "return_tensors": "pt"}
    tokens = model.tokenizer(TEXTS, padding=True, **short)
    pixels = read_image_processor(tmp_path)(images=Image.fromarray(picture()), return_tensors="pt")
    with torch.no_grad():
        expected = twin(**tokens, **pixels).logits_per_image.numpy()
    cosines = clip.embed_pictures(model, [picture()]) @ clip.embed_texts(model, TEXTS).T
    assert np.abs(clip.logit_scale(model) * cosines - expected).max() <= 1e-4


def test_the_librarys_own_files_come_first(tmp_path):
    save_open_clip(tmp_path)
    assert is_open_clip(tmp_path)
    save_tiny_clip(tmp_path)
    assert not is_open_clip(tmp_path)
    assert load(tmp_path).text.config.hidden_act == "quick_gelu"


def test_a_config_of_another_library_beside_it_does_not_matter(tmp_path):
    save_open_clip(tmp_path)
    (tmp_path / "config.json").write_text('{"architecture": "vit_base_patch32_clip_224"}')
    assert clip.embed_texts(load(tmp_path), TEXTS).shape == (3, 16)


def test_defaults_are_open_clips(tmp_path):
    plain = {"model_cfg": {"embed_dim": 512, "vision_cfg": {}, "text_cfg": {}}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(plain), encoding="utf-8")
    config = read_open_clip_config(tmp_path)
    vision, text = config.vision_config, config.text_config
    assert (vision.hidden_size, vision.num_hidden_layers, vision.num_attention_heads) == (
        768,
        12,
        12,
    )
    assert (vision.patch_size, vision.image_size, vision.intermediate_size) == (16, 224, 3072)
    assert (text.hidden_size, text.num_attention_heads, text.vocab_size) == (512, 8, 49408)
    assert vision.hidden_act == text.hidden_act == "gelu"


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("vision_cfg", {"layers": [3, 4, 6, 3]}),
        ("vision_cfg", {"timm_model_name": "convnext_base"}),
        ("vision_cfg", {"attentional_pool": True}),
        ("text_cfg", {"hf_model_name": "xlm-roberta-base"}),
        ("text_cfg", {"hf_tokenizer_name": "bert-base-uncased"}),
        ("model", {"custom_text": True}),
        ("model", {"multimodal_cfg": {}}),
    ],
)
def test_towers_that_are_not_understood_are_refused(tmp_path, part, fields):
    save_open_clip(tmp_path)
    change(tmp_path, part, **fields)
    with pytest.raises(PersonError) as caught:
        clip.build("vision", tmp_path)
    assert caught.value.key == "mistake.model.mismatch"


@pytest.mark.parametrize("fields", [{"resize_mode": "longest"}, {"interpolation": "random"}])
def test_ways_to_resize_that_are_not_understood_are_refused(tmp_path, fields):
    save_open_clip(tmp_path)
    change(tmp_path, "preprocess_cfg", **fields)
    with pytest.raises(PersonError):
        load(tmp_path)


def test_a_squashed_picture_is_seen_whole(tmp_path):
    save_open_clip(tmp_path)
    pixels = np.zeros((16, 64, 3), np.uint8)
    pixels[:, :16] = 255
    seen = read_image_processor(tmp_path)(images=Image.fromarray(pixels), return_tensors="np")
    assert np.ptp(seen["pixel_values"]) < 0.5
    change(tmp_path, "preprocess_cfg", resize_mode="squash")
    seen = read_image_processor(tmp_path)(images=Image.fromarray(pixels), return_tensors="np")
    assert np.ptp(seen["pixel_values"]) > 3


def test_no_weights(tmp_path):
    save_open_clip(tmp_path)
    (tmp_path / "open_clip_model.safetensors").unlink()
    with pytest.raises(PersonError) as caught:
        clip.build("text", tmp_path)
    assert caught.value.key == "mistake.model.missing"


@pytest.mark.parametrize("quick_gelu", [False, True], ids=["gelu", "quick_gelu"])
def test_same_answers_as_the_open_clip_package(tmp_path, quick_gelu):
    """Weights, names and picture processing by open_clip itself; needs the optional extra."""
    open_clip = pytest.importorskip("open_clip")
    save_open_clip(tmp_path, quick_gelu=quick_gelu)
    told = open_clip_config(516, quick_gelu=quick_gelu)["model_cfg"]
    torch.manual_seed(1)
    theirs = open_clip.CLIP(**told).eval()
    save_file(
        {name: tensor.contiguous() for name, tensor in theirs.state_dict().items()},
        tmp_path / "open_clip_model.safetensors",
    )
    model = load(tmp_path)
    short = {"truncation": True, "max_length": 12, "return_tensors": "pt"}
    tokens = model.tokenizer(TEXTS, padding="max_length", **short)
    transform = open_clip.image_transform(
        16, is_train=False, resize_mode="shortest", interpolation="bicubic"
    )
    seen = transform(Image.fromarray(picture()))[None]
    own = model.image_processor(images=Image.fromarray(picture()), return_tensors="pt")
    assert (own["pixel_values"] - seen).abs().max() <= 0.05
    with torch.no_grad():
        text = theirs.encode_text(tokens["input_ids"], normalize=True).numpy()
        vision = theirs.encode_image(own["pixel_values"], normalize=True).numpy()
        scale = float(theirs.logit_scale.exp())
    assert np.abs(clip.embed_texts(model, TEXTS) - text).max() <= 1e-5
    assert np.abs(clip.embed_pictures(model, [picture()]) - vision).max() <= 1e-5
    assert clip.logit_scale(model) == pytest.approx(scale, rel=1e-6)
