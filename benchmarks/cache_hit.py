"""What a hit costs: ``cache.run`` of a ready part over the bare call, one thread and many.

Run: ``python -m benchmarks.cache_hit``. Bar: under 50 microseconds with one thread.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable

from benchmarks.cache_table import print_table
from benchmarks.still_mover import StillMover
from playground.cache import Cache, Part

BAR_MICROSECONDS = 50.0
_CALLS = 4000
_ROUNDS = 9


def _nothing(model: object) -> None:
    """The call itself: all that is measured beside it is the cache."""


def _nothings(model: object, items: list[object]) -> list[object]:
    return items


def _per_call(call: Callable[[], object], calls: int = _CALLS) -> float:
    """Median over rounds of the microseconds a call takes."""
    told = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        for _ in range(calls):
            call()
        told.append((time.perf_counter() - began) / calls * 1e6)
    return statistics.median(told)


def _threads(cache: Cache, count: int) -> float:
    """Microseconds of wall time per hit while many threads ask at once."""
    barrier = threading.Barrier(count + 1)
    each = _CALLS // count

    def work(number: int) -> None:
        barrier.wait()
        for _ in range(each):
            cache.run("part", _nothing, visitor=str(number))
        barrier.wait()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    barrier.wait()
    seconds = time.perf_counter() - began
    for thread in threads:
        thread.join()
    return seconds / (each * count) * 1e6


def _lease(cache: Cache) -> None:
    with cache.lease("part"):
        pass


def main() -> None:
    """Prints the table."""
    cache = Cache([Part("part", lambda report: 1)], budget={"still": 1 << 30}, mover=StillMover())
    cache.load("part")
    bare = _per_call(lambda: _nothing(None))
    rows = [
        ("run", _per_call(lambda: cache.run("part", _nothing)) - bare),
        ("run, named visitor", _per_call(lambda: cache.run("part", _nothing, visitor="v")) - bare),
        ("lease", _per_call(lambda: _lease(cache)) - bare),
        ("batch of one", _per_call(lambda: cache.batch("part", _nothings, 1)) - bare),
    ]
    told = [(name, f"{us:.1f}", "met" if us < BAR_MICROSECONDS else "MISSED") for name, us in rows]
    for count in (2, 8, 32):
        # All of them ask for the one turn of the device: this is throughput, not overhead.
        told.append((f"run, {count} threads at once", f"{_threads(cache, count):.1f}", ""))
    print_table(("a hit", "microseconds", f"bar {BAR_MICROSECONDS:.0f}"), told)


if __name__ == "__main__":
    main()
