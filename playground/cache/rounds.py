"""The words of a round of decisions: how much force, which task, one look at a line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from playground.cache.ledger import Device, Holding, Resident
from playground.cache.waiting import Standing, Ticket


class Force(IntEnum):
    """How much a request may take from others."""

    PREFETCH = 0  # only what nobody wants and nobody used lately
    POLITE = 1  # only what nobody wants
    AGED = 2  # also what later requests want, once a fresh load has served one lease
    AT_REST = 3  # whatever is not leased: nothing else can go on


@dataclass(frozen=True)
class Build:
    """Task: make the home copy of a part."""

    holding: Holding


@dataclass(frozen=True)
class Copy:
    """Task: copy parts to the device; their bytes are reserved."""

    residents: tuple[Resident, ...]


@dataclass(frozen=True)
class Round:
    """One look at the line of one device."""

    device: Device
    order: list[Ticket]
    wanted: dict[str, int]
    now: float

    def force_of(self, ticket: Ticket) -> Force:
        """How much the ticket may take."""
        aged = self.device.line.is_aged(ticket, self.now)
        return Force.AGED if aged else Force.POLITE

    def idle_tickets(self) -> list[tuple[int, Ticket]]:
        """Those that wait and are not at work on a task of their own, with their place."""
        return [
            (place, ticket)
            for place, ticket in enumerate(self.order)
            if ticket.standing is Standing.WAITING and ticket.task is None
        ]
