import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.visitors.errors import PersonError
from playground.visitors.numbers import read_choice, read_flag, read_integer, read_number

ANYTHING = st.one_of(
    st.floats(),
    st.integers(),
    st.text(),
    st.booleans(),
    st.none(),
    st.lists(st.integers()),
    st.just(10**400),
    st.just(np.float32("nan")),
    st.just(np.int64(3)),
    st.just(2 + 3j),
)


def key_of(call, value, **limits):
    with pytest.raises(PersonError) as caught:
        call(value, name_key="seed.label", **limits)
    assert caught.value.values["name_key"] == "seed.label"
    return caught.value.key


@pytest.mark.parametrize(
    "value", [math.nan, "7", None, True, [7], {}, 1j, np.float32("nan"), np.True_]
)
@pytest.mark.parametrize("read", [read_number, read_integer])
def test_row_46_no_numbers(read, value):
    assert key_of(read, value, low=0, high=10) == "mistake.number.not_a_number"


@pytest.mark.parametrize(
    "value", [math.inf, -math.inf, -1, 1e300, 10**400, -(10**400), 10.0001, -1e-9]
)
@pytest.mark.parametrize("read", [read_number, read_integer])
def test_row_46_out_of_range(read, value):
    assert key_of(read, value, low=0, high=10) == "mistake.number.range"


def test_the_bounds_are_in_and_told_plainly():
    assert read_number(0, name_key="x", low=0, high=0.5) == 0.0
    assert read_number(0.5, name_key="x", low=0, high=0.5) == 0.5
    with pytest.raises(PersonError) as caught:
        read_number(1, name_key="x", low=0.0, high=0.5)
    assert caught.value.values == {"name_key": "x", "low": 0, "high": 0.5}
    assert isinstance(caught.value.values["low"], int)


def test_row_47_fractions_are_not_rounded():
    assert key_of(read_integer, 3.5, low=0, high=10) == "mistake.number.not_whole"
    assert read_integer(3.0, name_key="x", low=0, high=10) == 3
    assert isinstance(read_integer(np.int64(3), name_key="x", low=0, high=10), int)


@pytest.mark.parametrize(("value", "key"), [(513, "multiple"), (0, "range"), (100_000, "range")])
def test_row_48_sides_of_a_drawn_picture(value, key):
    limits = {"low": 64, "high": 1024, "multiple_of": 8}
    assert key_of(read_integer, value, **limits) == f"mistake.number.{key}"
    assert read_integer(512, name_key="x", **limits) == 512


@pytest.mark.parametrize(("seed", "key"), [(-1, "range"), (2**32, "range"), ("7", "not_a_number")])
def test_row_49_seeds(seed, key):
    assert key_of(read_integer, seed, low=0, high=2**32 - 1) == f"mistake.number.{key}"
    assert read_integer(2**32 - 1, name_key="x", low=0, high=2**32 - 1) == 2**32 - 1


@pytest.mark.parametrize("value", ["no", "false", 0, 1, None, []])
def test_only_a_bool_is_a_flag(value):
    assert key_of(read_flag, value) == "mistake.flag"
    assert read_flag(True, name_key="x") is True and read_flag(np.False_, name_key="x") is False


@pytest.mark.parametrize("value", ["C", "", None, 0, ["a"], "a "])
def test_only_what_is_on_the_list_is_a_choice(value):
    assert key_of(read_choice, value, choices=("a", "b")) == "mistake.choice"
    assert read_choice("b", name_key="x", choices=("a", "b")) == "b"


@given(ANYTHING)
def test_whatever_arrives_a_number_is_finite_and_in_range(value):
    for read in (read_number, read_integer):
        try:
            number = read(value, name_key="x", low=-5, high=50)
        except PersonError as error:
            assert error.key.startswith("mistake.number.")
        else:
            assert -5 <= number <= 50 and math.isfinite(number) and number == value
