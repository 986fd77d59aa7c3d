"""Every published model of the catalogue: fetched from a hub in its own layout, then used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, entry
from playground.hub.store import Store
from playground.index import make_index
from playground.models import blip2, clip, sam
from playground.models.clip_families import family_of_class
from playground.search import Asker, Query, find
from playground.zero_shot import name_picture
from tests.hub.tiny_entry import settings_at
from tests.models.tiny_chats import CHAT_CHECKPOINTS
from tests.models.tiny_checkpoints import CHECKPOINTS
from tests.models.tiny_sams import SAM_CHECKPOINTS
from tests.tiny_world import save_tiny_pictures

# How the repository of each entry is laid out, by the tiny checkpoint that is like it.
LAYOUTS = {
    "clip-b32": "open-clip",
    "clip-l14": "openai-clip",
    "open-clip-b32": "openai-clip",
    "open-clip-h14": "openai-clip",
    "open-clip-b32-datacomp": "open-clip",
    "siglip2-b16": "siglip2",
    "metaclip2-b32": "metaclip2",
    "chinese-clip-b16": "chinese-clip",
}
SAM_LAYOUTS = {
    "sam-vit-b": "sam",
    "sam-vit-l": "sam",
    "sam-vit-h": "sam",
    "sam2.1-hiera-tiny": "sam2-video",
    "sam2.1-hiera-small": "sam2-video",
    "sam2.1-hiera-base-plus": "sam2-video",
    "sam2.1-hiera-large": "sam2-video",
    "edgetam": "edgetam",
}
CHAT_LAYOUTS = {
    "vilt-vqa": "vilt",
    "blip-vqa-base": "blip-vqa",
    "blip-captioning-base": "blip-caption",
    "blip-captioning-large": "blip-caption",
    "blip2-opt-2.7b": "blip2-opt",
    "blip2-flan-t5-xl": "blip2-t5",
    "blip2-itm-vit-g": "blip2-itm",
    "instructblip-flan-t5-xl": "instructblip-t5",
    "instructblip-vicuna-7b": "instructblip-vicuna",
    "smolvlm2-256m": "smolvlm",
    "smolvlm2-500m": "smolvlm",
    "smolvlm2-2.2b": "smolvlm",
    "qwen3-vl-2b": "qwen3-vl",
}
# What such repositories hold beside: it must stay where it is.
UNWANTED = ("pytorch_model.bin", "open_clip_pytorch_model.bin", "tf_model.h5", "README.md")


def test_every_published_clip_is_tried():
    assert set(LAYOUTS) == {e.key for e in CATALOG if e.family == "clip" and not e.is_built_in}


def test_every_published_segmenter_is_tried():
    assert set(SAM_LAYOUTS) == {e.key for e in CATALOG if e.family == "sam" and not e.is_built_in}


def test_every_published_chat_model_is_tried():
    assert set(CHAT_LAYOUTS) == {
        e.key for e in CATALOG if e.family == "blip2" and not e.is_built_in
    }


@pytest.mark.parametrize("key", LAYOUTS)
def test_a_published_model_is_fetched_and_used(key, hub, tmp_path):
    there = tmp_path / "there"
    CHECKPOINTS[LAYOUTS[key]](there)
    for name in UNWANTED:
        (there / name).write_bytes(b"\x80\x02not wanted")
    if LAYOUTS[key] == "open-clip":
        (there / "config.json").write_text('{"architecture": "vit_base_patch32_clip_224"}')
    commit = hub.add(entry(key).source, there, branch=entry(key).branch)
    item = replace(entry(key), least_memory_bytes=0)
    if item.revision is not None:
        item = replace(item, revision=commit)
    settings = settings_at(tmp_path / "cache", download="all")
    store = Store(settings)
    cache = Cache(cache_items([item], settings, store))
    collection = save_tiny_pictures(tmp_path / "pictures")
    folder = str(tmp_path / "cache")

    index = make_index(collection, cache, item, texts=["a cat"], models_folder=folder)
    assert index.fingerprint == commit
    assert index.vectors.shape[0] == 6
    fetched = {file.name for file in store.folder_of(item).iterdir()}
    assert not fetched & set(UNWANTED)
    assert ("config.json" in fetched) == (LAYOUTS[key] != "open-clip")

    answer = find(cache, index, Query(words="a red dog"), count=3, asker=Asker())
    rows = cache.run(item.key, lambda model: clip.embed_texts(model, ["a red dog"]))
    assert np.allclose(answer.cosines, index.vectors @ rows[0], atol=1e-5)
    naming = name_picture(
        cache, index, collection.pixels(0), ("cat", "dog"), ("a {}",), asker=Asker()
    )
    shares = naming.probabilities(naming.logit_scale)
    is_sigmoid = naming.logit_bias is not None
    assert is_sigmoid == ("Siglip" in family_of_class(item.class_name).class_name)
    assert is_sigmoid or shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("key", SAM_LAYOUTS)
def test_a_published_segmenter_is_fetched_and_used(key, hub, tmp_path):
    there = tmp_path / "there"
    SAM_CHECKPOINTS[SAM_LAYOUTS[key]](there)
    for name in (*UNWANTED, "sam2.1_hiera_tiny.pt", "sam2.1_hiera_t.yaml"):
        (there / name).write_bytes(b"\x80\x02not wanted")
    hub.add(entry(key).source, there)
    item = replace(entry(key), least_memory_bytes=0)
    store = Store(settings_at(tmp_path / "cache", download="all"))
    cache = Cache(cache_items([item], settings_at(tmp_path / "cache", download="all"), store))
    pixels = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)

    encoded = cache.batch(f"{key}/encoder", sam.encode, pixels)
    fetched = {file.name for file in store.folder_of(item).iterdir()}
    assert fetched == {"config.json", "model.safetensors", "preprocessor_config.json"}
    asked = sam.Prompts(np.array([[25.5, 15.5]]), np.array([1]), is_multimask=True)
    with cache.lease(f"{key}/decoder") as decoder:
        clicked = sam.decode(decoder, encoded, asked)
    joined = cache.run(key, lambda model: sam.decode(model, encoded, asked))
    assert np.array_equal(clicked.logits, joined.logits) and len(clicked.iou) == 3
    chosen = clicked.logits[sam.choose(clicked, asked, encoded)]
    assert sam.full_mask(chosen, encoded).shape == (30, 50)
    grid = cache.run(
        f"{key}/decoder", lambda decoder: sam.decode_points(decoder, encoded, asked.points_xy)
    )
    assert np.allclose(grid.logits[0], clicked.logits, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("key", CHAT_LAYOUTS)
def test_a_published_chat_model_is_fetched_and_used(key, hub, tmp_path):
    there = tmp_path / "there"
    CHAT_CHECKPOINTS[CHAT_LAYOUTS[key]](there)
    for name in (*UNWANTED, "pytorch_model-00001-of-00002.bin", "onnx/model.onnx"):
        (there / name).parent.mkdir(exist_ok=True)
        (there / name).write_bytes(b"\x80\x02not wanted")
    hub.add(entry(key).source, there, branch=entry(key).branch)
    item = replace(entry(key), least_memory_bytes=0)
    settings = settings_at(tmp_path / "cache", download="all")
    store = Store(settings)
    cache = Cache(cache_items([item], settings, store))
    pixels = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)

    seen = cache.batch(blip2.part_of(item, "eyes"), blip2.see, pixels)
    fetched = {file.name for file in store.folder_of(item).rglob("*") if not file.is_dir()}
    assert not fetched & {*UNWANTED, "model.onnx", "pytorch_model-00001-of-00002.bin"}
    assert seen.kind == item.class_name and seen.size_hw == (30, 50)
    facts = blip2.facts(item)
    assert facts.has_queries == ("blip2" in key or "instructblip" in key)
    if facts.can_match:
        fits = cache.batch(blip2.part_of(item, "match"), blip2.match, (seen, "a cat"))
        assert 0 <= fits.probability <= 1
    assert facts.answers == (key != "blip2-itm-vit-g")
    if facts.answers:
        ask = blip2.Ask(seen, question="what is this?", most_tokens=4)
        language = blip2.part_of(item, "language")
        answer = cache.batch(language, blip2.answer, ask, steps=True)
        again = cache.batch(language, blip2.answer, ask, steps=True)
        assert answer == again and (answer.words or answer.ended == "end") and answer.prompt
        assert answer.precision is None
    # Once for all parts.
    weights = list(store.folder_of(item).glob("*.safetensors"))
    assert len(hub.asked("model.*safetensors$")) == len(weights)
