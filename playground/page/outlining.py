"""The outline of a thing that a person points at, in any picture of any tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from playground.cache import Cancelled
from playground.chatting.parts_of_picture import LEAST_SIDE, box_of
from playground.entries import Entry
from playground.fingerprints import Fingerprints
from playground.keeping import Keeping
from playground.models import sam
from playground.page.context import Context
from playground.segmenting.prompts import read_prompts
from playground.segmenting.run_lengths import to_runs
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

FAMILY = "sam"
MOST_BYTES = 150_000_000
MOST_PICTURES = 200
# Model's key, fingerprint of its files, content id of the pixels.
Key = tuple[str, str, str]


def _encoded_pictures() -> Keeping[Key, sam.Encoded]:
    return Keeping(lambda one: one.bytes_held, most_bytes=MOST_BYTES, most_values=MOST_PICTURES)


@dataclass(frozen=True)
class Outlining:
    """Outlines things with the first model of its family that is on this machine.

    Attributes:
        ctx: The page's context.
        fingerprints: Which files each model has.
        nothing_key: The sentence for a place where there is no thing.
        encoded: Encoded pictures, shared by all who show the same pixels.
    """

    ctx: Context
    fingerprints: Fingerprints
    nothing_key: str
    encoded: Keeping[Key, sam.Encoded] = field(default_factory=_encoded_pictures)

    def outline(self, picture: Picture, x: object, y: object, visitor: str) -> dict[str, Any]:
        """Outlines the thing at a place.

        Args:
            picture: The picture.
            x: Pixels from the left, as they arrived.
            y: Pixels from the top, as they arrived.
            visitor: Who asks.

        Returns:
            `runs`, `width`, `height` of the mask at the picture's size, and its `box`.

        Raises:
            PersonError: `nothing_key`, or what is wrong with the place.
            CacheError: The model cannot be had.
        """
        item = self._segmenter()
        encoded = self._encode(item, picture, visitor)
        prompts = read_prompts({"points": [[x, y, 1]], "multimask": True}, encoded)
        with self.ctx.cache.lease(_part(item, "decoder"), visitor=visitor) as decoder:
            masks = sam.decode(decoder, encoded, prompts)
        mask = np.asarray(sam.full_mask(masks.logits[sam.choose(masks, prompts, encoded)], encoded))
        box = box_of(mask)
        if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
            raise PersonError(self.nothing_key)
        height, width = mask.shape
        return {"runs": to_runs(mask), "width": width, "height": height, "box": list(box)}

    def _encode(self, item: Entry, picture: Picture, visitor: str) -> sam.Encoded:
        def make() -> sam.Encoded:
            made: sam.Encoded = self.ctx.cache.batch(
                _part(item, "encoder"), sam.encode, picture.pixels, visitor=visitor
            )
            return made

        key = (item.key, self.fingerprints.of(item), picture.content_id)
        found = self.encoded.made(key, make, is_left=_never)
        if found is None:
            raise Cancelled(item.key)
        return found

    def _segmenter(self) -> Entry:
        entries = self.ctx.entries(FAMILY)
        return next(filter(self.ctx.is_on_disk, entries), entries[0])


def _part(item: Entry, name: str) -> str:
    return next(key for key in item.parts if key.endswith(f"/{name}"))


_never: Callable[[], bool] = bool
