"""Maps by word: nothing of the attention is lost or made up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.explain.word_maps import attention_shares, maps_by_word, pooled


def attention(steps=2, tokens=5, side=4, seed=0):
    logits = np.random.default_rng(seed).normal(0, 2, (steps, tokens, side, side))
    return (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float16)


def test_the_pieces_of_a_word_are_added_up():
    maps = attention()
    found = maps_by_word(maps, [0, 1, 1, 2, 0], 3)
    assert found.dtype == np.float32 and found.shape == (2, 3, 4, 4)
    whole = maps.astype(np.float32)
    assert np.allclose(found[:, 0], whole[:, 0] + whole[:, 4])
    assert np.allclose(found[:, 1], whole[:, 1] + whole[:, 2])
    assert np.allclose(found[:, 2], whole[:, 3])


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 99))
def test_all_attention_of_a_cell_goes_to_some_word(owners, seed):
    found = maps_by_word(attention(tokens=len(owners), seed=seed), owners, 4)
    assert np.allclose(found.sum(1), 1, atol=0.01)
    assert np.allclose(attention_shares(found).sum(1), 1, atol=0.01)


@pytest.mark.parametrize("owners", [[0, 0], [0, 0, 3], [0, 0, -1]])
def test_each_token_needs_a_word(owners):
    with pytest.raises(ValueError, match="owners"):
        maps_by_word(attention(tokens=3), owners, 3)


def test_a_word_that_is_read_in_one_place_has_its_map_there():
    maps = np.zeros((1, 2, 4, 4), np.float16)
    maps[:, 0] = 1
    maps[0, :, 3, 1] = (0.25, 0.75)
    found = maps_by_word(maps, [0, 1], 2)
    assert np.unravel_index(found[0, 1].argmax(), (4, 4)) == (3, 1)
    assert attention_shares(found)[0, 1] == pytest.approx(0.75 / 16)


@given(st.sampled_from([1, 2, 3, 4, 8]), st.integers(1, 400))
def test_coarser_maps_keep_their_shares(side, most):
    maps = maps_by_word(attention(side=side), [0, 1, 1, 2, 0], 3)
    found = pooled(maps, most)
    assert found.size <= maps.size
    # Only odd sides keep it from becoming coarse enough.
    assert found.size <= most or found.shape[-1] % 2
    assert np.allclose(attention_shares(found), attention_shares(maps), atol=1e-5)
