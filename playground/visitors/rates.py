"""How often and how much at once: bounded counters for the guard."""

import time
from collections import OrderedDict
from collections.abc import Callable


class Rate:
    """Token buckets, one for each key; the keys used longest ago are dropped.

    Args:
        per_second: Requests a second in the long run.
        burst: Requests at once after a pause.
        most_keys: Buckets kept; a dropped one begins full again.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        per_second: float,
        burst: float,
        *,
        most_keys: int = 4096,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._most_keys = most_keys
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Takes one request out of a bucket.

        Returns:
            0.0 if it was there, else the seconds until one will be.
        """
        now = self._clock()
        left, then = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_second)
        is_there = left >= 1.0
        self._buckets[key] = (left - 1.0 if is_there else left, now)
        while len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        return 0.0 if is_there else (1.0 - left) / self._per_second

    def __len__(self) -> int:
        return len(self._buckets)


class Places:
    """So many things at once for each key; nothing is kept for a key that has none.

    Args:
        most: Things at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: dict[str, int] = {}

    def take(self, key: str, count: int = 1) -> bool:
        """Takes `count` places; False, and none taken, if there are not so many."""
        taken = self._taken.get(key, 0) + count
        if taken > self._most:
            return False
        self._taken[key] = taken
        return True

    def give_back(self, key: str, count: int = 1) -> None:
        """Gives `count` places back."""
        left = self._taken[key] - count
        if left:
            self._taken[key] = left
        else:
            del self._taken[key]

    def taken(self, key: str) -> int:
        """Returns how many places a key has."""
        return self._taken.get(key, 0)

    def __len__(self) -> int:
        return len(self._taken)
