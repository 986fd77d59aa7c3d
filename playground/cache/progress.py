"""What a waiting person can be told: place, bytes, seconds left. Read under the lock."""

from __future__ import annotations

from collections.abc import Hashable

from playground.cache.ledger import Device, Resident
from playground.cache.lifecycle import Lifecycle
from playground.cache.parts import Progress, Stage
from playground.cache.waiting import Standing, Ticket


def progress_of(life: Lifecycle, ticket: Ticket, now: float) -> Progress:
    """State of one request that is not yet served.

    Args:
        life: the books.
        ticket: the request.
        now: clock, seconds.
    """
    device = life.scheduler.devices[ticket.device]
    if ticket.standing is Standing.RIDING:
        return Progress("running", seconds_left=_turn_left(life, device, now))
    place = device.line.place(ticket, now)
    seconds = seconds_left(life, ticket, now)
    holdings = [life.scheduler.shelf.holdings[key] for key in ticket.parts]
    for holding in holdings:
        if holding.state == "building":
            stage: Stage = "fetching" if holding.is_fetching else "building"
            done, total = holding.bytes_done, holding.bytes_total
            return Progress(stage, place, done, total, holding.seconds_left)
    residents = [holding.on(device.name) for holding in holdings if holding.state == "home"]
    if any(resident.state == "loading" for resident in residents):
        done, total = copied_bytes(residents)
        return Progress("copying", place, done, total, seconds)
    return Progress("waiting", place, 0, sum(holding.bytes for holding in holdings), seconds)


def copied_bytes(residents: list[Resident]) -> tuple[int, int]:
    """Bytes that are on the device already, and bytes in all."""
    done = sum(r.bytes if r.state == "ready" else r.bytes_done for r in residents)
    return done, sum(r.bytes for r in residents)


def load_seconds_left(device: Device, residents: list[Resident]) -> float | None:
    """Estimate of the copies still to do; None when nothing was measured yet."""
    left = 0.0
    for resident in residents:
        if resident.state == "ready":
            continue
        seconds = resident.load_seconds
        if seconds is None:
            if device.bytes_per_second is None:
                return None
            seconds = resident.bytes / device.bytes_per_second
        left += seconds * (1 - resident.bytes_done / max(1, resident.bytes))
    return left


def seconds_left(life: Lifecycle, ticket: Ticket, now: float) -> float | None:
    """Estimate until the request runs: the turn that runs, those before it, its own load."""
    device = life.scheduler.devices[ticket.device]
    holdings = [life.scheduler.shelf.holdings[key] for key in ticket.parts]
    if any(holding.state != "home" for holding in holdings):
        return None
    load = load_seconds_left(device, [holding.on(device.name) for holding in holdings])
    if load is None:
        return None
    seen: set[Hashable] = set()
    runs = 0.0
    for other in device.line.in_order(now):
        if other is ticket:
            break
        group: Hashable = other.group if other.group is not None else other.number
        if group not in seen and group != ticket.group:
            seen.add(group)
            runs += life.run_seconds.get(other.key, 0.0)
    return load + runs + (_turn_left(life, device, now) or 0.0)


def _turn_left(life: Lifecycle, device: Device, now: float) -> float | None:
    if device.turn is None:
        return None
    expected = life.run_seconds.get(device.turn.key)
    if expected is None:
        return None
    return max(0.0, expected - (now - device.turn.turn_seconds))
