"""The drawings that ship are what the model that ships draws, and are small."""

from __future__ import annotations

import json

import numpy as np
import pytest

from playground.drawing.orders import read_order
from playground.drawing.stored import STORED, read_all, read_stored
from playground.fingerprints import Fingerprints
from playground.search import Asker
from playground.stored_drawings import ORDERS, draw_all
from tests.drawing.mini_artist import MINI, mini_artist

MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def shipped():
    return read_all({MINI.key: Fingerprints("").of(MINI)})


def test_every_example_ships_in_both_languages(shipped):
    asked = json.loads(ORDERS.read_text(encoding="utf-8"))
    assert list(shipped) == sorted(example["id"] for example in asked)
    for example in asked:
        stored = shipped[example["id"]]
        assert stored.language == example["language"]
        order, _ = read_order(MINI, {"words": example["words"], "seed": example["seed"]})
        assert vars(stored.drawn.order) == vars(order)
    languages = [example["language"] for example in asked]
    assert languages.count("en") >= 4 and languages.count("zh-Hant") >= 4


def test_they_are_small():
    files = list(STORED.glob("*.safetensors"))
    assert files and max(file.stat().st_size for file in files) <= MOST_BYTES


def test_the_drawer_is_filled_before_a_model_is_there(shipped):
    for stored in shipped.values():
        drawn = stored.drawn
        assert len(drawn.frames) == len(drawn.sharp) == drawn.order.steps
        assert all(frame.shape == drawn.picture.pixels.shape for frame in drawn.sharp)
        for frame in drawn.frames:
            assert frame.word_maps is not None and frame.guidance_map is not None
            sums = frame.word_maps.astype(np.float32).sum(axis=0)
            assert np.abs(sums - 1).max() < 0.02
        assert drawn.reading.words and len(drawn.reading.tokens) == len(drawn.frames[0].word_maps)


def test_one_of_them_is_drawn_again(shipped, tmp_path):
    example = json.loads(ORDERS.read_text(encoding="utf-8"))[0]
    draw_all(mini_artist(), [example], tmp_path)
    again = read_stored(tmp_path / f"{example['id']}.safetensors")
    kept = shipped[example["id"]].drawn
    assert again is not None
    # Other processors add up in another order.
    apart = np.abs(again.drawn.picture.pixels.astype(int) - kept.picture.pixels)
    assert apart.max() <= 2
    drawn = mini_artist().draw(MINI, kept.order, Asker(), lambda preview: None)
    for fresh, stored in zip(drawn.frames, kept.frames, strict=True):
        for name, most in (("noisy", 0.05), ("predicted", 0.05), ("word_maps", 0.03)):
            one, other = (np.asarray(getattr(frame, name), np.float32) for frame in (fresh, stored))
            if name == "word_maps":
                # All padding is kept in its first token.
                words = len(kept.reading.words)
                one, other = one[: words + 1], other[: words + 1]
            assert np.abs(one - other).max() <= most * max(1.0, np.abs(one).max())
    first = np.abs(drawn.frames[0].guidance_map - kept.frames[0].guidance_map)
    assert first.max() < 0.05 * drawn.frames[0].guidance_map.max()


@pytest.mark.parametrize("damage", [b"", b"x" * 100])
def test_a_damaged_file_is_passed_over(tmp_path, damage):
    file = tmp_path / "a.safetensors"
    file.write_bytes(damage)
    assert read_stored(file) is None and read_stored(tmp_path / "none") is None
    whole = next(iter(STORED.glob("*.safetensors"))).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert read_stored(file) is None


def test_drawings_of_other_files_are_left_out(tmp_path):
    assert read_all({MINI.key: "other"}) == {} and read_all({}, tmp_path) == {}
