"""A recipe brings the same order back, and a forged one brings nothing but a sentence."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.drawing.orders import add_change, read_order
from playground.drawing.png_text import PNG_SIGNATURE
from playground.drawing.recipe import (
    KEYWORD,
    compare,
    order_again,
    png_with_recipe,
    recipe_in,
    recipe_of,
)
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture
from tests.drawing.drawings import drawn_of
from tests.drawing.entries import drawing_entry

TOY = drawing_entry()
# A few hundred kilobytes that unpack to a mask of 64 million cells.
HUGE = base64.b64encode(zlib.compress(bytes([255]) * 8192**2, 9)).decode()


def an_order(start=None, mask=None, **fields):
    return read_order(TOY, {"words": "a “cat”\n與一隻貓", "seed": 7} | fields, start, mask)[0]


def written(drawn) -> bytes:
    return json.dumps(recipe_of(drawn, TOY)).encode()


def refused(data: bytes) -> str:
    with pytest.raises(PersonError) as caught:
        recipe_in(data)
    return caught.value.key.removeprefix("draw.mistake.")


def plain(order) -> dict:
    return {name: value for name, value in vars(order).items() if name not in ("start", "mask")}


def assert_same(one, other) -> None:
    assert plain(one) == plain(other)
    for name in ("start", "mask"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or np.array_equal(mine, theirs)


@pytest.mark.parametrize("way", ["json", "png"])
def test_an_order_comes_back_whole(way):
    order = an_order(without="狗", blend_words="a dog", blend=0.25, guidance=2.5, width=80)
    order, _ = add_change(TOY, order, {"step": 3, "words": "two", "noise_seed": 5})
    order, _ = add_change(TOY, order, {"step": 9, "guidance": 1})
    drawn = drawn_of(order)
    recipe = recipe_of(drawn, TOY)
    data = written(drawn) if way == "json" else png_with_recipe(drawn.picture, recipe)
    found = recipe_in(data)
    again, notes = order_again(TOY, found)
    assert_same(again, order)
    assert notes == () and found.model == "toy" and found.fingerprint == "abc"
    assert set(found.versions) == {"torch", "diffusers", "transformers"}
    assert compare(drawn, found) == "bit-equal"


def test_pixels_come_back_bit_by_bit():
    drawn = drawn_of()
    data = png_with_recipe(drawn.picture, recipe_of(drawn, TOY))
    assert read_picture(data).content_id == drawn.picture.content_id


def test_a_start_is_named_and_its_mask_kept():
    start = Picture(np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8))
    mask = np.zeros((90, 70), bool)
    mask[30:50, 20:40] = True
    order = an_order(start, mask, feather=9)
    recipe = recipe_in(written(drawn_of(order)))
    assert_same(order_again(TOY, recipe, start)[0], order)
    assert str(start.pixels.tolist())[:40] not in written(drawn_of(order)).decode()
    with pytest.raises(PersonError) as caught:
        order_again(TOY, recipe)
    assert caught.value.key == "draw.mistake.recipe_start"
    other = Picture(np.zeros((90, 70, 3), np.uint8))
    notes = order_again(TOY, recipe, other)[1]
    assert notes[-1].key == "draw.note.recipe_start"
    assert order_again(TOY, recipe_in(written(drawn_of())), start)[0].start is None


def test_a_mask_of_another_size_is_not_passed_over():
    """All of the picture would be drawn anew, and nobody told."""
    start = Picture(np.zeros((64, 64, 3), np.uint8))
    told = recipe_of(drawn_of(an_order(start, np.ones((64, 64), bool))), TOY)
    told["order"]["width"] = 48
    with pytest.raises(PersonError) as caught:
        order_again(TOY, recipe_in(json.dumps(told).encode()), start)
    assert caught.value.key == "draw.mistake.recipe"


def test_how_like_two_drawings_are():
    drawn = drawn_of(an_order())
    recipe = recipe_in(written(drawn))
    pixels = drawn.picture.pixels.astype(int)
    for change, likeness in ((0, "bit-equal"), (1, "almost"), (40, "different")):
        changed = Picture((pixels + change).clip(0, 255).astype(np.uint8))
        assert compare(replace(drawn, picture=changed), recipe) == likeness
    other = Picture(np.zeros((32, 48, 3), np.uint8))
    assert compare(replace(drawn, picture=other), recipe) == "different"


def test_a_stopped_drawing_says_so():
    drawn = drawn_of(an_order(), is_stopped=True)
    assert recipe_in(written(drawn)).stopped_after == 20
    assert recipe_in(written(drawn_of(an_order()))).stopped_after == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": 1}',
        PNG_SIGNATURE,
        PNG_SIGNATURE + b"\xff" * 40,
        b"x" * 12_000_001,
    ],
    ids=range(10),
)
def test_no_recipe(data):
    assert refused(data) == "recipe"


def test_a_png_without_a_recipe():
    assert refused(png_with_recipe(drawn_of().picture, {})) == "recipe"


def test_another_version():
    told = recipe_of(drawn_of(), TOY) | {"version": 2}
    assert refused(json.dumps(told).encode()) == "recipe_version"


def test_a_damaged_text_is_not_believed():
    drawn = drawn_of(an_order())
    data = png_with_recipe(drawn.picture, recipe_of(drawn, TOY))
    place = data.index(KEYWORD.encode()) + 60
    assert refused(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]) == "recipe"


@pytest.mark.parametrize(
    "path, value",
    [
        ("model.key", 7),
        ("model.key", "k" * 1000),
        ("picture.signature", "AAAA"),
        ("picture.signature", "!" * 1024),
        ("changes", [{}] * 100),
        ("changes", ["x"]),
        ("order", 5),
        ("mask", {"height": 8192, "width": 8192, "zlib": "eJwDAAAAAAE="}),
        ("mask", {"height": 1e9, "width": 1, "zlib": ""}),
        ("mask", {"height": 8192, "width": 8192, "zlib": HUGE}),
        ("stopped_after", float("inf")),
        ("stopped_after", float("nan")),
        ("versions", {}),
        ("start", {}),
    ],
)
def test_forged_recipes(path, value):
    told = recipe_of(drawn_of(an_order()), TOY)
    *way, last = path.split(".")
    place = told
    for name in way:
        place = place[name]
    place[last] = value
    assert refused(json.dumps(told).encode()) == "recipe"


def test_a_mask_that_unpacks_to_gigabytes():
    told = recipe_of(drawn_of(an_order()), TOY)
    bomb = zlib.compress(b"\xff" * 50_000_000, 9)
    told["mask"] = {"height": 64, "width": 64, "zlib": base64.b64encode(bomb).decode()}
    recipe = recipe_in(json.dumps(told).encode())
    assert recipe.mask is not None and recipe.mask.shape == (64, 64)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.data())
def test_whatever_is_changed_ends_in_an_order_or_a_sentence(data):
    told = recipe_of(drawn_of(an_order()), TOY)
    section = data.draw(st.sampled_from(sorted(told)))
    place: dict = told
    if isinstance(told[section], dict) and data.draw(st.booleans()):
        place, section = told[section], data.draw(st.sampled_from(sorted(told[section])))
    place[section] = data.draw(JUNK)
    try:
        order, _ = order_again(TOY, recipe_in(json.dumps(told).encode()))
    except PersonError:
        return
    assert 1 <= order.steps <= 50 and order.words


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_a_changed_png_ends_in_a_recipe_or_a_sentence(place, patch):
    drawn = drawn_of()
    data = bytearray(png_with_recipe(drawn.picture, recipe_of(drawn, TOY)))
    place %= len(data)
    data[place : place + len(patch)] = patch
    try:
        recipe_in(bytes(data))
    except PersonError as error:
        assert error.key.startswith("draw.mistake.recipe")
