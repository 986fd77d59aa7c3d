"""How fast one's own pictures are indexed, beside the least that must be done, and a plain script.

    python -m benchmarks.indexing [--pictures 2000]

The pictures are JPEG files of 1024x768, made here from the playground's own ones. Three ways, taken
in turn over the same files: the playground (files wait on a shelf; read, made small, looked for
twice, embedded, kept), the bare work (every file decoded, then embedded in batches of 16), and a
plain script as anyone would write it (one file after the other). Prints pictures a second; 1 if the
playground is more than a tenth slower than the bare work.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, entry
from playground.collection import read_collection
from playground.models import clip
from playground.own.indexing import BATCH_PICTURES, LIMITS, index_waiting
from playground.own.shelf import Shelf
from playground.settings import read_settings
from playground.visitors.pictures import read_picture

KEY = "mini-clip"
SIZE_WH = (1024, 768)
ROUNDS = 5
LEAST_RATIO = 0.9


def files(count: int) -> list[bytes]:
    """Different JPEG files, in memory, so that no disk is measured."""
    collection = read_collection()
    sources = [
        Image.fromarray(collection.pixels(place)).resize(SIZE_WH)
        for place in range(min(40, len(collection.pictures)))
    ]
    found = []
    for number in range(count):
        picture = sources[number % len(sources)].copy()
        # A mark that makes each one another picture.
        picture.paste((number % 256, number // 256 % 256, 90), (8, 8, 40, 40))
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=88)
        found.append(file.getvalue())
    return found


def playground(cache: Cache, data: Sequence[bytes]) -> int:
    """As the tab does it."""
    shelf = Shelf("benchmark")
    for number, each in enumerate(data):
        shelf.bring(str(number), each)
    found = index_waiting(
        shelf, cache, entry(KEY), visitor="b", tell=lambda _: None, is_left=lambda: False
    )
    return found.pictures


def bare(cache: Cache, data: Sequence[bytes]) -> int:
    """Decoding and batched forward passes, one after the other, and nothing else."""
    rows = []
    for start in range(0, len(data), BATCH_PICTURES):
        batch = data[start : start + BATCH_PICTURES]
        pixels = [read_picture(each, limits=LIMITS).pixels for each in batch]
        rows.append(cache.run(KEY, lambda model, now=pixels: clip.embed_pictures(model, now)))
    return len(np.concatenate(rows))


def plain(cache: Cache, data: Sequence[bytes]) -> int:
    """One file after the other, as a first script would."""
    rows = []
    for each in data:
        pixels = np.asarray(Image.open(io.BytesIO(each)).convert("RGB"))
        rows.append(cache.run(KEY, lambda model, now=pixels: clip.embed_pictures(model, [now])))
    return len(rows)


def main(arguments: Sequence[str]) -> int:
    """Prints the table; 1 if the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexing")
    parser.add_argument("--pictures", type=int, default=2000)
    count = parser.parse_args(arguments).pictures // ROUNDS
    cache = Cache(cache_items(CATALOG, read_settings()))
    data = files(count)
    ways: dict[str, Callable[[Cache, Sequence[bytes]], int]] = {
        "playground": playground,
        "bare": bare,
        "plain script": plain,
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way(cache, data[:BATCH_PICTURES])
    for _ in range(ROUNDS):
        # Taken in turn, so that a busy moment of the machine hits all alike.
        for name, way in ways.items():
            began = time.perf_counter()
            assert way(cache, data) == count, "a picture was lost"
            speeds[name].append(count / (time.perf_counter() - began))
    print(f"{'way':<14} {'pictures/s':>11} {'worst':>8} {'best':>8}")
    for name, rounds in speeds.items():
        print(
            f"{name:<14} {statistics.median(rounds):>11.1f} {min(rounds):>8.1f} {max(rounds):>8.1f}"
        )
    ratios = [
        ours / least for ours, least in zip(speeds["playground"], speeds["bare"], strict=True)
    ]
    ratio = statistics.median(ratios)
    print(f"the playground does {100 * ratio:.0f} % of the bare work's speed (bar 90 %)")
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
