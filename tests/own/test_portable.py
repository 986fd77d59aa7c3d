"""A saved file comes back as it was; whatever is forged, cut or of another kind is refused."""

import gc
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from playground.own.opening import MOST_PARTS_BYTES, Openings, join
from playground.own.portable import About, open_portable, pack
from playground.own.shelf import Shelf
from playground.visitors.errors import PersonError
from tests.own.test_shelf import picture, rows
from tests.tiny_world import tiny_entry

ABOUT = About("m", "f" * 64, 100.0, -16.5)
NAMES = ("cat.png", "\u8c93 <b>.jpg", "a/b", "")


def vectors(count):
    made = np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def whole(names=NAMES):
    return b"".join(pack(ABOUT, vectors(len(names)), [picture(name) for name in names]))


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "saved.safetensors"
    file.write_bytes(whole())
    return file


def refused(file):
    with pytest.raises(PersonError) as told:
        open_portable(file)
    assert told.value.key == "mistake.own.file_broken"


def test_what_was_saved_comes_back(file):
    opened = open_portable(file)
    assert opened.about == ABOUT and len(opened) == 4
    assert np.array_equal(opened.vectors, vectors(4))
    for place, name in enumerate(NAMES):
        found = opened.picture(place)
        assert found.name == (name or "?")
        assert (found.preview, found.content_id) == (
            picture(name).preview,
            picture(name).content_id,
        )


def test_the_vectors_lie_on_disk_until_they_are_read(file):
    opened = open_portable(file)
    assert isinstance(opened.vectors, np.memmap) and isinstance(opened.previews, np.memmap)


def test_any_safetensors_reader_can_read_it(file):
    with safe_open(file, framework="np") as stored:
        assert np.array_equal(stored.get_tensor("vectors"), vectors(4))
        assert stored.metadata()["model"] == "m"


def test_a_file_cut_anywhere_is_refused(file):
    data = file.read_bytes()
    for length in [*range(0, 64, 7), *range(64, len(data), 97), len(data) - 1]:
        file.write_bytes(data[:length])
        refused(file)


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 2000), value=st.integers(0, 255))
def test_a_byte_that_is_changed_is_refused_or_harmless(tmp_path_factory, place, value):
    data = bytearray(whole())
    data[place % len(data)] = value
    file = tmp_path_factory.mktemp("forged") / "x.safetensors"
    file.write_bytes(data)
    try:
        opened = open_portable(file)
    except PersonError as error:
        assert error.key == "mistake.own.file_broken"
        return
    assert np.isfinite(opened.vectors).all()
    for number in range(len(opened)):
        assert opened.picture(number).name


def tensors(**changes):
    ends = np.array([1, 2], np.int64)
    made = {
        "vectors": vectors(2),
        "digests": np.zeros((2, 32), np.uint8),
        "names": np.zeros(2, np.uint8),
        "previews": np.zeros(2, np.uint8),
        "name_ends": ends,
        "preview_ends": ends.copy(),
    }
    return made | changes


ABOUT_ROWS = {
    **{"format": "playground-pictures-1", "model": "m", "fingerprint": "f"},
    **{"logit_scale": "100.0", "logit_bias": "", "graph": ""},
}


def test_the_hand_made_file_is_a_good_one(tmp_path):
    save_file(tensors(), tmp_path / "x", metadata=ABOUT_ROWS)
    assert len(open_portable(tmp_path / "x")) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"vectors": 2 * vectors(2)},
        {"vectors": np.full((2, 8), np.nan, np.float32)},
        {"vectors": vectors(3)},
        {"vectors": vectors(2).astype(np.float64)},
        {"digests": np.zeros((2, 31), np.uint8)},
        {"name_ends": np.array([2, 1], np.int64)},
        {"name_ends": np.array([1, 3], np.int64)},
        {"name_ends": np.array([-(2**63), 2], np.int64)},
        {"preview_ends": np.array([2**62, 2], np.int64)},
        {"preview_ends": np.array([1], np.int64)},
        {"names": np.zeros((1, 2), np.uint8)},
    ],
)
def test_tensors_that_do_not_fit_are_refused(tmp_path, changes):
    save_file(tensors(**changes), tmp_path / "x", metadata=ABOUT_ROWS)
    refused(tmp_path / "x")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "another"},
        {"logit_scale": "nan"},
        {"logit_scale": "-1"},
        {"logit_scale": "x"},
        {"logit_bias": "inf"},
    ],
)
def test_metadata_that_cannot_be_is_refused(tmp_path, changes):
    save_file(tensors(), tmp_path / "x", metadata=ABOUT_ROWS | changes)
    refused(tmp_path / "x")


def test_another_kind_of_file_is_refused(tmp_path):
    for number, data in enumerate(
        [b"", b"hello", b"\x89PNG\r\n", struct.pack("<Q", 2**62), struct.pack("<Q", 4) + b"null"]
    ):
        file = tmp_path / str(number)
        file.write_bytes(data)
        refused(file)
    for name, head in (("list", json.dumps([]).encode()), ("deep", b"[" * 900_000)):
        (tmp_path / name).write_bytes(struct.pack("<Q", len(head)) + head)
        refused(tmp_path / name)
    save_file({"weight": np.zeros(3, np.float32)}, tmp_path / "model")
    refused(tmp_path / "model")


def test_it_comes_in_parts_and_joins_what_is_there(tmp_path):
    item = tiny_entry(tmp_path, key="m")
    shelf, openings, data = Shelf("v"), Openings(str(tmp_path)), whole()
    third = len(data) // 3
    assert openings.add(shelf, 0, 3, data[:third]) is None
    assert openings.add(shelf, 1, 3, data[third : 2 * third]) is None
    opened = openings.add(shelf, 2, 3, data[2 * third :])
    assert join(shelf, opened, item) == 4
    assert np.array_equal(shelf.seen_by("m")[0], vectors(4))
    assert join(shelf, opened, item) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_parts_in_another_order_are_refused(tmp_path):
    shelf, openings = Shelf("v"), Openings(str(tmp_path))
    for part, parts in ((1, 2), (0, 0), (0, 10**9), (5, 3)):
        with pytest.raises(PersonError):
            openings.add(shelf, part, parts, b"x")
    openings.add(shelf, 0, 3, b"x")
    with pytest.raises(PersonError):
        openings.add(shelf, 2, 3, b"x")
    assert list(tmp_path.iterdir()) == []
    assert MOST_PARTS_BYTES < 12_000_000


def test_parts_of_a_file_go_with_the_visitor_who_left_before_the_last(tmp_path):
    shelf, openings = Shelf("v"), Openings(str(tmp_path))
    openings.add(shelf, 0, 3, b"x")
    assert len(list(tmp_path.iterdir())) == 1
    del shelf
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_vectors_of_another_width_join_nothing(tmp_path, file):
    item, shelf = tiny_entry(tmp_path, key="m"), Shelf("v")
    shelf.add("m", rows([1, 0]), [picture("a")])
    with pytest.raises(PersonError) as told:
        join(shelf, open_portable(file), item)
    assert told.value.key == "mistake.own.file_broken"
    assert shelf.progress("m").pictures == 1


def test_a_model_that_has_not_seen_everything_cannot_take_more(tmp_path, file):
    item, shelf = tiny_entry(tmp_path, key="m"), Shelf("v")
    shelf.add("other", rows([1, 0]), [picture("a")])
    with pytest.raises(PersonError) as told:
        join(shelf, open_portable(file), item)
    assert told.value.key == "mistake.own.catch_up"


def test_a_small_copy_that_is_no_picture_is_refused(tmp_path):
    save_file(tensors(), tmp_path / "x", metadata=ABOUT_ROWS)
    item = tiny_entry(tmp_path, key="m")
    with pytest.raises(PersonError) as told:
        join(Shelf("v"), open_portable(tmp_path / "x"), item)
    assert told.value.key == "mistake.own.file_broken"
