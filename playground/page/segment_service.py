"""Click to segment behind the page: pictures are encoded once, clicks and the grid are decoded.

Nothing is shared between visitors but what a model saw in the same pixels.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from playground.cache import Cancelled, Progress
from playground.collection import Collection
from playground.entries import Entry
from playground.fingerprints import Fingerprints
from playground.models import clip, sam
from playground.page.context import Context
from playground.search import Asker, embed_with_tokens
from playground.segmenting.click_gate import ClickGate
from playground.segmenting.proposals import grid_points, proposals_of
from playground.segmenting.ranking import Ranking, crop, rank, to_look_at
from playground.segmenting.store import Kept, Store
from playground.segmenting.stored import EXAMPLES, STORED, read_stored, stored_file
from playground.visitors.notes import Note
from playground.visitors.numbers import read_choice
from playground.visitors.pictures import Picture
from playground.visitors.turns import Turns

FAMILY, WORDS_FAMILY = "sam", "clip"
# Points decoded between two looks at who clicks: a click waits for no more than these.
POINTS_AT_ONCE = 4
# How soon somebody who waits for another's encoding is let go after leaving.
LOOK_SECONDS = 0.1

Report = Callable[[Progress | Note], None]
IsLeft = Callable[[], bool]


@dataclass
class SegmentService:
    """Everything that the tab, its server functions and its events for programs ask.

    Attributes:
        ctx: The page's context.
        collection: Where the examples are.
        stored: Folder of the pictures encoded beforehand.
        store: Encoded pictures and the visitors' ids.
        gate: Who may decode now.
        grid_turns: Grids of one visitor; apart from other work, for it waits for nobody's grid.
    """

    ctx: Context
    collection: Collection
    stored: Path = STORED
    store: Store = field(default_factory=Store)
    gate: ClickGate = field(default_factory=lambda: ClickGate(max(1, os.cpu_count() or 1)))
    grid_turns: Turns = field(default_factory=lambda: Turns(most_running=2, most_waiting=2))
    _example_ids: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """Which files each model has."""
        return Fingerprints(self.ctx.settings.models_folder)

    def entry(self, model: object) -> Entry:
        """Checks which model a person chose.

        Raises:
            PersonError: There is no such model.
        """
        entries = {entry.key: entry for entry in self.ctx.entries(FAMILY)}
        return entries[read_choice(model, name_key="page.model", choices=entries)]

    def at_hand(self, picture: Picture, item: Entry) -> Kept | None:
        """Returns a picture that needs no model: one that is kept, or was encoded beforehand."""
        key = self._key(picture, item)
        found = self.store.get(key)
        if found is not None:
            return found
        example = self.example_of(picture.content_id)
        stored = read_stored(stored_file(self.stored, item.key, example)) if example else None
        if stored is None or (stored.fingerprint, stored.content_id) != key[1:]:
            return None
        return self.store.put(
            Kept(
                key=key,
                item=item,
                picture=picture,
                encoded=stored.encoded,
                seconds=0.0,
                proposals=stored.proposals,
                points_done=stored.points,
                points_of=stored.points,
            )
        )

    def encode(
        self, picture: Picture, item: Entry, visitor: str, report: Report, is_left: IsLeft
    ) -> Kept:
        """Returns a picture, encoding it first if need be; one maker for the same pixels.

        Args:
            picture: What a visitor opened.
            item: The model.
            visitor: Who asks, for fairness.
            report: Told how it goes.
            is_left: Whether the visitor has left.

        Raises:
            CacheError: The model cannot be had, or the visitor has left.
        """
        key = self._key(picture, item)
        making = self.store.making(key)
        try:
            while not making.acquire(timeout=LOOK_SECONDS):
                if is_left():
                    raise Cancelled(item.key)
            try:
                found = self.at_hand(picture, item)
                return found or self._encode(picture, item, visitor, report, is_left)
            finally:
                making.release()
        finally:
            self.store.made(key)

    def decode(self, kept: Kept, prompts: sam.Prompts, visitor: str) -> sam.Masks:
        """Answers clicks, before any grid and bounded in number.

        Args:
            kept: The picture.
            prompts: Checked prompts.
            visitor: Who asks.

        Raises:
            PersonError: Too many wait.
            CacheError: The model cannot be had.
        """
        with self.gate.click(), self._decoder(kept, visitor) as decoder:
            return sam.decode(decoder, kept.encoded, prompts)

    def grow(self, kept: Kept, visitor: str, report: Report, is_left: IsLeft) -> Kept:
        """Decodes the rest of the grid, some points at a time; several visitors take turns at it.

        Args:
            kept: The picture.
            visitor: Who asks.
            report: Told how many points are done.
            is_left: Asked between points.

        Returns:
            The same picture.

        Raises:
            CacheError: The model cannot be had, or the visitor has left.
        """
        points_xy = grid_points(kept.encoded.size_hw)
        while not kept.is_grown:
            if is_left():
                raise Cancelled(kept.item.key)
            if kept.growing.acquire(timeout=LOOK_SECONDS):
                try:
                    if not kept.is_grown:
                        self._grow(kept, points_xy, visitor)
                finally:
                    kept.growing.release()
            values = {"done": kept.points_done, "total": kept.points_of}
            report(Note("note.segment.grid", values))
        return kept

    def rank(self, kept: Kept, words: str, asker: Asker) -> Ranking:
        """Compares words with the proposals of a picture whose grid is decoded.

        Args:
            kept: The picture.
            words: Checked words.
            asker: Who asks.

        Raises:
            CacheError: The model that reads words cannot be had.
        """
        proposals = kept.proposals
        looked_at = to_look_at(proposals)
        item = self._reader()
        rows, _ = embed_with_tokens(self.ctx.cache, item.key, (words,), asker)
        low_hw = kept.encoded.low_picture_hw
        pictures = [crop(kept.picture.pixels, proposals[index], low_hw) for index in looked_at]
        vectors = (
            self.ctx.cache.run(
                item.key, lambda model: clip.embed_pictures(model, pictures), **asker.options()
            )
            if pictures
            else np.zeros((0, len(rows[words])), np.float32)
        )
        return rank(words, rows[words], vectors, looked_at, len(proposals))

    def example_of(self, content_id: str) -> str | None:
        """Returns the id of the example with these pixels, or None.

        Args:
            content_id: A picture's whole content id, or its first 16 digits.
        """
        with self._lock:
            if not self._example_ids:
                places = self.collection.places
                for name in EXAMPLES:
                    if name in places:
                        picture = self.collection.read(places[name])
                        self._example_ids[picture.content_id[:16]] = name
            return self._example_ids.get(content_id[:16])

    def _encode(
        self, picture: Picture, item: Entry, visitor: str, report: Report, is_left: IsLeft
    ) -> Kept:
        started = time.monotonic()
        encoded = self.ctx.cache.batch(
            _part(item, "encoder"),
            sam.encode,
            picture.pixels,
            visitor=visitor,
            progress=report,
            cancel=is_left,
        )
        seconds = time.monotonic() - started
        # Asked anew: the files may only have come with this.
        key = self._key(picture, item)
        points = len(grid_points(encoded.size_hw))
        return self.store.put(Kept(key, item, picture, encoded, seconds, points_of=points))

    def _grow(self, kept: Kept, points_xy: np.ndarray, visitor: str) -> None:
        self.gate.wait_for_clicks()
        some = points_xy[kept.points_done : kept.points_done + POINTS_AT_ONCE]
        with self._decoder(kept, visitor) as decoder:
            masks = sam.decode_points(decoder, kept.encoded, some)
        kept.add(proposals_of(masks, some, kept.encoded), len(some))
        self.store.grew()

    def _decoder(self, kept: Kept, visitor: str) -> AbstractContextManager[Any]:
        return self.ctx.cache.lease(_part(kept.item, "decoder"), visitor=visitor)

    def _key(self, picture: Picture, item: Entry) -> tuple[str, str, str]:
        return item.key, self.fingerprints.of(item), picture.content_id

    def _reader(self) -> Entry:
        """The model that reads words: the first of its family that is on this machine."""
        entries = self.ctx.entries(WORDS_FAMILY)
        return next(filter(self.ctx.is_on_disk, entries), entries[0])


def _part(item: Entry, name: str) -> str:
    return next(key for key in item.parts if key.endswith(f"/{name}"))
