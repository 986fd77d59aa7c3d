"""Carries out the tasks of the scheduler in the thread of the one who asked: build and copy."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress

from playground.cache.gate import Gate, Wish
from playground.cache.ledger import Holding, Resident
from playground.cache.pace import Pace
from playground.cache.parts import Cancelled, Declined, OutOfMemory, Progress, Report, Stage
from playground.cache.progress import copied_bytes, load_seconds_left
from playground.cache.rounds import Build, Copy
from playground.cache.waiting import Ticket

_COPY_TRIES = 3


class Loader:
    """Builds home copies and copies parts to devices.

    Args:
        gate: the lock and the books.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def perform(self, ticket: Ticket, wish: Wish) -> None:
        """Does the task of a ticket and writes the outcome into the books."""
        task = ticket.task
        if isinstance(task, Build):
            self._build(ticket, wish, task.holding)
        elif isinstance(task, Copy):
            self._copy(ticket, wish, task.residents)

    def _build(self, ticket: Ticket, wish: Wish, holding: Holding) -> None:
        gate, part = self.gate, holding.part
        teller = _Teller(wish)
        home, size_bytes, failure = None, 0, None
        holding.bytes_done, holding.bytes_total = 0, part.guess_bytes
        try:
            if part.fetch is not None:
                holding.is_fetching = True
                part.fetch(self._fetching(ticket, wish, holding, teller))
                holding.is_fetching = False
            with gate.construction(ticket, wish):
                report = teller.report("building", self._note_build(holding))
                obj = gate.mover.construct(lambda: part.build(report))
                home = gate.mover.home(obj)
                size_bytes = gate.mover.size(home)
        except (Cancelled, Declined):
            raise
        except Exception as error:
            failure = error
            raise
        finally:
            with gate.lock:
                gate.life.end_task(ticket, is_done=home is not None)
                holding.is_fetching = False
                holding.seconds_left = None
                if home is not None:
                    gate.life.built(holding, home, size_bytes)
                    gate.meter.count("cache_loads_total", part=part.key, kind="build")
                else:
                    gate.life.build_failed(holding, failure, gate.clock())
                    gate.meter.count("cache_failures_total", part=part.key)
                gate.settle()
        teller.check()

    def _copy(self, ticket: Ticket, wish: Wish, residents: tuple[Resident, ...]) -> None:
        gate = self.gate
        teller = _Teller(wish)
        failure: Exception | None = None
        arrived, is_done = 0, False
        try:
            self._look_at_room(ticket)
            for resident in residents:
                seconds = self._copy_one(ticket, resident, residents, teller)
                with gate.lock:
                    gate.life.loaded(resident, seconds, gate.clock())
                    gate.meter.count("cache_loads_total", part=resident.key, kind="copy")
                    gate.meter.count("cache_bytes_moved_total", resident.bytes)
                arrived += 1
            is_done = True
        except _PutOff:
            is_done = True
        except Exception as error:
            failure = error
            raise
        finally:
            with gate.lock:
                gate.life.end_task(ticket, is_done=is_done)
                for late in residents[arrived:]:
                    is_culprit = late is residents[arrived]
                    gate.life.load_failed(late, failure if is_culprit else None, gate.clock())
                    if failure is not None and is_culprit:
                        gate.meter.count("cache_failures_total", part=late.key)
                gate.settle()
        teller.check()

    def _copy_one(
        self,
        ticket: Ticket,
        resident: Resident,
        together: tuple[Resident, ...],
        teller: _Teller,
    ) -> float:
        gate = self.gate
        device = gate.scheduler.devices[ticket.device]
        if resident.home is None:
            resident.home = gate.mover.twin(gate.scheduler.shelf.holdings[resident.key].home)

        def note(done: int, _total: int) -> None:
            resident.bytes_done = done

        def left() -> tuple[int, int, float | None]:
            return (*copied_bytes(list(together)), load_seconds_left(device, list(together)))

        report = teller.report("copying", note, left)
        for attempt in range(_COPY_TRIES):
            began = gate.clock()
            try:
                gate.mover.into(resident.home, ticket.device, report)
                return gate.clock() - began
            except Exception as error:
                if not gate.mover.is_out_of_memory(error):
                    raise
                short = error
            # Outside of the except block: the failed copy must not be kept alive by its frames.
            traceback.clear_frames(short.__traceback__)
            make_way(gate, ticket, "load")
            if attempt == _COPY_TRIES - 1:
                raise OutOfMemory(
                    ticket.key,
                    ticket.device,
                    where="load",
                    work_bytes=ticket.work_bytes,
                    budget_bytes=device.budget_bytes,
                ) from short
        raise AssertionError("unreachable")

    def _look_at_room(self, ticket: Ticket) -> None:
        """Others may have taken memory of the device since the budget was made."""
        measure_room(self.gate, ticket.device)
        with self.gate.lock:
            if self.gate.scheduler.devices[ticket.device].free_bytes < 0:
                raise _PutOff

    def _fetching(self, ticket: Ticket, wish: Wish, holding: Holding, teller: _Teller) -> Report:
        """Tells how a download goes; whoever stops only stops to wait for it."""
        pace = Pace(self.gate.clock)

        def note(done: int, total: int) -> None:
            holding.bytes_done, holding.bytes_total = done, total
            holding.seconds_left = pace.seconds_left(done, total)

        def told() -> tuple[int, int, float | None]:
            return holding.bytes_done, holding.bytes_total, holding.seconds_left

        tell = teller.report("fetching", note, told)

        def report(done: int, total: int) -> None:
            wish.check_cancel(ticket.key)
            tell(done, total)

        return report

    @staticmethod
    def _note_build(holding: Holding) -> Report:
        def note(done: int, total: int) -> None:
            holding.bytes_done = done
            holding.bytes_total = total or holding.bytes_total

        return note


class _PutOff(Exception):
    """The room for a load is gone; the request goes back to wait."""


def measure_room(gate: Gate, device: str) -> None:
    """Fits the budget of the device to the memory that is there now. Outside of the lock."""
    room_bytes = gate.mover.room(device)
    if room_bytes is None:
        return
    with gate.lock:
        gate.life.set_room(gate.scheduler.devices[device], room_bytes)
        gate.settle()


def make_way(gate: Gate, ticket: Ticket, where: str) -> None:
    """After memory ran out: evicts all that is idle and gives cached blocks back."""
    with gate.lock:
        gate.meter.count("cache_oom_total", where=where)
        gate.life.evict_idle(gate.scheduler.devices[ticket.device])
        gate.settle()
    gate.mover.trim(ticket.device)


class _Teller:
    """Passes progress on; a listener that fails must not look like a load that failed."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._failure: Exception | None = None

    def report(
        self,
        stage: Stage,
        note: Report,
        told: Callable[[], tuple[int, int, float | None]] | None = None,
    ) -> Report:
        """Makes the function that a build or a copy calls."""

        def report(done: int, total: int) -> None:
            note(done, total)
            if self._wish.progress is None or self._failure is not None:
                return
            done_all, total_all, seconds = (done, total, None) if told is None else told()
            try:
                self._wish.progress(Progress(stage, None, done_all, total_all, seconds))
            except Exception as error:
                self._failure = error

        return report

    def check(self) -> None:
        """Raises what the listener raised, now that the load is over."""
        if self._failure is not None:
            raise self._failure


def try_all(loader: Loader, ticket: Ticket, *, only_build: bool = False) -> None:
    """Does what a prefetch may do; a failure is kept in the books and told to whoever asks next."""
    gate = loader.gate
    while True:
        with gate.lock:
            if not gate.life.offer_prefetch(ticket, gate.clock(), only_build=only_build):
                return
        with suppress(Exception):
            loader.perform(ticket, Wish())
