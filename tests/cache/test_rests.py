"""Keys that rest after memory ran out for them several times in a row."""

from __future__ import annotations

import pytest

from playground.cache import OutOfMemory, Resting
from playground.visitors.errors import explain
from tests.cache.fakes import NoMemory, check_rest, make_cache, thing_part


def hungry(_: object) -> None:
    raise NoMemory


def test_three_in_a_row_make_it_rest_and_everybody_sees_it(caplog):
    cache, mover, clock = make_cache(thing_part("a", 10), thing_part("b", 10))
    for _ in range(2):
        with pytest.raises(OutOfMemory):
            cache.run("a", hungry)
    assert cache.run("a", lambda thing: thing.name) == "a", "one that went well ends the row"
    for _ in range(3):
        with pytest.raises(OutOfMemory):
            cache.run("a", hungry)
    assert "a rests" in caplog.text
    trims = mover.trims
    with pytest.raises(Resting) as told:
        cache.run("a", lambda thing: thing.name)
    assert mover.trims == trims, "nothing was tried"
    assert explain(told.value).key == "mistake.model.tired"
    assert 0 < told.value.retry_in_seconds <= 30
    [row] = [row for row in cache.rows() if row.key == "a"]
    assert row.error.startswith("OutOfMemory") and 0 < row.retry_in_seconds <= 30
    assert cache.run("b", lambda thing: thing.name) == "b", "others go on"
    clock.tick(31)
    assert cache.run("a", lambda thing: thing.name) == "a"
    assert [row.error for row in cache.rows()] == [None, None]
    check_rest(cache, mover)


def test_the_operator_may_end_it():
    cache, _, _ = make_cache(thing_part("a", 10))
    for _ in range(3):
        with pytest.raises(OutOfMemory):
            cache.run("a", hungry)
    cache.retry("a")
    assert cache.run("a", lambda thing: thing.name) == "a"


def test_a_hit_is_refused_as_well():
    """The quick way past the rounds must not let it in."""
    cache, _, _ = make_cache(thing_part("a", 10))
    cache.load("a")
    for _ in range(3):
        with pytest.raises(OutOfMemory):
            cache.run("a", hungry)
    for attempt in (cache.load, lambda key: cache.batch(key, lambda _, items: items, 1)):
        with pytest.raises(Resting):
            attempt("a")
