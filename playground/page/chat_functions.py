"""What the chat's canvas asks outside the queue: the outline of a thing that was clicked on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from playground.cache import Cancelled
from playground.chatting.parts_of_picture import LEAST_SIDE, box_of
from playground.entries import Entry
from playground.keeping import Keeping
from playground.models import sam
from playground.page.chat_service import SEGMENT_FAMILY, ChatService
from playground.segmenting.prompts import read_prompts
from playground.segmenting.run_lengths import to_runs
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

MOST_BYTES = 150_000_000
MOST_PICTURES = 200
# Model's key, fingerprint of its files, content id of the pixels.
Key = tuple[str, str, str]


def _encoded_pictures() -> Keeping[Key, sam.Encoded]:
    return Keeping(lambda one: one.bytes_held, most_bytes=MOST_BYTES, most_values=MOST_PICTURES)


@dataclass(frozen=True)
class ChatFunctions:
    """The functions of one page. Each takes one object, which anyone may forge."""

    service: ChatService
    encoded: Keeping[Key, sam.Encoded] = field(default_factory=_encoded_pictures)

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The functions, for the component."""
        return [self.service.functions.plain(self.segment)]

    def segment(self, asked: Mapping[str, Any], visitor: str) -> dict[str, Any]:
        """Outlines the thing at x, y in the picture that is talked about.

        Returns:
            `runs`, `width`, `height` of the mask at the picture's size, and its `box`.
        """
        talk = self.service.store.talk_of(asked.get("picture_id"), visitor)
        item = self._segmenter()
        encoded = self._encode(item, talk.picture, visitor)
        point = [asked.get("x"), asked.get("y"), 1]
        prompts = read_prompts({"points": [point], "multimask": True}, encoded)
        with self.service.ctx.cache.lease(_part(item, "decoder"), visitor=visitor) as decoder:
            masks = sam.decode(decoder, encoded, prompts)
        mask = sam.full_mask(masks.logits[sam.choose(masks, prompts, encoded)], encoded)
        box = box_of(np.asarray(mask))
        if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
            raise PersonError("chat.mistake.nothing_here")
        height, width = mask.shape
        return {"runs": to_runs(mask), "width": width, "height": height, "box": list(box)}

    def _encode(self, item: Entry, picture: Picture, visitor: str) -> sam.Encoded:
        def make() -> sam.Encoded:
            made: sam.Encoded = self.service.ctx.cache.batch(
                _part(item, "encoder"), sam.encode, picture.pixels, visitor=visitor
            )
            return made

        key = (item.key, self.service.fingerprints.of(item), picture.content_id)
        found = self.encoded.made(key, make, is_left=lambda: False)
        if found is None:
            raise Cancelled(item.key)
        return found

    def _segmenter(self) -> Entry:
        """The model that outlines things: the first of its family that is on this machine."""
        ctx = self.service.ctx
        entries = ctx.entries(SEGMENT_FAMILY)
        return next(filter(ctx.is_on_disk, entries), entries[0])


def _part(item: Entry, name: str) -> str:
    return next(key for key in item.parts if key.endswith(f"/{name}"))
