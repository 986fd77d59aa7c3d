"""A class of 30 asks mini-clip at the same moment: batched by the cache, and one by one.

    python -m benchmarks.clip_batching

Prints the seconds until all 30 have their answer, the median of several rounds each, and their
ratio. Both ways go through the cache in the same run, so that only the batching differs.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items
from playground.models import clip
from playground.settings import read_settings

VISITORS = 30
ROUNDS = 15
BAR = 5.0
KEY = "mini-clip"
NOUNS = ("cat", "dog", "tree", "car", "fish", "rocket", "star", "apple", "boat", "house")
PLACES = ("on the grass", "in the night sky", "at the beach")


def questions() -> list[tuple[str, ...]]:
    """One query a visitor, all different."""
    every: list[tuple[str, ...]] = [(f"a {noun} {place}",) for noun in NOUNS for place in PLACES]
    return every[:VISITORS]


def one_by_one(cache: Cache, visitor: int, texts: tuple[str, ...]) -> np.ndarray:
    """Asks alone: the others wait for their own turn of the device."""
    return cache.run(KEY, lambda model: clip.embed_texts(model, texts), visitor=str(visitor))


def batched(cache: Cache, visitor: int, texts: tuple[str, ...]) -> np.ndarray:
    """Asks in company: whoever gets the turn takes along all that wait."""
    return cache.batch(KEY, clip.embed_text_lists, texts, visitor=str(visitor))


def seconds_for_all(ask: Callable[..., np.ndarray], cache: Cache) -> tuple[float, list[Any]]:
    """Starts all visitors at once; seconds until the last has an answer, and the answers."""
    start = threading.Barrier(VISITORS + 1)
    answers: list[Any] = [None] * VISITORS

    def visit(number: int, texts: tuple[str, ...]) -> None:
        start.wait()
        answers[number] = ask(cache, number, texts)

    threads = [
        threading.Thread(target=visit, args=(number, texts))
        for number, texts in enumerate(questions())
    ]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, answers


def main() -> int:
    """Prints the table; 1 if the bar is missed."""
    cache = Cache(cache_items(CATALOG, read_settings()))
    seconds: dict[str, list[float]] = {"one by one": [], "batched": []}
    ways = {"one by one": one_by_one, "batched": batched}
    for ask in ways.values():
        seconds_for_all(ask, cache)
    for _ in range(ROUNDS):
        answers = []
        # Taken in turn, so that a busy moment of the machine hits both alike.
        for name, ask in ways.items():
            taken, found = seconds_for_all(ask, cache)
            seconds[name].append(taken)
            answers.append(np.concatenate(found))
        alone, together = answers
        assert np.allclose(alone, together, atol=1e-4), "batching changed an answer"
    medians = {name: statistics.median(rounds) for name, rounds in seconds.items()}
    print(f"{'way':<12} {'all 30, ms':>11} {'best':>8} {'worst':>8}")
    for name, rounds in seconds.items():
        worst, best = 1000 * max(rounds), 1000 * min(rounds)
        print(f"{name:<12} {1000 * medians[name]:>11.1f} {best:>8.1f} {worst:>8.1f}")
    ratio = medians["one by one"] / medians["batched"]
    print(f"{VISITORS} visitors at once: {ratio:.1f} times faster batched (bar {BAR:.0f})")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
