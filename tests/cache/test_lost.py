"""A device that stops answering: those at work are told, the others go on elsewhere."""

from __future__ import annotations

import threading

import pytest

from playground.cache import Cache, CacheError, DeviceLost, Model, TooBig
from playground.visitors.errors import explain
from tests.cache.fakes import (
    DEVICE,
    Clock,
    FakeMover,
    NoAnswer,
    as_another_thread,
    check_rest,
    held,
    thing_part,
)

SPARE = "spare"


@pytest.fixture
def mover() -> FakeMover:
    """A big device, and a small one that is offered only when the big one is gone."""
    return FakeMover()


@pytest.fixture
def cache(mover: FakeMover) -> Cache:
    parts = [thing_part("a", 30), thing_part("b", 20), thing_part("big", 90)]
    cache = Cache(
        [*parts, Model("ab", ("a", "b"), lambda *things: things)],
        budget={DEVICE: 200},
        mover=mover,
        clock=Clock(),
    )
    mover.budgets = {DEVICE: 200, SPARE: 60}
    return cache


def where(thing) -> str:
    return thing.where


def break_down(cache: Cache, mover: FakeMover, key: str = "a") -> None:
    """The device dies while it computes."""

    def die(_: object) -> None:
        mover.lost.add(DEVICE)
        raise NoAnswer(DEVICE)

    with pytest.raises(DeviceLost) as told:
        cache.run(key, die)
    assert told.value.device == DEVICE and told.value.key == key


def test_what_is_asked_next_runs_on_what_is_left(cache, mover, caplog):
    assert cache.run("a", where) == DEVICE
    assert cache.lost_devices() == ()
    break_down(cache, mover)
    assert cache.lost_devices() == (DEVICE,) and "no longer answers" in caplog.text
    # Built anew: the numbers that suited the lost device need not suit this one.
    assert cache.run("a", where) == SPARE and mover.builds["a"] == 2
    assert cache.run("ab", lambda things: [where(thing) for thing in things]) == [SPARE] * 2
    assert list(cache.budgets()) == [SPARE]
    assert f'cache_device_lost{{device="{DEVICE}"}} 1' in cache.metrics()
    check_rest(cache, mover)


def test_a_person_is_told_in_a_sentence_of_its_own(cache, mover):
    assert explain(DeviceLost("a", DEVICE)).key == "mistake.model.device_lost"


def test_what_does_not_fit_what_is_left_is_refused(cache, mover):
    break_down(cache, mover, "big")
    with pytest.raises(TooBig):
        cache.run("big", where)


def test_nothing_left_is_told_to_everybody(cache, mover):
    del mover.budgets[SPARE]
    break_down(cache, mover)
    for _ in range(2):
        with pytest.raises(DeviceLost):
            cache.run("b", where)
    with pytest.raises(DeviceLost), cache.turn():
        pass


def test_those_who_wait_are_told_at_once(cache, mover):
    """Nobody waits for the turn of a device that is gone."""
    errors: dict[int, BaseException] = {}
    is_at_work, may_die = threading.Event(), threading.Event()

    def die(_: object) -> None:
        is_at_work.set()
        assert may_die.wait(20)
        mover.lost.add(DEVICE)
        raise NoAnswer(DEVICE)

    def ask(number: int) -> None:
        try:
            cache.run("a", where if number else die, timeout=None)
        except CacheError as error:
            errors[number] = error

    first = threading.Thread(target=ask, args=(0,))
    first.start()
    assert is_at_work.wait(20)
    others = [threading.Thread(target=ask, args=(number,)) for number in (1, 2, 3)]
    for other in others:
        other.start()
    line = cache._gate.scheduler.devices[DEVICE].line
    while len(line.tickets) < len(others):
        others[0].join(0.01)
    may_die.set()
    for thread in (first, *others):
        thread.join(20)
    assert [type(errors[number]) for number in range(4)] == [DeviceLost] * 4
    assert cache.run("a", where) == SPARE
    check_rest(cache, mover)


def test_all_of_a_batch_are_told(cache, mover):
    def die(_: object, items: list[int]) -> list[int]:
        mover.lost.add(DEVICE)
        raise NoAnswer(DEVICE)

    with pytest.raises(DeviceLost):
        cache.batch("a", die, 1)
    assert cache.batch("a", lambda thing, items: [where(thing)] * len(items), 1) == SPARE


def test_it_may_be_noticed_while_loading(cache, mover):
    mover.lost.add(DEVICE)
    with pytest.raises(DeviceLost):
        cache.run("a", where)
    assert cache.run("a", where) == SPARE
    check_rest(cache, mover)


def test_it_may_be_noticed_in_the_middle_of_a_copy(cache, mover):
    mover.during_copy = lambda thing: mover.lost.add(DEVICE)
    with pytest.raises(DeviceLost):
        cache.run("a", where)
    mover.during_copy = lambda thing: None
    assert cache.run("a", where) == SPARE
    check_rest(cache, mover)


def test_a_lease_that_ends_on_it_leaves_the_books_right(cache, mover):
    thing, end = held(cache, "b")
    as_another_thread(break_down, cache, mover)
    assert where(thing) == "host"
    with pytest.raises(DeviceLost):
        end()
    assert cache.run("b", where) == SPARE
    check_rest(cache, mover)


def test_another_mistake_is_not_taken_for_it(cache, mover):
    def fail(_: object) -> None:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        cache.run("a", fail)
    assert cache.lost_devices() == () and cache.run("a", where) == DEVICE


def test_what_a_person_did_wrong_is_told_even_then(cache, mover):
    def fail(_: object) -> None:
        mover.lost.add(DEVICE)
        raise ValueError("not a number")

    with pytest.raises(ValueError, match="not a number"):
        cache.run("a", fail)
    with pytest.raises(DeviceLost):
        cache.run("a", lambda _: mover.synchronise(DEVICE))
