"""A whole model arrives in the library's own layout; cancelled, it goes on where it was."""

from __future__ import annotations

import threading

import pytest
from huggingface_hub import snapshot_download

from playground.hub import snapshot
from playground.hub.places import cache_folder, read_note, snapshot_of
from playground.hub.plan import make_plan
from playground.hub.snapshot import download, free_bytes
from playground.hub.transfer import Stopped, digest_of
from tests.hub.tiny_entry import published, save_plain_repository

ITEM = published()


@pytest.fixture
def cache(tmp_path):
    return str(tmp_path / "cache")


@pytest.fixture
def there(hub, tmp_path):
    return hub.add("org/tiny", save_plain_repository(tmp_path / "there"))


def fetch(cache, report=lambda *_: None, stop=None, **options):
    return download(make_plan(ITEM, cache), report, stop or threading.Event(), cache, **options)


def test_it_lies_as_the_library_would_have_laid_it(hub, there, cache, tmp_path):
    seen = []
    folder = fetch(cache, lambda *news: seen.append(news))
    assert folder == snapshot_of(ITEM, cache)
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert (folder / "model.safetensors").is_symlink()
    assert read_note(ITEM, cache).commit == there
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[0][0] == 0 and seen[-1] == (seen[-1][1], seen[-1][1])
    asked = len(hub.asked("/cdn/"))
    wanted = ["config.json", "model.safetensors"]
    found = snapshot_download(
        "org/tiny", endpoint=hub.address, cache_dir=cache, allow_patterns=wanted
    )
    assert found == str(folder) and len(hub.asked("/cdn/")) == asked


@pytest.mark.parametrize("works", ["link", "copyfile"])
def test_a_system_without_links(hub, there, cache, tmp_path, monkeypatch, works):
    def refuse(*_args):
        raise OSError("no links here")

    monkeypatch.setattr(snapshot, "_link", refuse)
    if works == "copyfile":
        monkeypatch.setattr(snapshot.os, "link", refuse)
    folder = fetch(cache)
    assert not (folder / "model.safetensors").is_symlink()
    good = (tmp_path / "there/model.safetensors").read_bytes()
    assert (folder / "model.safetensors").read_bytes() == good
    assert snapshot_of(ITEM, cache) == fetch(cache) == folder


def test_what_is_whole_is_not_fetched_again(hub, there, cache):
    fetch(cache)
    asked = len(hub.asked("/cdn/"))
    plan = make_plan(ITEM, cache)
    assert plan.bytes_missing == 0
    download(plan, lambda *_: None, threading.Event(), cache)
    assert len(hub.asked("/cdn/")) == asked


def test_a_cancelled_download_goes_on_where_it_was(hub, there, cache):
    stop = threading.Event()
    fault = hub.misbehave("/cdn/", hold_at=98_304, times=1)

    def cancel():
        fault.reached.wait(30)
        stop.set()
        fault.release.set()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(Stopped):
        fetch(cache, stop=stop)
    thread.join()
    assert snapshot_of(ITEM, cache) is None
    missing = make_plan(ITEM, cache)
    assert 0 < missing.bytes_missing < missing.bytes_total
    seen = []
    fetch(cache, lambda *news: seen.append(news))
    assert seen[0][0] == missing.bytes_total - missing.bytes_missing
    assert "Range" in hub.asked("/cdn/")[-1].headers
    with pytest.raises(Stopped):
        stop.set()
        fetch(cache, stop=stop, checks=True)


def test_row_74_a_damaged_file_is_found_when_asked_for_and_a_short_one_always(hub, there, cache):
    folder = fetch(cache)
    blob = (folder / "model.safetensors").resolve()
    good = blob.read_bytes()
    blob.write_bytes(good[:-1] + b"x")
    fetch(cache)
    assert blob.read_bytes() != good
    fetch(cache, checks=True)
    assert blob.read_bytes() == good
    blob.write_bytes(good[:-9])
    assert snapshot_of(ITEM, cache) is None
    fetch(cache)
    assert blob.read_bytes() == good and snapshot_of(ITEM, cache) == folder


def test_digests_are_those_of_git_and_of_large_files(hub, there, cache, tmp_path):
    for file in make_plan(ITEM, cache).files:
        assert digest_of(tmp_path / "there" / file.name, file) == file.digest


def test_free_disk_of_a_folder_that_is_not_there_yet(tmp_path):
    assert free_bytes(tmp_path / "not/yet/here") > 0
    assert free_bytes(cache_folder("relative")) is None or free_bytes(cache_folder("relative")) > 0
