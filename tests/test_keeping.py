"""What is kept is bounded; what many want is made once."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.keeping import Keeping

PATIENCE_SECONDS = 10


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def keeping(**changes):
    limits = {"most_bytes": 100, "most_values": 10, "most_seconds": 60.0} | changes
    return Keeping(len, **limits)


def never():
    return False


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60)), max_size=40))
def test_it_never_holds_more_than_allowed_but_for_the_newest(puts):
    kept = keeping(most_values=4)
    for key, size in puts:
        kept.put(key, "x" * size)
        count, held = kept.census()
        assert count <= 4 and (held <= 100 or count == 1)
        assert kept.get(key) == "x" * size


def test_the_one_not_used_for_longest_goes_first():
    kept = keeping()
    kept.put("a", "x" * 40)
    kept.put("b", "x" * 40)
    kept.get("a")
    kept.put("c", "x" * 40)
    assert kept.get("b") is None and kept.get("a") and kept.get("c")


def test_what_is_not_used_grows_old():
    clock = Clock()
    kept = keeping(clock=clock)
    kept.put("a", "x")
    kept.put("b", "x")
    clock.now = 50
    assert kept.get("b") == "x"
    clock.now = 90
    assert kept.values() == ["x"] and kept.get("a") is None and kept.census() == (1, 1)


def test_changes_are_counted_and_nothing_else_is_changed():
    kept = keeping()
    kept.put("a", "x")
    assert kept.change("a", lambda old: old + "yz") == "xyz" and kept.census() == (1, 3)
    assert kept.change("b", lambda old: old) is None
    with pytest.raises(ZeroDivisionError):
        kept.change("a", lambda _: str(1 / 0))
    assert kept.get("a") == "xyz"
    assert kept.drop(lambda key, value: value == "xyz") == ["xyz"] and kept.census() == (0, 0)


def test_many_who_want_the_same_wait_for_one_maker():
    kept, free, made = keeping(), threading.Event(), []

    def make():
        made.append(1)
        assert free.wait(PATIENCE_SECONDS)
        return "value"

    got = []
    threads = [
        threading.Thread(target=lambda: got.append(kept.made("a", make, is_left=never)))
        for _ in range(5)
    ]
    threads[0].start()
    while not made:
        pass
    for thread in threads[1:]:
        thread.start()
    assert kept.made("a", make, is_left=lambda: True) is None
    free.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert got == ["value"] * 5 and made == [1]
    assert kept._making == {}


def test_a_maker_that_fails_leaves_the_next_to_try():
    kept = keeping()
    with pytest.raises(ZeroDivisionError):
        kept.made("a", lambda: str(1 / 0), is_left=never)
    assert kept.made("a", lambda: "later", is_left=never) == "later"
