"""What a visitor has here besides drawings: pictures to start from, and what is drawn now.

What visitors hold are ids of their own, which nobody can guess and which only they may use.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from playground.keeping import Keeping
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

START_EXPIRED = "draw.mistake.start_expired"
MOST_BYTES, MOST_STARTS, MOST_SECONDS = 300_000_000, 300, 1800.0
MOST_VISITORS = 5000


@dataclass(frozen=True)
class Start:
    """A picture that drawing starts from.

    Attributes:
        visitor: Whose it is.
        picture: It, as it came; a drawing takes the middle of it.
    """

    visitor: str
    picture: Picture


class Run:
    """One drawing of a visitor, from the press to the picture."""

    def __init__(self, visitor: str) -> None:
        self._stopped = threading.Event()
        self._over = threading.Event()
        self.visitor = visitor

    def is_stopped(self) -> bool:
        """Whether the visitor wants what is foreseen now, and no more steps."""
        return self._stopped.is_set()

    def is_over(self) -> bool:
        """Whether nobody wants the picture any more."""
        return self._over.is_set()

    def stop(self) -> None:
        """Says that no more steps are wanted."""
        self._stopped.set()

    def end(self) -> None:
        """Says that nobody wants the picture any more."""
        self._over.set()


class Visits:
    """Starts, runs and languages of all visitors. Safe to use from many threads.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._starts: Keeping[str, Start] = Keeping(
            lambda start: start.picture.pixels.nbytes,
            most_bytes=MOST_BYTES,
            most_values=MOST_STARTS,
            most_seconds=MOST_SECONDS,
            clock=clock,
        )
        self._languages: Keeping[str, str] = Keeping(
            len, most_bytes=MOST_BYTES, most_values=MOST_VISITORS, clock=clock
        )
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def add_start(self, picture: Picture, visitor: str) -> str:
        """Keeps a picture to start from; returns its id."""
        start_id = secrets.token_urlsafe(16)
        # A caller without a session gets an id that nobody can use: nothing is kept for it.
        if visitor:
            self._starts.put(start_id, Start(visitor, picture))
        return start_id

    def start_of(self, start_id: object, visitor: str) -> Picture:
        """Finds a visitor's picture to start from.

        Args:
            start_id: As it arrived.
            visitor: Who sent it.

        Raises:
            PersonError: `draw.mistake.start_expired` for one that is unknown, forgotten or another
                visitor's: they cannot be told apart.
        """
        start = self._starts.get(start_id) if isinstance(start_id, str) else None
        if start is None or not visitor or start.visitor != visitor:
            raise PersonError(START_EXPIRED)
        return start.picture

    def begin(self, visitor: str) -> Run:
        """Begins a drawing; the one before it of the same visitor ends."""
        run = Run(visitor)
        with self._lock:
            before = self._runs.get(visitor)
            if visitor:
                self._runs[visitor] = run
        if before is not None:
            before.end()
        return run

    def finish(self, run: Run) -> None:
        """Ends a drawing, wherever it is."""
        run.end()
        with self._lock:
            if self._runs.get(run.visitor) is run:
                del self._runs[run.visitor]

    def stop(self, visitor: str) -> bool:
        """Takes no more steps of what a visitor draws now; returns whether there was something."""
        with self._lock:
            run = self._runs.get(visitor)
        if run is not None:
            run.stop()
        return run is not None

    def note_language(self, visitor: str, language: str) -> None:
        """Remembers what a visitor reads, for answers outside the queue."""
        if visitor:
            self._languages.put(visitor, language)

    def language_of(self, visitor: str) -> str | None:
        """Returns what a visitor reads, or None where that is not known."""
        return self._languages.get(visitor) if visitor else None

    def forget(self, visitor: str) -> None:
        """Lets go of everything of a visitor; what is being drawn ends."""
        with self._lock:
            run = self._runs.pop(visitor, None)
        if run is not None:
            run.end()
        self._starts.drop(lambda _, start: start.visitor == visitor)

    def census(self) -> tuple[int, int, int]:
        """Returns how many pictures to start from are kept, their bytes, and how many runs are."""
        count, held = self._starts.census()
        with self._lock:
            return count, held, len(self._runs)
