"""Who goes when room is needed: GreedyDual-Size-Frequency on measured reload time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

FREQUENCY_KEPT = 0.7
"""Share of its use count that every part on the device keeps whenever some have to go.

Plain GDSF never forgets: what a class used five hundred times in one lesson would stay through the
next ones. Measured over six seeds of benchmarks/cache_policies.py, fading brought one class from
1.34 to 1.12 of the offline optimum and three from 1.50 to 1.08; 0.5 to 0.8 do about as well.
"""


class Evictable(Protocol):
    """What the choice needs to know of a part on a device."""

    key: str
    bytes: int
    last_use_seconds: float | None

    @property
    def credit(self) -> float:
        """Worth of keeping it."""
        ...


E = TypeVar("E", bound=Evictable)


def credit(inflation: float, uses: float, load_seconds: float, size_bytes: int) -> float:
    """Worth of keeping a part: measured seconds saved per byte held, times how often it is used.

    Source: Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching
    Policy", HP Labs HPL-98-69R1 (1998), section 2, with cost = measured reload seconds.

    Args:
        inflation: credit of the last victim; makes recent use count more than old use.
        uses: leases of the part; they fade whenever parts have to go.
        load_seconds: measured time of one copy to the device, at least 0.
        size_bytes: bytes on the device, at least 0.
    """
    return inflation + uses * load_seconds / max(1, size_bytes)


def victims(candidates: Iterable[E], needed_bytes: int) -> list[E] | None:
    """Least worthy first until enough bytes go, then the needless ones are given back.

    Returns:
        The ones to evict, [] when nothing is needed, None when all together are not enough.
    """
    if needed_bytes <= 0:
        return []
    chosen: list[E] = []
    freed_bytes = 0
    for entry in sorted(candidates, key=_worth):
        chosen.append(entry)
        freed_bytes += entry.bytes
        if freed_bytes >= needed_bytes:
            break
    else:
        return None
    for entry in reversed(chosen[:]):
        if freed_bytes - entry.bytes >= needed_bytes:
            chosen.remove(entry)
            freed_bytes -= entry.bytes
    return chosen


def _worth(entry: Evictable) -> tuple[float, float, str]:
    return (entry.credit, entry.last_use_seconds or 0.0, entry.key)
