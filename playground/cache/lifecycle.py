"""What happens to requests and parts between two rounds of decisions. Called under the lock."""

from __future__ import annotations

from playground.cache import eviction
from playground.cache.ledger import Device, Holding, Resident
from playground.cache.parts import CacheError
from playground.cache.rounds import Build, Copy, Force, Round
from playground.cache.scheduler import Scheduler
from playground.cache.waiting import Standing, Ticket, wanted_from

WORK_AFTER_OUT_OF_MEMORY = 1.5
WORK_OVER_SEEN = 1.1
ROOM_USED = 0.97
"""Share of the free memory of a device that is counted on: the rest is fragmentation."""

_NEW_RUN_WEIGHT = 0.3


class Lifecycle:
    """Coming and going of requests; outcomes of builds and copies; what is learned from them.

    Args:
        scheduler: holds the books that are changed here.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.learned_work_bytes: dict[str, int] = {}
        self.run_seconds: dict[str, float] = {}
        self._numbers = 0

    # Requests.

    def submit(self, ticket: Ticket, now: float) -> None:
        """Puts a new request into the line of its device."""
        ticket.since_seconds = now
        ticket.work_bytes = self.work_bytes(ticket.key) if ticket.parts else 0
        device = self._device(ticket)
        ticket.was_hit = self.scheduler.is_ready(ticket, device)
        device.line.join(ticket)

    def end_task(self, ticket: Ticket, *, is_done: bool) -> None:
        """A task is over; one that failed ends its request, which must get no other task."""
        ticket.task = None
        if not is_done:
            ticket.standing = Standing.GONE
            self._device(ticket).line.leave(ticket)

    def next_number(self) -> int:
        """Numbers requests by arrival."""
        self._numbers += 1
        return self._numbers

    def release(self, ticket: Ticket, now: float) -> float:
        """Ends a lease, a turn or a wait, whatever the request has; returns its turn seconds."""
        device = self._device(ticket)
        seconds = self._end_turn(ticket, device, now)
        if ticket in device.leased:
            device.release(ticket, self.scheduler.residents(ticket, device), now)
        device.line.leave(ticket)
        self._undo_task(ticket, device)
        if ticket in self.scheduler.construction_line:
            self.scheduler.construction_line.remove(ticket)
        for rider in ticket.riders:
            if rider.standing is Standing.RIDING and rider.outcome is None:
                rider.standing = Standing.WAITING
                device.line.join(rider)
        ticket.standing = Standing.GONE
        return seconds

    def _undo_task(self, ticket: Ticket, device: Device) -> None:
        """A task was given, and the request ended before its thread began it."""
        if isinstance(ticket.task, Copy):
            for resident in ticket.task.residents:
                device.give_up(resident)
        elif isinstance(ticket.task, Build):
            ticket.task.holding.state = "cold"
        ticket.task = None

    def give_way(self, ticket: Ticket, now: float) -> bool:
        """Between two units of long work: lets in what waits now, if it is worth a stop."""
        device = self._device(ticket)
        if device.turn is not ticket:
            return False
        let_in = frozenset(
            other.number
            for other in device.line.tickets
            if other.wants_turn
            and other.standing is Standing.WAITING
            and other.task is None
            and self._may_step_in(other, ticket, now)
            and self.scheduler.is_ready(other, device)
        )
        if not let_in and not self.scheduler.construction_line:
            return False
        self._end_turn(ticket, device, now)
        ticket.standing = Standing.STEPPING
        ticket.lets_in = let_in
        device.line.join(ticket)
        return True

    def _may_step_in(self, other: Ticket, long: Ticket, now: float) -> bool:
        """Short work may; long work only if it aged, and never beside its own kind.

        Two drawings side by side would both take twice as long and hold twice the memory.
        """
        is_aged = self._device(other).line.is_aged(other, now)
        return not other.is_long or (is_aged and other.key != long.key)

    def _end_turn(self, ticket: Ticket, device: Device, now: float) -> float:
        if device.turn is not ticket:
            return 0.0
        device.turn = None
        seconds = now - ticket.turn_seconds
        served = [ticket, *ticket.riders]
        for each in served:
            device.line.shares.charge(each.visitor, seconds / len(served))
        known = self.run_seconds.get(ticket.key, seconds)
        self.run_seconds[ticket.key] = known + _NEW_RUN_WEIGHT * (seconds - known)
        return seconds

    # Parts.

    def built(self, holding: Holding, home: object, size_bytes: int) -> None:
        """A home copy is there."""
        holding.home, holding.bytes, holding.state = home, size_bytes, "home"
        holding.failure.forget()

    def build_failed(self, holding: Holding, error: Exception | None, now: float) -> None:
        """No home copy; without an error it was only given up, and the next may try at once."""
        holding.state = "cold"
        if error is not None:
            holding.failure.failed(error, now)

    def loaded(self, resident: Resident, seconds: float, now: float) -> None:
        """A copy arrived."""
        self.scheduler.devices[resident.device].arrived(resident, seconds, now)
        self.scheduler.shelf.holdings[resident.key].failure.forget()

    def load_failed(self, resident: Resident, error: Exception | None, now: float) -> None:
        """A copy did not arrive; without an error it was only put off."""
        self.scheduler.devices[resident.device].give_up(resident)
        if error is not None:
            self.scheduler.shelf.holdings[resident.key].failure.failed(error, now)

    def lose(self, device: Device) -> bool:
        """The device no longer answers; returns whether that is news.

        What was built goes as well: it was built in the numbers that suit the lost device, and
        the next request builds it for the one that takes its place.
        """
        if device.is_lost:
            return False
        device.is_lost = True
        shelf = self.scheduler.shelf
        for resident in device.residents.values():
            self.scheduler.take_out(resident)
            del shelf.holdings[resident.key].residents[device.name]
        device.residents.clear()
        device.used_bytes = device.work_bytes
        for holding in shelf.holdings.values():
            holding.failure.forget()
            if holding.state == "home" and not holding.residents:
                holding.state, holding.home = "cold", None
        return True

    # Room.

    def idle(self, device: Device) -> list[Resident]:
        """Parts that may go at any time: not leased, not pinned, not loaded for one who waits."""
        wanted = wanted_from(device.line.tickets)
        return [
            resident
            for resident in device.residents.values()
            if resident.state == "ready"
            and not resident.leases
            and resident.key not in self.scheduler.shelf.pinned_parts
            and (resident.served or resident.key not in wanted)
        ]

    def evict_idle(self, device: Device) -> None:
        """Evicts all that may go."""
        self.scheduler.evict(device, self.idle(device))

    def set_room(self, device: Device, room_bytes: int) -> None:
        """Fits the budget to what the device can really give now, others use it too."""
        device.budget_bytes = min(device.configured_bytes, int(room_bytes * ROOM_USED))
        if device.free_bytes < 0:
            idle = self.idle(device)
            going = eviction.victims(idle, -device.free_bytes)
            self.scheduler.evict(device, idle if going is None else going)

    def work_bytes(self, key: str) -> int:
        """Activation bytes of one call: learned, else the first guess of the catalogue."""
        if key in self.learned_work_bytes:
            return self.learned_work_bytes[key]
        shelf = self.scheduler.shelf
        return max(shelf.holdings[part].part.work_bytes for part in shelf.parts_of(key))

    def learn_work(self, key: str, peak_bytes: int) -> bool:
        """Takes in a seen peak; returns whether it is news worth saving."""
        seen_bytes = int(peak_bytes * WORK_OVER_SEEN)
        known_bytes = self.learned_work_bytes.get(key)
        if known_bytes is not None and seen_bytes <= known_bytes:
            return False
        self.learned_work_bytes[key] = seen_bytes
        return True

    def work_was_short(self, ticket: Ticket) -> None:
        """Memory ran out in a call: reserve more, now if there is room, and from now on."""
        device = self._device(ticket)
        more_bytes = int(max(1, self.work_bytes(ticket.key)) * WORK_AFTER_OUT_OF_MEMORY)
        self.learned_work_bytes[ticket.key] = min(more_bytes, device.configured_bytes)
        extra_bytes = min(device.free_bytes, max(0, more_bytes - ticket.work_bytes))
        if extra_bytes > 0 and ticket in device.leased:
            ticket.work_bytes += extra_bytes
            device.work_bytes += extra_bytes
            device.used_bytes += extra_bytes

    # Prefetch.

    def offer_prefetch(self, ticket: Ticket, now: float, *, only_build: bool) -> bool:
        """Gives the ticket a task if there is one that takes nothing from anybody."""
        device = self._device(ticket)
        scheduler = self.scheduler
        try:
            scheduler.check_hope(ticket, device, now)
        except CacheError:
            return False
        if scheduler.give_build(ticket):
            return True
        if only_build:
            return False
        order = device.line.in_order(now)
        look = Round(device, order, wanted_from(order), now)
        if any(device.line.is_aged(waiting, now) for waiting in order):
            return False
        return scheduler.start_load(look, len(order), ticket, Force.PREFETCH)

    # Fork.

    def forget_threads(self, now: float) -> None:
        """In the child of a fork no other thread lives: their leases, waits and loads are void."""
        scheduler = self.scheduler
        for device in scheduler.devices.values():
            for ticket in device.leased[:]:
                device.release(ticket, scheduler.residents(ticket, device), now)
            device.turn = None
            device.line.tickets.clear()
            for resident in device.here():
                if resident.state == "loading":
                    device.give_up(resident)
                    scheduler.take_out(resident)
        for holding in scheduler.shelf.holdings.values():
            if holding.state == "building":
                holding.state = "cold"
        scheduler.constructing = None
        scheduler.construction_line.clear()

    def _device(self, ticket: Ticket) -> Device:
        return self.scheduler.devices[ticket.device]
