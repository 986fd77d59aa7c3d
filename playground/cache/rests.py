"""Keys that rest: memory ran out for them several times in a row, and each try costs all others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from playground.cache.parts import OutOfMemory, Resting

LOSSES_BEFORE_REST, REST_SECONDS = 3, 30.0
"""Each try clears the whole device of all that others use, so that after so many requests in a row
that were lost the next ones are refused for a while."""

_log = logging.getLogger("playground")


@dataclass(frozen=True)
class _Losses:
    """Requests in a row that were lost, and until when the next are refused."""

    count: int
    error: OutOfMemory
    until_seconds: float


class Rests:
    """Safe to use from many threads; has a lock of its own and calls nobody while holding it.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._losses: dict[str, _Losses] = {}

    def lost(self, key: str, error: OutOfMemory) -> None:
        """Memory ran out for a request, in every way it was tried.

        Args:
            key: Part or model.
            error: What the request is told.
        """
        with self._lock:
            before = self._losses.get(key)
            count = 1 if before is None else before.count + 1
            is_often = count >= LOSSES_BEFORE_REST
            until_seconds = self._clock() + REST_SECONDS if is_often else 0.0
            self._losses[key] = _Losses(count, error, until_seconds)
        if is_often:
            _log.warning("%s rests: memory ran out %d times in a row", key, count)

    def went_well(self, key: str) -> None:
        """A request was served at the first try; a rest that was begun goes on."""
        if key in self._losses and not self.seconds_left(key):
            self.forget((key,))

    def forget(self, keys: Iterable[str]) -> None:
        """The next request may try at once."""
        with self._lock:
            for key in keys:
                self._losses.pop(key, None)

    def seconds_left(self, key: str) -> float:
        """Seconds of rest left, 0 or more."""
        losses = self._losses.get(key)
        return 0.0 if losses is None else max(0.0, losses.until_seconds - self._clock())

    def check(self, key: str) -> None:
        """Refuses while the key rests.

        Raises:
            Resting: It does.
        """
        losses = self._losses.get(key)
        if losses is not None and (left := losses.until_seconds - self._clock()) > 0:
            raise Resting(key, losses.error, left)

    def error_of(self, key: str) -> OutOfMemory | None:
        """Why a key rests; None if it does not."""
        losses = self._losses.get(key)
        return losses.error if losses is not None and self.seconds_left(key) else None

    def renew_after_fork(self) -> None:
        """In the child: a new lock; another thread may have held the old one."""
        self._lock = threading.Lock()
