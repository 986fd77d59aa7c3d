"""The safety layer for published models: words before, and every picture before it is seen.

It is on unless whoever runs the playground switches it off (`PLAYGROUND_SAFETY`). It promises
nothing: what it misses is measured. Where it cannot look, nothing is drawn.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from playground.cache import Cache, CacheError, Cancelled, WaitedTooLong
from playground.drawing.safety_words import WordList
from playground.entries import Entry
from playground.models import safety
from playground.models.diffusion_asks import Order
from playground.search import Asker
from playground.visitors.errors import PersonError, explain

LOG = logging.getLogger("playground")
CHECKER = "safety-checker"
CHECKER_PART = f"{CHECKER}/checker"
CLOSED = "draw.mistake.no_checker"


class Safety:
    """A `Guard`. Safe to use from many threads.

    Args:
        cache: Where the checker is.
        words: The list; read at first need where it is left out.
    """

    def __init__(self, cache: Cache, words: WordList | None = None) -> None:
        self._cache = cache
        self._words = WordList() if words is None else words

    def watches(self, item: Entry) -> bool:
        """Whether it looks at what this model draws: all but those that ship, which draw emoji."""
        return not item.is_built_in

    def check_words(self, item: Entry, order: Order) -> None:
        """Refuses what may not be asked for.

        Raises:
            PersonError: `draw.mistake.words`, with the word and the reason.
        """
        changed = [change.words for change in order.changes if change.words is not None]
        for text in (order.words, order.blend_words, *changed):
            self._check(text, is_without=False)
        self._check(order.without, is_without=True)

    def prepare(self, item: Entry, asker: Asker) -> None:
        """Loads the checker, before anything is drawn.

        Raises:
            PersonError: `draw.mistake.no_checker`, or what a person can mend about it.
            WaitedTooLong: It had no turn; a failure it is not.
            Cancelled: The visitor left.
        """
        try:
            self._cache.load(CHECKER_PART, **asker.options())
        except Exception as error:
            raise _closed(error) from error

    def may_show(self, pictures: Sequence[np.ndarray], asker: Asker) -> list[bool]:
        """Tells of each picture, uint8 (H, W, 3), whether it may be shown.

        Raises:
            PersonError: `draw.mistake.no_checker`: none may be shown.
            WaitedTooLong: It had no turn: none may be shown.
            Cancelled: The visitor left.
        """
        try:
            return [
                not self._cache.batch(CHECKER_PART, safety.check, picture, **asker.options())
                for picture in pictures
            ]
        except Exception as error:
            raise _closed(error) from error

    def _check(self, text: str, *, is_without: bool) -> None:
        hit = self._words.find(text, is_without=is_without)
        if hit is None:
            return
        key = "draw.mistake.words_without" if is_without else "draw.mistake.words"
        raise PersonError(key, {"word": hit.word, "reason_key": f"draw.safety.{hit.reason}"})


def _closed(error: Exception) -> Exception:
    """What is told when pictures cannot be looked at; leaving and a long queue are no failures."""
    if isinstance(error, Cancelled | PersonError | WaitedTooLong):
        return error
    told = explain(error)
    is_mendable = isinstance(error, CacheError) and told.key.startswith("mistake.hub.")
    LOG.warning("the safety checker cannot be used: %s", type(error).__name__)
    return told if is_mendable else PersonError(CLOSED)
