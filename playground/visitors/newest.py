"""Questions of a visitor in their order: an older answer that comes late must not cover a newer."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass

MOST_VISITORS = 1000


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        asked: All of them.
        visitor: Whose it is.
        number: Larger than that of every question before.
    """

    asked: Newest
    visitor: str
    number: int

    @property
    def is_old(self) -> bool:
        """Whether a newer one of the same visitor has been answered already."""
        return self.asked.last_answered(self.visitor) > self.number

    def answer(self) -> bool:
        """Notes that it is answered now; False if it is old."""
        return self.asked.answer(self)


class Newest:
    """Safe to use from many threads.

    Args:
        most_visitors: Visitors remembered; of others every answer counts.
    """

    def __init__(self, most_visitors: int = MOST_VISITORS) -> None:
        self._most_visitors = most_visitors
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._answered: OrderedDict[str, int] = OrderedDict()

    def ask(self, visitor: str) -> Question:
        """Notes a question.

        Args:
            visitor: From `visitor_of`; "" for a caller without a session, whose questions have
                nothing to do with each other.
        """
        return Question(self, visitor, next(self._numbers))

    def last_answered(self, visitor: str) -> int:
        """Returns the number of the newest answered question of a visitor; -1 if none is known."""
        with self._lock:
            return self._answered.get(visitor, -1)

    def answer(self, question: Question) -> bool:
        """Notes that a question is answered; False if a newer one of its visitor was before."""
        if not question.visitor:
            return True
        with self._lock:
            if self._answered.get(question.visitor, -1) > question.number:
                return False
            self._answered[question.visitor] = question.number
            self._answered.move_to_end(question.visitor)
            if len(self._answered) > self._most_visitors:
                self._answered.popitem(last=False)
            return True
