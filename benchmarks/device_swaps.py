"""Big models moved in and out of a device that cannot hold them all.

    python -m benchmarks.device_swaps

On CUDA: CLIP L/14, SAM ViT-H, the UNet of Stable Diffusion 1.5 and BLIP-2 OPT-2.7B at full size,
with random weights, mapped from float16 files. Without CUDA: small stand-ins of the same classes,
copied within host memory, so that the script itself is tried everywhere.

Prints the copy speed against the measured pinned link (bar 80 %), the bytes of each model against
what the driver tells (NVML, through `nvidia-smi`), whether a model's answer survives the trips,
whether a call that runs out of memory is helped, and what 200 swaps leave behind.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.cache_table import print_table
from benchmarks.swapped_models import SwappedModel, save_models
from playground.cache import Cache, Part
from playground.cache.mover import TorchMover

SWAPS = 200
BUDGET_SHARE = 0.75
BAR_LINK = 0.8
# The driver counts pages of 2 MB and what its libraries take at a model's first call.
BAR_DRIVER_BYTES = 0.05
BAR_LEAK_BYTES = 64 << 20
LINK_ROUNDS = 5
MEGABYTE, GIGABYTE = 1 << 20, 1 << 30


def used_bytes(device: str) -> int:
    """Bytes in use: of the whole device as the driver tells; without one, of this process."""
    if device == "cpu":
        for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Anonymous:"):
                return int(line.split()[1]) * 1024
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    asked = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return int(told.split()[0]) * MEGABYTE


def link_bytes_per_second(device: str) -> float:
    """The fastest of several copies of pinned memory to the device."""
    is_cuda = device != "cpu"
    there = torch.empty(GIGABYTE if is_cuda else GIGABYTE // 16, dtype=torch.uint8)
    there.fill_(1)
    source = there.pin_memory() if is_cuda else there
    taken = []
    for _ in range(LINK_ROUNDS):
        began = time.perf_counter()
        source.to(device, non_blocking=True, copy=True)
        if is_cuda:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - began)
    return source.numel() / min(taken)


def seconds_to_load(cache: Cache, key: str) -> float:
    """The faster of two loads; the first one also reads the file into memory."""
    taken = []
    for _ in range(2):
        cache.evict(key)
        began = time.perf_counter()
        cache.run(key, lambda model: None)
        taken.append(time.perf_counter() - began)
    return min(taken)


def print_speed(cache: Cache, models: list[SwappedModel], device: str) -> bool:
    """Speed and bytes of each model, alone on the device."""
    link = link_bytes_per_second(device)
    print(f"link, pinned: {link / 1e9:.1f} GB/s\n")
    rows, is_met = [], True
    for model in models:
        evict_all(cache, models)
        before = used_bytes(device)
        seconds = seconds_to_load(cache, model.key)
        grown = used_bytes(device) - before
        share = model.size_bytes / seconds / link
        off = abs(grown - model.size_bytes) / model.size_bytes
        is_met &= device == "cpu" or (share >= BAR_LINK and off <= BAR_DRIVER_BYTES)
        rows.append(
            (
                model.key,
                f"{model.size_bytes / 1e9:.3f}",
                f"{grown / 1e9:.3f}",
                f"{1000 * seconds:.0f}",
                f"{model.size_bytes / seconds / 1e9:.1f}",
                f"{100 * share:.0f} %",
            )
        )
    print_table(("model", "GB", "driver GB", "load ms", "GB/s", "of the link"), rows)
    return is_met


def evict_all(cache: Cache, models: list[SwappedModel]) -> None:
    """Takes every model off the device."""
    for model in models:
        cache.evict(model.key)


def is_helped_out_of_memory(cache: Cache, models: list[SwappedModel], device: str) -> bool:
    """Fills the device with idle models, then asks for more than is left."""
    for model in models:
        cache.run(model.key, model.use)
    called: list[None] = []

    def greedy(module: Any) -> int:
        called.append(None)
        if device == "cpu":
            if len(called) == 1:
                raise torch.OutOfMemoryError("stand-in")
            return 1
        free, _ = torch.cuda.mem_get_info()
        wanted = free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated() + GIGABYTE
        # The same size at the second call, when the others have gone.
        sizes.append(wanted)
        return torch.empty(sizes[0], dtype=torch.uint8, device=device).numel()

    sizes: list[int] = []
    cache.run(models[0].key, greedy)
    return len(called) == 2 and all(cache.run(model.key, model.is_right) for model in models)


def swap_often(cache: Cache, models: list[SwappedModel], device: str) -> tuple[int, float, bool]:
    """Asks models at random, each after it was evicted.

    Returns:
        Growth of the bytes in use from the first tenth to the end, swaps a second, and whether
        every answer was the first one.
    """
    numbers = random.Random(0)
    is_right, before, began = True, 0, time.perf_counter()
    for count in range(SWAPS):
        model = numbers.choice(models)
        cache.evict(model.key)
        is_right &= cache.run(model.key, model.is_right)
        if count == SWAPS // 10:
            evict_all(cache, models)
            before = used_bytes(device)
    rate = SWAPS / (time.perf_counter() - began)
    evict_all(cache, models)
    return used_bytes(device) - before, rate, is_right


def make_cache(models: list[SwappedModel], device: str) -> Cache:
    """A cache whose budget is smaller than all models together and larger than the largest."""
    sizes = [model.size_bytes for model in models]
    budget = int(max(BUDGET_SHARE * sum(sizes), 1.1 * max(sizes)))
    print(f"{sum(sizes) / 1e9:.2f} GB of models, budget {budget / 1e9:.2f} GB on {device}")

    def build(model: SwappedModel, report: Callable[[int, int], None]) -> Any:
        return model.load()

    return Cache(
        [Part(model.key, partial(build, model)) for model in models],
        budget={device: budget},
        mover=TorchMover(copy_on_host=device == "cpu"),
    )


def main() -> int:
    """Prints everything; 1 if a bar is missed."""
    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    with tempfile.TemporaryDirectory() as place, torch.inference_mode():
        models = save_models(Path(place), is_full_size=device != "cpu")
        cache = make_cache(models, device)
        for model in models:
            cache.run(model.key, model.remember)
        is_fast = print_speed(cache, models, device)
        is_helped = is_helped_out_of_memory(cache, models, device)
        leak, rate, is_right = swap_often(cache, models, device)
    print(f"\nout of memory: {'helped' if is_helped else 'NOT HELPED'}")
    print(f"{SWAPS} swaps, {rate:.1f} a second: {leak / MEGABYTE:+.1f} MB left behind")
    print(f"answers after every trip: {'the same' if is_right else 'CHANGED'}")
    if device == "cpu":
        print("no CUDA here: stand-ins, so speed and driver bytes are shown but not judged")
    is_met = is_fast and is_helped and is_right and leak <= BAR_LEAK_BYTES
    print("bars met" if is_met else "A BAR IS MISSED")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
