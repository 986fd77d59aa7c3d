"""One who draws in company: the line between the thread that asks and the thread that draws."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.cache import Cancelled, Progress
from playground.models.diffusion_asks import Frame, Sketch
from playground.search import Asker

Heard = Callable[[Frame, int], None]

LOOK_SECONDS = 0.2
"""How often one who waits looks whether the visitor is still there."""


@dataclass(frozen=True)
class Ended:
    """The last news: drawn to the end, or what went wrong."""

    error: BaseException | None = None


News = tuple[Frame, int] | Progress | Ended


@dataclass(eq=False)
class Member:
    """A picture in the making, and who wants it.

    Attributes:
        key: The denoiser's part in the cache.
        sketch: The picture; only the thread that draws changes it.
        asker: Who asks.
        last_round: In which round of the company a step of it was done last; -1 in none yet.
        tries_alone: How often memory ran out for it alone since its last step.
        is_sparing: Whether its steps are done with little memory, for it ran out before.
        news: What its thread is told.
    """

    key: str
    sketch: Sketch
    asker: Asker
    last_round: int = -1
    tries_alone: int = 0
    is_sparing: bool = False
    news: queue.SimpleQueue[News] = field(default_factory=queue.SimpleQueue)

    def has_left(self) -> bool:
        """Whether the visitor no longer wants it."""
        return self.asker.cancel is not None and self.asker.cancel()

    def follow(self, heard: Heard) -> None:
        """Hears all news until the picture is done. Called in the visitor's own thread.

        Args:
            heard: Called with every frame and how many pictures were drawn in the same step.

        Raises:
            Cancelled: The visitor left.
            Exception: What went wrong with this picture, or what `heard` raised.
        """
        while True:
            if self.has_left():
                raise Cancelled(self.key)
            try:
                news = self.news.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            if isinstance(news, Ended):
                if news.error is not None:
                    raise news.error
                return
            if isinstance(news, Progress):
                if self.asker.progress is not None:
                    self.asker.progress(news)
            else:
                heard(*news)
