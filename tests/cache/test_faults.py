"""What goes wrong on purpose: builds, copies, user code, cancels, forks, other processes."""

import errno
import os
import sys
import threading
import time

import pytest

from playground.cache import Cancelled, HoldAndWait, Model, OutOfMemory, Resting, WaitedTooLong
from tests.cache.fakes import (
    DEVICE,
    FakeMover,
    NoMemory,
    Thing,
    ThreadKilled,
    as_another_thread,
    check_rest,
    held,
    make_cache,
    states,
    thing_part,
)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), PermissionError("gated")])
def test_a_build_that_fails_costs_nothing_and_is_told_to_all(error: OSError) -> None:
    broken = [error]

    def build(report):
        if broken:
            raise broken[0]
        return Thing("a", (10,))

    part = type(thing_part("x", 1))("a", build)
    cache, mover, clock = make_cache(part, thing_part("b", 20))
    with pytest.raises(type(error)) as first:
        cache.load("a")
    assert first.value is error
    with pytest.raises(Resting) as second:
        cache.load("a")
    assert second.value.error is error
    cache.load("b")
    broken.clear()
    clock.tick(2)
    cache.load("a")
    check_rest(cache, mover)


def test_operator_can_try_again_at_once() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10))
    mover.fail_copy = lambda thing, tensor: OSError("unplugged")
    with pytest.raises(OSError, match="unplugged"):
        cache.load("a")
    mover.fail_copy = lambda thing, tensor: None
    with pytest.raises(Resting):
        cache.load("a")
    cache.retry("a")
    cache.load("a")
    check_rest(cache, mover)


def test_the_failure_of_one_reaches_all_that_wait_for_it() -> None:
    mover = FakeMover()
    inside, go_on = threading.Event(), threading.Event()

    def break_slowly(thing: Thing) -> None:
        inside.set()
        assert go_on.wait(20)
        raise OSError("unplugged")

    mover.during_copy = break_slowly
    cache, _, _ = make_cache(thing_part("a", 10), mover=mover)
    met: list[BaseException] = []

    def ask() -> None:
        try:
            cache.load("a")
        except Exception as error:
            met.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert inside.wait(20)
    line = cache._gate.scheduler.devices[DEVICE].line
    while len(line.tickets) < 6:
        time.sleep(0)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert sorted(type(error).__name__ for error in met) == ["OSError"] + ["Resting"] * 5
    check_rest(cache, mover)


@pytest.mark.parametrize("tensor", [0, 1, 2])
def test_a_copy_that_runs_out_of_memory_is_all_or_nothing(tensor: int) -> None:
    cache, mover, _ = make_cache(thing_part("a", 10, 10, 10))
    mover.fail_copy = lambda thing, number: NoMemory() if number == tensor else None
    with pytest.raises(OutOfMemory) as caught:
        cache.load("a")
    assert caught.value.where == "load"
    assert caught.value.device == DEVICE
    assert mover.bytes_there == 0
    assert mover.trims == 3
    assert states(cache) == {"a": "home"}
    check_rest(cache, mover)


def test_a_copy_is_tried_again_after_the_idle_ones_went() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10), thing_part("b", 10))
    cache.load("b")
    # The device has less than its books say, until what is idle goes.
    mover.fail_copy = lambda thing, number: NoMemory() if mover.bytes_there else None
    cache.load("a")
    assert states(cache) == {"a": "ready", "b": "home"}
    assert 'cache_oom_total{where="load"} 1' in cache.metrics()
    check_rest(cache, mover)


def test_of_a_model_whose_second_part_fails_the_first_stays_and_the_last_is_free_again() -> None:
    parts = [thing_part(name, 10) for name in "abc"]
    cache, mover, _ = make_cache(*parts, Model("m", ("a", "b", "c"), lambda *things: things))
    mover.fail_copy = lambda thing, number: OSError("cut") if thing.name == "b" else None
    with pytest.raises(OSError, match="cut"):
        cache.load("m")
    assert states(cache) == {"a": "ready", "b": "home", "c": "home", "m": "home"}
    assert {row.key: row.error for row in cache.rows()} == {
        "a": None,
        "b": "OSError: cut",
        "c": None,
        "m": "OSError: cut",
    }
    check_rest(cache, mover)


@pytest.mark.parametrize("error", [ValueError, GeneratorExit, ThreadKilled])
def test_user_code_that_raises_gives_its_lease_back(error: type[BaseException]) -> None:
    cache, mover, _ = make_cache(thing_part("a", 10, work_bytes=50))

    def fail(thing: Thing) -> None:
        raise error

    with pytest.raises(error):
        cache.run("a", fail)
    with pytest.raises(error), cache.lease("a"):
        raise error
    check_rest(cache, mover)


def test_a_generator_that_is_closed_gives_its_lease_back() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10))

    def stream():
        with cache.lease("a") as thing:
            yield thing.name
            yield "never"

    chunks = stream()
    assert next(chunks) == "a"
    assert cache.rows()[0].leases == 1
    chunks.close()
    check_rest(cache, mover)


def test_holding_a_lease_and_asking_for_another_is_refused() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10), thing_part("b", 10))
    with cache.lease("a"):
        for ask in (
            lambda: cache.load("b"),
            lambda: cache.run("b", lambda thing: None),
            lambda: cache.batch("a", lambda thing, items: items, 1),
            lambda: cache.prefetch("b"),
        ):
            with pytest.raises(HoldAndWait):
                ask()
        with cache.turn(), pytest.raises(HoldAndWait), cache.turn():
            pass
    with pytest.raises(HoldAndWait):
        cache.run("a", lambda thing: cache.load("b"))
    cache.load("b")
    check_rest(cache, mover)


def test_a_waiter_that_is_cancelled_or_waits_too_long_leaves_no_trace() -> None:
    cache, mover, _ = make_cache(thing_part("a", 60), thing_part("b", 60))
    _, end = held(cache, "a")
    with pytest.raises(WaitedTooLong) as late:
        as_another_thread(cache.load, "b", timeout=0)
    assert late.value.place == 1
    asked = []

    def gone() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        as_another_thread(cache.load, "b", cancel=gone)
    end()
    check_rest(cache, mover)
    cache.load("b", timeout=0)


def test_a_listener_that_fails_does_not_look_like_a_load_that_failed() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10, 10))

    def listen(news) -> None:
        raise ConnectionError("the browser is gone")

    with pytest.raises(ConnectionError):
        cache.load("a", progress=listen)
    assert cache.rows()[0].error is None
    assert states(cache) == {"a": "ready"}
    check_rest(cache, mover)


def test_another_process_takes_memory_and_gives_it_back() -> None:
    cache, mover, _ = make_cache(
        thing_part("a", 40), thing_part("b", 40), thing_part("c", 20), budget=100
    )
    cache.load("a")
    cache.load("b")
    mover.taken_by_others = 30
    cache.load("c")
    assert cache.budgets() == {DEVICE: 70}
    assert mover.bytes_there <= 70
    mover.taken_by_others = 1
    cache.evict("c")
    cache.load("c")
    assert cache.budgets() == {DEVICE: 99}
    for key in "abc":
        cache.load(key)
    check_rest(cache, mover)


def test_a_load_is_put_off_while_others_hold_the_memory_that_a_lease_needs_too() -> None:
    cache, mover, _ = make_cache(thing_part("a", 40), thing_part("b", 30), budget=100)
    _, end = held(cache, "a")
    mover.taken_by_others = 35
    with pytest.raises(WaitedTooLong):
        as_another_thread(cache.load, "b", timeout=0)
    end()
    cache.load("b", timeout=0)
    assert states(cache) == {"a": "home", "b": "ready"}
    check_rest(cache, mover)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_forked_while_a_load_runs_can_use_the_cache() -> None:
    mover = FakeMover()
    inside, go_on = threading.Event(), threading.Event()

    def slow(thing: Thing) -> None:
        if thing.name == "b" and not go_on.is_set():
            inside.set()
            assert go_on.wait(30)

    mover.during_copy = slow
    cache, _, _ = make_cache(thing_part("a", 40), thing_part("b", 40), mover=mover)
    cache.load("a")
    loading = threading.Thread(target=cache.load, args=("b",))
    loading.start()
    assert inside.wait(20)
    child = os.fork()
    if child == 0:
        told = 1
        try:
            go_on.set()
            check_rest(cache, mover)
            assert states(cache) == {"a": "ready", "b": "home"}
            cache.load("b", timeout=0)
            cache.run("a", lambda thing: thing.name)
            told = 0
        finally:
            sys.stderr.flush()
            os._exit(told)
    _, status = os.waitpid(child, 0)
    go_on.set()
    loading.join(20)
    assert os.waitstatus_to_exitcode(status) == 0
    assert states(cache) == {"a": "ready", "b": "ready"}
    check_rest(cache, mover)


def test_a_run_that_runs_out_of_memory_is_called_once_more_with_all_the_room() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10, work_bytes=10), thing_part("b", 50))
    cache.load("b")
    calls = []

    def hungry(thing: Thing) -> str:
        calls.append(states(cache)["b"])
        if len(calls) == 1:
            raise NoMemory
        return "done"

    assert cache.run("a", hungry) == "done"
    assert calls == ["ready", "home"]
    assert mover.trims == 1
    assert cache._gate.life.work_bytes("a") == 15
    check_rest(cache, mover)


def test_a_run_that_runs_out_of_memory_twice_tells_the_facts() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10, work_bytes=10))

    def hungry(thing: Thing) -> None:
        raise NoMemory

    with pytest.raises(OutOfMemory) as caught:
        cache.run("a", hungry)
    error = caught.value
    assert (error.key, error.device, error.where) == ("a", DEVICE, "run")
    assert error.budget_bytes == 100
    assert 'cache_oom_total{where="run"} 2' in cache.metrics()
    assert cache.run("a", lambda thing: thing.name) == "a"
    check_rest(cache, mover)


def test_frames_of_a_call_that_ran_out_of_memory_are_let_go() -> None:
    cache, _, _ = make_cache(thing_part("a", 10))

    class Activation:
        alive = 0

        def __init__(self) -> None:
            Activation.alive += 1

        def __del__(self) -> None:
            Activation.alive -= 1

    alive = []

    def hungry(thing: Thing) -> None:
        alive.append(Activation.alive)
        mine = Activation()
        assert mine
        raise NoMemory

    with pytest.raises(OutOfMemory):
        cache.run("a", hungry)
    assert alive == [0, 0]
