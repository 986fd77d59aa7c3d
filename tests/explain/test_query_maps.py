"""Maps of queries: sums by hand, and what holds for every map."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from playground.explain import query_maps
from playground.explain.query_maps import (
    likeness,
    mean_map,
    on_grid,
    onlookers,
    places_of_each,
    width_in_places,
)

SHARES = st.floats(0, 1, width=32)


def looks(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Weights of 2 layers, 3 heads, 4 queries on 2 x 5 places, and what goes elsewhere."""
    raw = np.random.default_rng(seed).exponential(size=(2, 3, 4, 11)).astype(np.float32)
    raw /= raw.sum(axis=-1, keepdims=True)
    return raw[..., 1:].reshape(2, 3, 4, 2, 5), raw[..., 0]


@pytest.mark.parametrize("layer", [None, 1])
@pytest.mark.parametrize("head", [None, 2])
@pytest.mark.parametrize("queries", [(), (3,), (0, 2)])
def test_a_mean_map_is_the_mean_of_its_maps(layer, head, queries):
    weights, elsewhere = looks()
    found = mean_map(weights, elsewhere, queries=queries, layer=layer, head=head)
    maps = [
        (weights[a, b, c], elsewhere[a, b, c])
        for a in ([layer] if layer is not None else range(2))
        for b in ([head] if head is not None else range(3))
        for c in queries or range(4)
    ]
    assert np.allclose(found.places, np.mean([places for places, _ in maps], axis=0), atol=1e-6)
    assert found.elsewhere == pytest.approx(np.mean([gone for _, gone in maps]), abs=1e-6)
    assert found.places.sum() + found.elsewhere == pytest.approx(1, abs=1e-5)


def test_the_maps_of_each_query_together_are_the_mean_map():
    weights, elsewhere = looks(1)
    each = places_of_each(weights)
    assert each.shape == (4, 2, 5)
    assert np.allclose(each.mean(axis=0), mean_map(weights, elsewhere).places, atol=1e-6)
    assert np.allclose(places_of_each(weights, layer=1), weights[1].mean(axis=0), atol=1e-6)


@given(arrays.arrays(np.float32, (3, 4), elements=SHARES), st.floats(0.01, 100))
def test_a_width_counts_places(places, factor):
    width = width_in_places(places)
    assert 0 <= width <= 12
    assert width_in_places(places * np.float32(factor)) == pytest.approx(width, rel=1e-2, abs=0.1)
    looked_at = np.count_nonzero(places)
    assert width <= looked_at + 1e-6
    assert (width == 0) == (looked_at == 0)


def test_widths_by_hand():
    assert width_in_places(np.eye(5)) == pytest.approx(5)
    assert width_in_places(np.array([[0.0, 7.0]])) == 1
    assert width_in_places(np.zeros((2, 2))) == 0
    # Shares 1/2, 1/4, 1/4: entropy 1.5 bits.
    assert width_in_places(np.array([2.0, 1.0, 1.0])) == pytest.approx(2**1.5)


@given(
    arrays.arrays(bool, st.tuples(st.integers(4, 23), st.integers(4, 23))),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_a_grid_keeps_the_share_of_the_picture(mask, grid_hw):
    cover = on_grid(mask, grid_hw)
    assert cover.shape == grid_hw
    assert cover.min() >= 0 and cover.max() <= 1 + 1e-6
    assert cover.mean() == pytest.approx(mask.mean(), abs=1e-5)


def test_a_grid_by_hand():
    mask = np.zeros((3, 4), bool)
    mask[0] = True
    # Rows of 1.5 pixels: the first is two thirds full.
    assert np.allclose(on_grid(mask, (2, 2)), [[2 / 3, 2 / 3], [0, 0]])


@given(arrays.arrays(np.float32, (2, 3), elements=SHARES))
def test_everybody_looks_at_the_whole_picture(cover):
    weights, _ = looks(2)
    places = places_of_each(weights)[:, :, :3]
    whole = onlookers(places, np.ones((2, 3)))
    assert np.allclose(whole, places.sum(axis=(1, 2)), atol=1e-6)
    some = onlookers(places, cover)
    rest = onlookers(places, 1 - cover)
    assert np.all(some <= whole + 1e-5) and np.allclose(some + rest, whole, atol=1e-5)


def test_likeness_by_hand():
    assert likeness(np.eye(3)) == pytest.approx(0, abs=1e-6)
    assert likeness(np.ones((4, 2)) * [[1.0], [2], [3], [4]]) == pytest.approx(1)
    assert likeness(np.array([[1.0, 0], [-2, 0]])) == pytest.approx(-1)


def test_examples_in_the_text_are_true():
    assert doctest.testmod(query_maps).failed == 0
