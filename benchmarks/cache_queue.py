"""A lesson in virtual time: the order of the cache against first come, first served.

Run: ``python -m benchmarks.cache_queue``. Bar: p95 at most half of first come, first served.
Service times are assumptions (benchmarks/classroom.py); the order is the real code.
"""

from __future__ import annotations

import heapq
import statistics
from collections import OrderedDict
from collections.abc import Callable, Mapping

from benchmarks.cache_table import print_table
from benchmarks.classroom import (
    BUDGET_BYTES,
    CLASSROOM_PARTS,
    LESSON_SECONDS,
    batched,
    play,
    quantile,
    students,
)
from benchmarks.virtual_time import VirtualPart, VirtualTime

SEEDS = (1, 2, 3)
BAR = 0.5


def first_come(
    parts: Mapping[str, VirtualPart], count: int, seed: int, classes: int
) -> tuple[list[float], int]:
    """Latencies and loads of a plain queue: one at a time, least recently used goes first."""
    events: list[tuple[float, int]] = []
    everyone = students(count, seed, classes)
    for number, student in enumerate(everyone):
        heapq.heappush(events, (student.think_seconds(), number))
    there: OrderedDict[str, int] = OrderedDict()
    latencies, loads, free_at = [], 0, 0.0
    while events:
        at, number = heapq.heappop(events)
        if at >= LESSON_SECONDS:
            continue
        student = everyone[number]
        key = student.tab(at)
        part = parts[key]
        begin = max(at, free_at)
        if key not in there:
            room = BUDGET_BYTES - part.bytes - part.work_bytes
            while sum(there.values()) > room:
                there.popitem(last=False)
            begin += part.load_seconds
            loads += 1
        there[key] = part.bytes
        there.move_to_end(key)
        free_at = begin + part.run_seconds
        latencies.append(free_at - at)
        heapq.heappush(events, (free_at + student.think_seconds(), number))
    return latencies, loads


def ours(
    parts: Mapping[str, VirtualPart], count: int, seed: int, classes: int
) -> tuple[list[float], int]:
    """Latencies and loads under the decisions of the cache."""
    world = VirtualTime(parts, BUDGET_BYTES)
    served = play(world, students(count, seed, classes))
    assert world.most_used_bytes <= BUDGET_BYTES
    return [asked.latency_seconds for asked in served], world.loads


def never_aged(
    parts: Mapping[str, VirtualPart], count: int, seed: int, classes: int
) -> tuple[list[float], int]:
    """Ready-first alone: good on average, some wait very long."""
    world = VirtualTime(parts, BUDGET_BYTES, age_seconds=1e9)
    served = play(world, students(count, seed, classes))
    return [asked.latency_seconds for asked in served], world.loads


Way = Callable[[Mapping[str, VirtualPart], int, int, int], tuple[list[float], int]]

WAYS: dict[str, tuple[Way, bool]] = {
    "first come, first served": (first_come, False),
    "cache, no batching": (ours, False),
    "cache, never aged": (never_aged, True),
    "cache": (ours, True),
}


def measure(name: str, count: int, classes: int) -> dict[str, float]:
    """Means over the seeds of one way."""
    way, with_batches = WAYS[name]
    parts = batched(CLASSROOM_PARTS, with_batches)
    told = []
    for seed in SEEDS:
        latencies, loads = way(parts, count, seed, classes)
        told.append(
            {
                "p50": quantile(latencies, 0.5),
                "p95": quantile(latencies, 0.95),
                "max": max(latencies),
                "served": float(len(latencies)),
                "loads": float(loads),
            }
        )
    return {key: statistics.mean(each[key] for each in told) for key in told[0]}


def main() -> None:
    """Prints the table."""
    rows = []
    for count, classes in ((30, 1), (90, 3)):
        base = measure("first come, first served", count, classes)["p95"]
        for name in WAYS:
            told = measure(name, count, classes)
            ratio = told["p95"] / base
            verdict = ""
            if name == "cache":
                verdict = "met" if ratio <= BAR else "MISSED"
            rows.append(
                (
                    f"{count} students, {classes} class(es): {name}",
                    *(f"{told[key]:.2f}" for key in ("p50", "p95", "max")),
                    f"{told['served']:.0f}",
                    f"{told['loads']:.0f}",
                    f"{ratio:.2f}",
                    verdict,
                )
            )
    head = ("", "p50 s", "p95 s", "max s", "served", "loads", "p95 / FCFS", f"bar {BAR}")
    print_table(head, rows)


if __name__ == "__main__":
    main()
