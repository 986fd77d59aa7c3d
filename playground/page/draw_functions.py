"""What the drawing tab's canvas asks outside the queue: tokens, outlines, what other models see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.drawing.orders import MOST_CHARACTERS
from playground.entries import Entry
from playground.models import diffusion
from playground.page.draw_judging import Judging
from playground.page.draw_service import DrawService
from playground.page.outlining import Outlining
from playground.search import Asker
from playground.visitors.words import read_optional_words

Answer = dict[str, Any]


@dataclass(frozen=True)
class DrawFunctions:
    """The functions of one page. Each takes one object, which anyone may forge."""

    service: DrawService

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The functions, for the component."""
        plain = self.service.functions.plain
        return [plain(function) for function in (self.tokens, self.outline, self.judge)]

    @cached_property
    def outlining(self) -> Outlining:
        """Outlines things in pictures to start from."""
        service = self.service
        return Outlining(service.ctx, service.fingerprints, "draw.mistake.nothing_here")

    def tokens(self, asked: Mapping[str, Any], visitor: str) -> Answer:
        """Counts the tokens of a prompt as a model reads it.

        Returns:
            `count`, `most` and `unread`; nothing for a model that is not loaded: nobody waits for
            gigabytes to have tokens counted.
        """
        item = self.service.item(asked.get("model"))
        words = read_optional_words(asked.get("words"), most_characters=MOST_CHARACTERS).text
        if not words or not self._is_at_hand(item):
            return {}
        reading = self.service.artist.cut(item, words, Asker(visitor))
        return {"count": reading.count, "most": reading.most, "unread": reading.unread}

    def outline(self, asked: Mapping[str, Any], visitor: str) -> Answer:
        """Outlines the thing at x, y in a picture to start from."""
        picture = self.service.visits.start_of(asked.get("start_id"), visitor)
        return self.outlining.outline(picture, asked.get("x"), asked.get("y"), visitor)

    def judge(self, asked: Mapping[str, Any], visitor: str) -> Answer:
        """Tells what CLIP and BLIP-2 see in a drawing."""
        drawn = self.service.drawn_of(asked.get("drawing_id"), visitor)
        judging = Judging(self.service)
        return judging.judge(drawn.picture.pixels, drawn.order.last_words, Asker(visitor))

    def _is_at_hand(self, item: Entry) -> bool:
        if item.is_built_in:
            return True
        part = diffusion.part_of(item, "words")
        rows = {row.key: row.state for row in self.service.ctx.cache.rows()}
        return rows.get(part, "cold") not in ("cold", "failed")
