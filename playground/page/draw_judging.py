"""What CLIP and BLIP-2 see in a drawing, without being told which words it was drawn from.

They answer whether a picture shows what was asked for, as far as they can tell; they err too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.chatting.questions import language_of_question
from playground.entries import Entry
from playground.explain.similarity import cosines, probabilities
from playground.models import blip2, clip
from playground.page.draw_service import DrawService
from playground.reading import can_read
from playground.search import Asker

CLIP_FAMILY, CAPTION_FAMILY = "clip", "blip2"
RIVALS = range(1, 7)
MOST_RIVALS = 5
MOST_CAPTION_TOKENS = 40
Answer = dict[str, Any]


@dataclass(frozen=True)
class Judging:
    """Asks the models that are on this machine."""

    service: DrawService

    def judge(self, pixels: np.ndarray, words: str, asker: Asker) -> Answer:
        """Shows a drawing to CLIP and BLIP-2.

        Args:
            pixels: uint8 (H, W, 3), RGB.
            words: What was asked for.
            asker: Who asks.

        Returns:
            `clip` with the shares of the asked words among rivals, `caption` with what BLIP-2 says
            and how well it finds that the words fit; each None where no such model is here.

        Raises:
            CacheError: A model cannot be had, or the visitor has left.
        """
        return {
            "clip": self._by_clip(pixels, words, asker),
            "caption": self._by_captioner(pixels, words, asker),
        }

    def _by_clip(self, pixels: np.ndarray, words: str, asker: Asker) -> Answer | None:
        item = self._reader(CLIP_FAMILY, words)
        if item is None:
            return None
        texts = self.sentences(words)
        cache, options = self.service.ctx.cache, asker.options()
        rows = cache.batch(item.key, clip.embed_text_lists, tuple(texts), **options)
        vector = cache.batch(item.key, clip.embed_pictures, pixels, **options)
        scale = cache.run(item.key, clip.logit_scale, **options)
        found = cosines(vector[None], rows)
        shares = probabilities(found, logit_scale=scale, across="texts")[0]
        told = [
            {"text": texts[place], "share": round(float(shares[place]), 4), "is_asked": place == 0}
            for place in np.argsort(-shares, kind="stable").tolist()
        ]
        return {"title": item.title, "rows": told}

    def _by_captioner(self, pixels: np.ndarray, words: str, asker: Asker) -> Answer | None:
        item = self._reader(CAPTION_FAMILY, words)
        if item is None:
            return None
        cache, options = self.service.ctx.cache, asker.options()
        seen = cache.batch(blip2.part_of(item, "eyes"), blip2.see, pixels, **options)
        language = language_of_question(words)
        ask = blip2.Ask(
            seen=seen,
            language=language if language in item.languages else "en",
            most_tokens=MOST_CAPTION_TOKENS,
        )
        part = blip2.part_of(item, "language")
        answer = cache.batch(part, blip2.answer, ask, steps=True, **options)
        match = None
        if blip2.facts(item).can_match and can_read(words, item.languages):
            matched = cache.run(
                blip2.part_of(item, "match"),
                lambda model: blip2.match(model, [(seen, words)]),
                **options,
            )
            match = round(float(matched[0].probability), 4)
        return {"title": item.title, "text": answer.text.strip(), "match": match}

    def sentences(self, words: str) -> list[str]:
        """Returns the asked words and sentences that compete with them, in the same language."""
        language, say = language_of_question(words), self.service.ctx.languages.say
        rivals = [say(f"draw.rival.{number}", language) for number in RIVALS]
        return [words, *_others(rivals, words)[:MOST_RIVALS]]

    def _reader(self, family: str, words: str) -> Entry | None:
        """The first model of a family that is here; one that reads these words comes first."""
        ctx = self.service.ctx
        entries = [item for item in ctx.entries(family) if ctx.is_on_disk(item)]
        if family == CAPTION_FAMILY:
            entries = [item for item in entries if blip2.facts(item).is_free_text]
        entries.sort(key=lambda item: not can_read(words, item.languages))
        return entries[0] if entries else None


def _others(sentences: Sequence[str], words: str) -> list[str]:
    return [one for one in sentences if one.casefold() != words.casefold()]
