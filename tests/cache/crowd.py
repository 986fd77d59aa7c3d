"""Many threads at once on one cache, started together, switched as often as Python can."""

import random
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager

from playground.cache import CacheError, Model
from tests.cache.fakes import FakeMover, NoMemory, Thing, make_cache, thing_part

SIZES = {f"p{number}": (10 + 3 * number, 5) for number in range(12)}
MODELS = {"m0": ("p0", "p1"), "m1": ("p1", "p2", "p3")}
KEYS = (*SIZES, *MODELS)
# About a third of all parts fits: the threads have to make way for each other all the time.
BUDGET = 150


@contextmanager
def switching_often():
    """Lets Python switch threads after every microsecond."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def crowd_cache(mover: FakeMover):
    """A cache in real time; ages quickly, so that the rule for aged requests is met as well."""
    parts = [thing_part(name, *sizes, work_bytes=8) for name, sizes in SIZES.items()]
    models = [Model(key, parts_, lambda *things: things) for key, parts_ in MODELS.items()]
    cache, _, _ = make_cache(
        *parts, *models, budget=BUDGET, mover=mover, age_seconds=0.02, clock=time.monotonic
    )
    return cache


class Crowd:
    """So many threads, each with so many calls; counts what they met."""

    def __init__(self, cache, mover: FakeMover, threads: int, calls: int) -> None:
        self.cache = cache
        self.mover = mover
        self.calls = calls
        self.met: Counter[str] = Counter()
        self.leased: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._barrier = threading.Barrier(threads)
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(threads)
        ]
        mover.is_leased = lambda thing: self.leased[thing.name] > 0

    def run(self, longest_seconds: float = 120.0) -> None:
        """Starts all at one moment and waits for them; nobody may be left."""
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join(longest_seconds)
        assert not any(thread.is_alive() for thread in self._threads), "somebody is stuck"

    def _work(self, number: int) -> None:
        dice = random.Random(number)
        self._barrier.wait()
        for _ in range(self.calls):
            key = dice.choice(KEYS)
            try:
                self._call(key, dice.randrange(3), str(number))
                told = "served"
            except (CacheError, OSError, NoMemory) as error:
                told = type(error).__name__
            with self._lock:
                self.met[told] += 1

    def _call(self, key: str, how: int, visitor: str) -> None:
        if how == 0:
            self.cache.run(key, lambda model: self._use(key, model), visitor=visitor)
        elif how == 1:
            with self.cache.lease(key, visitor=visitor) as model:
                self._use(key, model)
        else:
            assert self.cache.batch(key, echo, visitor, visitor=visitor) == visitor

    def _use(self, key: str, model) -> None:
        things = model if isinstance(model, tuple) else (model,)
        with self._lock:
            self.leased.update(thing.name for thing in things)
        for thing in things:
            if set(thing.away) != {"fake"}:
                self.mover.violations.append(f"{thing.name} leased but at {thing.away}")
        with self._lock:
            self.leased.subtract(thing.name for thing in things)


def echo(model: Thing, items: list) -> list:
    return list(items)
