"""A device that exists only in the books, a clock that is set by hand, faults on demand."""

import contextvars
import threading
from collections import Counter
from collections.abc import Callable

from playground.cache import Cache, Part

DEVICE = "fake"


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def tick(self, seconds: float) -> None:
        self.seconds += seconds


class NoMemory(Exception):
    """Memory of the fake device ran out."""


class NoAnswer(RuntimeError):
    """What every call on a lost device raises."""


class ThreadKilled(BaseException):
    """Ends a thread wherever it is, as an interrupt does."""


class Thing:
    """What a build returns: a name and tensors of so many bytes."""

    def __init__(self, name: str, tensors: tuple[int, ...]) -> None:
        self.name = name
        self.tensors = tensors
        self.where = "host"
        self.away: list[str] = ["host"] * len(tensors)


class FakeMover:
    """Keeps the truth of the device apart from the books of the cache, to compare both.

    ``violations`` collects whatever must never happen.
    """

    def __init__(self, capacity: int = 1 << 60) -> None:
        self.capacity = capacity
        self.taken_by_others = 0
        self.there: dict[str, set[str]] = {}
        self.bytes_there = 0
        self.most_bytes = 0
        self.builds: Counter[str] = Counter()
        self.copies: Counter[str] = Counter()
        self.outs: list[str] = []
        self.trims = 0
        self.violations: list[str] = []
        self.constructing = 0
        self.fail_copy: Callable[[Thing, int], BaseException | None] = lambda thing, tensor: None
        self.during_copy: Callable[[Thing], None] = lambda thing: None
        self.during_construct: Callable[[], None] = lambda: None
        self.is_leased: Callable[[Thing], bool] = lambda thing: False
        self.peak_bytes: int | None = None
        self.budgets = {DEVICE: capacity}
        self.lost: set[str] = set()
        self._lock = threading.Lock()

    def devices(self) -> dict[str, int]:
        return {name: size for name, size in self.budgets.items() if name not in self.lost}

    def check_answer(self, device: str) -> None:
        if device in self.lost:
            raise NoAnswer(device)

    def construct(self, build):
        with self._lock:
            self.constructing += 1
            if self.constructing > 1:
                self.violations.append("two constructions at once")
        try:
            self.during_construct()
            return build()
        finally:
            with self._lock:
                self.constructing -= 1

    def home(self, obj: Thing) -> Thing:
        with self._lock:
            self.builds[obj.name] += 1
        return obj

    def twin(self, home: Thing) -> Thing:
        return Thing(home.name, home.tensors)

    def object_of(self, home: Thing) -> Thing:
        return home

    def size(self, home: Thing) -> int:
        return sum(home.tensors)

    def into(self, home: Thing, device: str, report) -> None:
        if home.where != "host":
            self.violations.append(f"{home.name} copied twice")
        staged = 0
        try:
            self.during_copy(home)
            self.check_answer(device)
            for number, size in enumerate(home.tensors):
                error = self.fail_copy(home, number)
                if error is not None:
                    raise error
                self._take(size)
                staged += size
                report(staged, sum(home.tensors))
        except BaseException:
            self._take(-staged)
            raise
        with self._lock:
            self.copies[home.name] += 1
            self.there.setdefault(device, set()).add(home.name)
        home.where = device
        home.away = [device] * len(home.tensors)

    def out(self, home: Thing) -> None:
        if home.where == "host":
            return
        if self.is_leased(home):
            self.violations.append(f"{home.name} evicted while leased")
        with self._lock:
            self.there[home.where].discard(home.name)
        home.where = "host"
        home.away = ["host"] * len(home.tensors)
        self.outs.append(home.name)
        self._take(-sum(home.tensors))

    def room(self, device: str) -> int | None:
        self.check_answer(device)
        if not self.taken_by_others:
            return None
        # The fake device has no fragments: undo the share that the cache leaves for them.
        return int((self.capacity - self.taken_by_others) / 0.97) + 1

    def trim(self, device: str) -> None:
        self.trims += 1

    def synchronise(self, device: str) -> None:
        self.check_answer(device)

    def watch_peak(self, device: str):
        peak = self.peak_bytes
        return None if peak is None else lambda: peak

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, NoMemory)

    def is_lost(self, device: str, error: BaseException) -> bool:
        return isinstance(error, RuntimeError) and device in self.lost

    def _take(self, size: int) -> None:
        with self._lock:
            self.bytes_there += size
            self.most_bytes = max(self.most_bytes, self.bytes_there)
            if self.bytes_there > self.capacity - self.taken_by_others and size > 0:
                self.violations.append(f"{self.bytes_there} bytes on a device of {self.capacity}")


def thing_part(name: str, *tensors: int, work_bytes: int = 0, **more) -> Part:
    return Part(name, lambda report: Thing(name, tensors), work_bytes=work_bytes, **more)


def make_cache(*items, budget: int = 100, mover: FakeMover | None = None, **more):
    """A cache over a fake device; returns it with its mover and its clock."""
    mover = FakeMover(budget) if mover is None else mover
    clock = more.pop("clock", None) or Clock()
    cache = Cache(items, budget={DEVICE: budget}, mover=mover, clock=clock, **more)
    return cache, mover, clock


def as_another_thread(call: Callable, *args, **more):
    """Runs a call with free hands, as if another thread made it."""
    return contextvars.Context().run(lambda: call(*args, **more))


def held(cache: Cache, key: str, **more):
    """A lease opened with free hands; returns (object, function that ends it)."""
    manager = cache.lease(key, timeout=0, **more)
    context = contextvars.Context()
    thing = context.run(manager.__enter__)
    return thing, lambda: context.run(manager.__exit__, None, None, None)


def states(cache: Cache) -> dict[str, str]:
    return {row.key: row.state for row in cache.rows()}


def check_books(cache: Cache, mover: FakeMover) -> None:
    """What must hold whenever nothing is under way."""
    assert mover.violations == []
    scheduler = cache._gate.scheduler
    for device in scheduler.devices.values():
        assert device.used_bytes == device.recount_bytes()
        assert device.work_bytes == sum(ticket.work_bytes for ticket in device.leased)
        weights = sum(resident.bytes for resident in device.here())
        assert weights == mover.bytes_there if len(scheduler.devices) == 1 else True
        ready = {r.key for r in device.residents.values() if r.state == "ready"}
        assert ready == mover.there.get(device.name, set())
        assert all(r.leases >= 0 for r in device.residents.values())


def check_rest(cache: Cache, mover: FakeMover) -> None:
    """What must hold when nobody uses the cache."""
    check_books(cache, mover)
    scheduler = cache._gate.scheduler
    assert scheduler.constructing is None
    assert scheduler.construction_line == []
    for device in scheduler.devices.values():
        assert device.line.tickets == []
        assert device.leased == []
        assert device.turn is None
        assert device.work_bytes == 0
        assert not any(r.state == "loading" or r.leases for r in device.residents.values())
        assert device.used_bytes <= device.budget_bytes
