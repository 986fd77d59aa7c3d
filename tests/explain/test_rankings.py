import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.explain.rankings import agreement

LISTS = st.lists(st.integers(0, 30), unique=True, max_size=20)


def test_a_list_agrees_with_itself():
    found = agreement("abc", "abc")
    assert (found.shared, found.overlap, found.moved) == (3, 1.0, 0.0)
    assert found.first_in_second == (1, 2, 3)


def test_known_answer():
    found = agreement("abcd", "badx")
    assert (found.shared, found.overlap) == (3, 0.75)
    assert found.moved == pytest.approx((1 + 1 + 1) / 3)
    assert found.first_in_second == (2, 1, None, 3)
    assert found.second_in_first == (2, 1, 4, None)


def test_nothing_in_common():
    assert agreement("a", "b").moved == 0
    assert agreement("", "").overlap == 0


@given(LISTS, LISTS)
def test_it_is_the_same_from_both_sides(first, second):
    there, back = agreement(first, second), agreement(second, first)
    assert (there.shared, there.overlap) == (back.shared, back.overlap)
    assert there.moved == pytest.approx(back.moved)
    assert there.first_in_second == back.second_in_first
    assert sum(rank is not None for rank in there.first_in_second) == there.shared
