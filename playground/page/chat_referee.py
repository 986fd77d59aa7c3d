"""The referee beside the maps: a question is asked again with queries off, swapped, or no picture.

A map says where a query looked. Only this says whether the answer needed it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from playground.entries import Entry
from playground.models import blip2
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.pictures import NEUTRAL_RGB, Picture

if TYPE_CHECKING:
    from playground.page.chat_service import ChatService


@dataclass(frozen=True)
class Change:
    """What is done to a question before it is asked again.

    Attributes:
        silenced: Queries that the language model may not attend to, counted from 0.
        replaced: Rows that stand in the place of queries, float16 (H,).
        seen: Another picture; None for the same.
    """

    silenced: tuple[int, ...] = ()
    replaced: Mapping[int, np.ndarray] = field(default_factory=dict)
    seen: blip2.Seen | None = None

    def of(self, ask: blip2.Ask) -> blip2.Ask:
        """Returns the question with the change."""
        silenced, replaced = self.silenced, self.replaced
        return replace(ask, silenced=silenced, replaced=replaced, seen=self.seen or ask.seen)


@dataclass(frozen=True)
class Compared:
    """A question's answers without and with changes.

    Attributes:
        before: The answer without a change.
        chance: How likely the model holds an answer that begins so, 0 to 1.
        after: The answers with each change.
        chances: How likely the model then holds the answer without a change.
    """

    before: blip2.Answer
    chance: float
    after: tuple[blip2.Answer, ...]
    chances: tuple[float, ...]


def compare(
    service: ChatService, item: Entry, ask: blip2.Ask, changes: Sequence[Change], asker: Asker
) -> Compared:
    """Asks a question without and with changes, all in one batch.

    The likeliest word is taken each time and nothing is forced, so that whatever differs comes of
    the change alone.

    Args:
        service: Behind the tab.
        item: The model.
        ask: The question as it was asked.
        changes: What is done to it, each apart.
        asker: Who asks.

    Raises:
        CacheError: The model cannot be had, or the visitor has left.
    """
    plain = replace(ask, temperature=0.0, forced=())
    asks = [plain, *(change.of(plain) for change in changes)]
    before, *after = _answers(service, item, asks, asker)
    # Read again with the old answer forced: the whole of it counts, for many answers begin alike.
    tokens = tuple(word.token for word in before.words)
    again = [replace(one, forced=tokens, most_tokens=max(1, len(tokens))) for one in asks]
    read = _answers(service, item, again, asker) if tokens else [before] * len(asks)
    chance, *chances = (_chance(answer, len(tokens)) for answer in read)
    return Compared(before, chance, tuple(after), tuple(chances))


def swapped(
    seen: blip2.Seen, other: blip2.Seen, queries: Sequence[int], *, is_every: bool
) -> Change:
    """Takes queries from another picture.

    Args:
        seen: The picture.
        other: The other picture, seen by the same model.
        queries: Which, counted from 0.
        is_every: Whether these are all there are.

    Raises:
        PersonError: `chat.mistake.swap_all` for some of queries that no picture has by itself,
            because they read the question too.
    """
    if is_every:
        return Change(seen=other)
    if seen.queries is None or other.queries is None:
        raise PersonError("chat.mistake.swap_all")
    return Change(replaced={query: other.queries[query] for query in queries})


def grey(picture: Picture) -> Picture:
    """Returns a picture of the same size that shows nothing."""
    return Picture(np.full_like(picture.pixels, NEUTRAL_RGB))


def _answers(
    service: ChatService, item: Entry, asks: Sequence[blip2.Ask], asker: Asker
) -> list[blip2.Answer]:
    # One call for all of them, which gives way between words like every other.
    found: list[blip2.Answer] = service.ctx.cache.run(
        blip2.part_of(item, "language"),
        lambda language, turn: blip2.answer(language, asks, turn),
        steps=True,
        **asker.options(),
    )
    return found


def _chance(answer: blip2.Answer, count: int) -> float:
    return math.prod(word.probability for word in answer.words[:count])
