"""A small world for tests: a tiny CLIP behind a real cache and a handful of plain pictures."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from playground.cache import Cache
from playground.catalog import Entry, cache_items, entry
from playground.collection import Collection, read_collection
from playground.settings import Settings, read_settings
from tests.models.tiny_clip import save_tiny_clip

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 180, 60),
    "blue": (40, 60, 220),
    "yellow": (240, 220, 60),
    "black": (10, 10, 10),
    "white": (245, 245, 245),
}


def tiny_settings(folder: Path) -> Settings:
    return read_settings([], {"PLAYGROUND_MODELS_FOLDER": str(folder)})


def tiny_entry(folder: Path, *, key: str = "tiny-clip", seed: int = 0) -> Entry:
    """A catalogue entry for a tiny CLIP, which is written to `folder/key` if it is not there."""
    if not (folder / key).exists():
        save_tiny_clip(folder / key, seed=seed)
    return replace(
        entry("mini-clip"),
        key=key,
        title=key,
        parts=(f"{key}/text", f"{key}/vision"),
        source=key,
        is_built_in=False,
    )


def tiny_cache(*entries: Entry, folder: Path) -> Cache:
    return Cache(cache_items(entries, tiny_settings(folder)))


def save_tiny_pictures(folder: Path) -> Collection:
    """One plain picture for each colour, with a stripe so that none is all alike."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, colour in COLOURS.items():
        pixels = np.full((48, 64, 3), colour, np.uint8)
        pixels[20:28] = 128
        Image.fromarray(pixels).save(folder / f"{name}.png")
        rows.append(
            {
                "id": name,
                "file": f"{name}.png",
                "kind": "scene",
                "alt": {"en": f"{name} with a stripe", "zh-Hant": f"{name}，有一條線"},
                "licence": "CC0-1.0",
                "source": "made by the test",
            }
        )
    (folder / "manifest.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    return read_collection(folder)
