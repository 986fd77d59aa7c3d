"""The drawings of all visitors, for as long as they are there.

What visitors hold are ids of their own, which nobody can guess and which only they may use.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from playground.drawing.drawn import Drawn
from playground.keeping import Keeping
from playground.visitors.errors import PersonError

EXPIRED = "draw.mistake.expired"
NO_DRAWING = "draw.mistake.no_picture"


@dataclass(frozen=True)
class _Hung:
    """A drawing, whose it is, and the how many-th that was hung up."""

    id: str
    number: int
    visitor: str
    drawn: Drawn


class Gallery:
    """Safe to use from many threads.

    Args:
        most_bytes: Bytes of all drawings; those not looked at for longest go first.
        most_drawings: Drawings kept at once.
        most_of_one: Drawings of one visitor; the oldest goes first.
        most_seconds: What is not used for this long is forgotten.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        most_bytes: int = 600_000_000,
        most_drawings: int = 1500,
        most_of_one: int = 60,
        most_seconds: float = 1800.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hung: Keeping[str, _Hung] = Keeping(
            lambda hung: hung.drawn.bytes_held,
            most_bytes=most_bytes,
            most_values=most_drawings,
            most_seconds=most_seconds,
            clock=clock,
        )
        self._most_of_one = most_of_one
        self._numbers = itertools.count()

    def add(self, visitor: str, drawn: Drawn) -> str:
        """Hangs up a drawing.

        Args:
            visitor: Whose it is. A caller without a session gets an id that nobody can use.
            drawn: The drawing.

        Returns:
            Its id.
        """
        drawing_id = secrets.token_urlsafe(16)
        if not visitor:
            return drawing_id
        hung = _Hung(drawing_id, next(self._numbers), visitor, drawn)
        self._hung.put(drawing_id, hung)
        too_many = set(self.ids_of(visitor)[self._most_of_one :])
        if too_many:
            self._hung.drop(lambda key, _: key in too_many)
        return drawing_id

    def drawn_of(self, drawing_id: object, visitor: str) -> Drawn:
        """Finds a visitor's drawing.

        Args:
            drawing_id: As it arrived.
            visitor: Who sent it.

        Raises:
            PersonError: `draw.mistake.no_picture` without an id; `draw.mistake.expired` for one
                that is unknown, forgotten or another visitor's: they cannot be told apart.
        """
        if not isinstance(drawing_id, str) or not drawing_id:
            raise PersonError(NO_DRAWING)
        hung = self._hung.get(drawing_id)
        if hung is None or not visitor or hung.visitor != visitor:
            raise PersonError(EXPIRED)
        return hung.drawn

    def ids_of(self, visitor: str) -> list[str]:
        """Returns the ids of a visitor's drawings, the newest first."""
        if not visitor:
            return []
        mine = [hung for hung in self._hung.values() if hung.visitor == visitor]
        return [hung.id for hung in sorted(mine, key=lambda hung: -hung.number)]

    def forget(self, visitor: str) -> list[Drawn]:
        """Takes down all drawings of a visitor; returns them."""
        gone = self._hung.drop(lambda _, hung: hung.visitor == visitor)
        return [hung.drawn for hung in gone]

    def census(self) -> tuple[int, int]:
        """Returns how many drawings hang here, and their bytes."""
        return self._hung.census()
