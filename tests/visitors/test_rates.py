from hypothesis import given
from hypothesis import strategies as st

from playground.visitors.rates import Places, Rate


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_burst_then_the_rate():
    clock = Clock()
    rate = Rate(8, 3, clock=clock)
    assert [rate.take("a") for _ in range(3)] == [0, 0, 0]
    assert rate.take("a") > 0
    assert rate.take("b") == 0
    clock.now += 0.125
    assert rate.take("a") == 0
    assert rate.take("a") > 0


def test_keys_are_bounded():
    rate = Rate(1, 1, most_keys=10, clock=Clock())
    for i in range(1000):
        rate.take(str(i))
    assert len(rate) == 10


@given(st.lists(st.floats(0, 5), max_size=60))
def test_never_more_than_burst_plus_rate(pauses):
    clock = Clock()
    rate = Rate(4, 8, clock=clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += rate.take("a") == 0
    assert taken <= 8 + 4 * sum(pauses) + 1e-6


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4))))
def test_places_never_leak(wishes):
    places = Places(6)
    held = [(key, count) for key, count in wishes if places.take(key, count)]
    assert all(places.taken(key) <= 6 for key in "ab")
    for key, count in held:
        places.give_back(key, count)
    assert len(places) == 0
