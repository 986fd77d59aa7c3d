""" "None of these" where it is known what should win."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.explain.open_set import far_from, open_set_shares
from playground.explain.similarity import probabilities


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9), st.floats(1, 200))
def test_shares_sum_to_one_and_keep_the_odds_among_labels(pictures, labels, others, scale):
    generator = np.random.default_rng(labels)
    cosines = generator.uniform(-1, 1, (pictures, labels))
    bank = generator.uniform(-1, 1, (pictures, others))
    shares = open_set_shares(cosines, bank, logit_scale=scale)
    assert shares.sum(axis=1) == pytest.approx(np.ones(pictures))
    closed = probabilities(cosines, logit_scale=scale, across="texts")
    assert shares[:, :-1] == pytest.approx(closed * (1 - shares[:, -1:]), abs=1e-9)


def test_what_is_like_no_label_is_none_of_these():
    label, bank = np.array([[0.9], [0.1]]), np.array([[0.1, 0.2], [0.1, 0.6]])
    shares = open_set_shares(label, bank, logit_scale=100.0)
    assert shares[0, -1] < 0.01
    assert shares[1, -1] > 0.99


def test_other_names_of_a_label_leave_the_bank():
    label = np.array([[1.0, 0.0]])
    bank = np.array([[0.99, 0.1], [0.0, 1.0], [-1.0, 0.0], [0.9, 0.4]])
    assert far_from(label, bank, 0.5).tolist() == [1, 2]
    assert far_from(label, bank, 0.75).tolist() == [1, 2, 3]
    assert far_from(label, bank[:1]).tolist() == [0]
