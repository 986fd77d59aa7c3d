"""What one click costs: the decoder in ONNX Runtime with one thread, and in torch.

    python -m benchmarks.segment_decode [--rounds 15]

Prints the milliseconds of a click with one and with five points, and of a point of the grid, for
mini-sam and for decoders of the published sizes (random weights: the time is the same). Both ways
run in turn in the same process, so that a busy moment of the machine hits both alike. Fails where
ONNX Runtime is not faster, which is why the playground needs it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from playground.catalog import entry, folder_of
from playground.models import sam
from playground.models.sam import Encoded, Prompts
from playground.models.sam_decoder import SamDecoder

SIDE_PX = 1024
SIZE_HW = (768, 1024)


def save_sam(folder: Path) -> None:
    """A SAM of 2023 whose encoder is a single small layer: only its decoder is measured."""
    from transformers import SamConfig, SamImageProcessor, SamModel

    small = {"hidden_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2, "mlp_dim": 48}
    SamModel(SamConfig(vision_config=small)).save_pretrained(folder)
    SamImageProcessor().save_pretrained(folder)


def save_sam_2(folder: Path) -> None:
    """SAM 2.1 tiny, as it is."""
    from transformers import Sam2Config, Sam2ImageProcessor, Sam2Model

    Sam2Model(Sam2Config()).save_pretrained(folder)
    Sam2ImageProcessor().save_pretrained(folder)


def decoders(folder: Path) -> dict[str, tuple[SamDecoder, Encoded]]:
    """Each decoder, and features of the right shapes."""
    folders = {"mini-sam": folder_of(entry("mini-sam"))}
    for name, save in {"SAM": save_sam, "SAM 2.1": save_sam_2}.items():
        folders[name] = folder / name
        save(folders[name])
    levels = {
        "mini-sam": [(128, 32, 32)],
        "SAM": [(256, 64, 64)],
        "SAM 2.1": [(32, 256, 256), (64, 128, 128), (256, 64, 64)],
    }
    rng = np.random.default_rng(0)
    found: dict[str, tuple[SamDecoder, Encoded]] = {}
    for name, here in folders.items():
        decoder: Any = sam.build("decoder", here)
        features = tuple(rng.normal(size=shape).astype(np.float16) for shape in levels[name])
        side = SIDE_PX if name != "mini-sam" else 256
        encoded = Encoded(features, SIZE_HW, (side * 3 // 4, side), side, decoder.low_hw)
        found[name] = decoder, encoded
    return found


def clicks(count: int) -> Prompts:
    """That many points, three candidates for a single one."""
    rng = np.random.default_rng(count)
    points = rng.uniform(0, SIZE_HW, (count, 2)).astype(np.float32)
    return Prompts(points, np.ones(count, int), is_multimask=count == 1)


def works(decoder: SamDecoder, encoded: Encoded) -> dict[str, Callable[[], object]]:
    """What is timed; the last is for one point of the grid, of which torch takes eight at once."""
    grid = clicks(8).points_xy
    return {
        "1 point": lambda: sam.decode(decoder, encoded, clicks(1)),
        "5 points": lambda: sam.decode(decoder, encoded, clicks(5)),
        "grid of 8": lambda: sam.decode_points(decoder, encoded, grid),
    }


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; 1 if ONNX Runtime is slower anywhere."""
    parser = argparse.ArgumentParser(description="What one click costs.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    torch.set_num_threads(1)
    is_faster = True
    print(f"{'model':<9} {'work':<10} {'onnx ms':>8} {'best':>7} {'torch ms':>9} {'best':>7} ratio")
    with tempfile.TemporaryDirectory() as folder:
        for name, (decoder, encoded) in decoders(Path(folder)).items():
            ways = {"onnx": decoder, "torch": replace(decoder, graph=None)}
            kinds = {way: works(each, encoded) for way, each in ways.items()}
            for work in kinds["onnx"]:
                taken: dict[str, list[float]] = {way: [] for way in ways}
                for number in range(rounds + 1):
                    for way, kind in kinds.items():
                        began = time.perf_counter()
                        kind[work]()
                        if number:
                            taken[way].append(1000 * (time.perf_counter() - began))
                medians = {way: statistics.median(each) for way, each in taken.items()}
                ratio = medians["torch"] / medians["onnx"]
                is_faster = is_faster and ratio > 1
                row = " ".join(f"{medians[way]:>8.1f} {min(taken[way]):>7.1f}" for way in ways)
                print(f"{name:<9} {work:<10} {row}  {ratio:.1f}")
    return 0 if is_faster else 1


if __name__ == "__main__":
    sys.exit(main())
