"""32 and 100 threads: one build a part, one construction at a time, nobody stuck, exact books."""

import random
import threading
import time
from contextlib import suppress

import pytest

from playground.cache import Cancelled
from tests.cache.crowd import KEYS, SIZES, Crowd, crowd_cache, switching_often
from tests.cache.fakes import FakeMover, NoMemory, Thing, check_rest, make_cache, thing_part


@pytest.mark.parametrize(("threads", "calls"), [(32, 60), (100, 15)])
def test_a_crowd_is_served_and_the_books_stay_exact(threads: int, calls: int) -> None:
    mover = FakeMover(150)
    cache = crowd_cache(mover)
    crowd = Crowd(cache, mover, threads, calls)
    with switching_often():
        crowd.run()
    assert crowd.met == {"served": threads * calls}
    assert set(mover.builds.values()) == {1}
    assert mover.most_bytes <= 150
    check_rest(cache, mover)


def test_a_crowd_meets_faults_and_only_honest_errors_come_out() -> None:
    mover = FakeMover(150)
    dice = random.Random(5)
    mover.fail_copy = lambda thing, tensor: NoMemory() if dice.random() < 0.05 else None
    cache = crowd_cache(mover)
    crowd = Crowd(cache, mover, 32, 40)
    with switching_often():
        crowd.run()
    assert set(crowd.met) <= {"served", "OutOfMemory", "Resting"}
    assert crowd.met["served"] > 500
    mover.fail_copy = lambda thing, tensor: None
    for key in KEYS:
        cache.retry(key)
        cache.load(key)
    check_rest(cache, mover)


def test_all_ask_for_one_cold_part_and_it_is_built_and_copied_once() -> None:
    mover = FakeMover()
    inside, go_on = threading.Event(), threading.Event()

    def slow(thing: Thing) -> None:
        inside.set()
        assert go_on.wait(30)

    mover.during_copy = slow
    cache, _, _ = make_cache(thing_part("a", 10), mover=mover, clock=time.monotonic)
    names: list[str] = []
    threads = [
        threading.Thread(target=lambda: names.append(cache.run("a", lambda thing: thing.name)))
        for _ in range(32)
    ]
    for thread in threads:
        thread.start()
    assert inside.wait(30)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert names == ["a"] * 32
    assert mover.builds == {"a": 1}
    assert mover.copies == {"a": 1}


def construct_all_at_once(mover: FakeMover) -> None:
    """A thread for each part, all cold; every construction takes a few thread switches."""
    mover.during_construct = lambda: time.sleep(0.001)
    cache = crowd_cache(mover)
    barrier = threading.Barrier(len(SIZES))
    is_over = threading.Event()

    def load(name: str) -> None:
        barrier.wait()
        # A broken cache may forget who waits: the first mistake sends everybody home.
        with suppress(Cancelled):
            cache.load(name, cancel=lambda: is_over.is_set() or bool(mover.violations))

    threads = [threading.Thread(target=load, args=(name,), daemon=True) for name in SIZES]
    with switching_often():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    is_stuck = any(thread.is_alive() for thread in threads)
    is_over.set()
    for thread in threads:
        thread.join(60)
    assert mover.violations == []
    assert not is_stuck
    check_rest(cache, mover)


def test_one_construction_at_a_time() -> None:
    construct_all_at_once(FakeMover(150))


def test_one_construction_at_a_time_over_two_caches() -> None:
    mover = FakeMover(1000)
    mover.during_construct = lambda: time.sleep(0.001)
    caches = [
        make_cache(thing_part(f"{n}", 5), mover=mover, budget=1000, clock=time.monotonic)[0]
        for n in range(6)
    ]
    threads = [
        threading.Thread(target=cache.prepare, args=(f"{n}",)) for n, cache in enumerate(caches)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert mover.builds == {f"{n}": 1 for n in range(6)}
    assert mover.violations == []


def test_nobody_runs_while_something_is_constructed() -> None:
    mover = FakeMover()
    running: list[int] = []
    beside: list[int] = []
    mover.during_construct = lambda: (time.sleep(0.002), beside.extend(running))
    cache, _, _ = make_cache(
        *(thing_part(f"p{n}", 5) for n in range(8)), mover=mover, clock=time.monotonic
    )
    cache.load("p0")
    stop = threading.Event()

    def infer(thing: Thing) -> None:
        running.append(1)
        time.sleep(0.0005)
        running.clear()

    def keep_inferring() -> None:
        while not stop.is_set():
            cache.run("p0", infer)

    thread = threading.Thread(target=keep_inferring)
    thread.start()
    for n in range(1, 8):
        cache.load(f"p{n}")
    stop.set()
    thread.join(30)
    assert beside == []
