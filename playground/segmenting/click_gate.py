"""Who may decode now: some clicks at once, and the grid only while nobody clicks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playground.visitors.errors import PersonError


class ClickGate:
    """Bounds the clicks that are decoded at once and lets them go before the grid.

    Args:
        most_at_once: Clicks decoded at once; each takes one thread.
        most_waiting: Clicks that may wait; further ones are told to try again.
        most_seconds: Longest wait of a click.
    """

    def __init__(
        self, most_at_once: int, *, most_waiting: int = 200, most_seconds: float = 30.0
    ) -> None:
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._most_seconds = most_seconds
        self._changed = threading.Condition()
        self._running = 0
        self._waiting = 0

    @contextmanager
    def click(self) -> Iterator[None]:
        """Holds a place for the length of a `with`.

        Raises:
            PersonError: `mistake.too_busy`.
        """
        with self._changed:
            if self._waiting >= self._most_waiting:
                raise PersonError("mistake.too_busy")
            self._waiting += 1
            try:
                if not self._changed.wait_for(self._is_free, self._most_seconds):
                    raise PersonError("mistake.too_busy")
                self._running += 1
            finally:
                self._waiting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def wait_for_clicks(self, most_seconds: float = 1.0) -> None:
        """Returns once nobody clicks, or after a while: the grid must end at last too."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._running or self._waiting), most_seconds)

    def _is_free(self) -> bool:
        return self._running < self._most_at_once
