"""Batches that form by themselves: who shares a call, who fails, who gets which result."""

import threading
import time

import pytest

from playground.cache import Cancelled, OutOfMemory
from tests.cache.fakes import (
    DEVICE,
    FakeMover,
    NoMemory,
    Thing,
    ThreadKilled,
    as_another_thread,
    check_rest,
    make_cache,
    thing_part,
)

BARRIER_SECONDS = 20


class Gathering:
    """Holds the turn until so many wait, so that a test knows who shares a call."""

    def __init__(self, cache) -> None:
        self.cache = cache
        self.results: dict[object, object] = {}
        self.threads: list[threading.Thread] = []

    def ask(self, fn, item, key: str = "a", **more) -> None:
        def call() -> None:
            try:
                self.results[item] = self.cache.batch(key, fn, item, visitor=str(item), **more)
            except BaseException as error:
                self.results[item] = error

        self.threads.append(threading.Thread(target=call, daemon=True))

    def run(self) -> dict[object, object]:
        line = self.cache._gate.scheduler.devices[DEVICE].line
        with self.cache.turn():
            for number, thread in enumerate(self.threads):
                thread.start()
                while len(line.tickets) < number + 1:
                    time.sleep(0)
        for thread in self.threads:
            thread.join(BARRIER_SECONDS)
            assert not thread.is_alive()
        return self.results


class Doubling:
    """Doubles numbers; remembers the batches it saw; poison raises."""

    def __init__(self, most: int | None = None) -> None:
        self.seen: list[list[object]] = []
        self.most = most

    def __call__(self, model: Thing, items: list) -> list:
        self.seen.append(list(items))
        if self.most is not None and len(items) > self.most:
            raise NoMemory
        if any(item == "poison" for item in items):
            raise ValueError("poison")
        return [2 * item for item in items]


@pytest.fixture
def cache():
    cache, _, _ = make_cache(thing_part("a", 10), thing_part("b", 10))
    cache.load("a")
    cache.load("b")
    return cache


def test_all_that_wait_for_the_same_function_share_a_call(cache) -> None:
    double, other = Doubling(), Doubling()
    gathering = Gathering(cache)
    for number in range(10):
        gathering.ask(double, number)
    gathering.ask(other, 100)
    gathering.ask(double, 200, key="b")
    assert gathering.run() == {**{n: 2 * n for n in range(10)}, 100: 200, 200: 400}
    assert sorted(map(len, double.seen)) == [1, 10]
    assert other.seen == [[100]]
    assert "cache_batch_size_count 3" in cache.metrics()


def test_no_call_is_larger_than_asked_for(cache) -> None:
    double = Doubling()
    gathering = Gathering(cache)
    for number in range(10):
        gathering.ask(double, number, max_items=4)
    assert gathering.run() == {n: 2 * n for n in range(10)}
    assert list(map(len, double.seen)) == [4, 4, 2]


def test_a_poisoned_item_fails_alone(cache) -> None:
    double = Doubling()
    gathering = Gathering(cache)
    for item in (1, 2, "poison", 3, 4, 5):
        gathering.ask(double, item)
    results = gathering.run()
    poisoned = results.pop("poison")
    assert isinstance(poisoned, ValueError)
    assert results == {1: 2, 2: 4, 3: 6, 4: 8, 5: 10}


def test_a_batch_that_runs_out_of_memory_is_halved(cache) -> None:
    double = Doubling(most=2)
    gathering = Gathering(cache)
    for number in range(8):
        gathering.ask(double, number)
    assert gathering.run() == {n: 2 * n for n in range(8)}
    assert list(map(len, double.seen)) == [8, 4, 2, 2, 4, 2, 2]


def test_one_item_that_runs_out_of_memory_twice_is_told_so_alone(cache) -> None:
    def picky(model: Thing, items: list) -> list:
        if 3 in items:
            raise NoMemory
        return items

    gathering = Gathering(cache)
    for number in range(4):
        gathering.ask(picky, number)
    results = gathering.run()
    assert isinstance(results.pop(3), OutOfMemory)
    assert results == {0: 0, 1: 1, 2: 2}


def test_a_function_that_returns_too_few_results_is_found_out(cache) -> None:
    gathering = Gathering(cache)
    gathering.ask(lambda model, items: [], 1)
    assert "0 results for 1 items" in str(gathering.run()[1])


def test_riders_of_a_leader_that_dies_are_served_by_another(cache) -> None:
    killed: list[int] = []

    def deadly(model: Thing, items: list) -> list:
        if not killed:
            killed.append(len(items))
            raise ThreadKilled
        return items

    gathering = Gathering(cache)
    for number in range(5):
        gathering.ask(deadly, number)
    results = gathering.run()
    assert killed == [5]
    dead = [item for item, result in results.items() if isinstance(result, ThreadKilled)]
    assert dead == [0]
    assert {item for item, result in results.items() if result == item} == {1, 2, 3, 4}


def test_a_rider_that_gives_up_does_not_disturb_the_batch(cache) -> None:
    gone = threading.Event()
    left = threading.Event()

    def slow(model: Thing, items: list) -> list:
        gone.set()
        assert left.wait(BARRIER_SECONDS)
        return items

    def leave() -> bool:
        return gone.is_set()

    gathering = Gathering(cache)
    gathering.ask(slow, 0)
    gathering.ask(slow, 1, cancel=leave)
    gathering.ask(slow, 2)
    watcher = threading.Thread(target=lambda: (gathering.threads[1].join(), left.set()))

    def start_watching() -> None:
        gone.wait(BARRIER_SECONDS)
        watcher.start()

    starter = threading.Thread(target=start_watching)
    starter.start()
    results = gathering.run()
    starter.join()
    watcher.join()
    assert isinstance(results[1], Cancelled)
    assert (results[0], results[2]) == (0, 2)


def test_long_batches_let_others_in_between_their_steps(cache) -> None:
    line = cache._gate.scheduler.devices[DEVICE].line
    order: list[str] = []
    short = threading.Thread(target=lambda: cache.run("b", lambda thing: order.append("short")))

    def draw(model: Thing, items: list, turn) -> list:
        order.append(f"step of {len(items)}")
        short.start()
        while not line.tickets:
            time.sleep(0)
        turn.step()
        order.append(f"step of {len(items)}")
        return items

    gathering = Gathering(cache)
    for number in range(3):
        gathering.ask(draw, number, steps=True)
    assert gathering.run() == {0: 0, 1: 1, 2: 2}
    short.join(BARRIER_SECONDS)
    assert order == ["step of 3", "short", "step of 3"]


def test_a_lone_request_does_not_wait_for_company() -> None:
    cache, mover, clock = make_cache(thing_part("a", 10))
    before = clock()
    assert as_another_thread(cache.batch, "a", Doubling(), 4) == 8
    assert clock() == before
    assert isinstance(mover, FakeMover)
    check_rest(cache, mover)
