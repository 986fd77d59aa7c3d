"""What the CLIP tab opens on belongs to the model, the pictures and the examples of today."""

import json

import numpy as np
import pytest

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, of_family
from playground.collection import read_collection
from playground.index import Indexes
from playground.models import clip
from playground.settings import read_settings
from playground.stored_index import LANGUAGES, example_texts

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
        }
    )
    expected = ["a cat", "a dog", "a sun", "a moon", "the sun up there", "the moon up there"]
    assert found == expected
