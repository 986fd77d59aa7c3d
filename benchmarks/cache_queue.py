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
    HURRIED_SECONDS,
    LESSON_SECONDS,
    THINK_SECONDS,
    Student,
    batched,
    play,
    quantile,
    students,
)
from benchmarks.virtual_time import VirtualPart, VirtualTime

SEEDS = (1, 2, 3)
BAR = 0.5


def first_come(
    parts: Mapping[str, VirtualPart], everyone: list[Student]
) -> tuple[list[float], int]:
    """Latencies and loads of a plain queue; the least recently used part goes first.

    Whoever is first takes along those that wait for the same part, where it can be batched.
    """
    coming = [(student.think_seconds(), number) for number, student in enumerate(everyone)]
    heapq.heapify(coming)
    waiting: list[tuple[float, int, str]] = []
    there: OrderedDict[str, int] = OrderedDict()
    latencies, loads, free_at = [], 0, 0.0
    while coming or waiting:
        while coming and (not waiting or coming[0][0] <= free_at):
            at, number = heapq.heappop(coming)
            if at < LESSON_SECONDS:
                waiting.append((at, number, everyone[number].model(at)))
        if not waiting:
            continue
        key = waiting[0][2]
        part = parts[key]
        together = waiting[:1]
        if part.item_share is not None:
            together = [each for each in waiting if each[2] == key][: part.most_items]
        waiting = [each for each in waiting if each not in together]
        begin = max(together[0][0], free_at)
        if _bring(there, parts, key):
            begin += part.load_seconds
            loads += 1
        free_at = begin + part.run_seconds * (1 + (part.item_share or 0) * (len(together) - 1))
        for at, number, _ in together:
            latencies.append(free_at - at)
            heapq.heappush(coming, (free_at + everyone[number].think_seconds(), number))
    return latencies, loads


def _bring(there: OrderedDict[str, int], parts: Mapping[str, VirtualPart], key: str) -> bool:
    """Makes a part the most recently used; returns whether it had to be loaded."""
    is_new = key not in there
    if is_new:
        room = BUDGET_BYTES - parts[key].bytes - parts[key].work_bytes
        while sum(there.values()) > room:
            there.popitem(last=False)
    there[key] = parts[key].bytes
    there.move_to_end(key)
    return is_new


def ours(parts: Mapping[str, VirtualPart], everyone: list[Student]) -> tuple[list[float], int]:
    """Latencies and loads under the decisions of the cache."""
    world = VirtualTime(parts, BUDGET_BYTES)
    served = play(world, everyone)
    assert world.most_used_bytes <= BUDGET_BYTES
    return [asked.latency_seconds for asked in served], world.loads


def never_aged(
    parts: Mapping[str, VirtualPart], everyone: list[Student]
) -> tuple[list[float], int]:
    """Ready-first alone: good on average, some wait very long."""
    world = VirtualTime(parts, BUDGET_BYTES, age_seconds=1e9)
    served = play(world, everyone)
    return [asked.latency_seconds for asked in served], world.loads


Way = Callable[[Mapping[str, VirtualPart], list[Student]], tuple[list[float], int]]

WAYS: dict[str, tuple[Way, bool]] = {
    "first come, first served": (first_come, False),
    "first come, with batches": (first_come, True),
    "cache, no batching": (ours, False),
    "cache, never aged": (never_aged, True),
    "cache": (ours, True),
}


def measure(name: str, count: int, classes: int, think_seconds: float) -> dict[str, float]:
    """Means over the seeds of one way."""
    way, with_batches = WAYS[name]
    parts = batched(CLASSROOM_PARTS, with_batches)
    told = []
    for seed in SEEDS:
        latencies, loads = way(parts, students(count, seed, classes, think_seconds))
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


CLASSES = (
    ("30 students", 30, 1, THINK_SECONDS, True),
    ("3 classes of 30", 90, 3, THINK_SECONDS, True),
    ("30 in a hurry", 30, 1, HURRIED_SECONDS, False),
)


def main() -> None:
    """Prints the table."""
    rows = []
    for who, count, classes, think_seconds, has_bar in CLASSES:
        base = 0.0
        for name in WAYS:
            told = measure(name, count, classes, think_seconds)
            base = base or told["p95"]
            ratio = told["p95"] / base
            verdict = "met" if ratio <= BAR else "MISSED"
            rows.append(
                (
                    f"{who}: {name}",
                    *(f"{told[key]:.2f}" for key in ("p50", "p95", "max")),
                    f"{told['served']:.0f}",
                    f"{told['loads']:.0f}",
                    f"{ratio:.2f}",
                    verdict if has_bar and name == "cache" else "",
                )
            )
    head = ("", "p50 s", "p95 s", "max s", "served", "loads", "p95 / FCFS", f"bar {BAR}")
    print_table(head, rows)


if __name__ == "__main__":
    main()
