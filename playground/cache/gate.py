"""The one lock, and the only place where threads wait. No I/O and no user code under the lock."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from playground.cache.ledger import Resident
from playground.cache.lifecycle import Lifecycle
from playground.cache.meter import Meter
from playground.cache.parts import (
    CacheError,
    Cancelled,
    DeviceLost,
    HoldAndWait,
    Mover,
    Progress,
    WaitedTooLong,
)
from playground.cache.progress import progress_of
from playground.cache.rests import Rests
from playground.cache.scheduler import Scheduler
from playground.cache.waiting import Standing, Ticket

_log = logging.getLogger("playground")

_LOOK_AGAIN_SECONDS = 0.2
"""How often a waiting thread asks whether it was cancelled and tells its progress."""

_held: ContextVar[tuple[Ticket, ...]] = ContextVar("held", default=())


@dataclass(frozen=True)
class Wish:
    """How a caller wants to wait."""

    progress: Callable[[Progress], None] | None = None
    cancel: Callable[[], bool] | None = None
    timeout_seconds: float | None = None

    def check_cancel(self, key: str) -> None:
        """Raises Cancelled when the caller no longer wants it."""
        if self.cancel is not None and self.cancel():
            raise Cancelled(key)


class Gate:
    """Lets requests in: asks the scheduler under the lock, works and waits outside of it.

    Args:
        mover: side effects.
        age_seconds: see Scheduler.
        clock: seconds, monotonic.
    """

    def __init__(self, mover: Mover, age_seconds: float, clock: Callable[[], float]) -> None:
        self.lock = threading.Lock()
        self.once = threading.Lock()  # for what is made at first need; may be held for seconds
        self.clock = clock
        self.mover = mover
        self.meter = Meter()
        self.rests = Rests(clock)
        self.scheduler = Scheduler(self._take_out, self.rests, age_seconds=age_seconds)
        self.life = Lifecycle(self.scheduler)
        _live_gates.add(self)

    def settle(self) -> None:
        """Decides anew and wakes those with news. Under the lock."""
        for ticket in self.scheduler.decide(self.clock()):
            if ticket.wake is not None:
                ticket.wake.notify()

    def admit(self, ticket: Ticket, wish: Wish, perform: Callable[[Ticket, Wish], None]) -> None:
        """Returns when the request is granted, or was served within the batch of another.

        Args:
            ticket: the request.
            wish: how to wait.
            perform: does the task that the scheduler gave to this request.

        Raises:
            CacheError: it cannot be served.
            HoldAndWait: this thread holds something already.
        """
        self.check_free_hands(ticket)
        began = self.clock()
        try:
            with self.lock:
                self.life.submit(ticket, began)
                is_in = self.scheduler.grant_hit(ticket, began)
                if not is_in:
                    self.settle()
                    is_in = ticket.standing is Standing.GRANTED
                if is_in:
                    self._observe(ticket, began)
            if not is_in:
                self._wait_until_in(ticket, wish, perform)
        except BaseException:
            self.leave(ticket)
            raise
        if not is_in and ticket.standing is Standing.GRANTED:
            with self.lock:
                self._observe(ticket, self.clock())
        if ticket.standing is Standing.GRANTED:
            _held.set((*_still_held(), ticket))

    def _observe(self, ticket: Ticket, now: float) -> None:
        seconds = now - ticket.since_seconds
        if ticket.parts:
            hit = "true" if ticket.was_hit else "false"
            self.meter.observe_seconds("cache_lease_seconds", seconds, part=ticket.key, hit=hit)
        if ticket.wants_turn:
            self.meter.observe_seconds("turn_wait_seconds", seconds, device=ticket.device)

    def leave(self, ticket: Ticket) -> None:
        """Ends whatever the request has: its wait, its turn, its lease."""
        with self.lock:
            self.life.release(ticket, self.clock())
            self.settle()
            for rider in ticket.riders:
                if rider.wake is not None:
                    rider.wake.notify()
        if _held.get():
            _held.set(_still_held())

    def step(self, ticket: Ticket, wish: Wish) -> None:
        """Between two units of long work: lets the others in, returns with the turn back."""
        wish.check_cancel(ticket.key)
        with self.lock:
            if not self.life.give_way(ticket, self.clock()):
                return
            self.settle()
        while True:
            wish.check_cancel(ticket.key)
            with self.lock:
                if ticket.standing is Standing.GRANTED:
                    return
                self._nap(ticket, _LOOK_AGAIN_SECONDS if wish.cancel else None)

    @contextmanager
    def heeding(self, ticket: Ticket) -> Iterator[None]:
        """Closes the books of a device that turns out to be lost, and says so.

        Raises:
            DeviceLost: in the place of what the lost device made fail.
        """
        try:
            yield
        except CacheError:
            raise
        except Exception as error:
            if not self.mover.is_lost(ticket.device, error):
                raise
            with self.lock:
                is_news = self.life.lose(self.scheduler.devices[ticket.device])
                self.settle()
            if is_news:
                _log.error("%s no longer answers: %s", ticket.device, error)
            raise DeviceLost(ticket.key, ticket.device) from error

    def check_free_hands(self, ticket: Ticket) -> None:
        """Raises HoldAndWait if this thread holds a turn, or a lease and asks for another."""
        for held in _still_held():
            if held.wants_turn or ticket.parts or ticket.is_prefetch:
                raise HoldAndWait(f"asks for {ticket.key!r} while holding {held.key!r}")

    @contextmanager
    def construction(self, ticket: Ticket, wish: Wish) -> Iterator[None]:
        """While inside, nobody constructs and nobody holds a turn, in this whole process."""
        with self.lock:
            self.scheduler.construction_line.append(ticket)
            self.settle()
        try:
            while True:
                wish.check_cancel(ticket.key)
                with self.lock:
                    if self.scheduler.constructing is ticket:
                        break
                    self._nap(ticket, _LOOK_AGAIN_SECONDS if wish.cancel else None)
            with _construction.lock:
                yield
        finally:
            with self.lock:
                if self.scheduler.constructing is ticket:
                    self.scheduler.constructing = None
                elif ticket in self.scheduler.construction_line:
                    self.scheduler.construction_line.remove(ticket)
                self.settle()

    def _wait_until_in(
        self, ticket: Ticket, wish: Wish, perform: Callable[[Ticket, Wish], None]
    ) -> None:
        quiet_since = self.clock()
        while True:
            wish.check_cancel(ticket.key)
            with self.lock:
                if ticket.error is not None:
                    raise ticket.error
                if ticket.standing is Standing.GRANTED or ticket.outcome is not None:
                    return
                if ticket.task is None:
                    if self._is_busy_for(ticket):
                        quiet_since = max(quiet_since, self.clock())
                    self._check_timeout(ticket, wish, quiet_since)
                    self._nap(ticket, self._nap_seconds(ticket, wish, quiet_since))
            if ticket.task is not None:
                perform(ticket, wish)
                quiet_since = self.clock()
            elif wish.progress is not None:
                with self.lock:
                    told = progress_of(self.life, ticket, self.clock())
                wish.progress(told)

    def _is_busy_for(self, ticket: Ticket) -> bool:
        """Whether somebody builds or copies a part of this request: it does not wait in vain."""
        holdings = [self.scheduler.shelf.holdings[key] for key in ticket.parts]
        return ticket.standing is Standing.RIDING or any(
            holding.state == "building"
            or (holding.state == "home" and holding.on(ticket.device).state == "loading")
            for holding in holdings
        )

    def _check_timeout(self, ticket: Ticket, wish: Wish, quiet_since: float) -> None:
        if wish.timeout_seconds is None or ticket.standing is Standing.RIDING:
            return
        now = self.clock()
        if now - quiet_since >= wish.timeout_seconds:
            place = self.scheduler.devices[ticket.device].line.place(ticket, now)
            raise WaitedTooLong(ticket.key, now - quiet_since, place)

    def _nap_seconds(self, ticket: Ticket, wish: Wish, quiet_since: float) -> float | None:
        """Until the next moment at which time alone changes something; None: never."""
        now = self.clock()
        moments = []
        age_at = ticket.since_seconds + self.scheduler.devices[ticket.device].line.age_seconds
        if age_at > now:
            moments.append(age_at - now)
        if wish.timeout_seconds is not None and ticket.standing is not Standing.RIDING:
            moments.append(quiet_since + wish.timeout_seconds - now)
        if wish.cancel is not None or wish.progress is not None:
            moments.append(_LOOK_AGAIN_SECONDS)
        return max(0.0, min(moments)) if moments else None

    def _nap(self, ticket: Ticket, seconds: float | None) -> None:
        if ticket.wake is None:
            ticket.wake = threading.Condition(self.lock)
        if not ticket.wake.wait(seconds):
            self.settle()

    def _take_out(self, resident: Resident) -> None:
        if resident.home is not None:
            self.mover.out(resident.home)
        self.meter.count("cache_evictions_total", part=resident.key)

    def renew_after_fork(self) -> None:
        """In the child: a new lock, no other threads, the parts that were there stay there."""
        self.lock = threading.Lock()
        self.once = threading.Lock()
        self.rests.renew_after_fork()
        self.life.forget_threads(self.clock())


class _Construction:
    """Library constructors patch process-wide settings: one at a time, over all caches."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_construction = _Construction()


@contextmanager
def nobody_constructs() -> Iterator[None]:
    """While inside, no cache of this process constructs a part: for imports of heavy libraries.

    Two threads that import the same library at once may each meet a half imported module.
    """
    with _construction.lock:
        yield


_live_gates: weakref.WeakSet[Gate] = weakref.WeakSet()
_forking: list[Gate] = []


def _still_held() -> tuple[Ticket, ...]:
    held = _held.get()
    if not held:
        return held
    return tuple(t for t in held if t.standing in (Standing.GRANTED, Standing.STEPPING))


def _before_fork() -> None:
    """The child must not inherit books in the middle of a change."""
    _forking.extend(sorted(_live_gates, key=id))
    for gate in _forking:
        gate.lock.acquire()


def _after_fork_in_parent() -> None:
    for gate in _forking:
        gate.lock.release()
    _forking.clear()


def _after_fork_in_child() -> None:
    _construction.lock = threading.Lock()
    _held.set(())
    for gate in _forking:
        gate.renew_after_fork()
    _forking.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
