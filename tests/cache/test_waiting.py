"""The order of the one queue: aged, least served, arrival; long work lets others in once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from playground.cache.waiting import FairShare, Line, Standing, Ticket, turn_order, wanted_from


def ticket(number: int, visitor: str = "", since: float = 0.0, **more) -> Ticket:
    return Ticket(number, "a", ("a",), "fake", visitor=visitor, since_seconds=since, **more)


def numbers(tickets: list[Ticket]) -> list[int]:
    return [each.number for each in tickets]


def test_the_least_served_comes_first_and_the_aged_before_all_by_arrival() -> None:
    line = Line(8.0)
    line.shares.charge("busy", 5.0)
    for each in (ticket(1, "busy", 10.0), ticket(2, "new", 11.0), ticket(3, "", 12.0)):
        line.join(each)
    assert numbers(line.in_order(13.0)) == [2, 3, 1]
    assert numbers(line.in_order(18.0)) == [1, 2, 3]
    assert line.place(line.tickets[0], 13.0) == 3
    assert line.place(ticket(9), 13.0) is None


def test_a_newcomer_starts_level_with_those_served_now() -> None:
    shares = FairShare()
    for _ in range(10):
        shares.granted("old")
        shares.charge("old", 1.0)
    assert shares.tag("old") == 10.0
    assert shares.tag("new") == 9.0
    assert shares.tag("") == 9.0
    shares.charge("", 100.0)
    assert shares.tag("") == 9.0


def test_visitors_of_long_ago_are_forgotten() -> None:
    shares = FairShare()
    for number in range(10_000):
        shares.granted(f"visitor {number}")
        shares.charge(f"visitor {number}", 1.0)
        shares.granted(f"visitor {number}")
    assert len(shares._had_seconds) <= 4097


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0.01, 5.0)), min_size=40, max_size=80))
def test_visitors_that_always_ask_get_equal_shares(calls: list[tuple[str, float]]) -> None:
    """Serving the least tag first, no two that always wait differ by more than one long call."""
    shares = FairShare()
    had = dict.fromkeys("abcd", 0.0)
    for _, seconds in calls:
        visitor = min("abcd", key=shares.tag)
        shares.granted(visitor)
        shares.charge(visitor, seconds)
        had[visitor] += seconds
        assert max(had.values()) - min(had.values()) <= 5.0 + 1e-6


def test_long_work_lets_in_those_that_waited_and_goes_on_before_newcomers() -> None:
    early, late = ticket(1), ticket(3)
    long = ticket(0, standing=Standing.STEPPING, lets_in=frozenset({1}))
    assert numbers(turn_order([late, long, early])) == [1, 0, 3]
    assert numbers(turn_order([late, early])) == [3, 1]


def test_the_first_who_wants_a_part_is_known_and_one_that_steps_wants_nothing() -> None:
    stepping = ticket(0, standing=Standing.STEPPING)
    other = Ticket(2, "m", ("b", "a"), "fake")
    assert wanted_from([stepping, ticket(1), other]) == {"a": 1, "b": 2}
