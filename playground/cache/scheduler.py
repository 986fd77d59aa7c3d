"""Who gets what, and when: pure decisions over the ledger. No locks, no threads, no torch.

The shell (gate.py) calls ``decide`` under its lock after every change; the answers are written on
the tickets: a grant, a task for the ticket's own thread, or an error. In every round:

1. requests that cannot be served (too big, resting after a failure) are told so;
2. aged requests may take memory that younger ones want; if leases hold it, nobody gets a new
   lease on the parts that will have to go, and no other load begins;
3. ready requests get their leases, and the best of them the turn: A B A B runs as A A B B;
4. younger requests load into what is free or wanted by nobody;
5. a device at complete rest with people waiting lets the first of them take what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from playground.cache import eviction
from playground.cache.ledger import Device, Resident, Shelf
from playground.cache.parts import CacheError, DeviceLost, TooBig
from playground.cache.rests import Rests
from playground.cache.rounds import Build, Copy, Force, Round
from playground.cache.waiting import AGE_SECONDS, Line, Standing, Ticket, turn_order, wanted_from


class Scheduler:
    """Decides over all devices.

    Args:
        take_out: called when a part is evicted; quick and without failure.
        rests: keys that are refused for a while.
        age_seconds: wait after which a request may take what others want.
    """

    def __init__(
        self,
        take_out: Callable[[Resident], None],
        rests: Rests,
        *,
        age_seconds: float = AGE_SECONDS,
    ) -> None:
        self.shelf = Shelf()
        self.devices: dict[str, Device] = {}
        self.constructing: Ticket | None = None
        self.construction_line: list[Ticket] = []
        self.take_out = take_out
        self.rests = rests
        self._age_seconds = age_seconds
        self._changed: list[Ticket] = []

    def open_devices(self, budgets: dict[str, int]) -> None:
        """Opens the books of each device with its budget in bytes."""
        for name, budget_bytes in budgets.items():
            self.devices[name] = Device(name, budget_bytes, Line(self._age_seconds))

    # What is asked of every round.

    def decide(self, now: float) -> list[Ticket]:
        """Looks at all lines; returns the tickets whose threads have something new to read."""
        self._changed = []
        self._begin_construction()
        for device in self.devices.values():
            if device.line.tickets:
                self._decide_on(device, now)
        return self._changed

    def grant_hit(self, ticket: Ticket, now: float) -> bool:
        """Grants without a round: nobody waits, all is there, and there is room for the work.

        With an empty line a round would decide the same; this is the path of most requests.
        """
        device = self.devices[ticket.device]
        if len(device.line.tickets) != 1 or not ticket.was_hit or self.construction_line:
            return False
        if device.is_lost or self.rests.seconds_left(ticket.key):
            return False
        if ticket.wants_turn and (device.turn is not None or self.constructing is not None):
            return False
        work_bytes = self._work(ticket, device)
        if work_bytes > device.free_bytes:
            return False
        device.blocked.clear()
        self._lease(device, ticket, work_bytes, now)
        return True

    def _decide_on(self, device: Device, now: float) -> None:
        device.blocked = set()
        self._refuse(device, now)
        order = device.line.in_order(now)
        look = Round(device, order, wanted_from(order), now)
        self._hand_out_builds(look)
        is_blocked = self._load_aged(look)
        self._grant_leases(look)
        self._grant_turn(look)
        if not is_blocked:
            self._load_young(look)
        self._break_rest(look)

    def _refuse(self, device: Device, now: float) -> None:
        for ticket in device.line.tickets[:]:
            if ticket.standing is not Standing.WAITING or ticket.task is not None:
                continue
            try:
                self.check_hope(ticket, device, now)
            except CacheError as error:
                ticket.error = error
                ticket.standing = Standing.GONE
                device.line.leave(ticket)
                self._changed.append(ticket)

    def check_hope(self, ticket: Ticket, device: Device, now: float) -> None:
        """Raises DeviceLost, TooBig or Resting when waiting is of no use."""
        if device.is_lost:
            raise DeviceLost(ticket.key, device.name)
        self.rests.check(ticket.key)
        if self.is_ready(ticket, device):
            return
        needed_bytes = 0
        for key in ticket.parts:
            holding = self.shelf.holdings[key]
            resident = holding.residents.get(device.name)
            if resident is None or resident.state == "home":
                holding.check_rest(now)
            is_built = holding.state == "home"
            needed_bytes += holding.bytes if is_built else holding.part.guess_bytes
        budget_bytes = device.budget_bytes - self._pinned_bytes(device, ticket)
        if needed_bytes > budget_bytes:
            raise TooBig(ticket.key, device.name, needed_bytes, budget_bytes)

    def _hand_out_builds(self, look: Round) -> None:
        for _, ticket in look.idle_tickets():
            self.give_build(ticket)

    def give_build(self, ticket: Ticket) -> bool:
        """Gives the ticket a cold part to build that nobody builds yet (single flight)."""
        for key in ticket.parts:
            holding = self.shelf.holdings[key]
            if holding.state == "cold":
                holding.state = "building"
                self._give_task(ticket, Build(holding))
                return True
        return False

    def _load_aged(self, look: Round) -> bool:
        """Returns whether an aged request has to wait for leases to end."""
        device = look.device
        for place, ticket in look.idle_tickets():
            if not device.line.is_aged(ticket, look.now):
                continue
            needed_bytes = self._bytes_to_load(ticket, device)
            if needed_bytes is None:
                continue
            if needed_bytes == 0:
                has_to_wait = not ticket.wants_turn or device.turn is None
                if has_to_wait and not self._fits(look, place, ticket, self._work(ticket, device)):
                    self._block(look, place, ticket, self._work(ticket, device))
                    return True
            elif not self.start_load(look, place, ticket, Force.AGED):
                self._block(look, place, ticket, needed_bytes + self._work(ticket, device))
                return True
        return False

    def _fits(self, look: Round, place: int, ticket: Ticket, needed_bytes: int) -> bool:
        return self._victims(look, place, ticket, needed_bytes, Force.AGED) is not None

    def _block(self, look: Round, place: int, ticket: Ticket, needed_bytes: int) -> None:
        device = look.device
        going = [
            resident
            for resident in device.residents.values()
            if resident.state == "ready"
            and self._may_go(look, place, ticket, resident, Force.AGED, ignore_leases=True)
        ]
        chosen = eviction.victims(going, needed_bytes - device.free_bytes)
        device.blocked = {resident.key for resident in (going if chosen is None else chosen)}

    def _load_young(self, look: Round) -> None:
        for place, ticket in look.idle_tickets():
            self.start_load(look, place, ticket, look.force_of(ticket))

    def _grant_leases(self, look: Round) -> None:
        for place, ticket in look.idle_tickets():
            if not ticket.wants_turn:
                self._grant(look, place, ticket, look.force_of(ticket))

    def _grant_turn(self, look: Round) -> None:
        device = look.device
        if device.turn is not None or self.constructing or self.construction_line:
            return
        places = {id(ticket): place for place, ticket in enumerate(look.order)}
        ready = [
            ticket
            for ticket in look.order
            if ticket.standing is Standing.STEPPING
            or (ticket.standing is Standing.WAITING and ticket.wants_turn and ticket.task is None)
        ]
        for ticket in turn_order(ready):
            if ticket.standing is Standing.STEPPING:
                self._give_turn(device, ticket, look.now)
                return
            if self._grant(look, places[id(ticket)], ticket, look.force_of(ticket)):
                return

    def _break_rest(self, look: Round) -> None:
        device = look.device
        is_at_work = device.leased or device.turn or self.constructing or self.construction_line
        is_loading = any(r.state == "loading" for r in device.residents.values())
        if is_at_work or is_loading:
            return
        for place, ticket in look.idle_tickets():
            if self._grant(look, place, ticket, Force.AT_REST) or self.start_load(
                look, place, ticket, Force.AT_REST
            ):
                return

    # Taking room.

    def _victims(
        self, look: Round, place: int, ticket: Ticket, needed_bytes: int, force: Force
    ) -> list[Resident] | None:
        device = look.device
        missing_bytes = needed_bytes - device.free_bytes
        if missing_bytes <= 0:
            return []
        candidates = [
            resident
            for resident in device.residents.values()
            if resident.state == "ready" and self._may_go(look, place, ticket, resident, force)
        ]
        return eviction.victims(candidates, missing_bytes)

    def _may_go(
        self,
        look: Round,
        place: int,
        ticket: Ticket,
        resident: Resident,
        force: Force,
        *,
        ignore_leases: bool = False,
    ) -> bool:
        if resident.leases and not ignore_leases:
            return False
        if resident.key in ticket.parts or resident.key in self.shelf.pinned_parts:
            return False
        if force is Force.AT_REST:
            return True
        first_wanting = look.wanted.get(resident.key)
        if force is Force.AGED:
            return first_wanting is None or (resident.served and first_wanting > place)
        if force is Force.PREFETCH:
            idle_seconds = look.now - (resident.last_use_seconds or 0.0)
            return first_wanting is None and idle_seconds >= self._age_seconds
        return first_wanting is None

    def start_load(self, look: Round, place: int, ticket: Ticket, force: Force) -> bool:
        device = look.device
        needed_bytes = self._bytes_to_load(ticket, device)
        if not needed_bytes and not self._has_to_load(ticket, device):
            return False
        needed_bytes = needed_bytes or 0
        work_bytes = 0 if ticket.is_prefetch else self._work(ticket, device)
        going = self._victims(look, place, ticket, needed_bytes + work_bytes, force)
        if going is None:
            return False
        self.evict(device, going)
        residents = tuple(r for r in self.residents(ticket, device) if r.state == "home")
        for resident in residents:
            device.reserve(resident)
        self._give_task(ticket, Copy(residents))
        return True

    def evict(self, device: Device, going: Iterable[Resident]) -> None:
        """Takes parts off the device."""
        going = list(going)
        device.evicted(going)
        for resident in going:
            self.take_out(resident)

    # Granting.

    def _grant(self, look: Round, place: int, ticket: Ticket, force: Force) -> bool:
        device = look.device
        if not self.is_ready(ticket, device):
            return False
        if ticket.wants_turn and (device.turn is not None or self.construction_line):
            return False
        residents = self.residents(ticket, device)
        if any(r.key in device.blocked and r.served for r in residents):
            return False
        work_bytes = self._work(ticket, device)
        going = self._victims(look, place, ticket, work_bytes, force)
        if going is None:
            return False
        self.evict(device, going)
        self._lease(device, ticket, work_bytes, look.now)
        if ticket.group is not None:
            self._take_riders(look, ticket)
        return True

    def _lease(self, device: Device, ticket: Ticket, work_bytes: int, now: float) -> None:
        ticket.work_bytes = work_bytes
        device.lease(ticket, self.residents(ticket, device), now)
        if ticket.wants_turn:
            self._give_turn(device, ticket, now)
        else:
            self._granted(device, ticket)

    def _give_turn(self, device: Device, ticket: Ticket, now: float) -> None:
        device.turn = ticket
        ticket.turn_seconds = now
        device.line.shares.granted(ticket.visitor)
        self._granted(device, ticket)

    def _take_riders(self, look: Round, leader: Ticket) -> None:
        for _, ticket in look.idle_tickets():
            if len(leader.riders) + 1 >= leader.most_items:
                return
            if ticket.group == leader.group:
                ticket.standing = Standing.RIDING
                look.device.line.leave(ticket)
                leader.riders.append(ticket)

    def _granted(self, device: Device, ticket: Ticket) -> None:
        ticket.standing = Standing.GRANTED
        device.line.leave(ticket)
        self._changed.append(ticket)

    def _give_task(self, ticket: Ticket, task: Build | Copy) -> None:
        ticket.task = task
        self._changed.append(ticket)

    # Construction: one at a time, and no turn is running meanwhile.

    def _begin_construction(self) -> None:
        if self.constructing is not None or not self.construction_line:
            return
        if any(device.turn is not None for device in self.devices.values()):
            return
        self.constructing = self.construction_line.pop(0)
        self._changed.append(self.constructing)

    # Reading the books.

    def residents(self, ticket: Ticket, device: Device) -> list[Resident]:
        """The parts of a request on a device; built parts only. None are on a lost device."""
        if device.is_lost:
            return []
        return [self.shelf.holdings[key].on(device.name) for key in ticket.parts]

    def is_ready(self, ticket: Ticket, device: Device) -> bool:
        """Whether all its parts are on the device."""
        for key in ticket.parts:
            resident = device.residents.get(key)
            if resident is None or resident.state != "ready":
                return False
        return True

    def _has_to_load(self, ticket: Ticket, device: Device) -> bool:
        """Whether all is built, nothing is on its way, and something is still at home."""
        if any(self.shelf.holdings[key].state != "home" for key in ticket.parts):
            return False
        states = [resident.state for resident in self.residents(ticket, device)]
        return "home" in states and "loading" not in states

    def _bytes_to_load(self, ticket: Ticket, device: Device) -> int | None:
        """Bytes still to load: 0 when ready, None when there is nothing to do but wait."""
        if self.is_ready(ticket, device):
            return 0
        if not self._has_to_load(ticket, device):
            return None
        missing = (r for r in self.residents(ticket, device) if r.state == "home")
        return sum(resident.bytes for resident in missing)

    def _work(self, ticket: Ticket, device: Device) -> int:
        """Work bytes, at most what is left beside the weights: a guess never forbids."""
        weights = sum(self.shelf.holdings[key].bytes for key in ticket.parts)
        most = device.budget_bytes - weights - self._pinned_bytes(device, ticket)
        return max(0, min(ticket.work_bytes, most))

    def _pinned_bytes(self, device: Device, ticket: Ticket) -> int:
        pinned = self.shelf.pinned_parts - set(ticket.parts)
        if not pinned:
            return 0
        return sum(r.bytes for r in device.here() if r.key in pinned)
