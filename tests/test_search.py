from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.explain.similarity import cosines, softmax, spread_over, unit_rows
from playground.index import make_index
from playground.models import clip
from playground.search import Asker, Query, find, read_count, read_query
from playground.visitors.errors import PersonError
from playground.zero_shot import name_picture, read_templates
from tests.tiny_world import save_tiny_pictures, tiny_cache, tiny_entry

STORED = ("a cat", "a dog", "紅色")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    item = tiny_entry(folder)
    cache = tiny_cache(item, folder=folder)
    collection = save_tiny_pictures(folder / "pictures")
    index = make_index(collection, cache, item, texts=STORED, models_folder=str(folder))
    return SimpleNamespace(cache=cache, collection=collection, index=index)


def ask(world, count=6, **query):
    return find(world.cache, world.index, Query(**query), count=count, asker=Asker())


def texts(world, *words):
    return world.cache.run("tiny-clip", lambda model: clip.embed_texts(model, words))


def test_words_rank_by_plain_cosine(world):
    answer = ask(world, words="a green cat", count=3)
    expected = cosines(world.index.vectors, texts(world, "a green cat"))[:, 0]
    assert np.allclose(answer.cosines, expected, atol=1e-6)
    assert answer.places.tolist() == np.argsort(-expected, kind="stable")[:3].tolist()
    assert not answer.is_from_store and answer.tokens["a green cat"].kept > 3


def test_stored_words_need_no_model(world):
    answer = find(None, world.index, Query(words="a cat"), count=2, asker=Asker())
    assert answer.is_from_store
    fresh = texts(world, "a cat")
    assert np.allclose(answer.cosines, cosines(world.index.vectors, fresh)[:, 0], atol=1e-6)


def test_a_picture_finds_itself_first(world):
    answer = ask(world, picture=world.collection.pixels(3))
    assert answer.places[0] == 3
    assert answer.cosines[3] == pytest.approx(1, abs=1e-5)


def test_more_like_this_leaves_itself_out_and_needs_no_model(world):
    answer = find(None, world.index, Query(like=3), count=50, asker=Asker())
    assert 3 not in answer.places and len(answer.places) == 5


def test_words_and_picture_mix_by_the_balance(world):
    pixels = world.collection.pixels(0)
    only_words = ask(world, words="a dog", picture=pixels, balance=0.0)
    only_picture = ask(world, words="a dog", picture=pixels, balance=1.0)
    assert np.allclose(only_words.cosines, ask(world, words="a dog").cosines, atol=1e-5)
    assert np.allclose(only_picture.cosines, ask(world, picture=pixels).cosines, atol=1e-5)


def test_half_and_half_counts_both_in_units_of_their_spread(world):
    words = texts(world, "a dog")[0]
    picture = world.index.vectors[0]
    expected = unit_rows(
        words / spread_over(world.index.vectors, words)
        + picture / spread_over(world.index.vectors, picture)
    )
    answer = ask(world, words="a dog", like=0, balance=0.5)
    assert np.allclose(
        answer.cosines, cosines(world.index.vectors, expected[None])[:, 0], atol=1e-5
    )


@given(st.floats(0.1, 1))
def test_words_to_avoid_lower_the_pictures_they_fit(world, strength):
    avoided = world.index.vectors @ world.index.texts["a dog"]
    plain = find(None, world.index, Query(words="a cat"), count=6, asker=Asker())
    led_away = find(
        None,
        world.index,
        Query(words="a cat", without="a dog", strength=strength),
        count=6,
        asker=Asker(),
    )
    before = np.corrcoef(plain.cosines, avoided)[0, 1]
    assert np.corrcoef(led_away.cosines, avoided)[0, 1] < before


@pytest.mark.parametrize("words", [None, "", "  \n ", "\u200b"])
def test_nothing_to_look_for(words):
    with pytest.raises(PersonError) as caught:
        read_query(words, "a dog", None, 0.5, 0.5)
    assert caught.value.key == "mistake.nothing_to_search"


def test_a_query_is_cleaned_and_told():
    query, notes = read_query(" a\u200b cat ", None, None, 0, 1)
    assert (query.words, query.without, query.balance, query.strength) == ("a cat", "", 0.0, 1.0)
    assert [note.key for note in notes] == ["note.words.removed"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1, 1.5, 1e300, "7", None, True, [1]])
def test_numbers_are_checked_again(bad):
    for balance, strength in ((bad, 0.5), (0.5, bad)):
        with pytest.raises(PersonError):
            read_query("a cat", "", None, balance, strength)
    with pytest.raises(PersonError):
        read_count(0.5 if bad in (0, 1) else bad)


@pytest.mark.parametrize("bad", [0, 61, 3.5, 2**40])
def test_counts_are_whole_and_bounded(bad):
    with pytest.raises(PersonError):
        read_count(bad)
    assert read_count(3.0) == 3


@pytest.mark.parametrize("bad", [7, {"a": 1}, "a" * 2_000_000, "\x00", "\ud800"])
def test_words_are_checked(bad):
    for words, without in ((bad, ""), ("a cat", bad)):
        with pytest.raises(PersonError):
            read_query(words, without, None, 0.5, 0.5)


def test_templates_one_a_line():
    assert read_templates("a {}\n\n  a {}\nthe {} \n")[0] == ("a {}", "the {}")
    assert read_templates(["a {}", "b"])[0] == ("a {}", "b")
    for nothing in (None, "", " \n", []):
        assert read_templates(nothing)[0] == ("{}",)
    with pytest.raises(PersonError) as caught:
        read_templates("\n".join(f"{n} {{}}" for n in range(9)))
    assert caught.value.key == "mistake.templates_too_many"
    with pytest.raises(PersonError):
        read_templates("a" * 5000)


def test_wanting_and_avoiding_the_same(world):
    with pytest.raises(PersonError) as caught:
        ask(world, words="a cat", without="a cat", strength=1.0)
    assert caught.value.key == "mistake.query_cancels_out"


def test_vectors_that_cannot_be_the_models_are_told(world):
    forged = replace(world.index, vectors=np.eye(3, 5, dtype=np.float32))
    for query in (Query(words="a cat"), Query(words="a cat", without="a dog")):
        with pytest.raises(PersonError) as caught:
            find(world.cache, forged, query, count=2, asker=Asker())
        assert caught.value.key == "mistake.own.file_broken"


def test_plain_pictures_give_finite_numbers(world):
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    chequers = np.indices((32, 32)).sum(0)[..., None].repeat(3, 2) % 2 * 255
    for pixels in (np.zeros((16, 16, 3)), np.full((16, 16, 3), 255), noise, chequers):
        answer = ask(world, picture=pixels.astype(np.uint8))
        assert np.isfinite(answer.cosines).all()


def name(world, picture, labels, templates=("{}",), cache=True):
    return name_picture(
        world.cache if cache else None, world.index, picture, labels, templates, asker=Asker()
    )


def test_naming_follows_the_ensemble_formula(world):
    labels, templates = ("cat", "dog", "紅"), ("a {}", "a picture of a {}")
    naming = name(world, world.collection.pixels(1), labels, templates)
    rows = np.stack(
        [texts(world, *(t.replace("{}", label) for label in labels)) for t in templates]
    )
    mean = unit_rows(rows.mean(axis=0))
    assert np.allclose(naming.cosines, (world.index.vectors[1:2] @ mean.T)[0], atol=1e-5)
    assert naming.template_cosines.shape == (2, 3)
    shares = naming.probabilities(50.0)
    assert np.allclose(shares, softmax(50.0 * naming.cosines, axis=0))
    assert len(naming.tokens) == 3


def test_naming_a_stored_picture_with_stored_labels_needs_no_model(world):
    naming = name(world, 2, ("cat", "dog"), ("a {}",), cache=False)
    assert naming.is_from_store
    fresh = name(world, world.collection.pixels(2), ("cat", "dog"), ("a {}",))
    assert np.allclose(naming.cosines, fresh.cosines, atol=1e-5)


def test_braces_and_signs_in_labels_are_letters(world):
    labels = ("{class}", "%s", "[a-z]+", "{}")
    naming = name(world, 0, labels, ("a {} thing",))
    assert naming.labels == labels and np.isfinite(naming.cosines).all()
