"""Maps of a tiny model: everything is there, in its place, and can be stopped."""

import numpy as np
import pytest

from playground.cache import Cancelled
from playground.explain.referee import DRAWS
from playground.search import Asker
from playground.understanding.stored import read_where, write_where
from playground.understanding.where import METHODS, find_where
from tests.tiny_world import tiny_cache, tiny_entry

KEY = "tiny-clip"
SENTENCE = "a cat dog"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return tiny_cache(tiny_entry(folder), folder=folder)


def picture(shade=None):
    if shade is not None:
        return np.full((32, 32, 3), shade, np.uint8)
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def where(cache):
    return find_where(cache, KEY, picture(), SENTENCE, asker=Asker("ada"))


def test_each_method_has_a_map_of_each_patch_and_a_verdict(where):
    patches = where.grid_hw[0] * where.grid_hw[1]
    assert tuple(heat.method for heat in where.places) == METHODS
    for heat in where.places:
        assert heat.heat.shape == (patches,)
        assert np.isfinite(heat.heat).all() and (heat.heat >= 0).all()
        assert heat.hot.sum() == max(1, round(patches / 5))
        assert 1 <= len(heat.verdict.random_drops) <= DRAWS
        assert 0 < heat.verdict.luck <= 1
        assert -1 <= heat.verdict.agreement <= 1


def test_the_words_of_the_sentence_have_maps_too(where):
    assert [word.text for word in where.words] == ["a", "cat", "dog"]
    by_method = {heat.method: heat for heat in where.weights}
    assert tuple(by_method) == METHODS
    # Leaving words out is the test itself, and so has no verdict.
    assert by_method["occlusion"].verdict is None
    # Of three words each map has two others to beat.
    assert len(by_method["gradient"].verdict.random_drops) == 2
    assert by_method["gradient"].verdict.agreement is None


def test_of_many_words_leaving_out_is_tested_too(cache):
    many = find_where(cache, KEY, picture(), " ".join(["cat"] * 8), asker=Asker("ada"))
    assert len(many.words) == 8
    occlusion = many.weights[0]
    assert occlusion.method == "occlusion" and occlusion.hot.sum() == 2
    assert 1 <= len(occlusion.verdict.random_drops) <= DRAWS
    assert -1 <= occlusion.verdict.agreement <= 1


def test_the_same_question_has_the_same_answer(cache, where):
    again = find_where(cache, KEY, picture(), SENTENCE, asker=Asker("bao"))
    for one, other in zip(where.places, again.places, strict=True):
        assert one.heat == pytest.approx(other.heat)
        assert one.verdict.random_drops == pytest.approx(other.verdict.random_drops)


@pytest.mark.parametrize("shade", [0, 255])
def test_a_plain_picture_has_finite_maps_and_proves_nothing(cache, shade):
    found = find_where(cache, KEY, picture(shade), "cat", asker=Asker())
    for heat in found.places:
        assert np.isfinite(heat.heat).all()
        assert not heat.verdict.is_proven
    assert all(heat.verdict is None for heat in found.weights)


def test_it_can_be_stopped_at_every_step(cache):
    done = []
    find_where(cache, KEY, picture(), SENTENCE, asker=Asker("ada", done.append))
    steps = sum(type(news).__name__ == "Note" for news in done)
    assert steps > 6
    for stop in range(steps):
        heard = []

        def tell(news, heard=heard):
            heard.extend([news] if type(news).__name__ == "Note" else [])

        with pytest.raises(Cancelled):
            find_where(
                cache,
                KEY,
                picture(),
                SENTENCE,
                asker=Asker("ada", tell, lambda stop=stop, heard=heard: len(heard) >= stop),
            )
        assert len(heard) == stop


def test_what_is_stored_comes_back(where, tmp_path):
    file = tmp_path / "where.safetensors"
    write_where({"en": where}, file, fingerprint="this")
    kept = read_where(file, "en", fingerprint="this")
    assert kept is not None and kept.is_from_store
    assert (kept.sentence, kept.words, kept.grid_hw) == (where.sentence, where.words, where.grid_hw)
    assert (kept.shown == where.shown).all()
    for kind in ("places", "weights"):
        for one, other in zip(getattr(where, kind), getattr(kept, kind), strict=True):
            assert one.method == other.method
            assert one.heat == pytest.approx(other.heat, rel=1e-5)
            assert (one.hot == other.hot).all()
            assert (one.verdict is None) == (other.verdict is None)
            if one.verdict:
                assert one.verdict.luck == other.verdict.luck
                assert one.verdict.agreement == other.verdict.agreement


def test_a_stored_file_of_another_model_or_a_broken_one_is_passed_over(where, tmp_path):
    file = tmp_path / "where.safetensors"
    write_where({"en": where}, file, fingerprint="this")
    assert read_where(file, "en", fingerprint="that") is None
    assert read_where(file, "zh-Hant", fingerprint="this") is None
    file.write_bytes(file.read_bytes()[:-40])
    assert read_where(file, "en", fingerprint="this") is None
    assert read_where(tmp_path / "none", "en", fingerprint="this") is None
