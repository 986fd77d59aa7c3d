"""Of a component's weights one variant is read, whole or not at all; a pipeline brings no code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.models.files import check_folder, weight_files
from playground.models.pipeline_folders import (
    component_names,
    index_of,
    names_code,
    one_variant,
    variant_of,
    weights_of,
)
from playground.visitors.errors import PersonError
from tests.hub.tiny_entry import save_plain_pipeline

PLAIN = "diffusion_pytorch_model.safetensors"
HALF = "diffusion_pytorch_model.fp16.safetensors"
OLD = ["model-00001-of-00002.fp16.safetensors", "model-00002-of-00002.fp16.safetensors"]
NEW = ["model.fp16-00001-of-00002.safetensors", "model.fp16-00002-of-00002.safetensors"]
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


@pytest.mark.parametrize(
    ("there", "chosen", "index"),
    [
        ([PLAIN, HALF], [HALF], ""),
        ([PLAIN], [PLAIN], ""),
        (["diffusion_pytorch_model.non_ema.safetensors"], [], ""),
        ([*OLD, "model.safetensors"], OLD, "model.safetensors.index.fp16.json"),
        ([*NEW, *SHARDS], NEW, "model.safetensors.index.fp16.json"),
        ([*SHARDS, OLD[0]], SHARDS, "model.safetensors.index.json"),
        ([*SHARDS, "model.safetensors"], ["model.safetensors"], ""),
        (SHARDS[:1], [], ""),
        (["pytorch_model.safetensors", "v1-5.safetensors", "model.bin"], [], ""),
        (["model.bf16.safetensors", "model.safetensors"], ["model.bf16.safetensors"], ""),
    ],
)
def test_the_first_whole_variant_is_read(there, chosen, index):
    assert weights_of(there) == chosen
    assert index_of(there) == index


NAMES = st.sampled_from([PLAIN, HALF, *OLD, *NEW, *SHARDS, "config.json", "a.safetensors"])


@given(st.lists(st.builds("{}/{}".format, st.sampled_from(["unet", "vae"]), NAMES)))
def test_what_is_left_out_is_never_missed(names):
    """Choosing twice is choosing once, and nothing but weights and their indexes goes."""
    kept = one_variant(names)
    assert one_variant(kept) == kept
    for folder in ("unet", "vae"):
        files = [n.partition("/")[2] for n in names if n.startswith(folder)]
        left = [n.partition("/")[2] for n in kept if n.startswith(folder)]
        assert weights_of(files) == sorted({n for n in left if n.endswith(".safetensors")})
        assert ("config.json" in files) == ("config.json" in left)


def test_indexes_of_what_is_not_read_are_left_out():
    names = ["unet/model.safetensors.index.json", "unet/model.safetensors", "unet/config.json"]
    assert one_variant(names) == names[1:]
    names = [f"unet/{name}" for name in (*OLD, *SHARDS)]
    names += ["unet/model.safetensors.index.json", "unet/model.safetensors.index.fp16.json"]
    wanted = {f"unet/{name}" for name in OLD} | {"unet/model.safetensors.index.fp16.json"}
    assert set(one_variant(names)) == wanted


@pytest.mark.parametrize(
    "name", ["../other", "/etc", "unet/../..", ".", "", "a b", "unet/x", "C:", "..\\x"]
)
def test_a_component_lies_inside(name):
    assert component_names({name: ["diffusers", "UNet2DConditionModel"]}) == []


def test_components_that_are_not_there_are_no_components():
    index = {"_class_name": "X", "unet": ["diffusers", "U"], "image_encoder": [None, None]}
    assert component_names(index | {"requires_safety_checker": False}) == ["unet"]


def test_code_of_their_own():
    assert not names_code({"_class_name": "X", "unet": ["diffusers", "U"]}, ["unet/config.json"])
    assert names_code({"_class_name": ["my_pipeline", "X"]}, [])
    assert names_code({}, [])
    told = {"_class_name": "X", "unet": ["my_unet", "U"]}
    assert names_code(told, ["unet/my_unet.py"]) and not names_code(told, ["vae/my_unet.py"])


def refused(folder) -> str:
    with pytest.raises(PersonError) as caught:
        check_folder(folder, title="tiny")
    return caught.value.key.removeprefix("mistake.model.")


def test_a_pipeline_is_checked_with_all_its_components(tmp_path):
    folder = save_plain_pipeline(tmp_path / "pipe")
    assert check_folder(folder, title="tiny") is None
    assert [f.parent.name for f in weight_files(folder, title="tiny")] == ["unet", "vae"]
    assert {variant_of(folder / name) for name in ("unet", "vae")} == {"fp16"}
    # A component that is shared or leased elsewhere may be absent.
    for file in (folder / "vae").iterdir():
        file.unlink()
    (folder / "vae").rmdir()
    assert check_folder(folder, title="tiny") is None


def test_digests_are_named_by_path(tmp_path):
    folder = save_plain_pipeline(tmp_path / "pipe")
    with pytest.raises(PersonError, match="broken"):
        check_folder(folder, title="tiny", sha256={f"unet/{HALF}": "0" * 64})


def test_damage_in_a_component(tmp_path):
    folder = save_plain_pipeline(tmp_path / "pipe")
    (folder / "unet" / HALF).write_bytes(b"short")
    assert refused(folder) == "broken"
    (folder / "unet" / HALF).unlink()
    (folder / "unet" / PLAIN).unlink()
    assert refused(folder) == "pickle"
    (folder / "unet/diffusion_pytorch_model.bin").unlink()
    assert refused(folder) == "missing"


@pytest.mark.parametrize("content", ["[]", "{", '"text"', "null"])
def test_a_damaged_index_of_components(tmp_path, content):
    folder = save_plain_pipeline(tmp_path / "pipe")
    (folder / "model_index.json").write_text(content)
    assert refused(folder) == "broken"


def test_an_index_of_shards_stays_in_its_folder(tmp_path):
    folder = save_plain_pipeline(tmp_path / "pipe")
    weights = (folder / "unet" / HALF).read_bytes()
    for file in (folder / "unet").glob("*model*"):
        file.unlink()
    for name in SHARDS:
        (folder / "unet" / name).write_bytes(weights)
    assert refused(folder) == "broken"
    index = folder / "unet/model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": SHARDS[0], "b": SHARDS[1]}}))
    assert check_folder(folder, title="tiny") is None
    index.write_text(json.dumps({"weight_map": {"a": SHARDS[0], "b": f"../vae/{HALF}"}}))
    assert refused(folder) == "broken"


def test_code_in_a_component(tmp_path):
    folder = save_plain_pipeline(tmp_path / "pipe")
    (folder / "unet/config.json").write_text('{"auto_map": {"AutoModel": "evil.Model"}}')
    assert refused(folder) == "wants_code"
    folder = save_plain_pipeline(tmp_path / "other", unet=["my_unet", "U"])
    assert check_folder(folder, title="tiny") is None
    (folder / "unet/my_unet.py").write_text("")
    assert refused(folder) == "wants_code"
    folder = save_plain_pipeline(tmp_path / "third", _class_name=["my_pipeline", "X"])
    assert refused(folder) == "wants_code"


def test_only_what_is_going_to_be_read_is_checked(tmp_path):
    """A whole copy of a repository may hold components that nobody here needs."""
    folder = save_plain_pipeline(tmp_path / "pipe")
    (folder / "safety_checker/config.json").write_text("{")
    assert refused(folder) == "broken"
    wanted = ("scheduler", "unet", "vae")
    assert check_folder(folder, title="tiny", components=wanted) is None
    places = [f.parent.name for f in weight_files(folder, title="tiny", components=wanted[:2])]
    assert places == ["unet"]
