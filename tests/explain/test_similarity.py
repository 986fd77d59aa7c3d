import doctest

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playground.explain import similarity
from playground.explain.similarity import (
    QueryTerm,
    combine_query,
    cosines,
    ensemble_templates,
    own_probabilities,
    probabilities,
    rank,
    sigmoid,
    softmax,
    spread_over,
    unit_rows,
)

numbers = st.floats(-(2.0**60), 2.0**60, width=32)
small = st.floats(-1, 1, width=32)


def matrix(rows: int, columns: int, elements=small):
    return arrays(np.float32, (rows, columns), elements=elements)


def test_examples_in_the_docstrings():
    assert doctest.testmod(similarity).failed == 0


@given(arrays(np.float64, 6, elements=st.floats(-1e6, 1e6)))
def test_a_sigmoid_judges_each_by_itself(logits):
    chances = sigmoid(logits)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert np.allclose(chances + sigmoid(-logits), 1)
    moderate = np.clip(logits, -30, 30)
    assert np.allclose(sigmoid(moderate), 1 / (1 + np.exp(-moderate)), rtol=1e-9)


@given(matrix(1, 4), st.floats(1, 200), st.floats(10, 150), st.floats(-30, -1))
def test_a_temperature_leaves_one_half_and_the_order(cosine_row, scale, own, bias):
    cosine_row = cosine_row[0].astype(np.float64)
    at_own = own_probabilities(cosine_row, logit_scale=own, own_scale=own, logit_bias=bias)
    assert np.allclose(at_own, sigmoid(own * cosine_row + bias))
    there = own_probabilities(cosine_row, logit_scale=scale, own_scale=own, logit_bias=bias)
    assert (np.diff(there[np.argsort(cosine_row)]) >= 0).all()
    half = own_probabilities(-bias / own, logit_scale=scale, own_scale=own, logit_bias=bias)
    assert half == pytest.approx(0.5)


@given(matrix(3, 5, numbers))
def test_unit_rows_have_length_one_or_zero(vectors):
    lengths = np.linalg.norm(unit_rows(vectors).astype(np.float64), axis=1)
    is_zero = ~vectors.any(axis=1)
    assert np.allclose(lengths[~is_zero], 1, atol=1e-5)
    assert not unit_rows(vectors)[is_zero].any()


def test_unit_rows_of_the_tiniest_and_the_largest_numbers():
    tiny, huge = np.finfo(np.float32).tiny, np.finfo(np.float32).max
    assert np.allclose(unit_rows(np.array([[tiny, 0], [huge, huge]])), [[1, 0], [0.5**0.5] * 2])


@given(matrix(4, 6, numbers), matrix(3, 6, numbers))
def test_cosines_are_bounded_and_do_not_care_for_length(pictures, texts):
    found = cosines(pictures, texts)
    assert found.shape == (4, 3) and found.dtype == np.float32
    assert np.abs(found).max() <= 1
    # Larger, not smaller: the smallest numbers of float32 cannot be halved exactly.
    assert np.allclose(found, cosines(pictures * 4, texts * 2), atol=1e-5)
    assert np.allclose(found, cosines(texts, pictures).T, atol=1e-5)


def test_cosines_of_known_vectors():
    pictures = np.array([[1.0, 0.0], [1.0, 1.0]])
    texts = np.array([[2.0, 0.0], [0.0, -3.0]])
    assert np.allclose(cosines(pictures, texts), [[1, 0], [0.5**0.5, -(0.5**0.5)]], atol=1e-6)


@given(matrix(4, 3, st.floats(-1e4, 1e4, width=32)), st.sampled_from([0, 1]))
def test_softmax_shares_sum_to_one_and_keep_the_order(logits, axis):
    shares = softmax(logits, axis=axis)
    assert np.isfinite(shares).all() and (shares >= 0).all()
    assert np.allclose(shares.sum(axis=axis), 1)
    best = np.take_along_axis(shares, logits.argmax(axis=axis, keepdims=True), axis)
    assert (best == shares.max(axis=axis, keepdims=True)).all()


@given(matrix(2, 5), st.floats(-1e3, 1e3))
def test_softmax_does_not_see_a_constant(logits, constant):
    assert np.allclose(softmax(logits, axis=1), softmax(logits.astype(float) + constant, axis=1))


def test_probabilities_by_row_and_by_column():
    table = np.array([[0.3, 0.1], [0.2, 0.2]])
    by_row = probabilities(table, logit_scale=10, across="texts")
    by_column = probabilities(table, logit_scale=10, across="pictures")
    assert np.allclose(by_row.sum(axis=1), 1) and np.allclose(by_column.sum(axis=0), 1)
    assert np.isclose(by_row[0, 0], 1 / (1 + np.exp(-2)))
    assert np.isclose(by_column[0, 0], 1 / (1 + np.exp(-1)))


@given(matrix(1, 4), st.floats(1, 50), st.floats(1.5, 4))
def test_a_higher_scale_makes_the_winner_surer(table, scale, times):
    plain = probabilities(table, logit_scale=scale, across="texts")
    sharp = probabilities(table, logit_scale=scale * times, across="texts")
    assert sharp.max() >= plain.max() - 1e-12


def unit(seed: int, count: int = 1, size: int = 8) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(count, size)))


def test_one_term_is_the_query_itself():
    vector = unit(0)[0]
    assert np.allclose(combine_query([QueryTerm(vector, 0.3, 0.1)]), vector, atol=1e-6)


def test_terms_that_cancel_out_give_zeros_and_not_nan():
    vector = unit(0)[0]
    assert not combine_query([QueryTerm(vector, 1), QueryTerm(vector, -1)]).any()


@given(st.integers(0, 100), st.floats(0.1, 0.9), st.floats(0, 1))
def test_a_mixed_query_ranks_by_the_weighted_sum_of_scores(seed, balance, away):
    words, picture, avoided = unit(seed, 3)
    collection = unit(seed + 1, 20)
    terms = [
        QueryTerm(words, 1 - balance, spread_over(collection, words)),
        QueryTerm(picture, balance, spread_over(collection, picture)),
        QueryTerm(avoided, -away, spread_over(collection, avoided)),
    ]
    by_hand = sum(term.weight / term.spread * (collection @ term.vector) for term in terms)
    mixed = combine_query(terms)
    assume(mixed.any())
    scores = collection @ mixed
    scale = np.std(by_hand) / np.std(scores)
    assert np.allclose(scores * scale, by_hand, atol=1e-3 * np.abs(by_hand).max())


def test_words_to_avoid_push_their_pictures_down():
    cat, tree = np.eye(4, dtype=np.float32)[:2]
    both, alone = unit_rows(np.array([[1, 1, 0, 0.0], [0.9, 0, 0, 0.5]]))
    plain = combine_query([QueryTerm(cat, 1.0), QueryTerm(tree, 1.0)])
    without = combine_query([QueryTerm(cat, 1.0), QueryTerm(tree, -0.5)])
    assert both @ plain > alone @ plain
    assert both @ without < alone @ without


def test_spread_of_nothing_and_of_equal_pictures():
    vector = unit(0)[0]
    assert spread_over(np.zeros((0, 8), np.float32), vector) == 1.0
    assert spread_over(np.tile(vector, (3, 1)), vector) == pytest.approx(1e-6)


def test_ensemble_is_the_direction_of_the_mean():
    embeddings = np.stack([unit(1, 2), unit(2, 2)])
    found = ensemble_templates(embeddings)
    assert found.shape == (2, 8)
    assert np.allclose(found, unit_rows(embeddings.sum(axis=0)), atol=1e-6)


def test_ensemble_of_one_template_changes_nothing():
    embeddings = unit(3, 5)[None]
    assert np.allclose(ensemble_templates(embeddings), embeddings[0], atol=1e-6)


@given(
    arrays(np.float32, st.integers(0, 40), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    st.integers(0, 50),
)
def test_rank_is_what_a_full_stable_sort_gives(scores, count):
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:count]
    assert rank(scores, count).tolist() == expected


def test_rank_puts_what_is_not_a_number_last():
    assert rank(np.array([np.nan, 0.2, np.inf]), 3).tolist() == [2, 1, 0]
