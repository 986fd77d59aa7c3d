"""The public face: what tabs and the operator call."""

import threading
import time
from pathlib import Path

import pytest

from playground.cache import Cache, Cancelled, Model, Part, Progress, TooBig, UnknownKey
from tests.cache.fakes import (
    DEVICE,
    Clock,
    FakeMover,
    Thing,
    as_another_thread,
    check_rest,
    held,
    make_cache,
    states,
    thing_part,
)


def test_run_gives_the_object_and_returns_the_result() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10))
    assert states(cache) == {"a": "cold"}
    assert cache.run("a", lambda thing: thing.name) == "a"
    assert states(cache) == {"a": "ready"}
    check_rest(cache, mover)


def test_a_model_is_joined_once_from_shared_parts() -> None:
    joins = []

    def join(*things: Thing) -> tuple[Thing, ...]:
        joins.append([thing.name for thing in things])
        return things

    cache, mover, _ = make_cache(
        thing_part("text", 10),
        thing_part("image", 20),
        thing_part("unet", 30),
        Model("clip", ("text", "image"), join),
        Model("draw", ("text", "unet"), join),
    )
    clip = cache.run("clip", lambda model: model)
    draw = cache.run("draw", lambda model: model)
    assert clip[0] is draw[0]
    assert cache.run("clip", lambda model: model) is clip
    assert joins == [["text", "image"], ["text", "unet"]]
    assert mover.builds == {"text": 1, "image": 1, "unet": 1}
    assert mover.bytes_there == 60


def test_keys_are_checked() -> None:
    cache, _, _ = make_cache(thing_part("a", 10))
    for ask in (cache.load, cache.evict, cache.pin, cache.unpin, cache.prefetch, cache.retry):
        with pytest.raises(UnknownKey) as caught:
            ask("b")
        assert caught.value.key == "b"
    with pytest.raises(UnknownKey):
        cache.load("a", device="cuda:7")
    with pytest.raises(ValueError, match="twice"):
        cache.add(thing_part("a", 10))
    with pytest.raises(ValueError, match="unknown part"):
        cache.add(thing_part("c", 1), Model("m", ("a", "b"), lambda *things: things))
    with pytest.raises(UnknownKey):
        cache.load("c")
    cache.add(thing_part("b", 10), Model("m", ("a", "b"), lambda *things: things))
    assert len(cache.run("m", lambda model: model)) == 2


def test_the_least_worthy_is_evicted_and_comes_back_without_a_build() -> None:
    cache, mover, clock = make_cache(thing_part("a", 40), thing_part("b", 40), thing_part("c", 40))
    mover.during_copy = lambda thing: clock.tick({"a": 5.0, "b": 1.0, "c": 1.0}[thing.name])
    for key in ("a", "b", "c"):
        cache.load(key)
    assert mover.outs == ["b"], "b is the cheapest to bring back"
    cache.load("b")
    assert mover.outs == ["b", "c"]
    assert mover.builds == {"a": 1, "b": 1, "c": 1}
    check_rest(cache, mover)


def test_old_fame_fades() -> None:
    """What was used most in the last lesson does not stay for ever in the way of this one."""
    cache, mover, clock = make_cache(thing_part("a", 40), thing_part("b", 40), thing_part("c", 40))
    mover.during_copy = lambda thing: clock.tick(1.0)
    for _ in range(500):
        cache.load("a")
    for _ in range(30):
        cache.load("b")
        cache.load("c")
    assert states(cache) == {"a": "home", "b": "ready", "c": "ready"}
    assert mover.copies["b"] + mover.copies["c"] < 40


def test_leased_and_pinned_parts_stay() -> None:
    cache, mover, _ = make_cache(thing_part("a", 40), thing_part("b", 40), thing_part("c", 40))
    cache.load("a")
    cache.pin("a")
    _, end = held(cache, "b")
    assert not cache.evict("a")
    assert not cache.evict("b")
    with pytest.raises(Exception, match="WaitedTooLong"):
        as_another_thread(cache.load, "c", timeout=0)
    end()
    cache.load("c", timeout=0)
    assert mover.outs == ["b"]
    cache.unpin("a")
    assert cache.evict("a")
    assert not cache.evict("a")
    check_rest(cache, mover)


def test_what_is_pinned_counts_in_what_is_too_big() -> None:
    cache, _, _ = make_cache(thing_part("a", 40), thing_part("b", 70))
    cache.load("a")
    cache.pin("a")
    with pytest.raises(TooBig) as caught:
        cache.load("b")
    assert (caught.value.needed_bytes, caught.value.budget_bytes) == (70, 60)
    cache.unpin("a")
    cache.load("b")


def test_two_pins_of_a_shared_part_are_two() -> None:
    cache, _, _ = make_cache(
        thing_part("a", 10),
        Model("one", ("a",), lambda thing: thing),
        Model("two", ("a",), lambda thing: thing),
    )
    cache.load("a")
    cache.pin("one", "two")
    cache.unpin("one")
    assert not cache.evict("a")
    assert {row.key: row.pinned for row in cache.rows()} == {"a": True, "one": True, "two": True}
    cache.unpin("two")
    assert cache.evict("one")


def test_a_guess_over_the_budget_is_refused_before_anything_is_fetched() -> None:
    fetched = []
    part = thing_part("a", 10, guess_bytes=200, fetch=lambda report: fetched.append(1))
    cache, mover, _ = make_cache(part)
    with pytest.raises(TooBig):
        cache.load("a")
    assert fetched == []
    assert not mover.builds


def test_fetch_comes_before_build_and_once() -> None:
    order = []

    def build(report) -> Thing:
        order.append("build")
        return Thing("a", (10,))

    part = Part("a", build, fetch=lambda report: order.append("fetch"))
    cache, _, _ = make_cache(part)
    cache.load("a")
    cache.evict("a")
    cache.load("a")
    assert order == ["fetch", "build"]


def test_a_download_does_not_stop_those_who_run() -> None:
    ran = []

    def fetch(report) -> None:
        ran.append(as_another_thread(cache.run, "b", lambda thing: thing.name, timeout=0))

    cache, _, _ = make_cache(thing_part("a", 10, fetch=fetch), thing_part("b", 10))
    cache.load("b")
    cache.load("a")
    assert ran == ["b"]


def test_prefetch_takes_free_room_and_what_nobody_used_lately() -> None:
    cache, mover, clock = make_cache(thing_part("a", 60), thing_part("b", 60), thing_part("c", 30))
    cache.load("a")
    cache.prefetch("b")
    assert states(cache) == {"a": "ready", "b": "home", "c": "cold"}
    cache.prefetch("c")
    assert states(cache)["c"] == "ready"
    clock.tick(8)
    cache.prefetch("b")
    assert states(cache)["b"] == "ready"
    check_rest(cache, mover)


def test_prefetch_tells_nobody_of_its_failure_but_the_books() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10), thing_part("big", 1000))
    mover.fail_copy = lambda thing, tensor: OSError("cut")
    cache.prefetch("a", "big")
    assert cache.rows()[0].error == "OSError: cut"
    assert states(cache) == {"a": "home", "big": "home"}


def test_prepare_builds_and_copies_nothing() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10), thing_part("b", 10))
    cache.prepare("a", "b")
    assert states(cache) == {"a": "home", "b": "home"}
    assert mover.bytes_there == 0


def test_progress_tells_stage_bytes_and_seconds() -> None:
    told: list[Progress] = []

    def fetch(report) -> None:
        report(3, 10)

    mover, clock = FakeMover(100), Clock()
    mover.during_copy = lambda thing: clock.tick(1.0)
    part = thing_part("a", 10, 20, 30, fetch=fetch, guess_bytes=60)
    cache, _, _ = make_cache(part, thing_part("b", 60), mover=mover, clock=clock)
    cache.run("a", lambda thing: None, progress=told.append)
    assert [(news.stage, news.bytes_done, news.bytes_total) for news in told] == [
        ("fetching", 3, 10),
        ("copying", 10, 60),
        ("copying", 30, 60),
        ("copying", 60, 60),
        ("running", 0, 0),
    ]
    told.clear()
    cache.evict("a")
    cache.run("a", lambda thing: None, progress=told.append)
    assert [news.seconds_left for news in told[:-1]] == pytest.approx([50 / 60, 0.5, 0.0])
    told.clear()
    cache.run("b", lambda thing: None, progress=told.append)
    assert told[0].seconds_left == pytest.approx(0.0), "estimated from the speed of others"


def test_one_who_waits_is_told_the_place_and_how_long() -> None:
    clock = Clock()
    cache, _, _ = make_cache(thing_part("a", 10), clock=clock)
    cache.run("a", lambda thing: clock.tick(4.0))
    news: list[Progress] = []
    asked = threading.Event()

    def listen(progress: Progress) -> None:
        news.append(progress)
        asked.set()

    with cache.turn():
        waiting = threading.Thread(
            target=lambda: cache.run("a", lambda thing: None, progress=listen)
        )
        second = threading.Thread(
            target=lambda: cache.run("a", lambda thing: None, progress=listen)
        )
        line = cache._gate.scheduler.devices[DEVICE].line
        for number, thread in enumerate((waiting, second)):
            thread.start()
            while len(line.tickets) < number + 1:
                time.sleep(0)
        while len({progress.place for progress in news}) < 2:
            assert asked.wait(20)
    waiting.join(20)
    second.join(20)
    places = {progress.place: progress for progress in news if progress.stage == "waiting"}
    assert places[1].seconds_left == pytest.approx(0.0)
    assert places[2].seconds_left == pytest.approx(4.0)


def test_steps_give_the_turn_away_and_come_back() -> None:
    cache, mover, _ = make_cache(thing_part("draw", 10), thing_part("click", 10))
    cache.load("click")
    order: list[str] = []
    line: list = []

    def draw(thing: Thing, turn) -> str:
        line.append(cache._gate.scheduler.devices[DEVICE].line)
        assert turn.device == DEVICE
        turn.step()
        for number in range(2):
            order.append(f"step {number}")
            if number == 0:
                clicking.start()
                while not line[0].tickets:
                    time.sleep(0)
            turn.step()
        return "picture"

    clicking = threading.Thread(
        target=lambda: cache.run("click", lambda thing: order.append("click"))
    )
    assert cache.run("draw", draw, steps=True) == "picture"
    clicking.join(20)
    assert order == ["step 0", "click", "step 1"]
    check_rest(cache, mover)


def test_long_work_is_cancelled_at_its_next_step() -> None:
    cache, mover, _ = make_cache(thing_part("draw", 10))
    stop: list[int] = []
    steps = []

    def draw(thing: Thing, turn) -> None:
        for number in range(10):
            steps.append(number)
            stop.extend([1] if number == 3 else [])
            turn.step()

    with pytest.raises(Cancelled):
        cache.run("draw", draw, steps=True, cancel=lambda: bool(stop))
    assert steps == [0, 1, 2, 3]
    check_rest(cache, mover)


def test_work_is_learned_from_what_is_seen_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "new" / "work.json"
    cache, mover, _ = make_cache(thing_part("a", 10, work_bytes=50), work_file=file)
    mover.peak_bytes = 20
    cache.run("a", lambda thing: None)
    assert cache._gate.life.work_bytes("a") == 22
    mover.peak_bytes = 10
    cache.run("a", lambda thing: None)
    assert cache._gate.life.work_bytes("a") == 22, "the most that was seen"
    again, _, _ = make_cache(thing_part("a", 10, work_bytes=50), work_file=file)
    assert again._gate.life.work_bytes("a") == 22


def test_a_copy_beside_a_run_teaches_nothing() -> None:
    cache, mover, _ = make_cache(thing_part("a", 10, work_bytes=30), thing_part("b", 10))
    cache.prepare("b")
    mover.peak_bytes = 70
    cache.run("a", lambda thing: as_another_thread(cache.load, "b"))
    assert cache._gate.life.work_bytes("a") == 30


def test_two_devices_share_homes_and_the_shorter_queue_is_taken() -> None:
    mover = FakeMover(1000)
    cache = Cache(
        [thing_part("a", 10), thing_part("b", 10)],
        budget={"gpu:0": 100, "gpu:1": 90},
        mover=mover,
        clock=Clock(),
    )
    first = cache.run("a", lambda thing: thing)
    second = cache.run("a", lambda thing: thing, device="gpu:1")
    assert first is not second
    assert mover.builds == {"a": 1}
    assert mover.there == {"gpu:0": {"a"}, "gpu:1": {"a"}}
    with cache.turn("gpu:0"):
        waiting = threading.Thread(target=lambda: cache.load("a", device="gpu:0"))
        blocked = threading.Thread(
            target=lambda: cache.run("a", lambda thing: None, device="gpu:0")
        )
        line = cache._gate.scheduler.devices["gpu:0"].line
        blocked.start()
        while not line.tickets:
            time.sleep(0)
        where = as_another_thread(cache.run, "a", lambda thing: thing.where)
    assert where == "gpu:1"
    waiting.start()
    for thread in (waiting, blocked):
        thread.join(20)
    assert cache.run("b", lambda thing: thing.where) == "gpu:0", "where most is free"
    assert cache.evict("a")
    assert {row.device for row in cache.rows() if row.key == "a"} == {None}
    check_rest(cache, mover)


def test_devices_are_found_at_first_need_and_capped() -> None:
    mover = FakeMover(1000)
    cache = Cache([thing_part("a", 10)], mover=mover, most_bytes=300)
    assert cache.budgets() == {}
    cache.load("a")
    assert cache.budgets() == {DEVICE: 300}
