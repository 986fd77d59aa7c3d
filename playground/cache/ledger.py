"""What lies where and what it takes: the books of the cache. Decides nothing, knows no torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from playground.cache import eviction
from playground.cache.parts import Model, Part, Resting, UnknownKey
from playground.cache.waiting import Line, Ticket

LONGEST_REST_SECONDS = 60.0
_NEW_MEASUREMENT_WEIGHT = 0.5


@dataclass(eq=False)
class Resident:
    """One part on one device."""

    key: str
    device: str
    bytes: int
    home: Any = None
    state: Literal["home", "loading", "ready"] = "home"
    leases: int = 0
    served: bool = True
    uses: float = 0.0
    total_uses: int = 0
    inflation: float = 0.0
    load_seconds: float | None = None
    last_use_seconds: float | None = None
    bytes_done: int = 0

    @property
    def counts(self) -> bool:
        """Whether its bytes are taken on the device."""
        return self.state != "home"

    @property
    def credit(self) -> float:
        """Worth of keeping it; the least goes first."""
        seconds = self.load_seconds or 0.0
        return eviction.credit(self.inflation, self.uses, seconds, self.bytes)

    def measured(self, seconds: float) -> None:
        """Takes in one measured copy time, newer ones weigh more."""
        if self.load_seconds is None:
            self.load_seconds = seconds
        else:
            self.load_seconds += _NEW_MEASUREMENT_WEIGHT * (seconds - self.load_seconds)


@dataclass(eq=False)
class Failure:
    """Memory of failed loads: each one in a row doubles the rest before the next try."""

    count: int = 0
    error: Exception | None = None
    until_seconds: float = 0.0

    def failed(self, error: Exception, now: float) -> None:
        """Remembers one more failure."""
        self.count += 1
        self.error = error
        self.until_seconds = now + min(LONGEST_REST_SECONDS, 2.0**self.count)

    def forget(self) -> None:
        """The next request may try at once."""
        self.count, self.error, self.until_seconds = 0, None, 0.0

    def left_seconds(self, now: float) -> float:
        """Seconds of rest left."""
        return max(0.0, self.until_seconds - now)


@dataclass(eq=False)
class Holding:
    """One part of the catalogue and all that is known of it."""

    part: Part
    state: Literal["cold", "building", "home"] = "cold"
    home: Any = None
    bytes: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    is_fetching: bool = False
    seconds_left: float | None = None
    failure: Failure = field(default_factory=Failure)
    residents: dict[str, Resident] = field(default_factory=dict)

    def on(self, device: str) -> Resident:
        """The part on that device; built parts only."""
        resident = self.residents.get(device)
        if resident is None:
            is_first = not self.residents
            resident = Resident(self.part.key, device, self.bytes, self.home if is_first else None)
            self.residents[device] = resident
        return resident

    def check_rest(self, now: float) -> None:
        """Raises Resting while the memory of a failure forbids the next try."""
        left = self.failure.left_seconds(now)
        if left > 0 and self.failure.error is not None:
            raise Resting(self.part.key, self.failure.error, left)


@dataclass(eq=False)
class Device:
    """Books of one device. Invariant: used_bytes == weights + work, and never grows over budget."""

    name: str
    configured_bytes: int
    line: Line
    is_lost: bool = False
    budget_bytes: int = 0
    used_bytes: int = 0
    work_bytes: int = 0
    inflation: float = 0.0
    turn: Ticket | None = None
    leased: list[Ticket] = field(default_factory=list)
    residents: dict[str, Resident] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    loads_begun: int = 0
    bytes_per_second: float | None = None

    def __post_init__(self) -> None:
        self.budget_bytes = self.configured_bytes

    @property
    def free_bytes(self) -> int:
        """Bytes not taken; negative when others took memory that is held here."""
        return self.budget_bytes - self.used_bytes

    def reserve(self, resident: Resident) -> None:
        """Takes the bytes of a part that is about to be copied here."""
        resident.state, resident.served, resident.bytes_done = "loading", False, 0
        self.residents[resident.key] = resident
        self.used_bytes += resident.bytes
        self.loads_begun += 1

    def arrived(self, resident: Resident, seconds: float, now: float) -> None:
        """The copy is here."""
        resident.state = "ready"
        resident.measured(seconds)
        resident.last_use_seconds = now
        resident.inflation = self.inflation
        if seconds > 0 and resident.bytes > 0:
            speed = resident.bytes / seconds
            known = self.bytes_per_second
            self.bytes_per_second = speed if known is None else (known + speed) / 2

    def give_up(self, resident: Resident) -> None:
        """A load did not happen: its bytes are free again."""
        if self.is_lost:
            return
        resident.state = "home"
        self.used_bytes -= resident.bytes

    def evicted(self, going: list[Resident]) -> None:
        """Parts left, to make room; the use counts of all that were there fade."""
        fading = self.here() if going else []
        for resident in going:
            resident.state = "home"
            self.inflation = max(self.inflation, resident.credit)
            self.used_bytes -= resident.bytes
        for resident in fading:
            resident.uses *= eviction.FREQUENCY_KEPT

    def lease(self, ticket: Ticket, residents: Iterable[Resident], now: float) -> None:
        """Pins the parts of a request and takes its work bytes."""
        for resident in residents:
            resident.leases += 1
            resident.served = True
            resident.uses += 1
            resident.total_uses += 1
            resident.last_use_seconds = now
            resident.inflation = self.inflation
        self.leased.append(ticket)
        self.work_bytes += ticket.work_bytes
        self.used_bytes += ticket.work_bytes

    def release(self, ticket: Ticket, residents: Iterable[Resident], now: float) -> None:
        """Undoes lease."""
        for resident in residents:
            resident.leases -= 1
            resident.last_use_seconds = now
        self.leased.remove(ticket)
        self.work_bytes -= ticket.work_bytes
        self.used_bytes -= ticket.work_bytes

    def here(self) -> list[Resident]:
        """Parts whose bytes are taken."""
        return [resident for resident in self.residents.values() if resident.counts]

    def recount_bytes(self) -> int:
        """used_bytes counted anew, for the proofs."""
        weights = sum(resident.bytes for resident in self.here())
        return weights + sum(ticket.work_bytes for ticket in self.leased)


class Shelf:
    """The catalogue as the cache sees it: holdings, models, and who is pinned."""

    def __init__(self) -> None:
        self.holdings: dict[str, Holding] = {}
        self.models: dict[str, Model] = {}
        self.pinned_keys: set[str] = set()
        self.pinned_parts: frozenset[str] = frozenset()

    def add(self, items: Iterable[Part | Model]) -> None:
        """Takes in parts and models, all or none; the parts of a model must be known.

        Raises:
            ValueError: a key is there twice, or a model names an unknown part.
        """
        holdings, models = dict(self.holdings), dict(self.models)
        for item in items:
            if item.key in holdings or item.key in models:
                raise ValueError(f"key is there twice: {item.key}")
            if isinstance(item, Part):
                holdings[item.key] = Holding(item)
            else:
                models[item.key] = item
        for model in models.values():
            for key in model.parts:
                if key not in holdings:
                    raise ValueError(f"model {model.key} names an unknown part: {key}")
        self.holdings, self.models = holdings, models

    def parts_of(self, key: str) -> tuple[str, ...]:
        """Keys of the parts of a model, or of the part itself.

        Raises:
            UnknownKey: not in the catalogue.
        """
        if key in self.models:
            return self.models[key].parts
        if key in self.holdings:
            return (key,)
        raise UnknownKey(key)

    def pin(self, keys: Iterable[str], *, on: bool) -> None:
        """Pins or unpins; a part stays pinned while any pinned key has it.

        Raises:
            UnknownKey: one of the keys is not in the catalogue.
        """
        keys = set(keys)
        parts = {key: self.parts_of(key) for key in self.pinned_keys | keys}
        self.pinned_keys = self.pinned_keys | keys if on else self.pinned_keys - keys
        self.pinned_parts = frozenset(part for key in self.pinned_keys for part in parts[key])
