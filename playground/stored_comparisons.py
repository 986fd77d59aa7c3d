"""Draws the comparisons that ship with the playground: Compare opens on them before any model.

`python -m playground.stored_comparisons`, after mini-diffusion or one of the example sentences has
changed (`draw.compare.example.*` in `assets/languages`). The seed was chosen by eye among three.
"""

from __future__ import annotations

from pathlib import Path

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, entry
from playground.drawing.artist import Artist
from playground.drawing.drawn import Preview
from playground.drawing.orders import read_order
from playground.fingerprints import Fingerprints
from playground.page.draw_compare_plan import read_plan
from playground.page.draw_compare_stored import (
    MODEL,
    STORED,
    example_fields,
    write_stored,
)
from playground.search import Asker
from playground.sentences import LANGUAGE_FOLDER, read_sentences
from playground.settings import read_settings


def main() -> None:
    """Draws every comparison in every language; old files go."""
    settings = read_settings()
    artist = Artist(Cache(cache_items(CATALOG, settings)), Fingerprints(settings.models_folder))
    for old in STORED.glob("*.json"):
        old.unlink()
    for file in sorted(LANGUAGE_FOLDER.glob("*.json")):
        draw_all(artist, file.stem, STORED)


def draw_all(artist: Artist, language: str, folder: Path) -> None:
    """Draws the comparisons in one language and writes each into a file.

    Args:
        artist: Draws.
        language: Name of its file in `assets/languages`, without ending.
        folder: Where to.

    Raises:
        OSError: A file cannot be written.
    """
    item, sentences = entry(MODEL), read_sentences(language)
    fields_of = example_fields(lambda name: sentences[f"draw.compare.example.{name}"])
    for mode, fields in fields_of.items():
        plan = read_plan(item, fields, lambda asked: read_order(item, asked))
        drawings = [artist.draw(item, order, Asker(), _unseen) for order in plan.orders]
        write_stored(fields, drawings, folder / f"{language}-{mode}.json")


def _unseen(preview: Preview) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()
