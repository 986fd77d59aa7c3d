"""Maps and films of a drawing in the browser, beside the same sums in numpy; all words there."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.page.draw_inside import PLACES
from playground.page.draw_inside_values import film, maps_value
from tests.js.conftest import SCRIPTS
from tests.sources import ROOT

MODULES = sorted((SCRIPTS / "draw").glob("inside_*.js"))
TEXT = "".join(path.read_text(encoding="utf-8") for path in MODULES)
PANELS = ("film", "words", "guidance", "branch")
# Keys that the scripts put together.
MADE = {
    *(f"{name}_{end}" for name in PANELS for end in ("title", "help")),
    *(f"kind_{kind}{end}" for kind in ("words", "guidance", "noise") for end in ("", "_help")),
    *(f"branch_{kind}" for kind in ("words", "guidance", "noise")),
    *(f"mark_{kind}" for kind in ("start", "end", "padding")),
    *(f"place_{ninth}" for ninth in range(9)),
}  # fmt: skip


@pytest.fixture(scope="module")
def maps_module(call_all):
    return lambda name, *arguments: call_all("draw/inside_maps", name, [list(arguments)])[0]


@pytest.fixture(scope="module")
def maps():
    return np.random.default_rng(2).random((3, 4, 6)).astype(np.float32)


def test_maps_are_read_as_they_were_written(maps_module, maps):
    found = maps_module("readMaps", maps_value(maps))
    assert len(found) == 3
    for read, one in zip(found, maps, strict=True):
        assert np.allclose(read.reshape(one.shape), one, atol=0.003)


def test_the_mean_is_the_mean(maps_module, maps):
    rows = [one.ravel() for one in maps]
    assert np.allclose(maps_module("meanOf", rows), maps.mean(0).ravel(), atol=1e-6)


def test_range_and_peak(maps_module, maps):
    row = maps[0].ravel()
    assert np.allclose(maps_module("rangeOf", row), [row.min(), row.max()])
    assert maps_module("peakOf", row) == pytest.approx(row.max() - row.mean(), abs=1e-6)
    assert maps_module("peakOf", np.full(4, 0.5, np.float32)) == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 17), st.integers(3, 17), st.integers(0, 8))
def test_the_strongest_ninth_is_where_the_map_is_strong(maps_module, height, width, ninth):
    rows = (3 * (np.arange(height) + 0.5) / height).astype(int)
    columns = (3 * (np.arange(width) + 0.5) / width).astype(int)
    places = 3 * rows[:, None] + columns[None]
    plane = (places == ninth).astype(np.float32)
    assert maps_module("strongestNinth", plane.ravel(), [height, width]) == ninth


@pytest.mark.parametrize("grid", [[1, 1], [2, 2], [1, 5]])
def test_a_ninth_is_named_on_grids_smaller_than_nine(maps_module, grid):
    plane = np.arange(grid[0] * grid[1], dtype=np.float32)
    assert 0 <= maps_module("strongestNinth", plane, grid) <= 8


@pytest.mark.parametrize("count", [1, 2, 5, 20, 50])
def test_each_picture_of_a_film_is_found_on_its_sheet(maps_module, count):
    told = film([np.full((4, 6, 3), place, np.uint8) for place in range(count)])
    seen = set()
    for place in range(count):
        cell = maps_module("cellOf", told, place)
        assert (cell["width"], cell["height"]) == (6, 4)
        assert cell["x"] + 6 <= 6 * told["columns"]
        seen.add((cell["x"], cell["y"]))
    assert len(seen) == count


def test_what_differs_clearly_is_counted(maps_module):
    before = np.zeros((10, 4), np.uint8)
    after = before.copy()
    after[:3, 1] = 26
    after[3:6, 2] = 25
    after[6:, 3] = 255
    assert maps_module("partThatDiffers", before.ravel(), after.ravel()) == pytest.approx(0.3)
    assert maps_module("partThatDiffers", before.ravel(), before.ravel()) == 0


@pytest.mark.parametrize(("step", "first"), [(1, 1), (4, 1), (5, 5), (9, 5), (30, 5)])
def test_a_step_belongs_to_one_stretch(maps_module, step, first):
    parts = [{"first": 1, "last": 4}, {"first": 5, "last": 9}]
    assert maps_module("partAt", parts, step)["first"] == first


def test_without_stretches_there_is_none(maps_module):
    assert maps_module("partAt", [], 3) is None


# ---- the words of the drawer ----


def words_of(language):
    file = ROOT / "assets" / "languages" / f"{language}.json"
    words = json.loads(file.read_text(encoding="utf-8"))
    prefix = "draw.inside."
    return {key.removeprefix(prefix): text for key, text in words.items() if key.startswith(prefix)}


def asked():
    said = re.findall(r"say\('(\w+)'", TEXT) + re.findall(r"key: '(\w+)'", TEXT)
    chosen = re.findall(r"say\([^()]*\? '(\w+)' : '(\w+)'", TEXT)
    listed = [*re.findall(r"'(column_\w+)'", TEXT), "as_it_was", "the_branch"]
    return {*said, *listed, *(one for pair in chosen for one in pair), *MADE}


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_all_that_is_said_is_there_and_all_that_is_there_is_said(language):
    words = {name for name in words_of(language) if not name.startswith("mistake.")}
    assert asked() == words


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_the_script_fills_every_place(language):
    for name, text in words_of(language).items():
        assert set(re.findall(r"{(\w+)}", text)) <= set(PLACES), name
