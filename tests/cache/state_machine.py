"""Any order of requests, evictions, pins, faults, forks: what always holds of the cache."""

import contextvars
from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from playground.cache import CacheError, Model, TooBig
from tests.cache.fakes import (
    DEVICE,
    FakeMover,
    NoMemory,
    Thing,
    ThreadKilled,
    check_books,
    check_rest,
    make_cache,
    thing_part,
)

BUDGET = 100
SIZES = {"a": (30, 10), "b": (20,), "c": (35, 15), "d": (60,), "e": (5, 5), "huge": (90, 60)}
MODELS = {"ab": ("a", "b"), "bce": ("b", "c", "e")}
KEYS = (*SIZES, *MODELS)
FITTING = tuple(key for key in KEYS if key != "huge")
WORK = {"a": 20, "b": 10, "c": 5, "d": 30, "e": 1, "huge": 5}

keys = st.sampled_from(KEYS)


class CacheMachine(RuleBasedStateMachine):
    """One thread plays many: every lease is taken with a timeout of nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.mover = FakeMover(BUDGET)
        self.build_fault: Exception | None = None
        parts = [self._part(name) for name in SIZES]
        models = [Model(key, parts_, lambda *things: things) for key, parts_ in MODELS.items()]
        self.cache, _, self.clock = make_cache(
            *parts, *models, budget=BUDGET, mover=self.mover, age_seconds=8.0
        )
        self.open: list[tuple[str, object, contextvars.Context]] = []
        self.mover.is_leased = self._is_leased

    def _part(self, name: str):
        part = thing_part(name, *SIZES[name], work_bytes=WORK[name])

        def build(report):
            if self.build_fault is not None:
                raise self.build_fault
            return Thing(name, SIZES[name])

        return type(part)(name, build, work_bytes=WORK[name])

    def _is_leased(self, thing: Thing) -> bool:
        return any(thing.name in MODELS.get(key, (key,)) for key, _, _ in self.open)

    @rule(key=keys)
    def lease(self, key: str) -> None:
        manager = self.cache.lease(key, timeout=0)
        context = contextvars.Context()
        try:
            context.run(manager.__enter__)
        except (CacheError, OSError, ValueError, ThreadKilled):
            return
        self.open.append((key, manager, context))
        for part in MODELS.get(key, (key,)):
            assert part in self.mover.there[DEVICE], f"{part} leased but not there"

    @precondition(lambda self: self.open)
    @rule(data=st.data(), error=st.sampled_from([None, ValueError, GeneratorExit]))
    def release(self, data, error) -> None:
        _, manager, context = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        try:
            raised = None if error is None else error()
            context.run(manager.__exit__, error, raised, None)
        except (ValueError, GeneratorExit):
            pass

    @rule(key=keys, fails=st.sampled_from([None, NoMemory, ValueError]))
    def run(self, key: str, fails) -> None:
        def call(model):
            check_books(self.cache, self.mover)
            if fails is not None:
                raise fails

        with suppress(CacheError, OSError, NoMemory, ValueError, ThreadKilled):
            contextvars.Context().run(lambda: self.cache.run(key, call, timeout=0))

    @rule(key=keys)
    def evict(self, key: str) -> None:
        self.cache.evict(key)

    @rule(key=keys, on=st.booleans())
    def pin(self, key: str, on: bool) -> None:
        (self.cache.pin if on else self.cache.unpin)(key)

    @rule(key=keys)
    def prefetch(self, key: str) -> None:
        free_before = self.cache._gate.scheduler.devices[DEVICE].free_bytes
        outs_before = len(self.mover.outs)
        with suppress(ThreadKilled):
            contextvars.Context().run(self.cache.prefetch, key)
        assert free_before >= 0 or len(self.mover.outs) == outs_before

    @rule(key=keys)
    def retry(self, key: str) -> None:
        self.cache.retry(key)

    @rule(seconds=st.sampled_from([0.1, 1.0, 9.0, 70.0]))
    def tick(self, seconds: float) -> None:
        self.clock.tick(seconds)

    @rule(
        times=st.integers(1, 4),
        tensor=st.integers(0, 1),
        kind=st.sampled_from([NoMemory, OSError, ThreadKilled]),
    )
    def break_copies(self, times: int, tensor: int, kind) -> None:
        left = [times]

        def fail(thing: Thing, number: int):
            if left[0] > 0 and number == min(tensor, len(thing.tensors) - 1):
                left[0] -= 1
                return kind("injected")
            return None

        self.mover.fail_copy = fail

    @rule(fault=st.sampled_from([None, OSError(28, "No space left on device"), ValueError("bad")]))
    def break_builds(self, fault) -> None:
        self.build_fault = fault

    @rule()
    def fork(self) -> None:
        """The child sees itself alone: whoever held a lease lives in the parent."""
        self.open.clear()
        self.cache._gate.renew_after_fork()
        check_rest(self.cache, self.mover)

    @invariant()
    def books_are_exact(self) -> None:
        check_books(self.cache, self.mover)
        device = self.cache._gate.scheduler.devices[DEVICE]
        assert device.used_bytes <= device.budget_bytes
        assert device.line.tickets == []
        assert device.turn is None

    @invariant()
    def builds_happen_once(self) -> None:
        assert all(count == 1 for count in self.mover.builds.values())

    def teardown(self) -> None:
        """After any faults, once they are over, everything that fits can be had again."""
        for _, manager, context in self.open:
            context.run(manager.__exit__, None, None, None)
        self.open.clear()
        self.build_fault = None
        self.mover.fail_copy = lambda thing, number: None
        self.cache.unpin(*KEYS)
        self.clock.tick(120)
        for key in FITTING:
            self.cache.load(key, timeout=0)
        check_rest(self.cache, self.mover)
        try:
            self.cache.load("huge", timeout=0)
        except TooBig as error:
            assert (error.needed_bytes, error.budget_bytes) == (150, BUDGET)
        else:
            raise AssertionError("a part over the budget was let in")
