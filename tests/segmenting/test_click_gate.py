"""Clicks are bounded, and the grid lets them go first."""

import threading

import pytest

from playground.segmenting.click_gate import ClickGate
from playground.visitors.errors import PersonError


def test_no_more_at_once_than_allowed():
    gate, inside, most = ClickGate(2), [], []
    lock, full = threading.Lock(), threading.Barrier(2)

    def click():
        with gate.click():
            with lock:
                inside.append(1)
                most.append(len(inside))
            full.wait(timeout=10)
            with lock:
                inside.pop()

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 8 and max(most) <= 2


def test_too_many_that_wait_are_told():
    gate = ClickGate(1, most_waiting=1, most_seconds=0.01)
    with gate.click(), pytest.raises(PersonError) as caught, gate.click():
        raise AssertionError("there was no room")
    assert caught.value.key == "mistake.too_busy"
    none_waits = ClickGate(1, most_waiting=0)
    with pytest.raises(PersonError), none_waits.click():
        raise AssertionError("nobody may wait")


def test_a_click_that_fails_gives_its_place_back():
    gate = ClickGate(1)
    with pytest.raises(ValueError, match="broken"), gate.click():
        raise ValueError("broken")
    with gate.click():
        pass


def test_the_grid_waits_for_clicks_and_not_for_ever():
    gate, grid_went = ClickGate(1), threading.Event()

    def grid():
        gate.wait_for_clicks(60)
        grid_went.set()

    with gate.click():
        thread = threading.Thread(target=grid)
        thread.start()
        gate.wait_for_clicks(0.01)
        assert not grid_went.is_set()
    thread.join(timeout=10)
    assert grid_went.is_set()
