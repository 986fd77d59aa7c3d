"""Runs a call on the device: watches its memory, and tries once more after memory ran out."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TypeVar

from playground.cache.gate import Gate, Wish
from playground.cache.loading import make_way
from playground.cache.parts import OutOfMemory
from playground.cache.waiting import Ticket

R = TypeVar("R")


class Turn:
    """The execution turn of a device; long work calls ``step`` between two units.

    Args:
        gate: gives the turn.
        ticket: the request that holds it.
        wish: how the caller wants to wait.
    """

    def __init__(self, gate: Gate, ticket: Ticket, wish: Wish) -> None:
        self._gate = gate
        self._ticket = ticket
        self._wish = wish

    @property
    def device(self) -> str:
        """Name of the device."""
        return self._ticket.device

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether the error says that the device has no memory left."""
        return self._gate.mover.is_out_of_memory(error)

    def is_lost(self, error: BaseException) -> bool:
        """Whether the device no longer answers: nothing of this work can be saved."""
        return self._gate.mover.is_lost(self._ticket.device, error)

    def count_losses_itself(self) -> None:
        """Says that the work tells ``cache.rests`` itself for which of its items memory ran out."""
        self._ticket.counts_losses = False

    def step(self) -> None:
        """Lets the short requests that wait now run first; costs microseconds when none waits.

        Raises:
            Cancelled: the caller no longer wants the result.
        """
        self._gate.step(self._ticket, self._wish)


class Runner:
    """Calls functions under a granted ticket.

    Args:
        gate: the lock and the books.
        work_learned: called after the work bytes of a key have grown, outside of the lock.
    """

    def __init__(self, gate: Gate, work_learned: Callable[[], None]) -> None:
        self.gate = gate
        self._work_learned = work_learned

    def watched(self, ticket: Ticket, call: Callable[[], R]) -> R:
        """Calls once and learns its peak of memory where the device can tell it."""
        gate = self.gate
        peak = gate.mover.watch_peak(ticket.device)
        if peak is None:
            result = call()
            gate.mover.synchronise(ticket.device)
            return result
        device = gate.scheduler.devices[ticket.device]
        with gate.lock:
            loads_before = device.loads_begun
            was_alone = not any(r.state == "loading" for r in device.residents.values())
        result = call()
        gate.mover.synchronise(ticket.device)
        peak_bytes = peak()
        with gate.lock:
            # A copy that ran beside the call is in the peak too: then it tells nothing.
            was_alone = was_alone and device.loads_begun == loads_before
            is_news = was_alone and gate.life.learn_work(ticket.key, peak_bytes)
        if is_news:
            self._work_learned()
        return result

    def twice(self, ticket: Ticket, call: Callable[[], R]) -> R:
        """Calls; when memory runs out, makes all the room there is and calls once more.

        Raises:
            OutOfMemory: memory ran out again.
        """
        try:
            result = self.watched(ticket, call)
            self.gate.rests.went_well(ticket.key)
            return result
        except Exception as error:
            if not self.gate.mover.is_out_of_memory(error):
                raise
            short = error
        self.recover(ticket, short)
        try:
            return self.watched(ticket, call)
        except Exception as error:
            if not self.gate.mover.is_out_of_memory(error):
                raise
            short = error
        self.recover(ticket, short)
        device = self.gate.scheduler.devices[ticket.device]
        lost = OutOfMemory(
            ticket.key,
            ticket.device,
            where="run",
            work_bytes=self.gate.life.work_bytes(ticket.key),
            budget_bytes=device.budget_bytes,
        )
        if ticket.counts_losses:
            self.gate.rests.lost(ticket.key, lost)
        raise lost from short

    def recover(self, ticket: Ticket, short: Exception) -> None:
        """Frees what the failed call held, evicts all that is idle, reserves more from now on.

        Must be called outside of the except block: inside, the error keeps the frames alive.
        """
        traceback.clear_frames(short.__traceback__)
        make_way(self.gate, ticket, "run")
        with self.gate.lock:
            self.gate.life.work_was_short(ticket)
        self._work_learned()
