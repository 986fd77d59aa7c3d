"""Maps of the queries in the browser beside the same sums in numpy, and the word that tells."""

from __future__ import annotations

import base64
import itertools

import numpy as np
import pytest

LAYERS, HEADS, QUERIES, GRID = 3, 2, 5, (4, 6)


@pytest.fixture(scope="module")
def module(module_page):
    def run(name, function, *arguments):
        script = """async ([name, function_, arguments_]) => {
          const found = (await import(`/chat/${name}.js`))[function_](...arguments_);
          return JSON.parse(JSON.stringify(found, (_, value) =>
            ArrayBuffer.isView(value) ? [...value] : value));
        }"""
        return module_page.evaluate(script, [name, function, list(arguments)])

    return run


@pytest.fixture(scope="module")
def weights():
    """(L, A, Q, h, w) and what goes elsewhere (L, A, Q); 1 together."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (LAYERS, HEADS, QUERIES, GRID[0] * GRID[1] + 1))
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return shares[..., 1:].reshape(LAYERS, HEADS, QUERIES, *GRID), shares[..., 0]


@pytest.fixture(scope="module")
def told(weights):
    maps, elsewhere = weights
    scale = maps.max(axis=(3, 4))
    values = np.rint(255 * np.sqrt(maps / scale[..., None, None])).astype(np.uint8)
    return {
        "layers": LAYERS,
        "heads": HEADS,
        "queries": QUERIES,
        "grid": list(GRID),
        "values": base64.b64encode(values.tobytes()).decode(),
        "scale": scale.ravel().tolist(),
        "elsewhere": elsewhere.ravel().tolist(),
    }


@pytest.fixture(scope="module")
def looks(module_page, told):
    """The weights stay in the page; every question is asked there."""

    def ask(function, *arguments):
        script = """async ([told, function_, arguments_]) => {
          const maps = await import('/chat/inside_maps.js');
          const found = maps[function_](maps.readLooks(told), ...arguments_);
          return JSON.parse(JSON.stringify(found, (_, value) =>
            ArrayBuffer.isView(value) ? [...value] : value));
        }"""
        return module_page.evaluate(script, [told, function, list(arguments)])

    return ask


CASES = [
    ([], None, None),
    ([2], None, None),
    ([0, 4], 1, None),
    ([1], 2, 0),
    ([], None, 1),
    ([0, 1, 2, 3, 4], None, None),
]


@pytest.mark.parametrize(("queries", "layer", "head"), CASES, ids=str)
def test_a_map_is_the_mean_of_what_was_chosen(looks, weights, queries, layer, head):
    maps, elsewhere = weights
    layers = slice(None) if layer is None else [layer]
    heads = slice(None) if head is None else [head]
    some = queries or slice(None)
    found = looks("meanMap", queries, layer, head)
    expected = maps[layers][:, heads][:, :, some].mean(axis=(0, 1, 2))
    assert np.allclose(found["map"], expected.ravel(), atol=maps.max() / 200)
    assert found["elsewhere"] == pytest.approx(elsewhere[layers][:, heads][:, :, some].mean())
    assert sum(found["map"]) + found["elsewhere"] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("grid", [(3, 3), (8, 8), (4, 6), (1, 1), (2, 5), (16, 16)])
def test_ninths_share_what_there_is(module, grid):
    height, width = grid
    plane = np.random.default_rng(1).random(grid)
    found = module("inside_maps", "ninths", plane.ravel().tolist(), list(grid))
    # The same by cutting each patch into 3 x 3 pieces.
    fine = np.repeat(np.repeat(plane, 3, axis=0), 3, axis=1)
    expected = fine.reshape(3, height, 3, width).sum(axis=(1, 3)) / fine.sum()
    assert np.allclose(found, expected.ravel())
    assert sum(found) == pytest.approx(1)


def test_ninths_of_nothing_are_nothing(module):
    assert module("inside_maps", "ninths", [0] * 4, [2, 2]) == [0] * 9


@pytest.mark.parametrize("place", [(0.1, 0.1), (0.99, 0.99), (0.5, 0.4), (1.0, 0.0), (-1.0, 2.0)])
def test_who_looks_at_a_place_comes_first(looks, weights, place):
    maps = weights[0].mean(axis=(0, 1))
    column = int(np.clip(np.floor(place[0] * GRID[1]), 0, GRID[1] - 1))
    row = int(np.clip(np.floor(place[1] * GRID[0]), 0, GRID[0] - 1))
    near = maps[:, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].sum(axis=(1, 2))
    found = looks("lookersAt", None, None, *place)
    assert [one["query"] for one in found] == np.argsort(-near, kind="stable").tolist()
    assert np.allclose(sorted(near)[::-1], [one["weight"] for one in found], atol=0.01)


def draw(module_page, queries, tested, count, seed=1):
    # A small generator, so that the draws are the same each time.
    script = """async ([queries, tested, count, seed]) => {
      const { drawSets } = await import('/chat/inside_maps.js');
      let state = seed;
      const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
      return drawSets(queries, tested, count, random);
    }"""
    return module_page.evaluate(script, [queries, tested, count, seed])


def test_sets_by_chance_are_fair(module_page):
    drawn = draw(module_page, 16, [0, 1, 4, 5], 600)
    assert len(drawn) == 600 == len({tuple(one) for one in drawn})
    assert all(one == sorted(set(one)) and len(one) == 4 for one in drawn)
    assert [0, 1, 4, 5] not in drawn
    # Each query stands in a quarter of the sets, those that are tested as often as the others.
    counts = np.bincount(np.ravel(drawn), minlength=16)
    assert np.abs(counts - 150).max() < 5 * np.sqrt(600 * 0.25 * 0.75)


def test_where_there_are_few_sets_all_are_drawn(module_page):
    every = {tuple(one) for one in itertools.combinations(range(4), 3)}
    assert {tuple(one) for one in draw(module_page, 4, [1, 2, 3], 9)} == every - {(1, 2, 3)}
    assert draw(module_page, 3, [0, 1, 2], 9) == []


def test_lightness_alone_tells_the_amount(module):
    colours = np.array([module("inside_maps", "colourOf", part / 40) for part in range(41)])
    linear = np.where(colours <= 10.3, colours / 3294.6, ((colours / 255 + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > 0).all()
    assert light[-1] > 12 * light[0]
    for beyond, edge in ((-1, 0), (2, 1)):
        assert module("inside_maps", "colourOf", beyond) == module("inside_maps", "colourOf", edge)


def words(*pairs):
    return [{"id": token, "p": chance} for token, chance in pairs]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        (words((1, 0.9), (2, 0.5)), words((3, 0.9), (2, 0.5)), 0),
        (words((1, 0.9), (2, 0.5)), words((1, 0.1), (4, 0.5)), 1),
        (words((1, 0.9), (2, 0.5)), words((1, 0.8), (2, 0.1)), 1),
        (words((1, 0.9), (2, 0.5)), words((1, 0.3), (2, 0.5)), 0),
        (words((1, 0.9)), words((1, 0.2), (2, 0.5)), 1),
        ([], words((1, 0.2)), 0),
        ([], [], 0),
    ],
)
def test_the_word_that_tells_most_is_found(module, before, after, place):
    assert module("inside_answers", "partingPlace", before, after) == place
