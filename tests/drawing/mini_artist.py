"""An artist with mini-diffusion behind a real cache, and guards of every temper."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache as once

import numpy as np

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.drawing.artist import Artist
from playground.drawing.orders import read_order
from playground.fingerprints import Fingerprints
from playground.search import Asker
from playground.settings import read_settings
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

MINI = entry("mini-diffusion")
STEPS = 4


@once
def mini_cache() -> Cache:
    """One for all tests of a process: the parts are built once."""
    items = (entry("mini-clip"), MINI)
    return Cache(cache_items(items, read_settings([], {})))


def mini_artist(guard=None) -> Artist:
    return Artist(mini_cache(), Fingerprints(""), guard)


def mini_order(words: str = "a cat", start: Picture | None = None, mask=None, **fields):
    return read_order(MINI, {"words": words, "seed": 1, "steps": STEPS} | fields, start, mask)[0]


def a_picture(side: int = 128) -> Picture:
    rows, columns = np.mgrid[:side, :side]
    pixels = np.dstack([rows * 255 // side, columns * 255 // side, np.full_like(rows, 90)])
    return Picture(pixels.astype(np.uint8))


class Watcher:
    """A guard that notes what it sees.

    Args:
        may_show: Whether the picture of so many-th look may be shown.
    """

    def __init__(
        self, may_show: Callable[[int], bool] = lambda number: True, *, can_look: bool = True
    ) -> None:
        self.seen: list[np.ndarray] = []
        self._may_show = may_show
        self._can_look = can_look

    def watches(self, item) -> bool:
        return True

    def check_words(self, item, order) -> None:
        if "gun" in order.words:
            raise PersonError("draw.mistake.words")

    def prepare(self, item, asker: Asker) -> None:
        if not self._can_look:
            raise PersonError("draw.mistake.no_checker")

    def may_show(self, pictures, asker: Asker) -> list[bool]:
        answers = []
        for picture in pictures:
            answers.append(self._may_show(len(self.seen)))
            self.seen.append(picture)
        return answers
