"""Long work in a thread, its news on the way to the person who waits."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from playground.cache import Progress
from playground.visitors.notes import Note
from playground.visitors.turns import Turns

R = TypeVar("R")
News = Progress | Note
# Work that ends within this time says nothing on the way: a flash of words helps nobody.
QUIET_SECONDS = 0.15
# Gradio ends a generator only between two of its values: without news the last one is repeated.
REPEAT_SECONDS = 0.5


@dataclass(frozen=True)
class Status:
    """How the work goes, as a sentence in the visitor's language."""

    text: str


@dataclass(frozen=True)
class Partial(Generic[R]):
    """What there is of a result so far; each one takes the place of the one before."""

    value: R


Report = Callable[[News | Partial[Any]], None]
Job = Callable[[Report, Callable[[], bool]], R]


@dataclass(frozen=True)
class Done(Generic[R]):
    """The result, and how long it took with all waiting."""

    value: R
    seconds: float


@dataclass(frozen=True)
class _Failed:
    error: BaseException


Letter = News | Partial[Any] | Done[Any] | _Failed


class Work(Generic[R]):
    """One job of one visitor."""

    def __init__(self, turns: Turns, visitor: str, job: Job[R]) -> None:
        self._turns = turns
        self._visitor = visitor
        self._job = job
        self._mail: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        self._stop = threading.Event()

    def run(self, say: Callable[[News | None], str]) -> Iterator[Status | Done[R]]:
        """As ``stream``, for callers who want the whole result only."""
        for step in self.stream(say):
            if not isinstance(step, Partial):
                yield step

    def stream(
        self, say: Callable[[News | None], str]
    ) -> Iterator[Status | Partial[Any] | Done[R]]:
        """Start, pass the news on as sentences, end with the result.

        Args:
            say: news as a sentence; None means that the work has begun and nothing is known yet.

        Yields:
            ``Status`` for news, and again at least every half second, so that Stop and leaving are
            noticed; each newest ``Partial`` that was reported; then one ``Done``.

        Raises:
            BaseException: whatever the job raised.
        """
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work,), daemon=True).start()
        last = ""
        try:
            while True:
                letters = self._next(REPEAT_SECONDS if last else QUIET_SECONDS)
                for letter in letters:
                    if isinstance(letter, _Failed):
                        raise letter.error
                    if isinstance(letter, Done):
                        yield letter
                        return
                    if isinstance(letter, Partial):
                        yield letter
                    else:
                        last = say(letter)
                        yield Status(last)
                if not letters:
                    last = last or say(None)
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

    def _next(self, timeout: float) -> list[Letter]:
        """The newest letter of each kind; older ones are dropped, for only the present is of use.

        Returns:
            News before what there is of the result, before its end; nothing after the timeout.
        """
        newest: dict[int, Letter] = {}
        try:
            letter = self._mail.get(timeout=timeout)
            while True:
                newest[_order(letter)] = letter
                letter = self._mail.get_nowait()
        except queue.Empty:
            return [newest[order] for order in sorted(newest)]


def _order(letter: Letter) -> int:
    if isinstance(letter, Done | _Failed):
        return 2
    return 1 if isinstance(letter, Partial) else 0
