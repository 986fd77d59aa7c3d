"""Whatever a browser sends, an order is sound or refused with a sentence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.drawing.orders import (
    MOST_CHARACTERS,
    MOST_SEED,
    add_change,
    least_strength,
    read_order,
    read_seed,
    steps_of,
)
from playground.sentences import read_sentences
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture
from tests.drawing.entries import drawing_entry

TOY = drawing_entry()
WORDS = {"words": "a cat", "seed": 1}


def refused(item=TOY, start=None, mask=None, **fields) -> str:
    with pytest.raises(PersonError) as caught:
        read_order(item, WORDS | fields, start, mask)
    return caught.value.key


def noted(item=TOY, **fields) -> list[str]:
    return [note.key for note in read_order(item, WORDS | fields)[1]]


def picture(height=64, width=64, seed=0) -> Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Picture(pixels)


def test_what_is_left_out_is_as_the_model_likes_it():
    order, notes = read_order(TOY, WORDS)
    assert (order.size_hw, order.steps, order.guidance) == ((64, 64), 20, 4.0)
    assert (order.scheduler, order.seed, order.blend, order.without) == ("ddim", 1, 0.0, "")
    assert order.start is None and order.mask is None and notes == ()


@pytest.mark.parametrize("name", ["steps", "guidance", "height", "width", "seed"])
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, -1, 1e300, "7", True, [], {}, 10**400, 0]
)
def test_no_number(name, value):
    if (name, value) == ("seed", 0):
        return
    assert refused(**{name: value}).startswith("mistake.number.")


@pytest.mark.parametrize("name", ["steps", "seed", "height", "width"])
def test_fractions_where_whole_numbers_belong(name):
    assert refused(**{name: 3.5}) == "mistake.number.not_whole"


@pytest.mark.parametrize("side", [0, 100_000])
def test_sides_that_nothing_can_be_made_of(side):
    assert refused(width=side) == "mistake.number.range"


@pytest.mark.parametrize(
    "asked_hw, drawn_hw",
    [
        ((64, 65), (64, 64)),
        ((62, 64), (64, 64)),
        ((1, 64), (48, 64)),
        ((64, 8000), (48, 80)),
        ((80, 80), (64, 64)),
        ((8000, 8), (80, 48)),
    ],
)
def test_sides_are_snapped_and_that_is_told(asked_hw, drawn_hw):
    order, notes = read_order(TOY, WORDS | {"height": asked_hw[0], "width": asked_hw[1]})
    assert order.size_hw == drawn_hw
    assert [note.key for note in notes] == ["draw.note.size"]


@given(st.integers(1, 8192), st.integers(1, 8192))
def test_every_size_can_be_drawn(height, width):
    order, _ = read_order(TOY, WORDS | {"height": height, "width": width})
    assert all(side % 8 == 0 and 48 <= side <= 80 for side in order.size_hw)
    assert order.size_hw[0] * order.size_hw[1] <= 4096


def test_seeds():
    assert read_seed(0) == (0, ()) and read_seed(MOST_SEED)[0] == MOST_SEED
    for none in (None, ""):
        seed, notes = read_seed(none)
        assert 0 <= seed <= MOST_SEED and notes[0].values == {"seed": seed}
    assert read_seed("")[0] != read_seed("")[0]
    for wrong in (-1, MOST_SEED + 1, "text", "7", 1.5, math.nan, False):
        with pytest.raises(PersonError):
            read_seed(wrong)


def test_words():
    assert refused(words="  ") == refused(words=None) == "mistake.words.empty"
    assert refused(words="a" * (MOST_CHARACTERS + 1)) == "mistake.words.too_long"
    assert refused(words=7) == "mistake.words.not_text"
    assert refused(without="a" * 2_000_000) == "mistake.words.too_long"
    order, notes = read_order(TOY, WORDS | {"words": "a\u200b cat"})
    assert order.words == "a cat" and notes[0].key == "note.words.removed"


def test_what_is_not_to_be_drawn():
    assert read_order(TOY, WORDS | {"without": "a dog"})[0].without == "a dog"
    deaf = drawing_entry(reads_negative=False)
    assert read_order(deaf, WORDS | {"without": "a dog"})[0].without == ""
    assert noted(deaf, without="a dog") == ["draw.note.without_ignored"]
    assert noted(without="a dog", guidance=1) == ["draw.note.without_guidance"]


def test_blending():
    order, _ = read_order(TOY, WORDS | {"blend_words": "a dog", "blend": 0.25})
    assert (order.blend_words, order.blend) == ("a dog", 0.25)
    assert read_order(TOY, WORDS | {"blend": 0.25})[0].blend == 0.0
    assert refused(blend_words="a dog", blend=1.5) == "mistake.number.range"


def test_choices():
    assert read_order(TOY, WORDS | {"scheduler": "euler"})[0].scheduler == "euler"
    assert refused(scheduler="Euler") == refused(scheduler=1) == "mistake.choice"
    item = replace(TOY, drawing=None)
    assert refused(item) == "draw.mistake.no_drawing"


@pytest.mark.parametrize("size_hw", [(64, 64), (200, 100), (100, 200), (16, 300)])
def test_a_start_is_brought_to_the_size(size_hw):
    order, notes = read_order(TOY, WORDS, picture(*size_hw))
    assert order.start is not None and order.start.shape == (64, 64, 3)
    assert order.start.dtype == np.uint8 and order.strength == 0.6 and order.mask is None
    assert [note.key for note in notes] == ([] if size_hw == (64, 64) else ["draw.note.start_cut"])
    if size_hw == (64, 64):
        assert np.array_equal(order.start, picture().pixels)


def test_a_mask_goes_with_its_picture():
    mask = np.zeros((200, 100), bool)
    mask[90:110, 40:60] = True
    order, _ = read_order(TOY, WORDS | {"feather": 0}, picture(200, 100), mask)
    assert order.mask is not None and order.mask.shape == (64, 64) and order.strength == 1.0
    rows, columns = np.nonzero(order.mask)
    assert rows.min() >= 25 and rows.max() <= 38 and columns.min() >= 25 and columns.max() <= 38
    small, _ = read_order(TOY, WORDS | {"feather": 0}, picture(200, 100), mask[::2, ::2])
    assert small.mask is not None and np.abs(small.mask - order.mask).mean() < 0.02


def test_masks_that_are_none():
    mask = np.zeros((64, 64))
    assert refused(start=picture(), mask=mask) == "draw.mistake.mask_empty"
    assert refused(mask=np.ones((64, 64))) == "draw.mistake.mask_alone"
    for broken in (np.full((8, 8), np.nan), np.zeros((0, 4)), np.zeros(4), np.array([["a"]])):
        assert refused(start=picture(), mask=broken) == "draw.mistake.mask_broken"
    outside = np.zeros((64, 640))
    outside[:, :10] = 1
    assert refused(start=picture(64, 640), mask=outside) == "draw.mistake.mask_empty"
    fixed = drawing_entry(can_edit=False)
    assert refused(fixed, start=picture()) == "draw.mistake.cannot_edit"


@pytest.mark.parametrize("mask", [np.uint8(255), np.uint8(1), np.float32(1), np.bool_(True)])
def test_masks_of_every_kind(mask):
    values = np.zeros((64, 64), mask.dtype)
    values[:32] = mask
    order, _ = read_order(TOY, WORDS | {"feather": 0}, picture(), values)
    assert order.mask is not None and np.array_equal(order.mask, values > 0)
    painted = np.zeros((64, 64, 4), np.uint8)
    painted[:32, :, 3] = 255
    layered, _ = read_order(TOY, WORDS | {"feather": 0}, picture(), painted)
    assert layered.mask is not None and np.array_equal(layered.mask, order.mask)


@given(st.integers(1, 200))
def test_the_least_strength_leaves_one_step(steps):
    assert int(steps * least_strength(steps)) == 1 or steps == 1


def test_a_strength_too_small_is_raised():
    order, notes = read_order(TOY, WORDS | {"strength": 0.0}, picture())
    assert steps_of(order) == 1 and [n.key for n in notes] == ["draw.note.strength_raised"]
    assert steps_of(read_order(TOY, WORDS | {"strength": 0.5}, picture())[0]) == 10
    assert steps_of(read_order(TOY, WORDS)[0]) == 20


def test_changes_of_mind():
    order, _ = read_order(TOY, WORDS)
    once, _ = add_change(TOY, order, {"step": 5, "words": " a dog "})
    twice, _ = add_change(TOY, once, {"step": 9, "guidance": 2, "noise_seed": 3})
    assert [(c.step, c.words, c.guidance, c.noise_seed) for c in twice.changes] == [
        (5, "a dog", None, None),
        (9, None, 2.0, 3),
    ]
    anew, _ = add_change(TOY, twice, {"step": 5, "guidance": 1})
    assert [change.step for change in anew.changes] == [5] and anew.changes[0].words is None


@pytest.mark.parametrize(
    "fields, key",
    [
        ({"step": 5}, "draw.mistake.no_change"),
        ({"step": 0, "words": "x"}, "mistake.number.range"),
        ({"step": 20, "words": "x"}, "mistake.number.range"),
        ({"step": None, "words": "x"}, "mistake.number.not_a_number"),
        ({"step": 2.5, "words": "x"}, "mistake.number.not_whole"),
        ({"step": 2, "guidance": math.nan}, "mistake.number.not_a_number"),
        ({"step": 2, "noise_seed": -1}, "mistake.number.range"),
    ],
)
def test_changes_that_are_none(fields, key):
    order, _ = read_order(TOY, WORDS)
    with pytest.raises(PersonError) as caught:
        add_change(TOY, order, fields)
    assert caught.value.key == key


def test_one_step_has_no_middle():
    order, _ = read_order(TOY, WORDS | {"steps": 1})
    with pytest.raises(PersonError) as caught:
        add_change(TOY, order, {"step": 1, "words": "a dog"})
    assert caught.value.key == "draw.mistake.no_middle"


NAMES = (
    *("words", "without", "blend_words", "blend", "height", "width", "steps"),
    *("guidance", "scheduler", "seed", "strength", "feather"),
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.lists(st.integers(), max_size=2),
)


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        JUNK,
    ),
    st.booleans(),
)
def test_nothing_but_orders_and_sentences_comes_of_junk(fields, with_start):
    sentences = read_sentences("en")
    try:
        order, notes = read_order(TOY, fields, picture() if with_start else None)
    except PersonError as error:
        assert error.key in sentences
        return
    assert 1 <= order.steps <= 50 and 1 <= order.guidance <= 12 and 0 <= order.seed <= MOST_SEED
    assert all(note.key in sentences for note in notes)
