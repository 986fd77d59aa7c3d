import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from playground import catalog
from playground.cache import Cache, Model, Part
from playground.cache.mover import TorchMover
from playground.catalog import (
    BUILT_IN,
    CATALOG,
    cache_items,
    entry,
    folder_of,
    is_on_disk,
    of_family,
)
from playground.hub.plan import wanted_files
from playground.models import blip2, clip, diffusion, sam
from playground.models.diffusion_samplers import own_sampler
from playground.settings import read_settings
from playground.visitors.errors import PersonError, explain
from tests.models.tiny_clip import save_tiny_clip

ROOT = Path(catalog.__file__).parents[1]
# Families that read words.
READERS = {"clip", "blip2", "diffusion"}


@pytest.mark.parametrize("item", CATALOG, ids=lambda item: item.key)
def test_every_entry_is_complete(item):
    assert item.key and item.title and item.source and item.class_name
    assert item.licence.name and item.licence.url.startswith("https://")
    assert item.paper.citation and item.paper.url.startswith("https://")
    assert item.bytes_on_disk > 0 and item.bytes_on_device > 0
    assert set(item.languages) <= {"en", "zh-Hant"}
    # A model that reads words tells in which languages and how many; others tell neither.
    assert (item.context_tokens > 2) == bool(item.languages) == (item.family in READERS)
    assert item.revision is None or re.fullmatch("[0-9a-f]{40}", item.revision)
    assert not (item.is_built_in and item.revision)
    for language in ("en", "zh-Hant"):
        sentences = json.loads((ROOT / f"assets/languages/{language}.json").read_text("utf-8"))
        assert sentences[item.note_key]


def test_keys_are_unique():
    assert len({item.key for item in CATALOG}) == len(CATALOG)


@pytest.mark.parametrize("item", of_family("clip", BUILT_IN), ids=lambda item: item.key)
def test_built_in_bytes_are_the_true_ones(item):
    folder = folder_of(item)
    assert is_on_disk(item)
    assert item.bytes_on_disk == sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    parts = [clip.build(name, folder) for name in ("text", "vision")]
    tensors = [tensor for part in parts for tensor in (*part.parameters(), *part.buffers())]
    assert item.bytes_on_device == sum(tensor.nbytes for tensor in tensors)
    assert item.context_tokens == parts[0].config.max_position_embeddings


@pytest.mark.parametrize("item", of_family("sam", BUILT_IN), ids=lambda item: item.key)
def test_built_in_bytes_of_a_segmenter_are_the_true_ones(item):
    folder = folder_of(item)
    assert is_on_disk(item)
    assert item.bytes_on_disk == sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    modules = [sam.build(name, folder).module for name in ("encoder", "decoder")]
    tensors = [tensor for part in modules for tensor in (*part.parameters(), *part.buffers())]
    assert item.bytes_on_device == sum(tensor.nbytes for tensor in tensors)


@pytest.mark.parametrize("item", of_family("blip2", BUILT_IN), ids=lambda item: item.key)
def test_built_in_bytes_of_a_talker_are_the_true_ones(item):
    folder = folder_of(item)
    assert is_on_disk(item)
    assert item.bytes_on_disk == sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    mover = TorchMover()
    parts = [blip2.build(key.rpartition("/")[2], folder) for key in item.parts]
    assert item.bytes_on_device == sum(mover.size(mover.home(part)) for part in parts)
    eyes, language, _ = parts
    assert item.queries == len(eyes.query_tokens.weight)
    assert item.context_tokens == language.context_tokens


@pytest.mark.parametrize("item", of_family("diffusion", BUILT_IN), ids=lambda item: item.key)
def test_built_in_bytes_of_a_drawer_are_the_true_ones(item):
    folder = folder_of(item)
    assert is_on_disk(item)
    assert item.bytes_on_disk == sum(file.stat().st_size for file in folder.glob("*/*.safetensors"))
    mover = TorchMover()
    parts = [diffusion.build(name, folder) for name in ("denoiser", "pixels")]
    # The words are read by a part of another model.
    assert item.bytes_on_device == sum(mover.size(mover.home(part)) for part in parts)
    assert item.drawing.side_multiple % parts[0].cell_px == 0
    assert own_sampler(parts[0].scheduler) == item.drawing.schedulers[0]


def test_unknown_key():
    with pytest.raises(KeyError):
        entry("gpt-17")


def tiny_entry(**changes):
    return replace(entry("mini-clip"), title="tiny", is_built_in=False, source="tiny", **changes)


def settings(folder: Path):
    return read_settings([], {"PLAYGROUND_MODELS_FOLDER": str(folder)})


def test_parts_come_once_and_models_after_them(tmp_path):
    reader = tiny_entry(key="reader", parts=("mini-clip/text",))
    items = cache_items([tiny_entry(), reader], settings(tmp_path))
    assert [item.key for item in items if isinstance(item, Part)] == [
        "mini-clip/text",
        "mini-clip/vision",
    ]
    assert [item.key for item in items if isinstance(item, Model)] == ["mini-clip", "reader"]


def test_a_model_runs_through_the_cache(tmp_path):
    save_tiny_clip(tmp_path / "tiny")
    cache = Cache(cache_items([tiny_entry()], settings(tmp_path)))
    rows = cache.batch("mini-clip", clip.embed_text_lists, ("a cat", "a dog"))
    direct = cache.run("mini-clip", lambda model: clip.embed_texts(model, ["a cat", "a dog"]))
    assert np.allclose(rows, direct, atol=1e-6)


def test_a_missing_model_is_told_to_the_person(tmp_path):
    item = tiny_entry()
    assert not is_on_disk(item, str(tmp_path))
    cache = Cache(cache_items([item], settings(tmp_path)))
    with pytest.raises(Exception) as caught:
        cache.run("mini-clip", clip.logit_scale)
    assert explain(caught.value).key == "mistake.hub.not_agreed"
    assert cache.rows()[-1].error is None


def test_a_broken_model_is_told_to_everyone_who_asks(tmp_path):
    save_tiny_clip(tmp_path / "tiny")
    (tmp_path / "tiny/model.safetensors").write_bytes(b"")
    cache = Cache(cache_items([tiny_entry()], settings(tmp_path)))
    for _ in range(2):
        with pytest.raises(Exception) as caught:
            cache.run("mini-clip", clip.logit_scale)
        assert explain(caught.value).key in ("mistake.model.broken", "mistake.model.resting")


def test_an_entry_with_a_digest_is_checked_before_loading(tmp_path):
    save_tiny_clip(tmp_path / "tiny")
    item = tiny_entry(sha256=(("model.safetensors", "0" * 64),))
    part = cache_items([item], settings(tmp_path))[0]
    assert isinstance(part, Part)
    with pytest.raises(PersonError, match=r"model\.broken"):
        part.build(lambda *_: None)


def test_a_model_that_does_not_fit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    save_tiny_clip(tmp_path / "tiny")
    item = tiny_entry(least_memory_bytes=2_000_000_000)
    parts = [p for p in cache_items([item], settings(tmp_path)) if isinstance(p, Part)]
    monkeypatch.setattr(catalog, "available_bytes", lambda: 1_500_000_000)
    with pytest.raises(PersonError, match=r"hub\.memory") as caught:
        parts[0].build(lambda *_: None)
    assert (caught.value.values["needed"], caught.value.values["free"]) == (2.0, 1.5)
    # The second part finds the first one's share taken.
    parts[1].build(lambda *_: None)
    monkeypatch.setattr(catalog, "available_bytes", lambda: None)
    parts[0].build(lambda *_: None)


def test_nothing_heavy_is_imported_to_know_the_models():
    script = (
        "import sys, playground.catalog as c; c.is_on_disk(c.CATALOG[0]);"
        "print(sorted({'torch', 'transformers', 'gradio'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "item", [i for i in CATALOG if not i.is_built_in], ids=lambda item: item.key
)
def test_a_published_model_tells_what_somebody_must_know_before_a_download(item):
    owner, _, name = item.source.partition("/")
    assert owner and name and "/" not in name
    # Where memory is short chat models go down to 8 bits of 32, those that draw to 16; the tests of
    # tests/published hold what they then need to the rule.
    shrinks = {"blip2": 4, "diffusion": 2}.get(item.family, 1)
    assert item.least_memory_bytes >= item.bytes_on_device / shrinks
    assert any(pattern.endswith(".safetensors") for pattern in item.files)
    assert any(pattern.endswith(".json") for pattern in item.files)
    # What is listed must be enough for a plan, and no pickle among it.
    named = [p.replace("*.safetensors", "model.safetensors") for p in item.files]
    named = [name.replace("*", "x") for name in named]
    assert wanted_files(item, named) == sorted(named)
    owners = {part.rpartition("/")[0] for part in item.parts}
    assert owners <= {known.key for known in CATALOG}
