"""The rules of who is loaded, leased and run next, in virtual time under the real decisions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.virtual_time import Asked, VirtualPart, VirtualTime

AGE = 8.0


def served_keys(world: VirtualTime) -> list[str]:
    return [asked.key for asked in sorted(world.served, key=lambda asked: asked.done_seconds)]


def test_ready_first_makes_two_rows_of_two_switches() -> None:
    world = VirtualTime({"a": VirtualPart(60, 1.0, 0.5), "b": VirtualPart(60, 1.0, 0.5)}, 100, AGE)
    for _ in range(3):
        world.ask("a", "")
        world.ask("b", "")
    world.run()
    assert served_keys(world) == ["a"] * 3 + ["b"] * 3
    assert world.loads == 2


def test_a_load_goes_on_beside_a_run() -> None:
    world = VirtualTime({"a": VirtualPart(40, 0.0, 10.0), "b": VirtualPart(40, 5.0, 1.0)}, 100, AGE)
    world.ask("a", "")
    world.at(1.0, lambda: world.ask("b", ""))
    world.run()
    assert world.served[-1].done_seconds == 11.0


def test_an_aged_request_stops_new_leases_on_what_it_needs() -> None:
    """Runs of 3 s on ``a`` that follow one another without a gap have to leave one."""
    world = VirtualTime({"a": VirtualPart(60, 0.0, 3.0), "b": VirtualPart(60, 1.0, 1.0)}, 100, AGE)

    def again(asked: Asked) -> None:
        if world.now < 60:
            world.ask("a", asked.visitor, again)

    for visitor in ("one", "two"):
        world.ask("a", visitor, again)
    found: list[Asked] = []
    world.at(0.5, lambda: found.append(world.ask("b", "other")))
    world.run()
    # Aged at 8.5, the run of that moment ends at 9, one load, one run.
    assert found[0].done_seconds == pytest.approx(11.0)


def test_work_is_part_of_what_must_fit() -> None:
    world = VirtualTime(
        {
            "a": VirtualPart(50, 0.0, 2.0, work_bytes=30),
            "b": VirtualPart(30, 0.0, 2.0, work_bytes=30),
        },
        100,
        AGE,
    )
    world.ask("a", "")
    world.ask("b", "")
    world.run()
    # 50 + 30 of a leave 20: b waits until the work of a is over, then fits beside its weights only
    # when a goes: 50 + 30 + 30 > 100.
    assert [asked.done_seconds for asked in world.served] == [2.0, 4.0]
    assert world.most_used_bytes <= 100
    assert {r.key for r in world.scheduler.devices["virtual"].here()} == {"b"}


def test_a_guess_of_work_larger_than_the_device_does_not_forbid() -> None:
    world = VirtualTime({"a": VirtualPart(50, 0.0, 2.0, work_bytes=500)}, 100, AGE)
    world.ask("a", "")
    world.run()
    assert len(world.served) == 1
    assert world.most_used_bytes == 100


def test_long_work_lets_short_requests_in_between_its_steps() -> None:
    world = VirtualTime(
        {
            "draw": VirtualPart(40, 0.0, 10.0, steps=10),
            "click": VirtualPart(10, 0.0, 0.2, item_share=0.1),
        },
        100,
        AGE,
    )
    world.ask("click", "warm up")
    world.run()
    world.ask("draw", "artist")
    clicks: list[Asked] = []
    for number in range(8):
        world.at(
            1.0 + world.now + number,
            lambda number=number: clicks.append(world.ask("click", f"visitor {number}")),
        )
    world.run()
    # At worst: a whole step, then the click of the one before, then its own.
    assert all(click.latency_seconds <= 1.0 + 0.25 + 0.2 for click in clicks)
    drawn = next(asked for asked in world.served if asked.key == "draw")
    assert drawn.latency_seconds <= 10.0 + 8 * 0.2 + 1e-6


def test_long_work_does_not_make_way_for_other_long_work_that_is_young() -> None:
    world = VirtualTime({"draw": VirtualPart(40, 0.0, 5.0, steps=5)}, 100, AGE)
    for visitor in ("one", "two"):
        world.ask("draw", visitor)
    world.run()
    assert [asked.done_seconds for asked in world.served] == [5.0, 10.0]


def test_whoever_gets_the_turn_takes_along_all_that_wait_for_the_same() -> None:
    world = VirtualTime({"a": VirtualPart(10, 0.0, 1.0, item_share=0.0)}, 100, AGE)
    for number in range(1 + 40):
        world.ask("a", f"visitor {number}")
    world.run()
    done = sorted(asked.done_seconds for asked in world.served)
    # One goes alone at once only when it is alone: here the first look sees all of them.
    assert done == [1.0] * 32 + [2.0] * 9


def test_both_ready_and_too_much_together_is_not_a_standstill() -> None:
    world = VirtualTime(
        {
            "a": VirtualPart(45, 0.0, 1.0, work_bytes=5),
            "b": VirtualPart(45, 0.0, 1.0, work_bytes=5),
        },
        100,
        AGE,
    )
    world.ask("a", "")
    world.ask("b", "")
    world.run()
    world.life.learned_work_bytes.update(a=40, b=40)
    at = world.now
    world.ask("a", "")
    world.ask("b", "")
    world.run()
    assert [asked.done_seconds - at for asked in world.served[-2:]] == [1.0, 2.0]


parts_drawn = st.dictionaries(
    st.sampled_from("abcde"),
    st.builds(
        VirtualPart,
        st.integers(1, 95),
        st.sampled_from([0.1, 1.0, 3.0]),
        st.sampled_from([0.1, 1.0, 2.0]),
        st.sampled_from([None, 0.0, 0.5]),
        st.sampled_from([1, 1, 4]),
        st.integers(0, 30),
    ),
    min_size=1,
)
asks_drawn = st.lists(
    st.tuples(st.floats(0, 30), st.sampled_from("abcde"), st.sampled_from("xyz")), max_size=40
)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(parts_drawn, asks_drawn)
def test_everybody_is_served_within_bounds_and_within_the_budget(parts, asks) -> None:
    """The bounded wait: whoever is the oldest of all gets in after age, one load and what runs."""
    world = VirtualTime(parts, 100, AGE)
    count = 0
    for seconds, key, visitor in asks:
        if key in parts:
            count += 1
            world.at(seconds, lambda key=key, visitor=visitor: world.ask(key, visitor))
    world.run()
    assert len(world.served) == count
    assert world.most_used_bytes <= 100
    device = world.scheduler.devices["virtual"]
    assert device.used_bytes == device.recount_bytes()
    longest_run = max(
        part.run_seconds * (1 + (part.item_share or 0) * 31) for part in parts.values()
    )
    one_turn = max(part.load_seconds for part in parts.values()) + longest_run
    for asked in world.served:
        older = sum(other.at_seconds <= asked.at_seconds for other in world.served)
        assert asked.began_seconds - asked.at_seconds <= AGE + (older + len(parts)) * 2 * one_turn
