"""Who draws in company hears every step of the own picture, and is hurt by nobody else's."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.cache import Cache, Cancelled, DeviceLost, OutOfMemory, Resting, TooBig
from playground.drawing.ensemble import MOST_TOGETHER, Ensemble
from playground.search import Asker
from tests.cache.fakes import DEVICE, Clock, FakeMover, NoAnswer, check_rest, make_cache, thing_part
from tests.drawing.fakes import LONG_SECONDS, Conductor, FakeDenoiser, Visit, sketch_of

ALONE = [(1, 1), (2, 1), (3, 1)]


@pytest.fixture
def denoiser():
    return FakeDenoiser()


@pytest.fixture
def house(denoiser):
    cache, mover, clock = make_cache(thing_part("a", 10), thing_part("b", 10))
    ensemble = Ensemble(cache, denoiser.advance, clock=clock)
    yield ensemble
    wait_for_end(ensemble)
    check_rest(cache, mover)


def wait_for_end(ensemble: Ensemble) -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("drawing "):
            thread.join(LONG_SECONDS)
    assert ensemble.census() == {}


def test_alone(house):
    visit = Visit(house, "ada").start().join()
    assert visit.error is None and visit.heard == ALONE
    assert [news.stage for news in visit.told][-1] == "running"


def test_a_done_sketch_needs_nothing(house, denoiser):
    house.draw("a", sketch_of(steps=0), Asker(), lambda frame, together: None)
    assert denoiser.calls == []


def test_newcomers_join_at_the_next_step_and_leave_at_their_own_last(house, denoiser):
    with Conductor(denoiser) as conductor:
        ada = Visit(house, "ada").start()
        conductor.wait_for_first()
        bao = Visit(house, "bao").start()
        conductor.let()
        chi = Visit(house, "chi").start()
        conductor.let()
    for visit in (ada, bao, chi):
        assert visit.join().error is None
    assert ada.heard == [(1, 1), (2, 2), (3, 3)]
    assert bao.heard == [(1, 2), (2, 3), (3, 2)]
    assert chi.heard == [(1, 3), (2, 2), (3, 1)]


def test_sizes_take_turns(house, denoiser):
    with Conductor(denoiser) as conductor:
        ada = Visit(house, "ada").start()
        conductor.wait_for_first()
        bao = Visit(house, "bao", side=32).start()
        chi = Visit(house, "chi", side=32).start()
        conductor.let(4)
    for visit in (ada, bao, chi):
        assert visit.join().error is None
    # Those who were never served come first, then whoever was served longest ago.
    assert [len(names) for names in denoiser.calls] == [1, 2, 1, 2, 1, 2]


def test_more_than_fit_together_take_turns(denoiser):
    cache, _, _ = make_cache(thing_part("a", 10))
    ensemble = Ensemble(cache, denoiser.advance, most_together=2)
    with Conductor(denoiser) as conductor:
        first = Visit(ensemble, 0).start()
        conductor.wait_for_first()
        visits = [first, *(Visit(ensemble, number).start() for number in range(1, 5))]
    assert all(visit.join().error is None for visit in visits)
    assert max(len(names) for names in denoiser.calls) == 2
    # Nobody is two steps ahead of another who came along with them.
    steps = dict.fromkeys(range(1, 5), 0)
    for names in denoiser.calls[1:]:
        for name in names:
            if name:
                steps[name] += 1
        assert max(steps.values()) - min(steps.values()) <= 1


@pytest.mark.parametrize("device, together", [("cpu", 1), ("fake", 8)])
def test_large_pictures_are_fewer_together(denoiser, device, together):
    """Where a processor draws, memory that ran out would end the whole program."""
    mover = FakeMover()
    cache = Cache([thing_part("a", 10)], budget={device: 100}, mover=mover, clock=Clock())
    ensemble = Ensemble(cache, denoiser.advance)
    with Conductor(denoiser) as conductor:
        first = Visit(ensemble, 0, side=1024).start()
        conductor.wait_for_first()
        visits = [first, *(Visit(ensemble, number, side=1024).start() for number in range(1, 10))]
    assert [visit.join().error for visit in visits] == [None] * 10
    assert max(len(names) for names in denoiser.calls) == together
    wait_for_end(ensemble)


def test_small_pictures_are_many_together_on_a_processor_too(denoiser):
    mover = FakeMover()
    cache = Cache([thing_part("a", 10)], budget={"cpu": 100}, mover=mover, clock=Clock())
    ensemble = Ensemble(cache, denoiser.advance)
    with Conductor(denoiser) as conductor:
        first = Visit(ensemble, 0, side=128).start()
        conductor.wait_for_first()
        visits = [first, *(Visit(ensemble, number, side=128).start() for number in range(1, 40))]
    assert [visit.join().error for visit in visits] == [None] * 40
    assert max(len(names) for names in denoiser.calls) == MOST_TOGETHER
    wait_for_end(ensemble)


def test_two_denoisers_draw_at_the_same_time(house):
    visits = [Visit(house, number, key=key) for number, key in enumerate("abab")]
    for visit in visits:
        visit.start()
    assert all(visit.join().error is None for visit in visits)


def test_who_stops_is_gone_at_once_and_the_others_go_on(house, denoiser):
    with Conductor(denoiser) as conductor:
        ada, bao = Visit(house, "ada", steps=5), Visit(house, "bao", steps=5)
        ada.start()
        conductor.wait_for_first()
        bao.start()
        conductor.let(2)
        ada.left.set()
        conductor.let()
        assert denoiser.calls[2] == ("ada", "bao")
        assert denoiser.calls[-1] == ("ada", "bao")
    assert isinstance(ada.join().error, Cancelled)
    assert ada.sketch.step == 3, "the step that was being done is done to its end"
    assert bao.join().error is None and bao.sketch.is_done
    assert denoiser.calls[3:] == [("bao",)] * (len(denoiser.calls) - 3)


def test_a_picture_is_still_when_its_visitor_has_left(house, denoiser):
    """What was foreseen is read after Stop: no thread may change it any more."""
    with Conductor(denoiser) as conductor:
        ada = Visit(house, "ada", steps=9).start()
        conductor.wait_for_first()
        ada.left.set()
        ada._thread.join(0.3)
        assert ada._thread.is_alive(), "its step is still being done"
    ada.join()
    assert ada.sketch.step == 1


def test_a_visitor_who_cannot_hear_ends_alone(house, denoiser):
    with Conductor(denoiser) as conductor:
        ada = Visit(house, "ada")
        ada.on_frame = lambda frame, together: 1 / 0
        ada.start()
        conductor.wait_for_first()
        bao = Visit(house, "bao").start()
        conductor.let()
    assert isinstance(ada.join().error, ZeroDivisionError)
    assert bao.join().error is None


def test_a_broken_way_to_leave_hurts_nobody_else(house, denoiser):
    with Conductor(denoiser) as conductor:
        bao = Visit(house, "bao").start()
        conductor.wait_for_first()
        ada = Visit(house, "ada")
        ada.left.is_set = lambda: 1 / 0
        ada.start()
    assert isinstance(ada.join().error, ZeroDivisionError)
    assert bao.join().error is None


def test_poison_fails_alone(house, denoiser):
    denoiser.poison = {3}
    with Conductor(denoiser) as conductor:
        first = Visit(house, 0).start()
        conductor.wait_for_first()
        visits = [first, *(Visit(house, number).start() for number in range(1, 6))]
    errors = [visit.join().error for visit in visits]
    assert [isinstance(error, FloatingPointError) for error in errors] == [
        number == 3 for number in range(6)
    ]
    assert all(error is None for number, error in enumerate(errors) if number != 3)
    assert all(visit.sketch.step == 3 for visit in visits if visit.sketch.state != 3)


def test_memory_for_fewer_together(denoiser):
    denoiser.most = 2
    cache, mover, _ = make_cache(thing_part("a", 10))
    ensemble = Ensemble(cache, denoiser.advance)
    with Conductor(denoiser) as conductor:
        first = Visit(ensemble, 0).start()
        conductor.wait_for_first()
        visits = [first, *(Visit(ensemble, number).start() for number in range(1, 8))]
    assert [visit.join().error for visit in visits] == [None] * 8
    wait_for_end(ensemble)
    assert mover.trims > 0, "the cache made room"
    check_rest(cache, mover)


@pytest.mark.parametrize("failures, is_lost", [(1, False), (2, True)])
def test_memory_for_one_alone_is_tried_once_more(house, denoiser, failures, is_lost):
    denoiser.hungry = {"ada": failures}
    ada = Visit(house, "ada").start().join()
    assert isinstance(ada.error, OutOfMemory) if is_lost else ada.error is None
    assert Visit(house, "bao").start().join().error is None


def test_the_second_try_is_a_smaller_one_and_so_are_the_steps_that_follow(denoiser):
    sparing = FakeDenoiser()
    cache, _, _ = make_cache(thing_part("a", 10))
    ensemble = Ensemble(cache, denoiser.advance, advance_sparingly=sparing.advance)
    denoiser.hungry = {"ada": 1}
    ada = Visit(ensemble, "ada").start().join()
    assert ada.error is None and ada.heard == ALONE
    assert len(denoiser.calls) == 1 and sparing.calls == [("ada",)] * 3
    assert Visit(ensemble, "bao").start().join().error is None
    assert denoiser.calls[1:] == [("bao",)] * 3
    wait_for_end(ensemble)


def test_one_without_memory_in_company_is_lost_alone(house, denoiser):
    denoiser.hungry = {"ada": 100}
    with Conductor(denoiser) as conductor:
        first = Visit(house, 0).start()
        conductor.wait_for_first()
        others = [first, *(Visit(house, number).start() for number in range(1, 4))]
        ada = Visit(house, "ada").start()
    assert isinstance(ada.join().error, OutOfMemory)
    assert [visit.join().error for visit in others] == [None] * 4


def test_a_denoiser_that_often_ran_out_of_memory_rests_a_while(denoiser, caplog):
    """Each try clears the device of all that others use."""
    cache, _, clock = make_cache(thing_part("a", 10), thing_part("b", 10))
    ensemble = Ensemble(cache, denoiser.advance, clock=clock)

    def error_of(name, key="a"):
        return Visit(ensemble, name, key=key).start().join().error

    denoiser.hungry = {"ada": 100}
    for _ in range(2):
        assert isinstance(error_of("ada"), OutOfMemory)
    assert error_of("bao") is None, "one that was drawn ends the row"
    for _ in range(3):
        assert isinstance(error_of("ada"), OutOfMemory)
    assert "a rests" in caplog.text
    calls = len(denoiser.calls)
    resting = error_of("bao")
    assert isinstance(resting, Resting) and 0 < resting.retry_in_seconds <= 30
    assert isinstance(resting.error, OutOfMemory) and len(denoiser.calls) == calls
    assert error_of("bao", "b") is None, "others draw"
    clock.tick(31)
    assert error_of("bao") is None and error_of("bao") is None
    wait_for_end(ensemble)


def test_row_81_a_device_that_is_lost_is_told_to_all_and_the_next_is_drawn_elsewhere(denoiser):
    cache, mover, _ = make_cache(thing_part("a", 10))
    mover.budgets["spare"] = 100
    ensemble = Ensemble(cache, denoiser.advance)
    with Conductor(denoiser) as conductor:
        visits = [Visit(ensemble, number).start() for number in range(3)]
        conductor.wait_for_first()
        mover.lost.add(DEVICE)
        denoiser.broken = NoAnswer(DEVICE)
    assert all(isinstance(visit.join().error, DeviceLost) for visit in visits)
    denoiser.broken = None
    assert Visit(ensemble, "next").start().join().error is None
    assert cache.lost_devices() == (DEVICE,)
    wait_for_end(ensemble)
    check_rest(cache, mover)


def test_a_denoiser_that_cannot_be_had_is_told_to_everybody(denoiser):
    cache, _, _ = make_cache(thing_part("a", 1000), budget=100)
    ensemble = Ensemble(cache, denoiser.advance)
    visits = [Visit(ensemble, number).start() for number in range(3)]
    assert all(isinstance(visit.join().error, TooBig) for visit in visits)
    wait_for_end(ensemble)


def test_loading_is_told_to_everybody(denoiser):
    cache, mover, _ = make_cache(thing_part("a", 10))
    ensemble = Ensemble(cache, denoiser.advance)
    go = threading.Event()
    mover.during_copy = lambda thing: go.wait(LONG_SECONDS)
    visits = [Visit(ensemble, number).start() for number in range(2)]
    go.set()
    assert all(visit.join().error is None for visit in visits)
    assert all(visit.told for visit in visits)


def test_others_run_between_two_steps_and_who_listens_may_ask_too(house, denoiser):
    cache = house._cache
    ran: list[int] = []
    with Conductor(denoiser) as conductor:
        ada = Visit(house, "ada", steps=4)
        ada.on_frame = lambda frame, together: ran.append(cache.run("b", lambda thing: frame.step))
        ada.start()
        conductor.wait_for_first()
    assert ada.join().error is None
    assert ran == [1, 2, 3, 4]


def test_the_denoiser_is_let_go_for_one_who_needs_its_place(denoiser):
    """Newcomers without end would otherwise hold it, and the other would wait in vain."""
    cache, mover, clock = make_cache(thing_part("a", 60), thing_part("b", 60), budget=100)
    ensemble = Ensemble(cache, denoiser.advance, release_seconds=8.0, clock=clock)
    served = threading.Event()
    with Conductor(denoiser) as conductor:
        ada = Visit(ensemble, "ada", steps=50).start()
        conductor.wait_for_first()
        other = threading.Thread(
            target=lambda: cache.run("b", lambda thing: served.set()), daemon=True
        )
        other.start()
        line = cache._gate.scheduler.devices["fake"].line
        while not line.tickets:
            pass
        conductor.let(3)
        assert not served.is_set()
        clock.tick(9)
        assert not ada.sketch.is_done
    other.join(LONG_SECONDS)
    assert served.is_set() and ada.join().error is None
    wait_for_end(ensemble)
    check_rest(cache, mover)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 6),
            st.sampled_from([16, 32, 48]),
            st.sampled_from(["stays", "stays", "leaves", "poison", "hungry", "deaf"]),
            st.integers(1, 6),
        ),
        min_size=1,
        max_size=9,
    ),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_everybody_ends_as_they_would_alone(plans, most, most_together):
    denoiser = FakeDenoiser(most)
    cache, mover, _ = make_cache(thing_part("a", 10))
    ensemble = Ensemble(cache, denoiser.advance, most_together=most_together)
    # Three that are hungry would send the others away.
    cache.rests.lost = lambda key, error: None
    visits = []
    for number, (steps, side, manner, when) in enumerate(plans):
        visit = Visit(ensemble, number, steps=steps, side=side)
        visits.append(visit)
        if manner == "poison":
            denoiser.poison.add(number)
        elif manner == "hungry":
            denoiser.hungry[number] = 100
        elif manner in ("leaves", "deaf"):
            visit.on_frame = lambda frame, _, visit=visit, manner=manner, when=when: (
                None if frame.step != when else visit.left.set() if manner == "leaves" else 1 / 0
            )
    for visit in visits:
        visit._thread.start()
    for visit, (steps, _, manner, when) in zip(visits, plans, strict=True):
        visit.join()
        assert [step for step, _ in visit.heard] == list(range(1, len(visit.heard) + 1))
        assert all(1 <= together <= min(most, most_together) for _, together in visit.heard)
        if manner == "poison":
            assert isinstance(visit.error, FloatingPointError) and visit.sketch.step == 0
        elif manner == "hungry":
            assert isinstance(visit.error, OutOfMemory) and visit.sketch.step == 0
        elif manner == "deaf" and when <= steps:
            assert isinstance(visit.error, ZeroDivisionError)
        elif manner == "leaves" and when <= steps:
            assert visit.error is None or isinstance(visit.error, Cancelled)
            assert len(visit.heard) >= when
        else:
            assert visit.error is None and len(visit.heard) == steps == visit.sketch.step
    wait_for_end(ensemble)
    check_rest(cache, mover)
