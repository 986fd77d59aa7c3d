"""The real decisions of the cache in virtual time: hours of a classroom in seconds.

Only the device is played: copies share one link and take their measured seconds, calls take
theirs. Who is loaded, evicted, leased and run next is decided by ``playground.cache`` itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from playground.cache.ledger import Resident
from playground.cache.lifecycle import Lifecycle
from playground.cache.parts import Part
from playground.cache.rests import Rests
from playground.cache.rounds import Copy
from playground.cache.scheduler import Scheduler
from playground.cache.waiting import AGE_SECONDS, Standing, Ticket

DEVICE = "virtual"


@dataclass(frozen=True)
class VirtualPart:
    """A model of the classroom.

    Args:
        bytes: on the device.
        load_seconds: one copy to the device.
        run_seconds: one call.
        item_share: what each further item of a batch adds, as a share of ``run_seconds``;
            None: is not batched.
        steps: units of work after which the turn may be given away.
        work_bytes: activation bytes of a call.
        most_items: of one batch.
    """

    bytes: int
    load_seconds: float
    run_seconds: float = 0.0
    item_share: float | None = None
    steps: int = 1
    work_bytes: int = 0
    most_items: int = 32


@dataclass(eq=False)
class Asked:
    """One request and what became of it."""

    key: str
    visitor: str
    at_seconds: float
    done: Callable[[Asked], None] = lambda asked: None
    began_seconds: float = -1.0
    done_seconds: float = -1.0
    steps_left: int = 0

    @property
    def latency_seconds(self) -> float:
        """From asking to the result."""
        return self.done_seconds - self.at_seconds


@dataclass(eq=False)
class VirtualTime:
    """A device in virtual time under the real scheduler.

    Args:
        parts: by key.
        budget_bytes: of the device.
        age_seconds: see Scheduler.
    """

    parts: Mapping[str, VirtualPart]
    budget_bytes: int
    age_seconds: float = AGE_SECONDS
    now: float = 0.0
    loads: int = 0
    busy_seconds: float = 0.0
    most_used_bytes: int = 0
    served: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = 0
        self._link_free_seconds = 0.0
        self._asked: dict[int, Asked] = {}
        self.scheduler = Scheduler(self._out, Rests(lambda: self.now), age_seconds=self.age_seconds)
        self.life = Lifecycle(self.scheduler)
        self.scheduler.open_devices({DEVICE: self.budget_bytes})
        self.scheduler.shelf.add(
            Part(key, lambda report: None, work_bytes=part.work_bytes)
            for key, part in self.parts.items()
        )
        for key, part in self.parts.items():
            self.life.built(self.scheduler.shelf.holdings[key], key, part.bytes)

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        """Calls at that moment."""
        self._numbers += 1
        heapq.heappush(self._events, (seconds, self._numbers, call))

    def ask(self, key: str, visitor: str, done: Callable[[Asked], None] | None = None) -> Asked:
        """A visitor asks now; ``done`` is called when the result is there."""
        part = self.parts[key]
        asked = Asked(key, visitor, self.now, done or (lambda asked: None))
        group: Hashable | None = None if part.item_share is None else key
        ticket = Ticket(
            self.life.next_number(),
            key,
            (key,),
            DEVICE,
            visitor=visitor,
            wants_turn=True,
            is_long=part.steps > 1,
            group=group,
            most_items=part.most_items,
        )
        self._asked[ticket.number] = asked
        self.life.submit(ticket, self.now)
        self.at(self.now + self.age_seconds, lambda: None)
        return asked

    def run(self, until_seconds: float = float("inf")) -> None:
        """Lets time pass until nothing is left to happen, or until a moment."""
        self._decide()
        while self._events and self._events[0][0] <= until_seconds:
            self.now, _, call = heapq.heappop(self._events)
            call()
            self._decide()

    def _decide(self) -> None:
        for ticket in self.scheduler.decide(self.now):
            if ticket.standing is Standing.GRANTED:
                self._begin(ticket)
            elif isinstance(ticket.task, Copy):
                self._copy(ticket, ticket.task.residents)
        used_bytes = self.scheduler.devices[DEVICE].used_bytes
        self.most_used_bytes = max(self.most_used_bytes, used_bytes)

    def _copy(self, ticket: Ticket, residents: tuple[Resident, ...]) -> None:
        for resident in residents:
            seconds = self.parts[resident.key].load_seconds
            self._link_free_seconds = max(self._link_free_seconds, self.now) + seconds
            self.at(
                self._link_free_seconds,
                lambda resident=resident, seconds=seconds: self._arrived(ticket, resident, seconds),  # type: ignore[misc]
            )
            self.loads += 1

    def _arrived(self, ticket: Ticket, resident: Resident, seconds: float) -> None:
        self.life.loaded(resident, seconds, self.now)
        self.life.end_task(ticket, is_done=True)

    def _begin(self, ticket: Ticket) -> None:
        asked = self._asked[ticket.number]
        part = self.parts[asked.key]
        if asked.began_seconds < 0:
            asked.began_seconds, asked.steps_left = self.now, part.steps
        seconds = part.run_seconds * (1 + (part.item_share or 0.0) * len(ticket.riders))
        self.busy_seconds += seconds / part.steps
        self.at(self.now + seconds / part.steps, lambda: self._step(ticket, asked))

    def _step(self, ticket: Ticket, asked: Asked) -> None:
        asked.steps_left -= 1
        if asked.steps_left > 0:
            if not self.life.give_way(ticket, self.now):
                self._begin(ticket)
            return
        members = [ticket, *ticket.riders]
        ticket.riders = []
        self.life.release(ticket, self.now)
        for member in members:
            served = self._asked.pop(member.number)
            served.done_seconds = self.now
            if served.began_seconds < 0:
                served.began_seconds = self.now
            self.served.append(served)
            served.done(served)

    def _out(self, resident: Resident) -> None:
        """Nothing to move."""
