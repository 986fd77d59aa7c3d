"""Who goes: least worth first, none too many."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from playground.cache.eviction import credit, victims


@dataclass(eq=False)
class Entry:
    key: str
    bytes: int
    credit: float
    last_use_seconds: float | None = None


def keys(found: list[Entry] | None) -> list[str]:
    assert found is not None
    return sorted(entry.key for entry in found)


def test_the_least_worthy_goes_first_and_needless_victims_are_given_back() -> None:
    entries = [Entry("cheap", 10, 1.0), Entry("middle", 20, 2.0), Entry("dear", 50, 3.0)]
    assert keys(victims(entries, 5)) == ["cheap"]
    assert keys(victims(entries, 25)) == ["cheap", "middle"]
    # All three were needed to get there, but the dear one alone is enough.
    assert keys(victims(entries, 45)) == ["dear"]
    assert keys(victims(entries, 55)) == ["cheap", "dear"]
    assert keys(victims(entries, 80)) == ["cheap", "dear", "middle"]
    assert victims(entries, 81) is None
    assert victims([], 0) == []
    assert victims([], 1) is None


def test_of_equal_worth_the_one_used_longest_ago_goes() -> None:
    entries = [Entry("new", 10, 1.0, 9.0), Entry("old", 10, 1.0, 2.0)]
    assert keys(victims(entries, 10)) == ["old"]


def test_worth_grows_with_use_and_cost_and_falls_with_size() -> None:
    base = credit(0.0, 2, 1.0, 100)
    assert base == 0.02
    assert credit(0.0, 3, 1.0, 100) > base
    assert credit(0.0, 2, 2.0, 100) > base
    assert credit(0.0, 2, 1.0, 200) < base
    assert credit(1.0, 2, 1.0, 100) == 1.02
    assert credit(0.0, 2, 1.0, 0) == 2.0


entry_lists = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5)), max_size=10).map(
    lambda pairs: [Entry(str(n), size, worth) for n, (size, worth) in enumerate(pairs)]
)


@settings(deadline=None, derandomize=True)
@given(entry_lists, st.integers(-10, 300))
def test_victims_are_enough_and_none_is_needless(entries: list[Entry], needed: int) -> None:
    found = victims(entries, needed)
    if found is None:
        assert sum(entry.bytes for entry in entries) < needed
        return
    freed = sum(entry.bytes for entry in found)
    assert freed >= needed or needed <= 0
    assert all(freed - entry.bytes < needed for entry in found)
    assert len(set(map(id, found))) == len(found)
