"""The referee on maps whose worth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playground.explain.referee import (
    DRAWS,
    heat_on,
    hottest,
    judge,
    random_parts,
    rank_agreement,
)

TRUTH = np.arange(25) % 5 == 0


def drop_of(parts):
    """A score that reads the true parts and nothing else."""
    return float((parts & TRUTH).sum())


def verdict_of(heat, scrambled=None):
    draws = random_parts(25, 5, seed=3)
    return judge(
        drop_of(hottest(heat)),
        np.array([drop_of(parts) for parts in draws]),
        heat=heat,
        scrambled=scrambled,
    )


def test_a_true_map_is_proven():
    verdict = verdict_of(TRUTH.astype(float), scrambled=np.arange(25.0) % 7)
    assert verdict.drop == 5
    assert verdict.luck == pytest.approx(1 / (DRAWS + 1))
    assert verdict.beats_random and verdict.needs_the_model and verdict.is_proven


def test_a_map_of_chance_is_not():
    lucky = sum(verdict_of(np.random.default_rng(seed).random(25)).is_proven for seed in range(200))
    assert lucky / 200 <= 0.1


def test_a_map_that_a_scrambled_model_draws_as_well_is_not():
    heat = TRUTH + np.linspace(0, 0.1, 25)
    verdict = verdict_of(heat, scrambled=heat)
    assert verdict.beats_random
    assert verdict.agreement == pytest.approx(1.0)
    assert not verdict.is_proven


def test_without_any_fall_nothing_is_proven():
    verdict = judge(0.0, np.full(20, -1.0), heat=np.ones(25), scrambled=None)
    assert not verdict.beats_random


def test_hottest_takes_a_fifth_and_breaks_ties_by_place():
    assert hottest(np.zeros(10)).nonzero()[0].tolist() == [0, 1]
    assert hottest(np.array([1.0])).tolist() == [True]


@given(st.integers(1, 40), st.integers(0, 5))
def test_random_sets_have_their_size_and_repeat_with_their_seed(parts, seed):
    count = max(1, round(0.2 * parts))
    sets = random_parts(parts, count, seed=seed)
    assert (sets.sum(axis=1) == count).all()
    assert 1 <= len(sets) <= DRAWS
    assert (sets == random_parts(parts, count, seed=seed)).all()


def test_few_sets_are_each_there_once():
    assert random_parts(3, 1).tolist() == np.eye(3, dtype=bool).tolist()


values = st.floats(-1e6, 1e6, allow_nan=False, width=32)


@given(arrays(np.float64, 8, elements=values))
def test_agreement_with_itself_and_with_its_opposite(heat):
    agreement = rank_agreement(heat, heat)
    assert agreement == pytest.approx(0.0 if np.ptp(heat) == 0 else 1.0)
    assert rank_agreement(heat, -heat) == pytest.approx(-agreement)


def test_agreement_by_a_known_case():
    """Ranks 1 2 3 4 5 against 2 1 4 3 5: 1 - 6 * 4 / (5 * 24)."""
    assert rank_agreement(np.arange(5.0), np.array([2.0, 1, 4, 3, 5])) == pytest.approx(0.8)


def test_equal_heat_shares_its_ranks():
    """Spearman 1904 with ties: ranks 1.5 1.5 3 against 1 2 3."""
    assert rank_agreement(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])) == pytest.approx(
        np.sqrt(3) / 2
    )


def test_heat_on_a_thing():
    assert heat_on(np.array([3.0, 1.0]), np.array([1.0, 0.0])) == 0.75
    assert heat_on(np.ones(4), np.array([1.0, 0, 0, 0])) == 0.25
    assert heat_on(np.zeros(2), np.ones(2)) == 0.0
