"""Long work in a thread, its news on the way to the person who waits."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from playground.cache import Progress
from playground.visitors.notes import Note
from playground.visitors.turns import Turns

R = TypeVar("R")
News = Progress | Note
Report = Callable[[News], None]
Job = Callable[[Report, Callable[[], bool]], R]
# Work that ends within this time says nothing on the way: a flash of words helps nobody.
QUIET_SECONDS = 0.15


@dataclass(frozen=True)
class Status:
    """How the work goes, as a sentence in the visitor's language."""

    text: str


@dataclass(frozen=True)
class Done(Generic[R]):
    """The result, and how long it took with all waiting."""

    value: R
    seconds: float


@dataclass(frozen=True)
class _Failed:
    error: BaseException


class Work(Generic[R]):
    """One job of one visitor."""

    def __init__(self, turns: Turns, visitor: str, job: Job[R]) -> None:
        self._turns = turns
        self._visitor = visitor
        self._job = job
        self._mail: queue.SimpleQueue[News | Done[R] | _Failed] = queue.SimpleQueue()
        self._stop = threading.Event()

    def run(self, say: Callable[[News | None], str]) -> Iterator[Status | Done[R]]:
        """Start, pass the news on as sentences, end with the result.

        Args:
            say: news as a sentence; None means that the work has begun and nothing is known yet.

        Yields:
            ``Status`` for news, then one ``Done``.

        Raises:
            BaseException: whatever the job raised.
        """
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work,), daemon=True).start()
        last = ""
        try:
            while True:
                news = self._next(QUIET_SECONDS if not last else None)
                if isinstance(news, Done):
                    yield news
                    return
                if isinstance(news, _Failed):
                    raise news.error
                text = say(news)
                if text != last:
                    last = text
                    yield Status(text)
        finally:
            self._stop.set()

    def _work(self) -> None:
        started = time.monotonic()
        try:
            with self._turns.enter(self._visitor, cancelled=self._stop.is_set):
                value = self._job(self._mail.put, self._stop.is_set)
            self._mail.put(Done(value, time.monotonic() - started))
        except BaseException as error:
            self._mail.put(_Failed(error))

    def _next(self, timeout: float | None) -> News | Done[R] | _Failed | None:
        """The newest letter; older news is dropped, for only the present state is of use."""
        try:
            letter = self._mail.get(timeout=timeout)
            while not isinstance(letter, (Done, _Failed)) and not self._mail.empty():
                letter = self._mail.get_nowait()
        except queue.Empty:
            return None
        return letter
