"""What the CLIP tab opens on belongs to the model, the pictures and the examples of today."""

import json

import numpy as np
import pytest

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, of_family
from playground.collection import read_collection
from playground.index import STORED, Indexes, fingerprint
from playground.models import clip
from playground.settings import read_settings
from playground.stored_index import LANGUAGES, example_texts
from playground.understanding.stored import read_where, where_file
from playground.understanding.where import METHODS

BUILT_IN = [item for item in of_family("clip") if item.is_built_in]
AGAIN = "run python -m playground.stored_index"


@pytest.fixture(scope="module")
def cache():
    return Cache(cache_items(CATALOG, read_settings([], {})))


@pytest.mark.parametrize("item", BUILT_IN, ids=lambda item: item.key)
def test_the_stored_index_is_of_this_model_and_these_pictures(cache, item):
    collection = read_collection()
    index = Indexes(collection, cache).at_hand(item)
    assert index is not None, AGAIN
    texts = [
        text
        for file in sorted(LANGUAGES.glob("*.json"))
        for text in example_texts(json.loads(file.read_text(encoding="utf-8")))
    ]
    assert set(texts) == set(index.texts), AGAIN
    pixels = [collection.pixels(place) for place in (0, 5, -1)]
    fresh = cache.run(item.key, lambda model: clip.embed_pictures(model, pixels))
    assert np.allclose(index.vectors[[0, 5, -1]], fresh, atol=1e-3)
    rows = cache.run(item.key, lambda model: clip.embed_texts(model, texts))
    stored = np.stack([index.texts[text] for text in texts])
    assert np.allclose(stored, rows, atol=1e-3)


def test_example_texts_hold_queries_and_filled_templates():
    found = example_texts(
        {
            "clip_search.example.1": "a cat",
            "clip_search.example.1.chip": "a cat!",
            "clip_search.example.1.without": "a dog",
            "clip_search.labels.example": "sun, moon",
            "clip_search.templates.example": "a {{}}\nthe {{}} up there",
            "understand.example.texts": "moon, star",
            "understand.others": "cloud, sun",
        }
    )
    # Each label once in each template, whoever offers it.
    labels = ["sun", "moon", "star", "cloud"]
    filled = [f"a {label}" for label in labels] + [f"the {label} up there" for label in labels]
    assert found == ["a cat", "a dog", *filled]


@pytest.mark.parametrize("item", BUILT_IN, ids=lambda item: item.key)
@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_the_stored_maps_are_of_this_model_and_this_sentence(item, language):
    words = json.loads((LANGUAGES / f"{language}.json").read_text(encoding="utf-8"))
    file = STORED / where_file(item.key)
    where = read_where(file, language, fingerprint=fingerprint(item))
    assert where is not None, AGAIN
    assert where.sentence == words["understand.example.sentence"], AGAIN
    assert [heat.method for heat in where.places] == list(METHODS)
    # The tab must not open on a map that the referee turns down.
    assert where.places[0].verdict.is_proven
