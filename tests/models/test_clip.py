from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPModel, CLIPProcessor

from playground.models import clip
from playground.visitors.errors import PersonError
from tests.models.tiny_clip import CONTEXT_TOKENS, PROJECTION, save_tiny_clip

TEXTS = ("a cat", "two cats beside a tree", "一隻貓", "")


def pictures() -> list[np.ndarray]:
    numbers = np.random.default_rng(0)
    sizes = [(16, 16), (40, 21), (3, 30), (30, 3)]
    return [numbers.integers(0, 256, (*size, 3), np.uint8) for size in sizes]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tiny-clip")
    save_tiny_clip(path)
    return path


def load(folder: Path) -> clip.Clip:
    return clip.join(folder, clip.build("text", folder), clip.build("vision", folder))


@pytest.fixture(scope="module")
def model(folder) -> clip.Clip:
    return load(folder)


def test_same_numbers_as_the_library(folder, model):
    library = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = CLIPProcessor.from_pretrained(folder)
    inputs = processor(
        text=list(TEXTS),
        images=pictures()[:2],
        padding=True,
        truncation=True,
        max_length=CONTEXT_TOKENS,
        return_tensors="pt",
    )
    with torch.no_grad():
        expected = library(**inputs).logits_per_image.numpy()
    cosines = clip.embed_pictures(model, pictures()[:2]) @ clip.embed_texts(model, TEXTS).T
    assert np.abs(clip.logit_scale(model) * cosines - expected).max() <= 1e-5


def test_parts_are_the_classes_that_others_share(model):
    assert type(model.text).__name__ == "CLIPTextModelWithProjection"
    assert type(model.text.text_model).__name__ == "CLIPTextModel"
    assert type(model.vision).__name__ == "CLIPVisionModelWithProjection"
    assert not model.text.training
    assert not any(weight.requires_grad for weight in model.vision.parameters())


def test_embeddings_are_unit_float32_rows(model):
    for rows, count in (
        (clip.embed_texts(model, TEXTS), len(TEXTS)),
        (clip.embed_pictures(model, pictures()), 4),
    ):
        assert rows.shape == (count, PROJECTION) and rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_nothing_gives_no_rows(model):
    assert clip.embed_texts(model, []).shape == (0, PROJECTION)
    assert clip.embed_pictures(model, []).shape == (0, PROJECTION)


def test_company_does_not_change_an_embedding(model):
    together = clip.embed_texts(model, TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        assert np.allclose(clip.embed_texts(model, [text])[0], row, atol=1e-6)


def test_lists_of_several_visitors_come_back_apart(model, monkeypatch):
    monkeypatch.setattr(clip, "MOST_TEXTS_AT_ONCE", 2)
    first, second, third = clip.embed_text_lists(model, [TEXTS[:3], (), TEXTS[3:]])
    assert second.shape == (0, PROJECTION)
    assert np.allclose(np.concatenate([first, third]), clip.embed_texts(model, TEXTS), atol=1e-6)


def test_many_pictures_go_in_several_passes(model, monkeypatch):
    expected = clip.embed_pictures(model, pictures())
    monkeypatch.setattr(clip, "MOST_PICTURES_AT_ONCE", 3)
    assert np.allclose(clip.embed_pictures(model, pictures()), expected, atol=1e-6)


def test_half_precision_files_run_in_float32_on_a_processor(tmp_path):
    save_tiny_clip(tmp_path, dtype=torch.float16)
    if not torch.accelerator.is_available():
        assert load(tmp_path).text.dtype == torch.float32


def test_short_text_is_read_whole(model):
    count = clip.count_tokens(model, "a cat")
    assert count.pieces == ("a", "cat")
    assert (count.kept, count.limit, count.unread) == (2, CONTEXT_TOKENS - 2, "")


def test_words_beyond_the_context_are_named(model):
    text = "a cat " * 6 + "and a cat"
    count = clip.count_tokens(model, text)
    assert count.kept == count.limit == CONTEXT_TOKENS - 2
    assert count.unread == "a cat and a cat"
    assert np.allclose(
        clip.embed_texts(model, [text]), clip.embed_texts(model, [text + " and more"]), atol=1e-6
    )


def test_a_character_of_several_tokens_stands_once(model):
    count = clip.count_tokens(model, "貓 cat")
    assert count.pieces == ("貓", "", "", "cat")


def test_missing_weights_are_refused_and_not_made_up(tmp_path):
    save_tiny_clip(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["text_projection.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PersonError) as caught:
        clip.build("text", tmp_path)
    assert caught.value.key == "mistake.model.mismatch"
    assert clip.build("vision", tmp_path) is not None
