"""How long the rest of a download will take."""

from hypothesis import given
from hypothesis import strategies as st

from playground.cache.pace import LEAST_SECONDS, WINDOW_SECONDS, Pace


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_steady_line():
    clock = Clock()
    pace = Pace(clock)
    assert pace.seconds_left(0, 1000) is None
    clock.now += 2
    assert pace.seconds_left(100, 1000) == 18.0
    clock.now += 2
    assert pace.seconds_left(200, 1000) == 16.0


def test_what_was_here_before_does_not_make_a_line_fast():
    clock = Clock()
    pace = Pace(clock)
    assert pace.seconds_left(900, 1000) is None
    clock.now += 10
    assert pace.seconds_left(910, 1000) == 90.0


def test_a_line_that_slowed_down_is_not_called_fast():
    clock = Clock()
    pace = Pace(clock)
    for second in range(10):
        clock.now = 100.0 + second
        pace.seconds_left(second * 1000, 10**6)
    for second in range(40):
        clock.now = 110.0 + second
        left = pace.seconds_left(9000 + second * 800, 10**6)
    assert left == (10**6 - 9000 - 39 * 800) / 800


def test_the_first_small_files_say_nothing_of_the_line():
    clock = Clock()
    pace = Pace(clock)
    pace.seconds_left(0, 40_000_000)
    clock.now += 2
    assert pace.seconds_left(51, 40_000_000) is None
    clock.now += 2
    assert pace.seconds_left(400_000, 40_000_000) == 396.0


def test_nothing_is_said_without_knowing():
    clock = Clock()
    pace = Pace(clock)
    pace.seconds_left(0, 0)
    clock.now += LEAST_SECONDS * 2
    assert pace.seconds_left(10, 0) is None
    assert pace.seconds_left(10, 100) is not None
    # Bytes that were given up begin a new count.
    assert pace.seconds_left(5, 100) is None
    clock.now += WINDOW_SECONDS * 3
    assert pace.seconds_left(5, 100) is None


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(-50, 1000)), max_size=50))
def test_an_estimate_is_never_negative(steps):
    clock = Clock()
    pace = Pace(clock)
    done = 0
    for seconds, size in steps:
        clock.now += seconds
        done = min(10_000, max(0, done + size))
        left = pace.seconds_left(done, 10_000)
        assert left is None or left >= 0
