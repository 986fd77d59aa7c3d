"""One lazy loader and device cache for all tabs. Tabs call ``cache.run(key, fn)``; that is all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from playground.cache import status
from playground.cache.batch import Batched, run_batch
from playground.cache.gate import Gate, Wish
from playground.cache.loading import Loader, measure_room, try_all
from playground.cache.mover import TorchMover
from playground.cache.parts import DeviceLost, Model, Mover, Part, Progress, Row, UnknownKey
from playground.cache.rests import Rests
from playground.cache.running import Runner, Turn
from playground.cache.waiting import AGE_SECONDS, Standing, Ticket
from playground.cache.work_file import read_work, write_work

R = TypeVar("R")
Tell = Callable[[Progress], None]
Asked = Callable[[], bool]

TIMEOUT_SECONDS = 60.0
MOST_ITEMS = 32


class Cache:
    """Keeps the built objects for ever and moves only their bytes.

    Args:
        catalog: parts and models; more may be added later.
        budget: bytes by device name; None: found at first need, from the devices that are here.
        most_bytes: cap on what is found, for machines that are shared.
        mover: side effects; None: torch.
        age_seconds: wait after which a request may take what others still want.
        work_file: where learned activation bytes are kept between two starts.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        catalog: Iterable[Part | Model] = (),
        *,
        budget: Mapping[str, int] | None = None,
        most_bytes: int | None = None,
        mover: Mover | None = None,
        age_seconds: float = AGE_SECONDS,
        work_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mover: Mover = TorchMover() if mover is None else mover
        self._gate = Gate(self._mover, age_seconds, clock)
        self._loader = Loader(self._gate)
        self._runner = Runner(self._gate, self._save_work)
        self._joined: dict[tuple[str, str], Any] = {}
        self._most_bytes = most_bytes
        self._work_file = work_file
        if work_file is not None:
            self._gate.life.learned_work_bytes.update(read_work(work_file))
        if budget is not None:
            self._gate.scheduler.open_devices(dict(budget))
        self.add(*catalog)

    # What tabs call.

    def run(
        self,
        key: str,
        fn: Callable[..., R],
        *,
        visitor: str = "",
        progress: Tell | None = None,
        cancel: Asked | None = None,
        timeout: float | None = TIMEOUT_SECONDS,
        device: str | None = None,
        steps: bool = False,
    ) -> R:
        """Calls ``fn(model)`` on the device as soon as it is this request's turn.

        Args:
            key: part or model.
            fn: gets the object; with ``steps`` it gets ``(model, turn)`` and calls
                ``turn.step()`` between units of work. Called a second time if memory ran out.
            visitor: who asks, for fairness; "" is nobody in particular.
            progress: told while the request waits and loads.
            cancel: asked now and then; True ends the wait, and long work at its next step.
            timeout: longest wait in seconds in which nothing happens for this request.
            device: a certain device; None: where it is ready, else where there is most room.
            steps: the work is long and gives way between its units.

        Raises:
            UnknownKey, TooBig, Resting, WaitedTooLong, Cancelled, OutOfMemory, DeviceLost: see
                there.
            Exception: what a build, a copy or ``fn`` raised.
        """
        wish = Wish(progress, cancel, timeout)
        ticket = self._ticket(key, device, visitor=visitor, wants_turn=True, is_long=steps)
        with self._granted(ticket, wish):
            model = self._object(ticket)
            if progress is not None:
                progress(Progress("running"))
            if steps:
                turn = Turn(self._gate, ticket, wish)
                return self._runner.twice(ticket, lambda: fn(model, turn))
            return self._runner.twice(ticket, lambda: fn(model))

    def batch(
        self,
        key: str,
        fn: Callable[..., Any],
        item: Any,
        *,
        max_items: int = MOST_ITEMS,
        steps: bool = False,
        visitor: str = "",
        progress: Tell | None = None,
        cancel: Asked | None = None,
        timeout: float | None = TIMEOUT_SECONDS,
        device: str | None = None,
    ) -> Any:
        """Result of ``fn(model, [item, ...])`` for this item; those that wait share one call.

        Args:
            key: part or model.
            fn: returns one result for each item, in order; the same function object shares a call.
            item: input of this request.
            max_items: most items in one call, from 1.
            steps: the work is long: ``fn(model, items, turn)`` calls ``turn.step()`` as in ``run``.
            visitor, progress, cancel, timeout, device: see ``run``.

        Raises:
            Exception: as ``run``; an item that makes ``fn`` fail, fails alone.
        """
        wish = Wish(progress, cancel, timeout)
        ticket = self._ticket(
            key,
            device,
            visitor=visitor,
            wants_turn=True,
            is_long=steps,
            group=(key, fn),
            item=item,
        )
        ticket.most_items = max_items
        with self._granted(ticket, wish) as is_leader:
            if is_leader:
                model = self._object(ticket)
                if progress is not None:
                    progress(Progress("running"))
                more = (Turn(self._gate, ticket, Wish()),) if steps else ()
                call = cast(Batched, lambda model, items: fn(model, items, *more))
                run_batch(self._runner, ticket, model, call)
            outcome = ticket.outcome
            assert outcome is not None, "a request of a batch was let go without a result"
            if outcome.error is not None:
                raise outcome.error
            return outcome.value

    @contextmanager
    def lease(
        self,
        key: str,
        *,
        visitor: str = "",
        progress: Tell | None = None,
        cancel: Asked | None = None,
        timeout: float | None = TIMEOUT_SECONDS,
        device: str | None = None,
    ) -> Iterator[Any]:
        """The object, on its device for as long as the block lasts. Does not hold the turn.

        Args:
            key, visitor, progress, cancel, timeout, device: see ``run``.
        """
        wish = Wish(progress, cancel, timeout)
        ticket = self._ticket(key, device, visitor=visitor)
        with self._granted(ticket, wish):
            yield self._object(ticket)
            self._mover.synchronise(ticket.device)

    @contextmanager
    def turn(
        self,
        device: str | None = None,
        *,
        visitor: str = "",
        cancel: Asked | None = None,
        timeout: float | None = TIMEOUT_SECONDS,
    ) -> Iterator[Turn]:
        """The execution turn of a device, for code that holds a lease of its own.

        Args:
            device: name; None: the one with the shortest line.
            visitor, cancel, timeout: see ``run``.
        """
        self._open_devices()
        wish = Wish(None, cancel, timeout)
        ticket = self._new_ticket(
            "", (), device or self._best_device(()), visitor=visitor, wants_turn=True
        )
        with self._granted(ticket, wish):
            yield Turn(self._gate, ticket, wish)

    def prefetch(self, *keys: str) -> None:
        """Loads in this thread what fits without taking anything from anybody; never raises for
        a load that fails or does not fit."""
        for key in keys:
            ticket = self._ticket(key, None)
            ticket.is_prefetch = True
            self._gate.check_free_hands(ticket)
            try_all(self._loader, ticket)

    def prepare(self, *keys: str) -> None:
        """Builds home copies without copying to a device: at start, for files that are here."""
        for key in keys:
            ticket = self._ticket(key, None)
            ticket.is_prefetch = True
            self._gate.check_free_hands(ticket)
            try_all(self._loader, ticket, only_build=True)

    # What the operator calls.

    def load(self, key: str, **wait: Any) -> None:
        """Loads and lets go; waits like ``lease`` and takes the same arguments."""
        with self.lease(key, **wait):
            pass

    def pin(self, *keys: str) -> None:
        """What is on a device, or comes there, stays until it is unpinned."""
        with self._gate.lock:
            self._gate.scheduler.shelf.pin(keys, on=True)
            self._gate.settle()

    def unpin(self, *keys: str) -> None:
        """Ends a pin."""
        with self._gate.lock:
            self._gate.scheduler.shelf.pin(keys, on=False)
            self._gate.settle()

    def evict(self, key: str) -> bool:
        """Takes off all devices what nobody uses, waits for or has pinned; whether any went."""
        with self._gate.lock:
            parts = set(self._gate.scheduler.shelf.parts_of(key))
            went = False
            for device in self._gate.scheduler.devices.values():
                wanted = {part for ticket in device.line.tickets for part in ticket.parts}
                going = [r for r in self._gate.life.idle(device) if r.key in parts - wanted]
                self._gate.scheduler.evict(device, going)
                went = went or bool(going)
            self._gate.settle()
        return went

    def retry(self, key: str) -> None:
        """Forgets failures: the next request may try at once."""
        with self._gate.lock:
            parts = self._gate.scheduler.shelf.parts_of(key)
            for part in parts:
                self._gate.scheduler.shelf.holdings[part].failure.forget()
        self.rests.forget((key, *parts))

    def add(self, *items: Part | Model) -> None:
        """Adds to the catalogue, all or none.

        Raises:
            ValueError: a key is there twice, or a model names an unknown part.
        """
        with self._gate.lock:
            self._gate.scheduler.shelf.add(items)

    def rows(self) -> list[Row]:
        """State of every part and model; opens no device and imports no torch."""
        with self._gate.lock:
            return status.rows(self._gate)

    def budgets(self) -> dict[str, int]:
        """Bytes by device name; {} until a model was first needed."""
        with self._gate.lock:
            here = [d for d in self._gate.scheduler.devices.values() if not d.is_lost]
            return {device.name: device.budget_bytes for device in here}

    def lost_devices(self) -> tuple[str, ...]:
        """Devices that no longer answer; models are loaded elsewhere until the next start."""
        with self._gate.lock:
            return tuple(d.name for d in self._gate.scheduler.devices.values() if d.is_lost)

    @property
    def rests(self) -> Rests:
        """Keys that are refused for a while, for code that tries again on its own."""
        return self._gate.rests

    def metrics(self) -> str:
        """Prometheus text."""
        with self._gate.lock:
            return status.metrics(self._gate)

    # How.

    @contextmanager
    def _granted(self, ticket: Ticket, wish: Wish) -> Iterator[bool]:
        """Holds what is asked for; gives False if it was served within the batch of another."""
        with self._gate.heeding(ticket):
            device = self._gate.scheduler.devices[ticket.device]
            if not self._gate.scheduler.is_ready(ticket, device):
                measure_room(self._gate, ticket.device)
            self._gate.admit(ticket, wish, self._loader.perform)
            if ticket.standing is not Standing.GRANTED:
                yield False
                return
            try:
                yield True
            finally:
                self._gate.leave(ticket)

    def _ticket(self, key: str, device: str | None, **more: Any) -> Ticket:
        parts = self._gate.scheduler.shelf.parts_of(key)
        self._open_devices()
        if device is None:
            device = self._best_device(parts)
        elif device not in self._gate.scheduler.devices:
            raise UnknownKey(device)
        return self._new_ticket(key, parts, device, **more)

    def _new_ticket(self, key: str, parts: tuple[str, ...], device: str, **more: Any) -> Ticket:
        return Ticket(self._gate.life.next_number(), key, parts, device, **more)

    def _best_device(self, parts: tuple[str, ...]) -> str:
        """Where it is ready with the shortest queue, else where most bytes are free."""
        devices = self._gate.scheduler.devices
        if len(devices) == 1:
            return next(iter(devices))
        with self._gate.lock:
            # Where none is left, the request is told so.
            here = [d for d in devices.values() if not d.is_lost] or [*devices.values()]
            ready = [
                device
                for device in here
                if all(
                    key in device.residents and device.residents[key].state == "ready"
                    for key in parts
                )
            ]
            if ready:
                return min(ready, key=lambda device: len(device.line.tickets)).name
            return max(here, key=lambda device: device.free_bytes).name

    def _open_devices(self) -> None:
        if self._has_device():
            return
        with self._gate.once:
            if self._has_device():
                return
            known = self._gate.scheduler.devices
            found = {n: size for n, size in self._mover.devices().items() if n not in known}
            if self._most_bytes is not None:
                found = {name: min(size, self._most_bytes) for name, size in found.items()}
            with self._gate.lock:
                self._gate.scheduler.open_devices(found)

    def _has_device(self) -> bool:
        return any(not device.is_lost for device in [*self._gate.scheduler.devices.values()])

    def _object(self, ticket: Ticket) -> Any:
        """The part itself, or the joined model of the device."""
        device = self._gate.scheduler.devices[ticket.device]
        objects = [
            self._mover.object_of(resident.home)
            for resident in self._gate.scheduler.residents(ticket, device)
        ]
        if device.is_lost:
            raise DeviceLost(ticket.key, device.name)
        model = self._gate.scheduler.shelf.models.get(ticket.key)
        if model is None:
            return objects[0]
        place = (ticket.key, ticket.device)
        if place not in self._joined:
            with self._gate.once:
                if place not in self._joined:
                    self._joined[place] = model.join(*objects)
        return self._joined[place]

    def _save_work(self) -> None:
        if self._work_file is None:
            return
        with self._gate.lock:
            learned = dict(self._gate.life.learned_work_bytes)
        write_work(self._work_file, learned)
