import json
import pickle
from pathlib import Path

import pytest

from playground.models.files import check_folder, sha256_of, weight_files
from playground.visitors.errors import PersonError
from tests.models.tiny_clip import save_tiny_clip


@pytest.fixture
def folder(tmp_path) -> Path:
    save_tiny_clip(tmp_path / "model")
    return tmp_path / "model"


def refused(folder: Path, **more) -> str:
    with pytest.raises(PersonError) as caught:
        check_folder(folder, title="tiny", **more)
    assert caught.value.values["model"] == "tiny"
    return caught.value.key


def test_a_sound_folder_passes(folder):
    digest = sha256_of(folder / "model.safetensors")
    assert check_folder(folder, title="tiny", sha256={"model.safetensors": digest}) is None


@pytest.mark.parametrize("leave", [(), ("model.safetensors",)])
def test_missing_folder_or_config(folder, leave):
    for file in folder.iterdir():
        if file.name not in leave:
            file.unlink()
    assert refused(folder) == "mistake.model.missing"


def test_no_such_folder(tmp_path):
    assert refused(tmp_path / "nowhere") == "mistake.model.missing"


def test_missing_weights(folder):
    (folder / "model.safetensors").unlink()
    assert refused(folder) == "mistake.model.missing"


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_planted_pickle_is_refused_and_never_run(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    assert refused(folder) == "mistake.model.pickle"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", {"auto_map": {"AutoModel": "evil.Model"}}),
        ("config.json", {"text_config": {"trust_remote_code": True}}),
        ("tokenizer_config.json", {"nested": [{"auto_map": {}}]}),
        ("preprocessor_config.json", {"auto_map": {"AutoImageProcessor": "evil.Processor"}}),
    ],
)
def test_a_configuration_that_wants_code(folder, name, content):
    (folder / name).write_text(json.dumps(content))
    assert refused(folder) == "mistake.model.wants_code"


def test_remote_code_switched_off_is_no_offence(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "trust_remote_code": False}))
    assert check_folder(folder, title="tiny") is None


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\xff\xfe"])
def test_a_configuration_that_is_no_json(folder, text):
    (folder / "config.json").write_text(text, encoding="latin-1")
    assert refused(folder) == "mistake.model.broken"


@pytest.mark.parametrize("kept", [0, 4, 8, 100, -1])
def test_truncated_weights(folder, kept):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    assert refused(folder) == "mistake.model.broken"


def test_weights_with_a_tail(folder):
    with (folder / "model.safetensors").open("ab") as stream:
        stream.write(b"PK")
    assert refused(folder) == "mistake.model.broken"


@pytest.mark.parametrize("header", [b"[]", b"{}x", b'{"a": 1}', b'{"a": {"data_offsets": [0]}}'])
def test_a_forged_header(folder, header):
    content = len(header).to_bytes(8, "little") + header
    (folder / "model.safetensors").write_bytes(content)
    assert refused(folder) == "mistake.model.broken"


def test_a_header_that_claims_the_universe(folder):
    (folder / "model.safetensors").write_bytes(b"\xff" * 64)
    assert refused(folder) == "mistake.model.broken"


def test_another_digest(folder):
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    digest = sha256_of(file)
    file.write_bytes(content)
    assert check_folder(folder, title="tiny") is None
    assert refused(folder, sha256={"model.safetensors": digest}) == "mistake.model.broken"


def write_index(folder: Path, weight_map: object) -> None:
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))


def test_shards_are_followed_and_stay_in_the_folder(folder):
    write_index(folder, {"a": "../../model.safetensors", "b": "model.safetensors"})
    assert weight_files(folder, title="tiny") == [folder / "model.safetensors"] * 2
    write_index(folder, {"a": "model-00001-of-00002.safetensors"})
    assert refused(folder) == "mistake.model.broken"


def test_the_weights_of_a_second_class_are_looked_at_too(folder):
    write_index(folder, {"a": "model.safetensors"})
    second = folder / "model.safetensors.index.itm.json"
    second.write_text(json.dumps({"weight_map": {"b": "model-match.safetensors"}}))
    assert refused(folder) == "mistake.model.broken"
    (folder / "model-match.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    assert check_folder(folder, title="tiny") is None


@pytest.mark.parametrize("weight_map", [{}, None, [], "all"])
def test_a_bad_index(folder, weight_map):
    write_index(folder, weight_map)
    assert refused(folder) == "mistake.model.broken"
