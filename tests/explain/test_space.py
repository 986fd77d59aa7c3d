"""Drawings of points whose shape is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.explain.similarity import unit_rows
from playground.explain.space import modality_gap, nearest, plane_between, principal_plane


def points(count=12, width=6, seed=0):
    return unit_rows(np.random.default_rng(seed).normal(size=(count, width)))


def test_the_first_axis_is_the_longest_one():
    flat = np.zeros((5, 4))
    flat[:, 2] = [-4, -2, 0, 2, 4]
    flat[:, 0] = [1, -1, 0, -1, 1]
    plane = principal_plane(flat)
    assert plane.axes == pytest.approx(np.array([[0, 0, 1, 0], [1, 0, 0, 0]]))
    assert plane.shares == pytest.approx([40 / 44, 4 / 44])
    assert plane.place(flat) == pytest.approx(flat[:, [2, 0]])


@given(st.integers(1, 12), st.integers(0, 20))
def test_axes_are_square_and_shares_are_shares(count, seed):
    rows = points(count, seed=seed)
    plane = principal_plane(rows)
    for axis, share in zip(plane.axes, plane.shares, strict=True):
        assert np.linalg.norm(axis) == pytest.approx(1.0 if share > 0 else 0.0)
    assert plane.axes[0] @ plane.axes[1] == pytest.approx(0.0, abs=1e-9)
    assert 0 <= plane.shares.sum() <= 1 + 1e-9
    assert (principal_plane(rows[::-1]).axes == pytest.approx(plane.axes)) or count < 3


def test_one_point_has_no_directions():
    plane = principal_plane(points(1))
    assert plane.place(points(1)).tolist() == [[0.0, 0.0]]


def test_an_axis_of_ones_own_tells_which_end_is_nearer():
    dog, cat = points(2, seed=1)
    rows = points(40, seed=2)
    plane = plane_between(dog, cat, rows)
    is_right = plane.place(rows)[:, 0] > 0
    assert (is_right == (rows @ cat > rows @ dog)).all()
    assert plane.axes[0] @ plane.axes[1] == pytest.approx(0.0, abs=1e-9)
    ends = plane.place(np.stack([dog, cat]))[:, 0]
    assert ends[0] == pytest.approx(-ends[1])
    assert ends[1] == pytest.approx(np.linalg.norm(cat - dog) / 2)


def test_an_axis_needs_two_ends():
    with pytest.raises(ValueError, match="two different ends"):
        plane_between(points()[0], points()[0], points())


def test_the_gap_of_two_cones():
    """Pictures round one direction, words round another at a right angle."""
    pictures = np.array([[1, 0.1, 0], [1, -0.1, 0]])
    texts = np.array([[0, 0.1, 1], [0, -0.1, 1]])
    gap = modality_gap(pictures, texts)
    length = 1 / np.sqrt(1.01)
    assert gap.distance == pytest.approx(np.sqrt(2) * length)
    assert gap.pictures == pytest.approx([1.0, 1.0])
    assert gap.texts == pytest.approx([0.0, 0.0])
    assert gap.cosines == pytest.approx((0.99 / 1.01, 0.99 / 1.01, 0.0), abs=1e-6)


def test_without_a_gap_the_two_lie_together():
    rows = points(30)
    gap = modality_gap(rows, rows)
    assert gap.distance == pytest.approx(0.0, abs=1e-6)
    assert gap.cosines[0] == pytest.approx(gap.cosines[1])


@given(st.integers(1, 8), st.integers(1, 8))
def test_neighbours_by_true_distance(count, wanted):
    rows, others = points(5), points(count, seed=4)
    places, cosines = nearest(rows, others, wanted)
    assert places.shape == (5, min(wanted, count))
    whole = np.sort(rows @ others.T, axis=1)[:, ::-1][:, :wanted]
    assert cosines == pytest.approx(whole, abs=1e-6)
