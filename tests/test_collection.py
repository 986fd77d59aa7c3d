import json

import pytest

from playground.collection import BadManifest, read_collection
from playground.visitors.errors import PersonError
from tests.tiny_world import COLOURS, save_tiny_pictures


@pytest.fixture
def collection(tmp_path):
    return save_tiny_pictures(tmp_path)


def test_pictures_in_the_order_of_the_manifest(collection):
    assert [item.id for item in collection.pictures] == list(COLOURS)
    first = collection.pictures[0]
    assert first.alt["zh-Hant"].startswith("red") and first.licence == "CC0-1.0"
    assert collection.pixels(0).shape == (48, 64, 3)
    assert tuple(collection.pixels(2)[0, 0]) == COLOURS["blue"]
    assert collection.path_of(first).is_file()


def test_a_picture_by_its_id(collection):
    assert collection.place_of("green") == 1


@pytest.mark.parametrize("unknown", ["", "../red", "purple", None, 3, ["red"], {"id": "red"}])
def test_an_id_that_is_not_there(collection, unknown):
    with pytest.raises(PersonError) as caught:
        collection.place_of(unknown)
    assert caught.value.key == "mistake.no_such_picture"


def test_the_digest_sees_contents_and_order(collection, tmp_path):
    assert collection.digest == read_collection(tmp_path).digest
    file = tmp_path / "manifest.json"
    rows = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(rows[::-1]), "utf-8")
    assert collection.digest != read_collection(tmp_path).digest
    file.write_text(json.dumps(rows), "utf-8")
    (tmp_path / "red.png").write_bytes((tmp_path / "blue.png").read_bytes())
    assert collection.digest != read_collection(tmp_path).digest


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../secret.png"},
        {"file": "/etc/passwd"},
        {"id": ""},
        {"alt": {"en": "only English"}},
        {"alt": "red"},
    ],
)
def test_a_bad_entry_is_named(collection, tmp_path, change):
    file = tmp_path / "manifest.json"
    rows = json.loads(file.read_text("utf-8"))
    rows[1] |= change
    file.write_text(json.dumps(rows), "utf-8")
    with pytest.raises(BadManifest, match="entry 1"):
        read_collection(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "{}", "[3]", '[{"id": "a"}]'])
def test_a_manifest_that_is_none(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadManifest):
        read_collection(tmp_path)


def test_no_manifest_and_an_id_twice(collection, tmp_path):
    with pytest.raises(BadManifest):
        read_collection(tmp_path / "nowhere")
    file = tmp_path / "manifest.json"
    rows = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps([rows[0], rows[0]]), "utf-8")
    with pytest.raises(BadManifest, match="twice"):
        read_collection(tmp_path)
