"""Where published models lie: the library's own cache, or a plain folder; whole or not there."""

from __future__ import annotations

import json

import huggingface_hub.constants
import pytest
from huggingface_hub import hf_hub_download, snapshot_download

from playground.hub.places import (
    Note,
    cache_folder,
    keep,
    kept_commit,
    read_note,
    repository_folder,
    snapshot_of,
)
from playground.models.files import check_folder
from tests.hub.tiny_entry import (
    published,
    published_pipeline,
    save_plain_pipeline,
    save_plain_repository,
)

ITEM = published()
COMMIT = "a" * 40


def test_the_cache_of_the_library_or_the_folder_of_the_setting(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "shared"))
    assert cache_folder() == tmp_path / "shared"
    assert cache_folder(str(tmp_path)) == tmp_path
    assert repository_folder(ITEM, str(tmp_path)).name == "models--org--tiny"


def test_a_note_outlives_the_run(tmp_path):
    folder = str(tmp_path)
    assert read_note(ITEM, folder) == Note()
    keep(ITEM, folder, commit=COMMIT)
    assert keep(ITEM, folder, is_agreed=True) == Note(COMMIT, True, {})
    assert read_note(ITEM, folder) == Note(COMMIT, True, {})
    assert [file.name for file in (tmp_path / ".playground").iterdir()] == ["tiny.json"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"commit": 5}', '{"files": 7}', '{"files": {"a": "many"}}', "\ud800"],
)
def test_a_damaged_note_is_no_note(tmp_path, text):
    (tmp_path / ".playground").mkdir()
    (tmp_path / ".playground/tiny.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert read_note(ITEM, str(tmp_path)) == Note()


def test_a_note_cannot_lead_elsewhere(tmp_path):
    (tmp_path / ".playground").mkdir()
    told = {"commit": "../../..", "is_agreed": "yes"}
    (tmp_path / ".playground/tiny.json").write_text(json.dumps(told))
    assert read_note(ITEM, str(tmp_path)) == Note()


def test_the_remembered_version_wins_over_the_pinned_one(tmp_path):
    pinned = published(revision="b" * 40)
    assert kept_commit(pinned, str(tmp_path)) == "b" * 40
    keep(pinned, str(tmp_path), commit=COMMIT)
    assert kept_commit(pinned, str(tmp_path)) == COMMIT
    assert kept_commit(published("other"), str(tmp_path)) == ""


def test_a_plain_folder_counts(tmp_path):
    assert snapshot_of(ITEM, str(tmp_path)) is None
    folder = save_plain_repository(tmp_path / "org/tiny")
    assert snapshot_of(ITEM, str(tmp_path)) == folder
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "model.safetensors", "b": "more.safetensors"}})
    )
    assert snapshot_of(ITEM, str(tmp_path)) is None
    (folder / "model.safetensors.index.json").write_text("{")
    assert snapshot_of(ITEM, str(tmp_path)) is None


def test_what_another_program_fetched_is_used(hub, tmp_path):
    commit = hub.add("org/tiny", save_plain_repository(tmp_path / "there"))
    options = {"endpoint": hub.address, "cache_dir": str(tmp_path / "cache")}
    hf_hub_download("org/tiny", "config.json", **options)
    assert snapshot_of(ITEM, str(tmp_path / "cache")) is None
    snapshot_download("org/tiny", ignore_patterns="*.bin", **options)
    found = snapshot_of(ITEM, str(tmp_path / "cache"))
    assert found is not None and found.name == commit
    assert check_folder(found, title="tiny") is None


def test_with_a_note_every_file_must_be_here_in_full(hub, tmp_path):
    hub.add("org/tiny", save_plain_repository(tmp_path / "there"))
    cache = str(tmp_path / "cache")
    found = snapshot_download("org/tiny", endpoint=hub.address, cache_dir=cache)
    keep(ITEM, cache, commit=found[-40:], files={"config.json": 10_000})
    assert snapshot_of(ITEM, cache) is None
    keep(ITEM, cache, files={"absent.json": 1})
    assert snapshot_of(ITEM, cache) is None
    size = (tmp_path / "there/config.json").stat().st_size
    keep(ITEM, cache, files={"config.json": size})
    assert str(snapshot_of(ITEM, cache)) == found


def test_a_pipeline_in_a_plain_folder_is_whole_or_not_there(tmp_path):
    item = published_pipeline()
    folder = save_plain_pipeline(tmp_path / item.source)
    assert snapshot_of(item, str(tmp_path)) == folder
    half = "diffusion_pytorch_model.fp16.safetensors"
    (folder / "unet" / half).unlink()
    # The other variant does as well.
    assert snapshot_of(item, str(tmp_path)) == folder
    (folder / "unet/diffusion_pytorch_model.safetensors").unlink()
    assert snapshot_of(item, str(tmp_path)) is None


@pytest.mark.parametrize(
    "name", ["model_index.json", "scheduler/scheduler_config.json", "vae/config.json"]
)
def test_a_pipeline_without_one_of_its_small_files(tmp_path, name):
    item = published_pipeline()
    folder = save_plain_pipeline(tmp_path / item.source)
    (folder / name).unlink()
    assert snapshot_of(item, str(tmp_path)) is None


def test_shards_of_a_pipeline_are_counted_and_need_their_index(tmp_path):
    item = published_pipeline()
    folder = save_plain_pipeline(tmp_path / item.source)
    for file in (folder / "unet").glob("*model*"):
        file.unlink()
    names = [f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    (folder / "unet" / names[0]).touch()
    assert snapshot_of(item, str(tmp_path)) is None
    (folder / "unet" / names[1]).touch()
    assert snapshot_of(item, str(tmp_path)) is None
    (folder / "unet/diffusion_pytorch_model.safetensors.index.json").touch()
    assert snapshot_of(item, str(tmp_path)) == folder
