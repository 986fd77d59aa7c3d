"""What a download takes is asked first; what may not be downloaded is refused before any weight."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from playground.hub import plan as module
from playground.hub.places import keep, read_note
from playground.hub.plan import make_plan, wanted_files
from playground.visitors.errors import PersonError
from tests.hub.tiny_entry import (
    published,
    published_pipeline,
    save_plain_pipeline,
    save_plain_repository,
)

ITEM = published()


def refused(item=ITEM, folder="", **options):
    with pytest.raises(PersonError) as caught:
        make_plan(item, str(folder), **options)
    assert caught.value.values["model"] == item.title
    return caught.value.key.removeprefix("mistake.hub.")


def test_sizes_digests_and_version_are_told_and_nothing_heavy_is_fetched(hub, tmp_path):
    folder = save_plain_repository(tmp_path / "there")
    commit = hub.add("org/tiny", folder)
    plan = make_plan(ITEM, str(tmp_path / "cache"))
    assert [file.name for file in plan.files] == ["config.json", "model.safetensors"]
    assert plan.commit == commit and not plan.is_gated
    assert plan.files[1].size == (folder / "model.safetensors").stat().st_size
    assert plan.files[1].is_sha256 and not plan.files[0].is_sha256
    assert plan.bytes_total == plan.bytes_missing == sum(file.size for file in plan.files)
    assert hub.asked("safetensors") == [] and hub.asked("/cdn/") == []


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ((), ["config.json", "model.safetensors", "vocab.txt"]),
        (("*.safetensors",), ["model.safetensors"]),
        (("unet/*.json",), ["unet/config.json"]),
        (("*",), ["README.md", "config.json", "model.safetensors", "vocab.txt"]),
    ],
)
def test_only_needed_files(patterns, names):
    everything = ["unet/config.json", "config.json", "model.safetensors", "pytorch_model.bin"]
    everything += ["vocab.txt", "README.md", "model.pkl"]
    assert wanted_files(published(files=patterns), everything) == names


def test_row_75_only_a_pickle_in_the_repository(hub, tmp_path):
    folder = save_plain_repository(tmp_path / "there")
    (folder / "model.safetensors").unlink()
    hub.add("org/tiny", folder)
    assert refused() == "pickle"
    assert hub.asked(r"\.bin") == []


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"auto_map": {"AutoModel": "modeling.Evil"}}, "wants_code"),
        ({"text_config": {"auto_map": {}}}, "wants_code"),
        ({"trust_remote_code": True}, "wants_code"),
        ({"architectures": ["BertModel"]}, "wrong_class"),
    ],
)
def test_row_76_code_and_class_are_looked_at_before_the_weights(hub, tmp_path, config, told):
    hub.add("org/tiny", save_plain_repository(tmp_path / "there", **config))
    assert refused() == told
    assert hub.asked("safetensors") == []


def test_a_class_may_have_other_names(hub, tmp_path):
    hub.add("org/tiny", save_plain_repository(tmp_path / "there", architectures=["Kin"]))
    assert make_plan(published(also_named=("Kin",))).commit
    hub.add("org/tiny", save_plain_repository(tmp_path / "there", architectures=None))
    assert make_plan(ITEM).commit


def test_an_open_clip_repository_has_a_configuration_of_its_own(hub, tmp_path):
    folder = save_plain_repository(tmp_path / "there")
    (folder / "config.json").rename(folder / "open_clip_config.json")
    hub.add("org/tiny", folder)
    assert make_plan(ITEM).commit
    (folder / "open_clip_config.json").unlink()
    hub.add("org/tiny", folder)
    assert refused() == "not_found"


def test_a_kept_version_stays_and_a_moved_one_is_told(hub, tmp_path):
    folder = save_plain_repository(tmp_path / "there")
    first = hub.add("org/tiny", folder)
    cache = str(tmp_path / "cache")
    keep(ITEM, cache, commit=first)
    second = hub.add("org/tiny", save_plain_repository(tmp_path / "newer", more=1))
    assert make_plan(ITEM, cache).commit == first
    hub.forget("org/tiny", first)
    assert refused(folder=cache) == "moved"
    assert make_plan(ITEM, cache, newest=True).commit == second
    # Only a download keeps a version.
    assert read_note(ITEM, cache).commit == first
    assert refused(published(revision="0" * 40)) == "moved"


def test_a_branch_is_resolved_where_the_entry_says(hub, tmp_path):
    hub.add("org/tiny", save_plain_repository(tmp_path / "main"))
    converted = save_plain_repository(tmp_path / "converted", by="the hub")
    commit = hub.add("org/tiny", converted, branch="refs/pr/1")
    assert make_plan(published(branch="refs/pr/1")).commit == commit


def test_what_is_here_already_is_not_missing(hub, tmp_path):
    hub.add("org/tiny", save_plain_repository(tmp_path / "there"))
    cache = tmp_path / "cache"
    plan = make_plan(ITEM, str(cache))
    blobs = cache / "models--org--tiny/blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{plan.files[1].digest}.incomplete").write_bytes(b"x" * 1000)
    assert make_plan(ITEM, str(cache)).bytes_missing == plan.bytes_total - 1000


GOOD = {"rfilename": "model.safetensors", "size": 5, "blob_id": "a" * 40, "lfs": None}


@pytest.mark.parametrize(
    "evil",
    [
        {"rfilename": "../../model.safetensors"},
        {"rfilename": "/etc/model.safetensors"},
        {"rfilename": "a\\..\\model.safetensors"},
        {"rfilename": "C:model.safetensors"},
        {"blob_id": "../../../evil"},
        {"blob_id": None},
        {"size": None},
        {"size": -1},
        {"lfs": SimpleNamespace(size=5, sha256="../evil")},
    ],
)
def test_a_hub_does_not_choose_where_files_are_written(monkeypatch, evil):
    config = SimpleNamespace(**GOOD | {"rfilename": "config.json"})
    siblings = [config, SimpleNamespace(**GOOD | evil)]
    info = SimpleNamespace(sha="a" * 40, gated=False, siblings=siblings)
    monkeypatch.setattr(module, "_ask", lambda *_: info)
    monkeypatch.setattr(module, "_read_config", lambda *_: {})
    item = published(files=("*", "*/*", "*/*/*"))
    assert refused(item) == "not_a_hub"
    siblings[1] = SimpleNamespace(**GOOD)
    assert make_plan(item).bytes_total == 10
    info.sha = "../../main"
    assert refused(item) == "not_a_hub"


def test_of_a_pipeline_one_variant_of_the_wanted_components(hub, tmp_path):
    hub.add("org/tiny", save_plain_pipeline(tmp_path / "there"))
    plan = make_plan(published_pipeline(), str(tmp_path / "cache"))
    assert [file.name for file in plan.files] == [
        "model_index.json",
        "scheduler/scheduler_config.json",
        "unet/config.json",
        "vae/config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    ]
    assert hub.asked("safetensors") == []


def test_every_component_of_a_pipeline_must_have_weights(hub, tmp_path):
    folder = save_plain_pipeline(tmp_path / "there")
    for file in (folder / "vae").glob("*.safetensors"):
        file.unlink()
    hub.add("org/tiny", folder)
    assert refused(published_pipeline()) == "pickle"
    (folder / "vae/diffusion_pytorch_model.bin").unlink()
    hub.add("org/tiny", folder)
    assert refused(published_pipeline()) == "not_found"


@pytest.mark.parametrize(
    ("index", "told"),
    [
        ({"_class_name": "FluxPipeline"}, "wrong_class"),
        ({"_class_name": None}, "wants_code"),
        ({"_class_name": ["my_pipeline", "StableDiffusionPipeline"]}, "wants_code"),
        ({"unet": ["my_unet", "Unet"]}, "wants_code"),
        ({"nested": {"auto_map": {}}}, "wants_code"),
    ],
)
def test_the_class_of_a_pipeline_and_code_of_its_own(hub, tmp_path, index, told):
    folder = save_plain_pipeline(tmp_path / "there", **index)
    (folder / "unet/my_unet.py").write_text("")
    hub.add("org/tiny", folder)
    assert refused(published_pipeline()) == told
    assert hub.asked("safetensors") == []


def test_a_pipeline_of_a_kin(hub, tmp_path):
    folder = save_plain_pipeline(tmp_path / "there", _class_name="StableDiffusionKin")
    hub.add("org/tiny", folder)
    assert make_plan(published_pipeline(also_named=("StableDiffusionKin",))).commit
