"""How fast bytes come, and how long the rest will take."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 15.0
# Before that a line has not shown what it can: the first files are small and asked for one by one.
LEAST_SECONDS = 2.0
LEAST_BYTES = 1_000_000
LEAST_SHARE = 0.01


class Pace:
    """Looks back over the last seconds: a line that slowed down is not called fast.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def seconds_left(self, done: int, total: int) -> float | None:
        """Takes in how much is done; estimates the rest.

        Args:
            done: bytes so far; fewer than before begins anew.
            total: bytes in all, 0 when unknown.

        Returns:
            Seconds, or None while too little was seen.
        """
        now = self._clock()
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 1 and now - self._seen[1][0] > WINDOW_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        least_bytes = max(1, min(LEAST_BYTES, LEAST_SHARE * total))
        if not total or now - since < LEAST_SECONDS or done - before < least_bytes:
            return None
        return (total - done) * (now - since) / (done - before)
