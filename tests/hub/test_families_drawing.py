"""Every published model that draws: fetched from a hub in its own layout, then drawn with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, entry, is_on_disk
from playground.hub.store import Store
from playground.models import diffusion, safety
from playground.models.diffusion_asks import Order
from playground.visitors.errors import PersonError
from tests.hub.tiny_entry import safetensors, settings_at
from tests.models.tiny_pipelines import PIPELINES
from tests.models.tiny_safety import save_tiny_checker

# How the repository of each entry is laid out, by the tiny pipeline that is like it.
LAYOUTS = {
    "sd-1.5": "sd",
    "lcm-dreamshaper-v7": "lcm",
    "sd-turbo": "sd-turbo",
    "sdxl": "sdxl",
    "sdxl-turbo": "sdxl-turbo",
    "sd-3.5-medium": "sd3",
    "flux-2-klein-4b": "flux2-klein",
    "z-image-turbo": "z-image",
    "sana-sprint-600m": "sana-sprint",
}
# Repositories that hold the weights in 16 bits beside those in 32.
TWICE = {"sd-1.5", "sd-turbo", "sdxl", "sdxl-turbo"}
# In shards, as the language models are.
SHARDED = {"flux-2-klein-4b", "z-image-turbo", "sana-sprint-600m"}
UNWANTED = (
    "README.md",
    "v1-5-pruned-emaonly.safetensors",
    "v1-5-pruned.ckpt",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "unet/diffusion_flax_model.msgpack",
    "unet/model.onnx",
    "safety_checker/config.json",
    "safety_checker/model.safetensors",
    "feature_extractor/preprocessor_config.json",
    "text_encoder_3/model-00001-of-00002.safetensors",
    "text_encoder_3/config.json",
    "text_encoders/t5xxl_fp16.safetensors",
    "vae_1_0/diffusion_pytorch_model.safetensors",
)


def publish(key: str, there: Path) -> None:
    """A repository as its owner left it: with all that nobody here wants."""
    if key in SHARDED:
        PIPELINES[LAYOUTS[key]](there, max_shard_size="20KB")
    else:
        PIPELINES[LAYOUTS[key]](there)
    if key in TWICE:
        PIPELINES[LAYOUTS[key]](there, variant="fp16")
    for name in UNWANTED:
        (there / name).parent.mkdir(exist_ok=True)
        (there / name).write_bytes(safetensors(50))
    index = there / "model_index.json"
    told = json.loads(index.read_text())
    more = {"safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]}
    if key == "sd-3.5-medium":
        more = {
            "text_encoder_3": ["transformers", "T5EncoderModel"],
            "tokenizer_3": ["transformers", "T5TokenizerFast"],
        }
    index.write_text(json.dumps(told | more))


def test_every_published_model_that_draws_is_tried():
    published = {e.key for e in CATALOG if e.family == "diffusion" and not e.is_built_in}
    assert set(LAYOUTS) == published


@pytest.fixture(scope="module", params=LAYOUTS)
def there(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("hub") / request.param
    publish(request.param, place)
    return request.param, place


def test_a_published_model_is_fetched_and_draws(there, hub, tmp_path):
    key, place = there
    commit = hub.add(entry(key).source, place, gated=False)
    item = replace(entry(key), least_memory_bytes=0)
    settings = settings_at(tmp_path / "cache", download="all")
    store = Store(settings)
    cache = Cache(cache_items([item], settings, store))
    assert not is_on_disk(item, settings.models_folder)

    side = item.drawing.side_multiple
    order = Order(
        words="a cat",
        size_hw=(side, 2 * side),
        steps=min(2, item.drawing.steps[1]),
        guidance=item.drawing.guidance[0],
        scheduler=item.drawing.schedulers[0],
        seed=1,
    )
    read = {
        text: cache.batch(diffusion.part_of(item, "words"), diffusion.read, text)
        for text in diffusion.texts_of(order)
    }
    folder = store.folder_of(item)
    assert folder is not None and folder.name == commit
    assert is_on_disk(item, settings.models_folder)

    def draw(denoiser):
        sketch = diffusion.begin(denoiser, order, read, None)
        while not sketch.is_done:
            frames = diffusion.advance(denoiser, [sketch])
        return diffusion.latent_of(sketch), frames[0]

    latent, frame = cache.run(diffusion.part_of(item, "denoiser"), draw)
    pixels = cache.batch(diffusion.part_of(item, "pixels"), diffusion.decode, latent)
    # Cells are smaller in the tiny autoencoders than in the published ones.
    assert pixels.shape == (side, 2 * side, 3) and pixels.dtype == np.uint8
    assert pixels.std() > 1
    assert (frame.word_maps is not None) == item.drawing.has_word_maps
    expected = item.drawing.guidance[0] > 1 and item.drawing.reads_negative
    assert (frame.guidance_map is not None) == expected

    names = {f.relative_to(folder).as_posix() for f in folder.rglob("*") if not f.is_dir()}
    assert not names & set(UNWANTED)
    weights = [name for name in names if name.endswith(".safetensors")]
    assert all(".fp16." in name for name in weights) == (key in TWICE)
    assert any("-of-" in name for name in weights) == (key in SHARDED)
    # Once for all parts.
    assert len(hub.asked("resolve/.*safetensors$")) == len(weights)


def test_a_model_that_cannot_fit_is_refused_before_it_is_built(there, tmp_path):
    """From a plain folder, as a school carries models on a stick."""
    key, place = there
    models = tmp_path / "models"
    (models / entry(key).source).parent.mkdir(parents=True)
    (models / entry(key).source).symlink_to(place)
    item = replace(entry(key), least_memory_bytes=10**15)
    settings = settings_at(models)
    cache = Cache(cache_items([item], settings, Store(settings)))
    assert is_on_disk(item, settings.models_folder)
    with pytest.raises(PersonError) as caught:
        cache.batch(diffusion.part_of(item, "words"), diffusion.read, "a cat")
    assert caught.value.key == "mistake.hub.memory"
    assert caught.value.values["model"] == item.title


def test_nothing_is_fetched_before_somebody_agreed(hub, tmp_path):
    item = entry("sd-turbo")
    settings = settings_at(tmp_path / "cache")
    cache = Cache(cache_items([item], settings, Store(settings)))
    with pytest.raises(PersonError) as caught:
        cache.batch(diffusion.part_of(item, "words"), diffusion.read, "a cat")
    assert caught.value.key == "mistake.hub.not_agreed" and hub.requests == []


def test_the_checker_is_fetched_and_looks_at_pictures(hub, tmp_path):
    place = tmp_path / "there"
    save_tiny_checker(place, threshold=-1)
    (place / "pytorch_model.bin").write_bytes(b"\x80\x02not wanted")
    item = replace(entry("safety-checker"), least_memory_bytes=0)
    hub.add(item.source, place, branch=item.branch)
    settings = settings_at(tmp_path / "cache", download="all")
    store = Store(settings)
    cache = Cache(cache_items([item], settings, store))
    picture = np.zeros((32, 48, 3), np.uint8)
    assert cache.batch("safety-checker/checker", safety.check, picture) is True
    fetched = {file.name for file in store.folder_of(item).iterdir()}
    assert fetched == set(item.files)
