"""What was measured in this run of the playground, for everybody to see."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_ROWS = 200


@dataclass(frozen=True)
class Scored:
    """One run on the leaderboard: numbers and names only, nothing that a visitor wrote.

    Attributes:
        set_key: Which set.
        model: Key of the model.
        title: Its name for people.
        revision: Which files of it.
        language: In which language it was asked.
        way: "written" or "likelihood": how a multiple choice was read; "" where there is none.
        count: Questions asked.
        whole: Questions that the set has.
        score: Mean score 0 to 1.
        unread_share: Share 0 to 1 of multiple choices in which no option could be read.
        columns: ScienceQA's columns, 0 to 1; empty for other sets.
        seconds: How long it took.
        is_stored: Whether it was measured beforehand and came with the playground.
    """

    set_key: str
    model: str
    title: str
    revision: str
    language: str
    way: str
    count: int
    whole: int
    score: float
    unread_share: float
    columns: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    is_stored: bool = False

    @property
    def same(self) -> tuple[object, ...]:
        """What a later run must share with this one to take its place."""
        return (self.set_key, self.model, self.revision, self.language, self.way, self.count)


class Leaderboard:
    """Runs of one process, bounded. Safe to use from many threads."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._rows: dict[tuple[object, ...], Scored] = {}
        self._lock = threading.Lock()

    def add(self, row: Scored) -> None:
        """Takes a run in; it replaces an earlier one of the same, and pushes out the oldest."""
        with self._lock:
            self._rows.pop(row.same, None)
            self._rows[row.same] = row
            while len(self._rows) > self._most_rows:
                del self._rows[next(iter(self._rows))]

    def rows(self, set_key: str) -> tuple[Scored, ...]:
        """Returns the runs over one set: whole ones first, the best first."""
        with self._lock:
            found = [row for row in self._rows.values() if row.set_key == set_key]
        return tuple(sorted(found, key=lambda row: (row.count < row.whole, -row.score)))
