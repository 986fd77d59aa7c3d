"""Seconds that visitors wait for loads, against the exact offline optimum, beside other policies.

Run: ``python -m benchmarks.cache_policies``. Bars: 1.15 on the classroom, 1.25 on Zipf. Every
trace comes from a seed; time is virtual; the decisions of this cache are the real code.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.cache_table import print_table
from benchmarks.classroom import BUDGET_BYTES, CLASSROOM_PARTS, GIGABYTE, open_trace
from benchmarks.optimum import least_stall_seconds
from benchmarks.policies import POLICIES
from benchmarks.virtual_time import VirtualPart

SEEDS = tuple(range(1, 9))
REQUESTS = 1200
DISK_GIGABYTES_PER_SECOND = 3.0
SETUP_SECONDS = 0.1
_SIZES_GIGABYTES = (0.4, 0.9, 1.2, 1.7, 2.1, 2.5, 3.4, 4.3, 5.1, 6.9, 7.5, 9.8)


@dataclass(frozen=True)
class Trace:
    """Requests of one seed and the bar that they have to meet."""

    name: str
    bar: float
    parts: Mapping[str, VirtualPart]
    keys: Sequence[str]


def _part(gigabytes: float) -> VirtualPart:
    seconds = SETUP_SECONDS + gigabytes / DISK_GIGABYTES_PER_SECOND
    return VirtualPart(int(gigabytes * GIGABYTE), seconds)


def _zoo(dice: random.Random) -> dict[str, VirtualPart]:
    """Twelve models of 0.4 to 9.8 GB; which of them is liked has nothing to do with its size."""
    sizes = list(_SIZES_GIGABYTES)
    dice.shuffle(sizes)
    return {f"model {number:02}": _part(size) for number, size in enumerate(sizes)}


def zipf(exponent: float, seed: int) -> Trace:
    """Independent requests, the n-th most liked asked for as n to the power of -exponent."""
    dice = random.Random(f"zipf {exponent} {seed}")
    parts = _zoo(dice)
    weights = [(rank + 1) ** -exponent for rank in range(len(parts))]
    return Trace(f"Zipf {exponent}", 1.25, parts, dice.choices(list(parts), weights, k=REQUESTS))


def classroom(classes: int, seed: int) -> Trace:
    """Classes of 30 that move from tab to tab, with stragglers."""
    parts = {key: _part(part.bytes / GIGABYTE) for key, part in CLASSROOM_PARTS.items()}
    keys = open_trace(30 * classes, REQUESTS * classes, seed, classes)
    return Trace(f"classroom 30 x {classes}", 1.15, parts, keys)


def traces(seed: int) -> list[Trace]:
    """All traces of a seed."""
    told = [classroom(classes, seed) for classes in (1, 3)]
    return told + [zipf(exponent, seed) for exponent in (0.8, 1.0, 1.2)]


def ratios(budget_bytes: int = BUDGET_BYTES) -> dict[str, dict[str, list[float]]]:
    """Stall over the optimum: trace, policy, one number a seed; a policy that fails has none."""
    told: dict[str, dict[str, list[float]]] = {}
    for seed in SEEDS:
        for trace in traces(seed):
            least = least_stall_seconds(trace.parts, trace.keys, budget_bytes)
            for name, policy in POLICIES.items():
                stall = policy(trace.parts, trace.keys, budget_bytes)
                found = told.setdefault(trace.name, {}).setdefault(name, [])
                if stall is not None:
                    found.append(stall / least)
    return told


def main() -> None:
    """Prints the table."""
    bars = {trace.name: trace.bar for trace in traces(SEEDS[0])}
    rows = []
    for trace, by_policy in ratios().items():
        for policy, found in by_policy.items():
            if not found:
                rows.append((f"{trace}: {policy}", "does not fit", "", ""))
                continue
            mean, worst = statistics.mean(found), max(found)
            verdict = ""
            if policy == "this cache":
                verdict = f"{bars[trace]} " + ("met" if mean <= bars[trace] else "MISSED")
            rows.append((f"{trace}: {policy}", f"{mean:.2f}", f"{worst:.2f}", verdict))
    print_table(("stall / offline optimum", "mean", "worst seed", "bar"), rows)


if __name__ == "__main__":
    main()
