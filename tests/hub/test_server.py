"""The local hub is told from the real one neither by the library nor by what it leaves on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.hub.server import LocalHub

WEIGHTS = bytes(range(256)) * 400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    (place / "config.json").write_text('{"model_type": "clip"}')
    (place / "model.safetensors").write_bytes(WEIGHTS)
    return place


def options(hub: LocalHub, tmp_path: Path) -> dict[str, str]:
    return {"endpoint": hub.address, "cache_dir": str(tmp_path / "cache")}


def test_the_library_reads_sizes_and_digests(hub, folder):
    commit = hub.add("org/tiny", folder)
    info = HfApi(endpoint=hub.address).model_info("org/tiny", files_metadata=True)
    told = {sibling.rfilename: sibling for sibling in info.siblings}
    assert info.sha == commit and info.gated is False
    assert told["model.safetensors"].size == len(WEIGHTS)
    assert told["model.safetensors"].lfs.sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert told["config.json"].lfs is None and len(told["config.json"].blob_id) == 40


def test_the_library_downloads_a_snapshot(hub, folder, tmp_path):
    commit = hub.add("org/tiny", folder)
    found = Path(snapshot_download("org/tiny", **options(hub, tmp_path)))
    assert found.name == commit
    assert (found / "model.safetensors").read_bytes() == WEIGHTS
    assert (found / "model.safetensors").resolve().name == hashlib.sha256(WEIGHTS).hexdigest()


def test_an_old_commit_stays_until_it_is_forgotten(hub, folder, tmp_path):
    old = hub.add("org/tiny", folder)
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "config.json").write_text("{}")
    assert hub.add("org/tiny", newer) != old
    file = hf_hub_download("org/tiny", "config.json", revision=old, **options(hub, tmp_path))
    assert "clip" in Path(file).read_text()
    hub.forget("org/tiny", old)
    with pytest.raises(RevisionNotFoundError):
        HfApi(endpoint=hub.address).model_info("org/tiny", revision=old)


def test_a_token_never_reaches_the_other_origin(hub, folder, tmp_path):
    hub.add("org/tiny", folder, gated="manual")
    with pytest.raises(GatedRepoError):
        hf_hub_download("org/tiny", "config.json", token=False, **options(hub, tmp_path))
    with pytest.raises(GatedRepoError, match="authorized list"):
        hf_hub_download("org/tiny", "config.json", token="stranger-token", **options(hub, tmp_path))
    hf_hub_download("org/tiny", "model.safetensors", token="member-token", **options(hub, tmp_path))
    assert all("Authorization" not in r.headers for r in hub.asked("/cdn/"))
    assert hub.asked("/cdn/")


def test_what_is_not_there(hub, folder, tmp_path):
    hub.add("org/tiny", folder, private=True)
    for token in (False, "stranger-token"):
        with pytest.raises(RepositoryNotFoundError):
            HfApi(endpoint=hub.address, token=token).model_info("org/tiny")
    hub.add("org/tiny", folder)
    with pytest.raises(RemoteEntryNotFoundError):
        hf_hub_download("org/tiny", "absent.json", **options(hub, tmp_path))


def test_faults_come_and_go(hub, folder, tmp_path):
    hub.add("org/tiny", folder)
    hub.misbehave("/api/", status=503, times=1)
    with pytest.raises(HfHubHTTPError, match="503"):
        HfApi(endpoint=hub.address).model_info("org/tiny")
    assert HfApi(endpoint=hub.address).model_info("org/tiny").id == "org/tiny"
    fault = hub.misbehave("/cdn/", cut_at=1000, times=1)
    # The library tries again by itself and asks for the rest.
    file = hf_hub_download("org/tiny", "model.safetensors", **options(hub, tmp_path))
    assert fault.reached.is_set() and Path(file).read_bytes() == WEIGHTS
