"""What the operator sees: rows of the Models panel, and Prometheus text. Read under the lock."""

from __future__ import annotations

from typing import Literal

from playground.cache.gate import Gate
from playground.cache.ledger import Device, Holding, Resident
from playground.cache.meter import family_lines
from playground.cache.parts import Row, State

_STATES: tuple[State, ...] = ("cold", "home", "loading", "ready")


def rows(gate: Gate) -> list[Row]:
    """A row for each part on each device (one when it is on none), then one for each model."""
    shelf = gate.scheduler.shelf
    told = [row for holding in shelf.holdings.values() for row in _part_rows(gate, holding)]
    return told + [_model_row(gate, key, told) for key in shelf.models]


def _part_rows(gate: Gate, holding: Holding) -> list[Row]:
    known = list(holding.residents.values())
    here = [resident for resident in known if resident.counts] or known[:1]
    if not here:
        return [_part_row(gate, holding, None)]
    return [_part_row(gate, holding, resident) for resident in here]


def _part_row(gate: Gate, holding: Holding, resident: Resident | None) -> Row:
    now, failure = gate.clock(), holding.failure
    rest = gate.rests.error_of(holding.part.key)
    used_at = None if resident is None else resident.last_use_seconds
    left = max(failure.left_seconds(now), gate.rests.seconds_left(holding.part.key))
    is_here = resident is not None and resident.counts
    return Row(
        key=holding.part.key,
        kind="part",
        state=_state(holding, resident),
        device=resident.device if resident is not None and is_here else None,
        bytes_on_device=resident.bytes if resident is not None and is_here else 0,
        leases=0 if resident is None else resident.leases,
        waiting=_waiting(gate, holding.part.key, "part"),
        seconds_since_use=None if used_at is None else max(0.0, now - used_at),
        load_seconds=None if resident is None else resident.load_seconds,
        uses=0 if resident is None else resident.total_uses,
        credit=0.0 if resident is None else resident.credit,
        pinned=holding.part.key in gate.scheduler.shelf.pinned_parts,
        error=_named(failure.error or rest),
        retry_in_seconds=left if left > 0 else None,
    )


def _named(error: Exception | None) -> str | None:
    return None if error is None else f"{type(error).__name__}: {error}"


def _state(holding: Holding, resident: Resident | None) -> State:
    if holding.state == "building":
        return "loading"
    if holding.state == "cold":
        return "cold"
    return "home" if resident is None else resident.state


def _waiting(gate: Gate, key: str, kind: Literal["part", "model"]) -> int:
    return sum(
        key in ticket.parts if kind == "part" else key == ticket.key
        for device in gate.scheduler.devices.values()
        for ticket in device.line.tickets
    )


def _model_row(gate: Gate, key: str, told: list[Row]) -> Row:
    model = gate.scheduler.shelf.models[key]
    parts = [row for row in told if row.key in model.parts]
    used = [row.seconds_since_use for row in parts if row.seconds_since_use is not None]
    loads = [row.load_seconds for row in parts if row.load_seconds is not None]
    retries = [row.retry_in_seconds for row in parts if row.retry_in_seconds is not None]
    if rest := gate.rests.error_of(key):
        retries.append(gate.rests.seconds_left(key))
    leases = sum(t.key == key for d in gate.scheduler.devices.values() for t in d.leased)
    return Row(
        key=key,
        kind="model",
        state=_worst(parts),
        device=next((row.device for row in parts if row.device), None),
        bytes_on_device=sum(row.bytes_on_device for row in parts),
        leases=leases,
        waiting=_waiting(gate, key, "model"),
        seconds_since_use=max(used) if used else None,
        load_seconds=sum(loads) if loads else None,
        uses=min((row.uses for row in parts), default=0),
        credit=min((row.credit for row in parts), default=0.0),
        pinned=all(row.pinned for row in parts),
        error=next((row.error for row in parts if row.error), _named(rest)),
        retry_in_seconds=max(retries) if retries else None,
    )


def _worst(parts: list[Row]) -> State:
    """A model is ready when all its parts are; one that is on its way makes it loading."""
    states = {row.state for row in parts}
    if "loading" in states:
        return "loading"
    return min(states, key=_STATES.index, default="cold")


def metrics(gate: Gate) -> str:
    """Prometheus text of all counters, histograms and gauges."""
    devices = gate.scheduler.devices.values()
    used = []
    for device in devices:
        used.append(((("device", device.name), ("kind", "weights")), _weights(device)))
        used.append(((("device", device.name), ("kind", "work")), device.work_bytes))
    budgets = [((("device", device.name),), device.budget_bytes) for device in devices]
    lost = [((("device", device.name),), int(device.is_lost)) for device in devices]
    waiters = [
        ((("part", key),), _waiting(gate, key, "part")) for key in gate.scheduler.shelf.holdings
    ]
    lines = gate.meter.lines()
    lines += family_lines("cache_used_bytes", "gauge", used)
    lines += family_lines("cache_budget_bytes", "gauge", budgets)
    lines += family_lines("cache_device_lost", "gauge", lost)
    lines += family_lines("cache_waiters", "gauge", waiters)
    return "\n".join(lines) + "\n"


def _weights(device: Device) -> int:
    return device.used_bytes - device.work_bytes
