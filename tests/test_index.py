import shutil
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from playground import index as index_module
from playground.cache import Cancelled, Progress
from playground.index import Indexes, fingerprint, make_index, read_index, write_index
from playground.models import clip
from playground.visitors.notes import Note
from tests.tiny_world import save_tiny_pictures, tiny_cache, tiny_entry

TEXTS = ("a cat", "紅色")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    item = tiny_entry(folder)
    return SimpleNamespace(
        folder=folder,
        item=item,
        cache=tiny_cache(item, folder=folder),
        collection=save_tiny_pictures(folder / "pictures"),
        options={"models_folder": str(folder)},
    )


@pytest.fixture(scope="module")
def made(world):
    return make_index(world.collection, world.cache, world.item, texts=TEXTS, **world.options)


def test_an_index_holds_what_the_model_says(world, made, monkeypatch):
    pixels = [world.collection.pixels(place) for place in range(6)]
    expected = world.cache.run("tiny-clip", lambda model: clip.embed_pictures(model, pixels))
    assert np.allclose(made.vectors, expected, atol=1e-6)
    monkeypatch.setattr(index_module, "BATCH_PICTURES", 4)
    by_batches = make_index(world.collection, world.cache, world.item, **world.options)
    assert np.allclose(by_batches.vectors, expected, atol=1e-6)
    assert not by_batches.texts
    assert set(made.texts) == set(TEXTS)
    assert made.tokens["a cat"].pieces == ("a", "cat")


def test_progress_counts_pictures_and_a_stop_is_heeded(world, monkeypatch):
    monkeypatch.setattr(index_module, "BATCH_PICTURES", 2)
    heard: list[Note | Progress] = []
    make_index(world.collection, world.cache, world.item, progress=heard.append, **world.options)
    notes = [news.values for news in heard if isinstance(news, Note)]
    assert notes == [{"done": done, "total": 6} for done in (2, 4, 6)]

    def has_left() -> bool:
        return sum(isinstance(news, Note) for news in heard) >= 1

    heard.clear()
    with pytest.raises(Cancelled):
        make_index(
            world.collection,
            world.cache,
            world.item,
            progress=heard.append,
            cancel=has_left,
            **world.options,
        )
    assert sum(isinstance(news, Note) for news in heard) == 1


def test_a_file_brings_everything_back(made, tmp_path):
    file = tmp_path / "deep" / "tiny-clip.safetensors"
    write_index(made, file)
    found = read_index(file)
    assert found is not None
    assert np.array_equal(found.vectors, made.vectors)
    assert found.vectors.dtype == np.float32
    assert (found.model_key, found.fingerprint, found.digest) == (
        made.model_key,
        made.fingerprint,
        made.digest,
    )
    assert found.logit_scale == made.logit_scale
    assert found.tokens == made.tokens
    assert all(np.array_equal(found.texts[text], made.texts[text]) for text in TEXTS)


def test_a_bias_comes_back_and_older_files_have_none(made, tmp_path):
    write_index(replace(made, logit_bias=-16.5), tmp_path / "biased.safetensors")
    found = read_index(tmp_path / "biased.safetensors")
    assert found is not None and found.logit_bias == -16.5
    write_index(made, tmp_path / "plain.safetensors")
    found = read_index(tmp_path / "plain.safetensors")
    assert found is not None and found.logit_bias is None and made.logit_bias is None


def test_a_version_of_the_hub_is_its_own_fingerprint(tmp_path):
    commit = "0123456789" * 4
    item = replace(tiny_entry(tmp_path), source=f"models/{commit}")
    shutil.copytree(tmp_path / "tiny-clip", tmp_path / "models" / commit)
    assert fingerprint(item, str(tmp_path)) == commit


def test_an_index_without_texts_can_be_written(made, tmp_path):
    write_index(replace(made, texts={}, tokens={}), tmp_path / "plain.safetensors")
    found = read_index(tmp_path / "plain.safetensors")
    assert found is not None and not found.texts


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_damaged_file_is_no_index(made, tmp_path, keep):
    file = tmp_path / "tiny-clip.safetensors"
    write_index(made, file)
    file.write_bytes(file.read_bytes()[:keep])
    assert read_index(file) is None
    assert read_index(tmp_path / "nowhere.safetensors") is None


def indexes(world, stored) -> Indexes:
    return Indexes(world.collection, world.cache, stored=stored, **world.options)


def test_the_stored_index_needs_no_model(world, made, tmp_path):
    write_index(made, tmp_path / "tiny-clip.safetensors")
    found = indexes(world, tmp_path).at_hand(world.item)
    assert found is not None and np.array_equal(found.vectors, made.vectors)


@pytest.mark.parametrize("change", [{"fingerprint": "0" * 64}, {"digest": "0" * 64}])
def test_an_index_of_another_model_or_other_pictures_is_made_again(world, made, tmp_path, change):
    write_index(replace(made, vectors=-made.vectors, **change), tmp_path / "tiny-clip.safetensors")
    kept = indexes(world, tmp_path)
    assert kept.at_hand(world.item) is None
    assert np.allclose(kept.ensure(world.item).vectors, made.vectors, atol=1e-6)
    assert kept.at_hand(world.item) is kept.ensure(world.item)


def test_many_visitors_make_it_once(world, tmp_path, monkeypatch):
    calls = []
    real = index_module.make_index
    monkeypatch.setattr(
        index_module, "make_index", lambda *a, **k: calls.append(1) or real(*a, **k)
    )
    kept = indexes(world, tmp_path)
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(kept.ensure(world.item))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1 and len({id(item) for item in found}) == 1 and len(found) == 8


def test_a_maker_who_leaves_does_not_spoil_it(world, tmp_path):
    kept = indexes(world, tmp_path)
    with pytest.raises(Cancelled):
        kept.ensure(world.item, cancel=lambda: True)
    assert len(kept.ensure(world.item).vectors) == 6


def test_the_fingerprint_of_a_pipeline_sees_its_components(tmp_path):
    item = replace(tiny_entry(tmp_path), source="pipe")
    (tmp_path / "pipe/unet").mkdir(parents=True)
    (tmp_path / "pipe/model_index.json").write_text("{}")
    weights = tmp_path / "pipe/unet/diffusion_pytorch_model.safetensors"
    seen = set()
    for content in (b"", b"a", b"b"):
        weights.write_bytes(content)
        seen.add(fingerprint(item, str(tmp_path)))
    assert len(seen) == 3


def test_the_fingerprint_sees_weights_and_configuration(tmp_path):
    item = tiny_entry(tmp_path)
    first = fingerprint(item, str(tmp_path))
    config = tmp_path / "tiny-clip" / "preprocessor_config.json"
    config.write_text(config.read_text() + " ")
    second = fingerprint(item, str(tmp_path))
    assert first != second
    assert fingerprint(replace(item, revision="abc123"), str(tmp_path)) == "abc123"
    assert fingerprint(item, str(tmp_path / "nowhere")) not in (first, second)


def test_one_who_waits_for_the_maker_may_leave(world, tmp_path, monkeypatch):
    is_making, go_on = threading.Event(), threading.Event()
    real = index_module.make_index

    def slow(*given, **options):
        is_making.set()
        assert go_on.wait(30)
        return real(*given, **options)

    monkeypatch.setattr(index_module, "make_index", slow)
    kept = indexes(world, tmp_path)
    maker = threading.Thread(target=lambda: kept.ensure(world.item))
    maker.start()
    assert is_making.wait(30)
    with pytest.raises(Cancelled):
        kept.ensure(world.item, cancel=lambda: True)
    go_on.set()
    maker.join()
    assert kept.at_hand(world.item) is not None
