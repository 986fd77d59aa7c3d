"""The talks of all visitors, and who is answering in them now.

What visitors hold are ids of their own, which nobody can guess and which only they may use.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from playground.chatting.conversation import Talk
from playground.keeping import Keeping
from playground.visitors.errors import PersonError

EXPIRED = "chat.mistake.expired"


class Run:
    """One answering in a talk; it ends when the visitor stops it, begins another, or leaves."""

    def __init__(self, store: TalkStore, talk_id: str, visitor: str) -> None:
        self._store = store
        self._over = threading.Event()
        self.talk_id = talk_id
        self.visitor = visitor

    def is_over(self) -> bool:
        """Whether nobody wants its answers any more."""
        return self._over.is_set()

    def end(self) -> None:
        """Says that nobody wants its answers any more."""
        self._over.set()

    def change(self, change: Callable[[Talk], Talk]) -> Talk:
        """Changes the talk, unless this answering is over or the talk is gone.

        Returns:
            The talk as it is now.

        Raises:
            PersonError: The talk is gone.
        """
        return self._store.change(
            self.talk_id, self.visitor, lambda talk: talk if self.is_over() else change(talk)
        )


class TalkStore:
    """Talks and runs. Safe to use from many threads.

    Args:
        most_bytes: Bytes of all talks; those not used for longest go first.
        most_talks: Talks kept at once.
        most_seconds: What is not used for this long is forgotten.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        most_bytes: int = 400_000_000,
        most_talks: int = 500,
        most_seconds: float = 1800.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._talks: Keeping[str, Talk] = Keeping(
            lambda talk: talk.bytes_held,
            most_bytes=most_bytes,
            most_values=most_talks,
            most_seconds=most_seconds,
            clock=clock,
        )
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def add(self, talk: Talk) -> Talk:
        """Keeps a new talk under an id of its own.

        Args:
            talk: Its id is not looked at.

        Returns:
            The talk with its id.
        """
        named = replace(talk, id=secrets.token_urlsafe(16))
        # A caller without a session gets an id that nobody can use: nothing is kept for it.
        if talk.visitor:
            self._talks.put(named.id, named)
        return named

    def talk_of(self, talk_id: object, visitor: str) -> Talk:
        """Finds a visitor's talk.

        Args:
            talk_id: As it arrived.
            visitor: Who sent it.

        Raises:
            PersonError: `chat.mistake.no_picture` without an id; `chat.mistake.expired` for one
                that is unknown, forgotten or another visitor's: they cannot be told apart.
        """
        if not isinstance(talk_id, str) or not talk_id:
            raise PersonError("chat.mistake.no_picture")
        talk = self._talks.get(talk_id)
        if talk is None or not visitor or talk.visitor != visitor:
            raise PersonError(EXPIRED)
        return talk

    def change(self, talk_id: object, visitor: str, change: Callable[[Talk], Talk]) -> Talk:
        """Changes a visitor's talk; nobody comes between.

        Args:
            talk_id: As it arrived.
            visitor: Who sent it.
            change: Gives the new talk; what it raises is passed on.

        Raises:
            PersonError: As `talk_of`.
        """
        known = self.talk_of(talk_id, visitor)
        talk = self._talks.change(known.id, change)
        if talk is None:
            raise PersonError(EXPIRED)
        return talk

    def begin(self, talk: Talk) -> Run:
        """Begins an answering; the one before it in the same talk ends."""
        run = Run(self, talk.id, talk.visitor)
        with self._lock:
            before = self._runs.get(talk.id)
            self._runs[talk.id] = run
        if before is not None:
            self._end(before)
        return run

    def finish(self, run: Run) -> None:
        """Ends an answering, wherever it is."""
        with self._lock:
            if self._runs.get(run.talk_id) is run:
                del self._runs[run.talk_id]
        self._end(run)

    def stop(self, talk_id: object, visitor: str) -> bool:
        """Ends what is being answered in a visitor's talk.

        Returns:
            Whether there was something to end.

        Raises:
            PersonError: As `talk_of`.
        """
        talk = self.talk_of(talk_id, visitor)
        with self._lock:
            run = self._runs.get(talk.id)
        if run is not None:
            self.finish(run)
        return run is not None

    def _end(self, run: Run) -> None:
        """No word is written from here on; what was being made is marked as stopped."""
        is_news = not run.is_over()
        run.end()
        if is_news:
            self._talks.change(run.talk_id, lambda talk: talk.stopped())

    def language_of(self, visitor: str) -> str | None:
        """Returns what a visitor with a talk reads, or None."""
        languages = [talk.language for talk in self._talks.values() if talk.visitor == visitor]
        return languages[-1] if languages and visitor else None

    def forget(self, visitor: str) -> list[Talk]:
        """Ends and forgets everything of a visitor; returns the talks that went."""
        with self._lock:
            for run in [run for run in self._runs.values() if run.visitor == visitor]:
                run.end()
                del self._runs[run.talk_id]
        return self._talks.drop(lambda _, talk: talk.visitor == visitor)

    def hashes(self, *, but_of: str) -> set[str]:
        """Returns the content ids of all pictures that others than a visitor talk about."""
        talks = self._talks.values()
        return {talk.picture.content_id for talk in talks if talk.visitor != but_of}

    def census(self) -> tuple[int, int, int]:
        """Returns how many talks are kept, their bytes, and how many answerings there are."""
        count, held = self._talks.census()
        return count, held, len(self._runs)
