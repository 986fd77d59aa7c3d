"""Drawing with mini-diffusion: alone, sixteen at once, and two models in turn.

    python -m benchmarks.drawing [--rounds N] [--steps N]

Prints the seconds of one picture and of its first preview; how far pictures that were drawn in
company lie from the same drawn alone; the seconds of sixteen visitors at once and of the same
sixteen one after another, measured in turn in the same run, with their ratio; and what was read
from the disk while two models that both fit take turns. Sharp previews are left out where
sixteen are compared: they are only made for those who draw alone.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.drawing import previews
from playground.drawing.artist import Artist
from playground.drawing.drawn import Drawn, Preview
from playground.drawing.orders import read_order
from playground.entries import Entry
from playground.fingerprints import Fingerprints
from playground.models.diffusion_asks import Order
from playground.search import Asker
from playground.settings import read_settings

VISITORS = 16
WORDS = ("a cat on the grass", "a red apple on a wooden table", "海裡的魚", "a sunflower")
BAR_SECONDS, BAR_FIRST_SECONDS = 3.0, 0.5
BAR_LEVELS = 1
# Of the time one after another: on a GPU, and on two cores.
BAR_RATIOS = {True: 0.5, False: 1.0}
MINI = entry("mini-diffusion")


def twin(item: Entry) -> Entry:
    """The same files under another name: a second model that shares the reader of words."""
    key = f"{item.key}-twin"
    parts = tuple(
        f"{key}/{name}" if owner == item.key else f"{owner}/{name}"
        for owner, _, name in (part.rpartition("/") for part in item.parts)
    )
    return replace(item, key=key, parts=parts)


def orders_of(count: int, steps: int) -> list[Order]:
    """So many orders, all different."""
    return [
        read_order(MINI, {"words": WORDS[n % len(WORDS)], "seed": n, "steps": steps})[0]
        for n in range(count)
    ]


def one(artist: Artist, item: Entry, order: Order) -> tuple[Drawn, float, float]:
    """Draws alone; the drawing, its seconds and those of its first preview."""
    began = time.perf_counter()
    firsts: list[float] = []

    def heard(preview: Preview) -> None:
        firsts.append(time.perf_counter() - began)

    drawn = artist.draw(item, order, Asker(), heard)
    return drawn, time.perf_counter() - began, firsts[0]


def all_at_once(artist: Artist, orders: Sequence[Order]) -> tuple[list[Drawn], float]:
    """A visitor for each order, started at the same moment; seconds until the last is done."""
    start = threading.Barrier(len(orders) + 1)
    found: list[Drawn | None] = [None] * len(orders)

    def visit(number: int) -> None:
        start.wait()
        found[number] = artist.draw(MINI, orders[number], Asker(str(number)), lambda preview: None)

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(len(orders))]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    return [drawn for drawn in found if drawn is not None], seconds


def one_after_another(artist: Artist, orders: Sequence[Order]) -> tuple[list[Drawn], float]:
    """The same, each begun when the one before is done."""
    began = time.perf_counter()
    found = [artist.draw(MINI, order, Asker(), lambda preview: None) for order in orders]
    return found, time.perf_counter() - began


def loads(cache: Cache) -> int:
    """How often a part was built or copied so far."""
    return sum(int(n) for n in re.findall(r"^cache_loads_total\S* (\d+)", cache.metrics(), re.M))


def bytes_read() -> int:
    """Bytes that this process made the disk read so far; 0 where the system does not tell."""
    try:
        told = Path("/proc/self/io").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(told.split("read_bytes: ")[1].split()[0])


def measure_alone(artist: Artist, rounds: int, steps: int) -> bool:
    """One picture at a time."""
    order = orders_of(1, steps)[0]
    began = time.perf_counter()
    one(artist, MINI, order)
    print(f"first picture of all, loading included, s  {time.perf_counter() - began:.2f}")
    taken = [one(artist, MINI, replace(order, seed=n)) for n in range(rounds)]
    seconds = statistics.median(row[1] for row in taken)
    first = statistics.median(row[2] for row in taken)
    worst = max(row[1] for row in taken)
    print(
        f"one picture, {steps} steps with guidance, s    median {seconds:.2f}   worst {worst:.2f}"
    )
    print(f"its first preview, s                       median {first:.3f}")
    return seconds <= BAR_SECONDS and first <= BAR_FIRST_SECONDS


def measure_company(artist: Artist, rounds: int, steps: int, *, on_gpu: bool) -> bool:
    """Sixteen at once and one after another, in turn."""
    orders = orders_of(VISITORS, steps)
    share, previews.SPARE_SHARE = previews.SPARE_SHARE, -1.0
    ways = {"at once": all_at_once, "one after another": one_after_another}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, list[Drawn]] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name], taken = way(artist, orders)
            seconds[name].append(taken)
    previews.SPARE_SHARE = share
    apart = max(
        int(np.abs(a.picture.pixels.astype(int) - b.picture.pixels).max())
        for a, b in zip(found["at once"], found["one after another"], strict=True)
    )
    print(f"in company against alone, of 255           {apart}")
    for name, times in seconds.items():
        print(f"{VISITORS} {name:<24} s           median {statistics.median(times):.2f}")
    pairs = zip(*seconds.values(), strict=True)
    ratio = statistics.median(at_once / in_turn for at_once, in_turn in pairs)
    print(f"at once / one after another                {ratio:.2f} (bar {BAR_RATIOS[on_gpu]})")
    return apart <= BAR_LEVELS and ratio <= BAR_RATIOS[on_gpu]


def measure_switching(cache: Cache, artist: Artist, second: Entry, rounds: int) -> bool:
    """Two models that both fit, in turn."""
    order = orders_of(1, 2)[0]
    for item in (MINI, second):
        one(artist, item, order)
    before, read_before = loads(cache), bytes_read()
    for _ in range(rounds):
        for item in (MINI, second):
            one(artist, item, order)
    loaded, read = loads(cache) - before, bytes_read() - read_before
    print(
        f"two models in turn, {rounds} times: parts loaded  {loaded}, bytes read from disk {read}"
    )
    return loaded == 0 and read == 0


def main() -> int:
    """Prints the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    asked = parser.parse_args()
    second = twin(MINI)
    cache = Cache(cache_items([entry("mini-clip"), MINI, second], read_settings([], {})))
    artist = Artist(cache, Fingerprints(""))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"load of the machine {load:.1f} on {os.cpu_count()} cores")
    met = [measure_alone(artist, asked.rounds, asked.steps)]
    on_gpu = not any(name == "cpu" for name in cache.budgets())
    met.append(measure_company(artist, asked.rounds, asked.steps, on_gpu=on_gpu))
    met.append(measure_switching(cache, artist, second, asked.rounds))
    print("bars met" if all(met) else "bars missed")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
