"""The least stall that any policy could have had, knowing the future: exact, for few parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from benchmarks.virtual_time import VirtualPart


def least_stall_seconds(
    parts: Mapping[str, VirtualPart], trace: Sequence[str], budget_bytes: int
) -> float:
    """Dynamic programming over the sets of parts that may lie on the device.

    Two facts keep it small: evicting before there is need never helps, and of two sets that cost
    the same the larger is never worse, so only sets to which nothing more fits are followed.
    Parts of unequal size and cost make the problem strongly NP-hard, so this is for at most about
    twelve parts. Source: Berger, Beckmann, Harchol-Balter, "Practical Bounds on Optimal Caching
    with Variable Object Sizes", POMACS 2018, section 2.

    Args:
        parts: at most about twelve; each fits alone.
        trace: keys in the order they are asked for.
        budget_bytes: of the device.
    """
    names = sorted(set(trace))
    bit = {name: 1 << number for number, name in enumerate(names)}
    sizes = {bit[name]: parts[name].bytes for name in names}

    @cache
    def after(there: int, asked: int) -> tuple[int, ...]:
        """Largest sets that hold the asked part and else only what was there."""
        others = [each for each in sizes if each & there and each != asked]
        room = budget_bytes - sizes[asked]
        fitting = [
            chosen
            for chosen in _subsets(tuple(others))
            if sum(sizes[each] for each in others if each & chosen) <= room
        ]
        return tuple(
            chosen | asked
            for chosen in fitting
            if not any(chosen != other and chosen & other == chosen for other in fitting)
        )

    costs: dict[int, float] = {0: 0.0}
    for key in trace:
        asked = bit[key]
        following: dict[int, float] = {}
        for there, cost in costs.items():
            if there & asked:
                _keep_least(following, there, cost)
                continue
            for then in after(there, asked):
                _keep_least(following, then, cost + parts[key].load_seconds)
        costs = _undominated(following)
    return min(costs.values())


def _subsets(bits: tuple[int, ...]) -> list[int]:
    chosen = [0]
    for each in bits:
        chosen += [one | each for one in chosen]
    return chosen


def _keep_least(costs: dict[int, float], there: int, cost: float) -> None:
    if cost < costs.get(there, float("inf")):
        costs[there] = cost


def _undominated(costs: dict[int, float]) -> dict[int, float]:
    """Drops sets that hold no more than another one that cost no more."""
    kept: dict[int, float] = {}
    for there, cost in sorted(costs.items(), key=lambda item: (item[1], -item[0].bit_count())):
        if not any(there & other == there for other in kept):
            kept[there] = cost
    return kept
