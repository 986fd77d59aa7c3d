"""What others do with the same requests: each tells the stall in seconds, or that it failed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import cachetools

from benchmarks.still_mover import StillMover
from benchmarks.virtual_time import DEVICE, VirtualPart
from playground.cache import Cache, Part, Report

Parts = Mapping[str, VirtualPart]
Policy = Callable[[Parts, Sequence[str], int], float | None]


class TimedMover(StillMover):
    """Moves nothing, but the clock passes as if it did."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(lambda key: parts[key].bytes)
        self._parts = parts
        self.now = 0.0
        self.stall_seconds = 0.0
        self.loads = 0

    def into(self, home: str, device: str, report: Report) -> None:
        """Lets the time of the copy pass."""
        self.now += self._parts[home].load_seconds
        self.stall_seconds += self._parts[home].load_seconds
        self.loads += 1


def ours(parts: Parts, trace: Sequence[str], budget_bytes: int) -> float:
    """The cache itself: every call goes through its public face."""
    mover = TimedMover(parts)

    def part(key: str) -> Part:
        return Part(key, lambda report: key, work_bytes=0)

    cache = Cache(
        [part(key) for key in parts],
        budget={DEVICE: budget_bytes},
        mover=mover,
        clock=lambda: mover.now,
    )
    for key in trace:
        cache.run(key, lambda model: None)
        mover.now += 1.0
    return mover.stall_seconds


def functools_lru(parts: Parts, trace: Sequence[str], budget_bytes: int) -> float | None:
    """``functools.lru_cache`` counts entries, not bytes: the largest count that never overflows."""
    sizes = sorted((part.bytes for part in parts.values()), reverse=True)
    count = max((n for n in range(len(sizes) + 1) if sum(sizes[:n]) <= budget_bytes), default=0)
    stall = 0.0

    @functools.lru_cache(maxsize=max(1, count))
    def load(key: str) -> str:
        nonlocal stall
        stall += parts[key].load_seconds
        return key

    for key in trace:
        load(key)
    return stall


def cachetools_lru(parts: Parts, trace: Sequence[str], budget_bytes: int) -> float | None:
    """``cachetools.LRUCache`` by bytes."""
    there: cachetools.LRUCache[str, str] = cachetools.LRUCache(
        budget_bytes, getsizeof=lambda key: parts[key].bytes
    )
    stall = 0.0
    for key in trace:
        if key not in there:
            stall += parts[key].load_seconds
            there[key] = key
        _ = there[key]
    return stall


def reload_each_time(parts: Parts, trace: Sequence[str], budget_bytes: int) -> float | None:
    """Load, use, free: what the snippets of model cards do."""
    return sum(parts[key].load_seconds for key in trace)


def load_all(parts: Parts, trace: Sequence[str], budget_bytes: int) -> float | None:
    """Everything at start; does not start when it does not fit."""
    if sum(part.bytes for part in parts.values()) > budget_bytes:
        return None
    return sum(part.load_seconds for part in parts.values())


def _evicting(
    parts: Parts,
    trace: Sequence[str],
    budget_bytes: int,
    worth: Callable[[str, dict[str, int]], object],
) -> float:
    """Evicts the least worthy until the new one fits; ``used`` is the last use by place."""
    used: dict[str, int] = {}
    there: set[str] = set()
    stall = 0.0
    for place, key in enumerate(trace):
        if key not in there:
            while sum(parts[name].bytes for name in there) + parts[key].bytes > budget_bytes:
                there.remove(min(there, key=lambda name: worth(name, used)))  # type: ignore[arg-type,return-value]
            there.add(key)
            stall += parts[key].load_seconds
        used[key] = place
    return stall


def smallest_first(parts: Parts, trace: Sequence[str], budget_bytes: int) -> float | None:
    """InvokeAI's order of offloading from video memory."""
    return _evicting(parts, trace, budget_bytes, lambda name, used: (parts[name].bytes, name))


def by_alphabet(parts: Parts, trace: Sequence[str], budget_bytes: int) -> float | None:
    """Ollama's order when all models keep alive equally long: by name."""
    return _evicting(parts, trace, budget_bytes, lambda name, used: name)


POLICIES: dict[str, Policy] = {
    "this cache": ours,
    "cachetools LRU by bytes": cachetools_lru,
    "functools.lru_cache": functools_lru,
    "smallest first (InvokeAI)": smallest_first,
    "by name (Ollama)": by_alphabet,
    "reload each time": reload_each_time,
    "load all at start": load_all,
}
