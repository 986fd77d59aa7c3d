"""Draws the pictures that ship: text to image opens on one before any model is loaded.

`python -m playground.stored_drawings`, after mini-diffusion has changed. What is drawn stands in
`assets/examples/text_to_image/orders.json`; the seeds were chosen by eye among ten.
"""

from __future__ import annotations

import json
from pathlib import Path

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, entry
from playground.drawing.artist import Artist
from playground.drawing.drawn import Preview
from playground.drawing.orders import read_order
from playground.drawing.stored import STORED, write_stored
from playground.fingerprints import Fingerprints
from playground.search import Asker
from playground.settings import read_settings

MODEL = "mini-diffusion"
ORDERS = STORED / "orders.json"


def main() -> None:
    """Draws every example again; old files go."""
    settings = read_settings()
    cache = Cache(cache_items(CATALOG, settings))
    artist = Artist(cache, Fingerprints(settings.models_folder))
    for file in STORED.glob("*.safetensors"):
        file.unlink()
    draw_all(artist, json.loads(ORDERS.read_text(encoding="utf-8")), STORED)


def draw_all(artist: Artist, examples: list[dict[str, object]], folder: Path) -> None:
    """Draws examples and writes each into a file.

    Args:
        artist: Draws.
        examples: Each with `id`, `language`, `words` and `seed`; the ids give the order.
        folder: Where to.

    Raises:
        OSError: A file cannot be written.
    """
    item = entry(MODEL)
    for example in examples:
        order, _ = read_order(item, {"words": example["words"], "seed": example["seed"]})
        drawn = artist.draw(item, order, Asker(), _unseen)
        sharp = artist.sharp_frames(item, drawn, Asker())
        file = folder / f"{example['id']}.safetensors"
        write_stored(drawn, str(example["language"]), sharp, file)


def _unseen(preview: Preview) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()
