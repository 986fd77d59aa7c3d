"""Pictures that were encoded beforehand come back as they were, or not at all."""

import numpy as np
import pytest

from playground.catalog import of_family
from playground.collection import read_collection
from playground.index import fingerprint
from playground.segmenting.stored import EXAMPLES, STORED, read_stored, stored_file, write_stored
from tests.segmenting.fakes import kept_of, proposal_of


def test_it_comes_back(tmp_path):
    kept = kept_of(points_of=2)
    kept.add([proposal_of((0, 4), (0, 4)), proposal_of((0, 4), (6, 9))], points=2)
    file = stored_file(tmp_path / "new", "mini-sam", "a")
    write_stored(kept, file)
    stored = read_stored(file)
    assert stored is not None and stored.proposals == kept.proposals and stored.points == 2
    assert ("mini-sam", stored.fingerprint, stored.content_id) == kept.key
    for level, other in zip(stored.encoded.features, kept.encoded.features, strict=True):
        assert level.dtype == np.float16 and (level == other).all()
    assert stored.encoded.size_hw == (48, 64) and stored.encoded.low_hw == (16, 16)
    assert file.stat().st_mode & 0o044 == 0o044


@pytest.mark.parametrize("data", [b"", b"{}", b"\0" * 100])
def test_a_damaged_file_is_none(tmp_path, data):
    file = tmp_path / "a.safetensors"
    assert read_stored(file) is None
    file.write_bytes(data)
    assert read_stored(file) is None


BUILT_IN = [item for item in of_family("sam") if item.is_built_in]


@pytest.mark.parametrize("picture_id", EXAMPLES)
@pytest.mark.parametrize("item", BUILT_IN, ids=lambda item: item.key)
def test_the_stored_files_fit_model_and_pictures(item, picture_id):
    """If not: `python -m playground.stored_segments`."""
    collection = read_collection()
    stored = read_stored(stored_file(STORED, item.key, picture_id))
    assert stored is not None
    assert stored.fingerprint == fingerprint(item)
    assert stored.content_id == collection.read(collection.place_of(picture_id)).content_id
    assert stored.points == 256 and stored.proposals
    assert all(np.isfinite(level).all() for level in stored.encoded.features)


def test_nothing_else_is_stored():
    expected = {stored_file(STORED, item.key, name) for item in BUILT_IN for name in EXAMPLES}
    assert set(STORED.glob("*.safetensors")) == expected
