"""Values by key, bounded in bytes, number and age; what was not used for longest goes first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# How soon somebody who waits for another's making is let go after leaving.
LOOK_SECONDS = 0.1


class Keeping(Generic[K, V]):
    """Safe to use from many threads.

    Args:
        bytes_of: Bytes that a value holds.
        most_bytes: Bytes of all values. The newest stays even if it is larger.
        most_values: Values kept at once.
        most_seconds: What is not used for this long is forgotten.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        bytes_of: Callable[[V], int],
        *,
        most_bytes: int,
        most_values: int,
        most_seconds: float = 1800.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bytes_of = bytes_of
        self._most_bytes = most_bytes
        self._most_values = most_values
        self._most_seconds = most_seconds
        self._clock = clock
        self._lock = threading.Lock()
        # The one used last stands last.
        self._kept: OrderedDict[K, tuple[V, float, int]] = OrderedDict()
        self._making: dict[K, tuple[threading.Lock, int]] = {}

    def get(self, key: K) -> V | None:
        """Returns what is kept, or None."""
        with self._lock:
            self._forget_old()
            found = self._kept.get(key)
            if found is None:
                return None
            self._touch(key, found[0])
            return found[0]

    def put(self, key: K, value: V) -> None:
        """Keeps a value in the place of what was kept under its key."""
        with self._lock:
            self._forget_old()
            self._touch(key, value)
            self._make_room()

    def change(self, key: K, change: Callable[[V], V]) -> V | None:
        """Puts a changed value in the place of the one that is kept; nobody comes between.

        Args:
            key: Its key.
            change: Gives the new value; must not use this object. What it raises is passed on.

        Returns:
            The new value; None if there was none to change.
        """
        with self._lock:
            self._forget_old()
            found = self._kept.get(key)
            if found is None:
                return None
            value = change(found[0])
            self._touch(key, value)
            self._make_room()
            return value

    def drop(self, is_gone: Callable[[K, V], bool]) -> list[V]:
        """Forgets every value of which `is_gone(key, value)`; returns them."""
        with self._lock:
            gone = [key for key, (value, _, _) in self._kept.items() if is_gone(key, value)]
            return [self._kept.pop(key)[0] for key in gone]

    def values(self) -> list[V]:
        """Returns all that is kept, the one used last at the end."""
        with self._lock:
            self._forget_old()
            return [value for value, _, _ in self._kept.values()]

    def made(self, key: K, make: Callable[[], V], *, is_left: Callable[[], bool]) -> V | None:
        """Returns what is kept, or makes it; one maker at a time for a key, the others wait.

        Args:
            key: Its key.
            make: Gives the value; what it raises is passed on.
            is_left: Whether the one who asks has left; asked while another makes it.

        Returns:
            The value; None if the one who asks has left.
        """
        with self._lock:
            lock, users = self._making.get(key, (threading.Lock(), 0))
            self._making[key] = (lock, users + 1)
        try:
            while not lock.acquire(timeout=LOOK_SECONDS):
                if is_left():
                    return None
            try:
                found = self.get(key)
                if found is None:
                    found = make()
                    self.put(key, found)
                return found
            finally:
                lock.release()
        finally:
            self._one_less(key)

    def census(self) -> tuple[int, int]:
        """Returns how many values are kept, and their bytes."""
        with self._lock:
            self._forget_old()
            return len(self._kept), self._bytes_held()

    def _one_less(self, key: K) -> None:
        with self._lock:
            lock, users = self._making[key]
            if users > 1:
                self._making[key] = (lock, users - 1)
            else:
                del self._making[key]

    def _touch(self, key: K, value: V) -> None:
        self._kept[key] = (value, self._clock(), self._bytes_of(value))
        self._kept.move_to_end(key)

    def _make_room(self) -> None:
        # Added up each time, over some hundred values at most: no running sum that could drift.
        while len(self._kept) > 1 and (
            len(self._kept) > self._most_values or self._bytes_held() > self._most_bytes
        ):
            self._kept.popitem(last=False)

    def _bytes_held(self) -> int:
        return sum(size for _, _, size in self._kept.values())

    def _forget_old(self) -> None:
        oldest_allowed = self._clock() - self._most_seconds
        while self._kept:
            key, (_, used, _) = next(iter(self._kept.items()))
            if used >= oldest_allowed:
                return
            del self._kept[key]
