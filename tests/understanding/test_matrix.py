"""The matrix and the map of a tiny world, with and without a model."""

import numpy as np
import pytest

from playground.explain.similarity import cosines, ensemble_templates
from playground.index import Indexes, make_index
from playground.models import clip
from playground.search import Asker
from playground.understanding.asked import Chart, Matter
from playground.understanding.flat_map import MOST_NEAR, drawn, is_map_stored, make_map
from playground.understanding.matrix import is_matrix_stored, make_matrix, texts_of
from tests.tiny_world import save_tiny_pictures, tiny_cache, tiny_entry

KEY = "tiny-clip"
MATTER = Matter(("red", "own", "blue"), ("cat", "dog"), ("a {}", "{}"), has_none=True)
OTHERS = ("cow", "pig", "red", "ox")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    item = tiny_entry(folder)
    return item, tiny_cache(item, folder=folder), save_tiny_pictures(folder / "pictures"), folder


def own():
    return np.random.default_rng(3).integers(0, 256, (30, 20, 3), np.uint8)


def matrix(world, index=None, matter=MATTER):
    _, cache, collection, _ = world
    found = [own() if name == "own" else collection.places[name] for name in matter.pictures]
    asker = Asker("ada")
    return make_matrix(cache, KEY, index, collection, matter, found, OTHERS, asker=asker)


def embedded(world, texts):
    rows = world[1].run(KEY, lambda model: clip.embed_texts(model, list(texts)))
    return dict(zip(texts, rows, strict=True))


def test_every_cosine_is_that_of_its_picture_and_text(world):
    found = matrix(world)
    collection = world[2]
    pixels = [collection.pixels(0), own(), collection.pixels(collection.places["blue"])]
    pictures = world[1].run(KEY, lambda model: clip.embed_pictures(model, pixels))
    rows = embedded(world, texts_of(MATTER, OTHERS))
    by_template = np.stack([[rows[text] for text in row] for row in MATTER.filled(MATTER.texts)])
    assert found.cosines == pytest.approx(
        cosines(pictures, ensemble_templates(by_template)), abs=1e-5
    )
    for place, row in enumerate(by_template):
        assert found.template_cosines[place] == pytest.approx(cosines(pictures, row), abs=1e-5)
    assert found.others.shape == (3, 4)
    assert set(found.other_texts) == set(OTHERS)


def test_without_none_of_these_there_are_no_others(world):
    found = matrix(world, matter=Matter(("red",), ("cat",), ("{}",), has_none=False))
    assert found.others.shape == (1, 0)
    assert found.other_texts == ()


def test_an_index_gives_the_same_and_needs_no_model_for_what_it_holds(world):
    item, cache, collection, folder = world
    texts = texts_of(MATTER, OTHERS)
    index = make_index(collection, cache, item, texts=texts, models_folder=str(folder))
    assert matrix(world, index).cosines == pytest.approx(matrix(world).cosines, abs=1e-5)
    assert not matrix(world, index).is_from_store
    stored = Matter(("red", "blue"), MATTER.texts, MATTER.templates, has_none=True)
    assert is_matrix_stored(index, stored, [0, 2], OTHERS)
    found = matrix(world, index, stored)
    assert found.is_from_store
    assert found.cosines == pytest.approx(matrix(world, None, stored).cosines, abs=1e-5)


@pytest.mark.parametrize("view", ["apart", "together", "own"])
def test_the_map_has_every_point_and_its_true_neighbours(world, view):
    item, cache, collection, folder = world
    index = Indexes(collection, cache, models_folder=str(folder)).ensure(item)
    chart = Chart(view, ("cat", "ox") if view == "own" else ())
    found = [0, own(), 2]
    flat = make_map(cache, index, collection, MATTER, chart, found, asker=Asker())
    texts = 3 if view == "own" else 2
    assert flat.points.shape == (6 + 1 + texts, 2)
    assert flat.own == ("own",)
    assert flat.places.tolist() == [0, 1, 2, 3, 4, 5, -1]
    assert flat.texts == ("cat", "dog", "ox")[:texts]
    assert 0 <= flat.shares.sum() <= 1 + 1e-9
    for place, near in enumerate(flat.near):
        assert place not in near
        assert len(set(near.tolist())) == len(near)
    pictures = min(MOST_NEAR, 6)
    assert (flat.near[:, :pictures] < 7).all()
    assert (flat.near[:, pictures:] >= 7).all()
    assert (np.diff(flat.near_cosines[:, :pictures], axis=1) <= 1e-6).all()
    assert not is_map_stored(index, MATTER, chart, found)


def test_large_collections_are_drawn_in_part(world):
    places = drawn(10_000, [7, 9_999])
    assert len(places) <= 402
    assert {7, 9_999} <= set(places.tolist())
    assert drawn(3, []).tolist() == [0, 1, 2]
