"""Who may ask for work: one job running and one waiting for each visitor.

The order between visitors is the cache's matter; this keeps one visitor from filling the queue.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playground.visitors.errors import PersonError

# How soon a waiting job notices that its person has left. Only for jobs that can be cancelled.
_LOOK_SECONDS = 0.1


@dataclass
class _Desk:
    running: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class TurnCounts:
    """How many visitors have jobs, and how many jobs run and wait."""

    visitors: int
    running: int
    waiting: int


class Turns:
    """Admission of jobs, by visitor. Safe to use from many threads.

    Args:
        most_running: Jobs that one visitor may have running.
        most_waiting: Jobs that one visitor may have waiting behind them.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        *,
        most_running: int = 1,
        most_waiting: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_running = most_running
        self._most_waiting = most_waiting
        self._clock = clock
        self._changed = threading.Condition()
        self._desks: dict[str, _Desk] = {}
        self._is_paused = False

    @contextmanager
    def enter(
        self,
        visitor: str,
        *,
        cancelled: Callable[[], bool] | None = None,
        most_seconds: float = 120.0,
    ) -> Iterator[None]:
        """Holds a turn for the length of a `with`; it is given back however the block ends.

        Args:
            visitor: From `visitor_of`.
            cancelled: Asked while waiting; true gives up the wait.
            most_seconds: Longest wait behind the visitor's own job.

        Raises:
            PersonError: "mistake.too_many_at_once", "mistake.paused", "mistake.stopped",
                "mistake.waited_too_long".
        """
        self._take(visitor, cancelled, most_seconds)
        try:
            yield
        finally:
            with self._changed:
                self._desks[visitor].running -= 1
                self._tidy(visitor)
                self._changed.notify_all()

    def pause(self) -> None:
        """Lets no further job begin; running ones go on, waiting ones are told."""
        with self._changed:
            self._is_paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Lets jobs begin again."""
        with self._changed:
            self._is_paused = False

    @property
    def is_paused(self) -> bool:
        """Whether the operator has paused the playground."""
        return self._is_paused

    def counts(self) -> TurnCounts:
        """Returns how many visitors have jobs here, and how many jobs run and wait."""
        with self._changed:
            desks = self._desks.values()
            return TurnCounts(
                visitors=len(desks),
                running=sum(desk.running for desk in desks),
                waiting=sum(desk.waiting for desk in desks),
            )

    def _take(
        self, visitor: str, cancelled: Callable[[], bool] | None, most_seconds: float
    ) -> None:
        with self._changed:
            self._refuse_if_paused()
            desk = self._desks.setdefault(visitor, _Desk())
            if desk.running < self._most_running and not desk.waiting:
                desk.running += 1
                return
            if desk.waiting >= self._most_waiting:
                raise PersonError("mistake.too_many_at_once")
            desk.waiting += 1
            try:
                self._wait(desk, cancelled, most_seconds)
                desk.running += 1
            finally:
                desk.waiting -= 1
                self._tidy(visitor)
                self._changed.notify_all()

    def _wait(self, desk: _Desk, cancelled: Callable[[], bool] | None, most_seconds: float) -> None:
        end = self._clock() + most_seconds
        while desk.running >= self._most_running:
            left = end - self._clock()
            if left <= 0:
                raise PersonError("mistake.waited_too_long")
            self._changed.wait(min(left, _LOOK_SECONDS) if cancelled else left)
            self._refuse_if_paused()
            if cancelled and cancelled():
                raise PersonError("mistake.stopped")

    def _refuse_if_paused(self) -> None:
        if self._is_paused:
            raise PersonError("mistake.paused")

    def _tidy(self, visitor: str) -> None:
        desk = self._desks[visitor]
        if not desk.running and not desk.waiting:
            del self._desks[visitor]
