"""The shelves of all visitors, bounded in number, bytes and age. Nothing is written to disk."""

from __future__ import annotations

import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from playground.own.shelf import Shelf
from playground.visitors.errors import PersonError

MOST_SHELVES = 200
MOST_BYTES = 4_000_000_000
MOST_SECONDS = 3600.0


class Shelves:
    """Safe to use from many threads. Each visitor reaches only the shelf of that visitor.

    Args:
        most_shelves: Shelves kept; the one not used for longest goes first.
        most_bytes: Bytes of all shelves, after which nobody can add.
        most_seconds: A shelf not used for this long is forgotten.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        *,
        most_shelves: int = MOST_SHELVES,
        most_bytes: int = MOST_BYTES,
        most_seconds: float = MOST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_shelves = most_shelves
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Shelf, float]] = OrderedDict()

    def of(self, visitor: str) -> Shelf:
        """Returns the shelf of a visitor, new or known.

        Args:
            visitor: As `visitor_of` names them.

        Raises:
            PersonError: `mistake.own.no_visit` for a caller without a session.
        """
        if not visitor:
            raise PersonError("mistake.own.no_visit")
        with self._lock:
            shelf, _ = self._kept.get(visitor, (None, 0.0))
            return self._touch(visitor, shelf or Shelf(visitor))

    def by_token(self, token: str) -> Shelf:
        """Returns the shelf that a token belongs to.

        Raises:
            PersonError: `mistake.own.gone`.
        """
        with self._lock:
            for visitor, (shelf, _) in self._kept.items():
                if hmac.compare_digest(shelf.token.encode(), token.encode("utf-8", "replace")):
                    return self._touch(visitor, shelf)
        raise PersonError("mistake.own.gone")

    def preview(self, address_id: str, place: int, code: str) -> bytes | None:
        """Returns the small copy at an address; None if the address is not a known one."""
        with self._lock:
            shelves = [shelf for shelf, _ in self._kept.values()]
        for shelf in shelves:
            if shelf.address_id == address_id:
                # In bytes: a code may be any text, and comparing must not tell how much is right.
                right = shelf.code_of(place).encode()
                if not hmac.compare_digest(right, code.encode("utf-8", "replace")):
                    return None
                try:
                    return shelf.at(place).preview
                except IndexError:
                    return None
        return None

    def has_room(self) -> bool:
        """Tells whether all shelves together may grow."""
        with self._lock:
            self._forget_old()
            held = sum(shelf.bytes_held for shelf, _ in self._kept.values())
            return held <= self._most_bytes

    def forget(self, visitor: str) -> None:
        """Forgets a visitor at once: "forget me", and the page that was closed."""
        with self._lock:
            shelf, _ = self._kept.pop(visitor, (None, 0.0))
        if shelf is not None:
            # A job that still holds it must not keep the pictures alive.
            shelf.forget()

    def census(self) -> tuple[int, int]:
        """Returns how many shelves are kept and how many bytes they hold."""
        with self._lock:
            self._forget_old()
            held = sum(shelf.bytes_held for shelf, _ in self._kept.values())
            return len(self._kept), held

    def _touch(self, visitor: str, shelf: Shelf) -> Shelf:
        self._kept[visitor] = (shelf, self._clock())
        self._kept.move_to_end(visitor)
        self._forget_old()
        while len(self._kept) > self._most_shelves:
            self._kept.popitem(last=False)[1][0].forget()
        return shelf

    def _forget_old(self) -> None:
        oldest_allowed = self._clock() - self._most_seconds
        while self._kept:
            visitor, (shelf, used) = next(iter(self._kept.items()))
            if used >= oldest_allowed:
                return
            del self._kept[visitor]
            shelf.forget()
