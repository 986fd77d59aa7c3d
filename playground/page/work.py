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
# Gradio ends a generator only between two of its values: without news the last one is repeated.
REPEAT_SECONDS = 0.5


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
            ``Status`` for news, and again at least every half second, so that Stop and leaving are
            noticed; then one ``Done``.

        Raises:
            BaseException: whatever the job raised.
        """
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work,), daemon=True).start()
        last = ""
        try:
            while True:
                news = self._next(REPEAT_SECONDS if last else QUIET_SECONDS)
                if isinstance(news, Done):
                    yield news
                    return
                if isinstance(news, _Failed):
                    raise news.error
                last = last if last and news is None else say(news)
                yield Status(last)
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

    def _next(self, timeout: float) -> News | Done[R] | _Failed | None:
        """The newest letter; older news is dropped, for only the present state is of use."""
        try:
            letter = self._mail.get(timeout=timeout)
            while not isinstance(letter, (Done, _Failed)) and not self._mail.empty():
                letter = self._mail.get_nowait()
        except queue.Empty:
            return None
        return letter
