"""Natural batching: whoever gets the turn takes along all that wait for the same function.

No timer: a lone request never waits for company, and company forms by itself while one runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from playground.cache.running import Runner
from playground.cache.waiting import Outcome, Standing, Ticket

Batched = Callable[[Any, list[Any]], Sequence[Any]]


class WrongCount(RuntimeError):
    """A batch function did not return one result for each item: a bug of that function."""


def run_batch(runner: Runner, leader: Ticket, model: Any, fn: Batched) -> None:
    """Runs the items of a leader and its riders; each gets its own result or error.

    Args:
        runner: calls under the leader's turn.
        leader: the granted ticket.
        model: what ``fn`` gets first.
        fn: one result for each item, in their order.
    """
    members = [leader, *(r for r in leader.riders if r.standing is Standing.RIDING)]
    outcomes = [Outcome() for _ in members]
    with runner.gate.lock:
        runner.gate.meter.observe_size("cache_batch_size", len(members))
    _fill(runner, leader, model, fn, [member.item for member in members], outcomes)
    with runner.gate.lock:
        for member, outcome in zip(members, outcomes, strict=True):
            member.outcome = outcome


def _fill(
    runner: Runner,
    leader: Ticket,
    model: Any,
    fn: Batched,
    items: list[Any],
    outcomes: list[Outcome],
) -> None:
    """Halves a batch that failed until the item that poisons it fails alone."""
    if len(items) == 1:
        try:
            outcomes[0].value = runner.twice(leader, lambda: _call(fn, model, items))[0]
        except Exception as error:
            outcomes[0].error = error
        return
    try:
        results = runner.watched(leader, lambda: _call(fn, model, items))
    except Exception as error:
        failure = error
    else:
        for outcome, value in zip(outcomes, results, strict=True):
            outcome.value = value
        return
    if runner.gate.mover.is_out_of_memory(failure):
        runner.recover(leader, failure)
    del failure
    half = len(items) // 2
    _fill(runner, leader, model, fn, items[:half], outcomes[:half])
    _fill(runner, leader, model, fn, items[half:], outcomes[half:])


def _call(fn: Batched, model: Any, items: list[Any]) -> Sequence[Any]:
    results = fn(model, items)
    if len(results) != len(items):
        raise WrongCount(f"{len(results)} results for {len(items)} items")
    return results
