import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file

from playground.models import clip
from playground.models.clip_families import FAMILIES, family_of_class, read_family
from playground.models.loading import load_pretrained
from playground.visitors.errors import PersonError
from tests.models.tiny_checkpoints import CHECKPOINTS, LOGIT_BIAS, LOGIT_SCALE, WIDTH

TEXTS = ["a cat", "the red dog", "一隻貓", ""]
NATIVE = [name for name in CHECKPOINTS if name != "open-clip"]


def pictures() -> list[np.ndarray]:
    numbers = np.random.default_rng(0)
    return [numbers.integers(0, 256, (*size, 3), np.uint8) for size in ((16, 16), (40, 21), (3, 9))]


def load(folder: Path) -> clip.Clip:
    return clip.join(folder, clip.build("text", folder), clip.build("vision", folder))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    for name, save in CHECKPOINTS.items():
        save(root / name)
    return {name: root / name for name in CHECKPOINTS}


@pytest.fixture(scope="module")
def models(folders) -> dict[str, clip.Clip]:
    return {name: load(folder) for name, folder in folders.items()}


def library_logits(folder: Path, model: clip.Clip) -> np.ndarray:
    """What the library's whole model says, fed as its documentation says: float (N, M)."""
    family, _ = read_family(folder)
    whole = load_pretrained(getattr(transformers, family.class_name), folder)
    texts = [text.lower() for text in TEXTS] if family.is_lowercase else TEXTS
    padding = {"padding": "max_length", "max_length": 64} if family.is_lowercase else {}
    tokens = model.tokenizer(
        texts, return_tensors="pt", truncation=True, **({"padding": True} | padding)
    )
    if family.is_lowercase:
        tokens = {"input_ids": tokens["input_ids"]}
    images = [Image.fromarray(picture) for picture in pictures()]
    pixels = model.image_processor(images=images, return_tensors="pt")
    with torch.no_grad():
        return whole(**tokens, **pixels).logits_per_image.numpy()


@pytest.mark.parametrize("name", NATIVE)
def test_same_logits_as_the_librarys_whole_model(name, folders, models):
    model = models[name]
    cosines = clip.embed_pictures(model, pictures()) @ clip.embed_texts(model, TEXTS).T
    logits = clip.logit_scale(model) * cosines + (clip.logit_bias(model) or 0.0)
    assert np.abs(logits - library_logits(folders[name], model)).max() <= 1e-4


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_embeddings_are_unit_rows_of_the_stated_width(name, models):
    model = models[name]
    for rows, count in (
        (clip.embed_texts(model, TEXTS), len(TEXTS)),
        (clip.embed_pictures(model, pictures()), 3),
        (clip.embed_texts(model, []), 0),
        (clip.embed_pictures(model, []), 0),
    ):
        assert rows.shape == (count, model.width) == (count, WIDTH)
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_company_does_not_change_an_embedding(name, models):
    together = clip.embed_texts(models[name], TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        assert np.allclose(clip.embed_texts(models[name], [text])[0], row, atol=1e-5)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_words_beyond_the_context_are_named_and_not_read(name, models):
    model = models[name]
    text = "a cat " * model.context_tokens
    count = clip.count_tokens(model, text)
    assert count.kept == count.limit < len(count.pieces)
    assert count.unread and text.endswith(count.unread)
    read = text[: len(text) - len(count.unread)]
    assert np.allclose(clip.embed_texts(model, [text]), clip.embed_texts(model, [read]), atol=1e-5)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_tower_holds_nothing_of_the_other(name, folders, models):
    whole = sum(tensor.numel() for tensor in _weights(folders[name]).values())
    halves = [
        sum(weight.numel() for weight in tower.parameters())
        for tower in (models[name].text, models[name].vision)
    ]
    # The logit scale and bias may stand in both.
    assert whole - 2 <= sum(halves) <= whole + 2
    assert max(halves) < whole
    for tower in (models[name].text, models[name].vision):
        assert not tower.training
        assert not any(weight.requires_grad for weight in tower.parameters())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("tower", ["text", "vision"])
def test_weights_stay_views_of_the_mapped_file(name, tower, folders):
    module = clip.build(tower, folders[name])
    spans = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        if str(folders[name]) in line:
            low, _, high = line.split()[0].partition("-")
            spans.append((int(low, 16), int(high, 16)))
    copied = [
        key
        for key, weight in module.named_parameters()
        if not any(low <= weight.data_ptr() < high for low, high in spans)
    ]
    # OpenCLIP keeps the two projections transposed.
    assert set(copied) <= {"text_projection.weight", "visual_projection.weight"}
    assert not copied or name == "open-clip"


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_missing_weights_are_refused_and_not_made_up(name, tmp_path):
    CHECKPOINTS[name](tmp_path)
    file = next(tmp_path.glob("*.safetensors"))
    weights = load_file(file)
    del weights[next(key for key in weights if "layers.1" in key or "resblocks.1" in key)]
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(PersonError) as caught:
        load(tmp_path)
    assert caught.value.key == "mistake.model.mismatch"


@pytest.mark.parametrize("name", ["siglip2", "siglip2-naflex"])
def test_siglip_reads_lowercase_padded_to_64_without_a_mask(name, models):
    model = models[name]
    assert model.context_tokens == 64
    assert clip.logit_bias(model) == pytest.approx(LOGIT_BIAS)
    assert clip.logit_scale(model) == pytest.approx(np.exp(LOGIT_SCALE), rel=1e-5)
    assert np.array_equal(clip.embed_texts(model, ["A CAT"]), clip.embed_texts(model, ["a cat"]))
    # One mark, at the end.
    assert clip.count_tokens(model, "a cat").limit == 63
    assert clip.count_tokens(model, "A Cat").pieces[0] == "A"
    ids = model.tokenizer("a cat", padding="max_length", max_length=64)["input_ids"]
    assert ids[ids.index(model.tokenizer.eos_token_id) + 1 :] == [model.tokenizer.pad_token_id] * (
        63 - ids.index(model.tokenizer.eos_token_id)
    )


@pytest.mark.parametrize("name", ["openai-clip", "open-clip", "metaclip2", "chinese-clip"])
def test_the_others_compete_in_a_softmax(name, models):
    assert clip.logit_bias(models[name]) is None


def test_pictures_of_any_shape_keep_their_shape_in_naflex(models):
    wide, tall = np.zeros((8, 64, 3), np.uint8), np.zeros((64, 8, 3), np.uint8)
    wide[:, :8], tall[:8] = 255, 255
    rows = clip.embed_pictures(models["siglip2-naflex"], [wide, tall])
    assert not np.allclose(rows[0], rows[1], atol=1e-3)


def test_chinese_clip_reads_52_tokens_with_token_types(models):
    model = models["chinese-clip"]
    assert model.context_tokens == 52
    assert set(model.family.token_inputs) == set(model.tokenizer("貓").keys())


def test_the_tokenizer_of_metaclip_is_that_of_xlm_r(models):
    assert type(models["metaclip2"].tokenizer).__name__ == "XLMRobertaTokenizer"
    ids = models["metaclip2"].tokenizer("a cat")["input_ids"]
    assert (ids[0], ids[-1]) == (0, 2)


def test_every_family_is_found_by_its_class():
    for family in FAMILIES.values():
        assert family_of_class(family.class_name) is family
        assert hasattr(transformers, family.class_name)
    with pytest.raises(KeyError):
        family_of_class("BertModel")


def test_an_unknown_family_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    with pytest.raises(PersonError) as caught:
        clip.build("text", tmp_path)
    assert caught.value.key == "mistake.model.mismatch"


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return {
        key: tensor
        for file in folder.glob("*.safetensors")
        for key, tensor in load_file(file).items()
    }
