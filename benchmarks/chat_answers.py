"""Thirty visitors ask mini-blip2 at the same moment: batched by the cache, and one after another.

    python -m benchmarks.chat_answers [--rounds N]

Prints the seconds from an encoded picture to the first word of one visitor, the seconds until all
thirty have their answers either way with their ratio, and how often the vision tower ran. Both ways
go through the cache in the same run, so that only the batching differs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.models import blip2
from playground.models.blip2 import Answer, Ask, Word
from playground.settings import read_settings

VISITORS = 30
BAR_FIRST_SECONDS = 0.3
BAR_RATIO = 3.0
ITEM = entry("mini-blip2")
EYES, LANGUAGE = blip2.part_of(ITEM, "eyes"), blip2.part_of(ITEM, "language")
QUESTIONS = (
    ("en", "what is there?"),
    ("en", "how many things are there?"),
    ("en", "where is the cat?"),
    ("zh-Hant", "背景是什麼？"),
    ("en", ""),
    ("zh-Hant", ""),
)


def pictures(count: int) -> list[np.ndarray]:
    """Discs of plain colours, all different; what is answered does not matter here."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:240, :320]
    made: list[np.ndarray] = []
    for _ in range(count):
        pixels = np.full((240, 320, 3), 200, np.uint8)
        for _ in range(3):
            y, x, radius = rng.uniform(0, (240, 320, 80))
            pixels[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] = rng.integers(0, 255, 3)
        made.append(pixels)
    return made


def one_by_one(cache: Cache, visitor: int, ask: Ask) -> Answer:
    """Asks alone: the others wait for their own turn of the device."""
    answer: Answer = cache.run(
        LANGUAGE,
        lambda language, turn: blip2.answer(language, [ask], turn)[0],
        visitor=str(visitor),
        steps=True,
    )
    return answer


def batched(cache: Cache, visitor: int, ask: Ask) -> Answer:
    """Asks in company: whoever gets the turn takes along all that wait."""
    answer: Answer = cache.batch(LANGUAGE, blip2.answer, ask, visitor=str(visitor), steps=True)
    return answer


def seconds_for_all(
    way: Callable[[Cache, int, Ask], Answer], cache: Cache, asks: Sequence[Ask]
) -> tuple[float, list[str]]:
    """Starts all visitors at once; seconds until the last has an answer, and the answers."""
    start = threading.Barrier(len(asks) + 1)
    texts = [""] * len(asks)

    def visit(number: int, ask: Ask) -> None:
        start.wait()
        texts[number] = way(cache, number, ask).text

    threads = [threading.Thread(target=visit, args=pair) for pair in enumerate(asks)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, texts


class Ear:
    """Notes when words come."""

    def __init__(self) -> None:
        self.heard_at: list[float] = []

    def hear(self, words: tuple[Word, ...]) -> None:
        """Takes the words so far."""
        self.heard_at.append(time.perf_counter())


def first_words(cache: Cache, asks: Sequence[Ask]) -> list[float]:
    """Seconds from the question to its first word, one visitor at a time."""
    found: list[float] = []
    for number, ask in enumerate(asks):
        ear = Ear()
        began = time.perf_counter()
        batched(cache, number, replace(ask, tell=ear.hear))
        if ear.heard_at:
            found.append(ear.heard_at[0] - began)
    return found


def see_all(cache: Cache, count: int) -> tuple[list[Ask], list[Any]]:
    """Encodes a picture for each visitor, and counts from now on how often the tower runs."""
    seen = [cache.batch(EYES, blip2.see, pixels) for pixels in pictures(count)]
    calls: list[Any] = []
    eyes = cache.run(EYES, lambda part: part)
    eyes.vision.register_forward_hook(lambda *told: calls.append(None))
    asked = [QUESTIONS[number % len(QUESTIONS)] for number in range(count)]
    asks = [
        Ask(one, language=language, question=question)
        for one, (language, question) in zip(seen, asked, strict=True)
    ]
    return asks, calls


def main() -> int:
    """Prints the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    cache = Cache(cache_items([ITEM], read_settings([], {})))
    asks, calls = see_all(cache, VISITORS)
    ways = {"one by one": one_by_one, "batched": batched}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    batched(cache, 0, asks[0])
    firsts = first_words(cache, asks)
    for _ in range(rounds):
        # Taken in turn, so that a busy moment of the machine hits both alike.
        told = {}
        for name, way in ways.items():
            taken, told[name] = seconds_for_all(way, cache, asks)
            seconds[name].append(taken)
        assert told["one by one"] == told["batched"], "batching changed an answer"
    first = statistics.median(firsts)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"load of the machine {load:.1f} on {os.cpu_count()} cores")
    print(f"first word, s        median {first:.3f}   worst {max(firsts):.3f}")
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    for name, rounds_taken in seconds.items():
        print(
            f"all {VISITORS} {name:<11} median {medians[name]:.2f}"
            f"   best {min(rounds_taken):.2f}   worst {max(rounds_taken):.2f}"
        )
    ratio = medians["one by one"] / medians["batched"]
    print(f"{ratio:.1f} times faster batched; the vision tower ran {len(calls)} times meanwhile")
    is_met = first <= BAR_FIRST_SECONDS and ratio >= BAR_RATIO and not calls
    print("bars met" if is_met else "bars missed")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
