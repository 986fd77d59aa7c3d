"""The one queue of a device: who waits, and in which order they are looked at.

Aged requests come first, oldest first, so that nobody waits for ever. Among the others the visitor
served least comes first. Which of them are *ready* (so that A B A B runs as A A B B) is decided
by the scheduler, which alone knows where the parts are.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

AGE_SECONDS = 8.0
"""Wait after which a request may take the memory of parts that others still want."""

_VISITORS_REMEMBERED = 4096


class Standing(Enum):
    """Where a request stands."""

    WAITING = "waiting"
    GRANTED = "granted"
    STEPPING = "stepping"  # holds its lease, gave the turn away between two units of work
    RIDING = "riding"  # another request of the same batch runs it
    GONE = "gone"


@dataclass(eq=False)
class Outcome:
    """Result or error of one item of a batch."""

    value: Any = None
    error: BaseException | None = None


@dataclass(eq=False, slots=True)
class Ticket:
    """One request in the queue of one device."""

    number: int
    key: str
    parts: tuple[str, ...]
    device: str
    visitor: str = ""
    since_seconds: float = 0.0
    wants_turn: bool = False
    is_long: bool = False
    counts_losses: bool = True
    is_prefetch: bool = False
    work_bytes: int = 0
    group: Hashable | None = None
    most_items: int = 1
    item: Any = None
    standing: Standing = Standing.WAITING
    task: Any = None
    error: Exception | None = None
    was_hit: bool = False
    turn_seconds: float = 0.0
    lets_in: frozenset[int] = frozenset()
    riders: list[Ticket] = field(default_factory=list)
    outcome: Outcome | None = None
    wake: threading.Condition | None = None


class FairShare:
    """Seconds of device time each visitor had; a newcomer starts at the level of those served now.

    Source: Goyal, Vin, Cheng, "Start-time Fair Queueing", SIGCOMM 1996, section 2: the start tag
    is the larger of the virtual time and what the visitor already had.
    """

    def __init__(self) -> None:
        self._had_seconds: dict[str, float] = {}
        self._floor_seconds = 0.0

    def tag(self, visitor: str) -> float:
        """Start tag; the least is served first. The empty visitor is never charged."""
        return max(self._floor_seconds, self._had_seconds.get(visitor, 0.0))

    def granted(self, visitor: str) -> None:
        """Moves the virtual time to the one who is served now."""
        self._floor_seconds = self.tag(visitor)

    def charge(self, visitor: str, seconds: float) -> None:
        """Adds device time."""
        if not visitor:
            return
        self._had_seconds[visitor] = self.tag(visitor) + seconds
        if len(self._had_seconds) > _VISITORS_REMEMBERED:
            # Whoever is at or below the floor is worth no more than a newcomer: forget them.
            self._had_seconds = {
                name: had for name, had in self._had_seconds.items() if had > self._floor_seconds
            }


class Line:
    """Waiting requests of one device."""

    def __init__(self, age_seconds: float = AGE_SECONDS) -> None:
        self.age_seconds = age_seconds
        self.tickets: list[Ticket] = []
        self.shares = FairShare()

    def is_aged(self, ticket: Ticket, now: float) -> bool:
        """Whether it waited so long that others must make way."""
        return now - ticket.since_seconds >= self.age_seconds

    def in_order(self, now: float) -> list[Ticket]:
        """All that wait: aged by arrival, then by least served, then by arrival."""
        return sorted(self.tickets, key=lambda ticket: self._rank(ticket, now))

    def _rank(self, ticket: Ticket, now: float) -> tuple[int, float, int]:
        if self.is_aged(ticket, now):
            return (0, 0.0, ticket.number)
        return (1, self.shares.tag(ticket.visitor), ticket.number)

    def join(self, ticket: Ticket) -> None:
        """Puts a request into the line."""
        self.tickets.append(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Takes a request out of the line, if it is there."""
        if ticket in self.tickets:
            self.tickets.remove(ticket)

    def place(self, ticket: Ticket, now: float) -> int | None:
        """Place in the order, 1 is next; None when it is not in the line."""
        order = self.in_order(now)
        return order.index(ticket) + 1 if ticket in order else None


def wanted_from(order: Iterable[Ticket]) -> dict[str, int]:
    """Part key to the place (from 0) of the first waiting request that wants it."""
    first: dict[str, int] = {}
    for place, ticket in enumerate(order):
        if ticket.standing is Standing.WAITING:
            for key in ticket.parts:
                first.setdefault(key, place)
    return first


def turn_order(ready: list[Ticket]) -> list[Ticket]:
    """Order in which ready requests, already sorted, are offered the turn.

    Long work that gave way between two steps lets in those that waited at that moment, once, and
    then goes on before all newcomers: a stream of short requests cannot starve it.
    """
    stepping = [ticket for ticket in ready if ticket.standing is Standing.STEPPING]
    if not stepping:
        return ready
    allowed = frozenset[int]().union(*(ticket.lets_in for ticket in stepping))
    waiting = [ticket for ticket in ready if ticket.standing is not Standing.STEPPING]
    let_in = [ticket for ticket in waiting if ticket.number in allowed]
    rest = [ticket for ticket in waiting if ticket.number not in allowed]
    return let_in + stepping + rest
