"""Proofs of single rules, as functions: run as tests, and run again on mutants that must fail."""

import threading

import pytest

from benchmarks.virtual_time import Asked, VirtualPart, VirtualTime
from playground.cache import Cancelled, Resting, TooBig
from tests.cache.fakes import FakeMover, check_rest, make_cache, states, thing_part

AGE = 8.0


def one_build_for_all_who_ask() -> None:
    """While one builds, everybody else who asks for the same part waits for that build."""
    mover = FakeMover()
    inside, go_on = threading.Event(), threading.Event()
    waiting = threading.Barrier(8)

    def slow() -> None:
        inside.set()
        assert go_on.wait(20)

    mover.during_construct = slow
    cache, _, _ = make_cache(thing_part("a", 10), mover=mover)
    errors: list[BaseException] = []

    def ask() -> None:
        waiting.wait()
        try:
            cache.load("a", cancel=lambda: bool(errors))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert inside.wait(20)
    line = cache._gate.scheduler.devices["fake"].line
    while len(line.tickets) < 8 and not errors:
        pass
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert not errors
    assert mover.builds == {"a": 1}
    assert mover.copies == {"a": 1}
    check_rest(cache, mover)


def too_big_is_told_at_once() -> None:
    """Whatever is evicted it cannot fit: nobody is evicted and nobody waits for it."""
    cache, mover, _ = make_cache(thing_part("big", 101), thing_part("a", 60), budget=100)
    cache.load("a")
    with pytest.raises(TooBig) as caught:
        cache.load("big", timeout=0)
    assert (caught.value.needed_bytes, caught.value.budget_bytes) == (101, 100)
    assert mover.outs == []
    check_rest(cache, mover)


def a_failure_is_remembered() -> None:
    """The next one who asks is told the failure and does not try again until the rest is over."""
    cache, mover, clock = make_cache(thing_part("a", 10))
    mover.fail_copy = lambda thing, tensor: OSError("pulled the cable")
    rests = []
    for _ in range(8):
        with pytest.raises(OSError, match="cable"):
            cache.load("a")
        with pytest.raises(Resting) as caught:
            cache.load("a")
        assert isinstance(caught.value.error, OSError)
        rests.append(caught.value.retry_in_seconds)
        row = cache.rows()[0]
        assert row.error == "OSError: pulled the cable"
        assert row.retry_in_seconds == rests[-1]
        clock.tick(rests[-1])
    assert rests == [2, 4, 8, 16, 32, 60, 60, 60]
    mover.fail_copy = lambda thing, tensor: None
    cache.load("a")
    assert cache.rows()[0].error is None
    check_rest(cache, mover)


def _world(budget_bytes: int = 100, **parts: VirtualPart) -> VirtualTime:
    return VirtualTime(parts, budget_bytes, AGE)


def nobody_starves() -> None:
    """A stream of ready requests holds up another part no longer than age, one load, one run."""
    world = _world(a=VirtualPart(70, 1.0, 0.5), b=VirtualPart(60, 2.0, 0.5))

    def again(asked: Asked) -> None:
        if world.now < 100:
            world.ask("a", asked.visitor, again)

    for visitor in ("one", "two", "three"):
        world.ask("a", visitor, again)
    found: list[Asked] = []
    world.at(5.0, lambda: found.append(world.ask("b", "other")))
    world.run()
    assert found[0].done_seconds >= 0
    assert found[0].latency_seconds <= AGE + 0.5 + 2.0 + 0.5


def a_fresh_load_serves_once() -> None:
    """An aged request may not take a part that was just loaded for one who still waits for it."""
    world = _world(
        a=VirtualPart(40, 1.0, 1.0),
        b=VirtualPart(55, 1.0, 1.0),
        c=VirtualPart(40, 0.0, 20.0),
        d=VirtualPart(20, 0.0, 0.1),
    )
    went: list[tuple[str, int]] = []
    world.scheduler.take_out = lambda resident: went.append((resident.key, resident.total_uses))
    shelf = world.scheduler.shelf
    # While d is pinned there is room for a but not for b, which is older; then b ages.
    shelf.pin(["d"], on=True)
    for seconds, key in ((0.0, "d"), (0.2, "c"), (0.5, "b"), (1.0, "a")):
        world.at(seconds, lambda key=key: world.ask(key, f"asks {key}"))
    world.at(6.0, lambda: shelf.pin(["d"], on=False))
    world.run()
    assert {asked.key for asked in world.served} == {"a", "b", "c", "d"}
    assert went
    assert all(uses > 0 for _, uses in went)
    assert world.loads == 4


def the_least_served_comes_first() -> None:
    """One visitor with many requests does not hold up another with few."""
    world = _world(a=VirtualPart(10, 0.0, 0.5))
    greedy = [world.ask("a", "greedy") for _ in range(12)]
    modest: list[Asked] = []
    world.at(0.6, lambda: modest.append(world.ask("a", "modest")))
    world.at(2.1, lambda: modest.append(world.ask("a", "modest")))
    world.run()
    assert all(asked.latency_seconds <= 1.0 for asked in modest)
    assert max(asked.done_seconds for asked in greedy) == pytest.approx(7.0)


def a_task_that_was_not_begun_is_undone() -> None:
    """Cancelled between being told to load and loading: somebody else can load it."""
    cache, mover, _ = make_cache(thing_part("a", 10))
    cache.prepare("a")
    asked = []

    def cancel() -> bool:
        asked.append(1)
        return True

    with pytest.raises(Cancelled):
        cache.load("a", cancel=cancel)
    check_rest(cache, mover)
    assert states(cache) == {"a": "home"}
    cache.load("a", timeout=0)
    assert states(cache) == {"a": "ready"}
