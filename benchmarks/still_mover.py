"""A mover that moves nothing: what is left is the cost of the cache's own decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.cache import Report


class StillMover:
    """Objects are their own homes and weigh what ``bytes_of`` tells.

    Args:
        bytes_of: size of an object.
    """

    def __init__(self, bytes_of: Callable[[Any], int] = lambda obj: 1) -> None:
        self._bytes_of = bytes_of

    def devices(self) -> dict[str, int]:
        """One device without a limit."""
        return {"still": 1 << 60}

    def construct(self, build: Callable[[], Any]) -> Any:
        """Just builds."""
        return build()

    def home(self, obj: Any) -> Any:
        """The object itself."""
        return obj

    def twin(self, home: Any) -> Any:
        """The same object."""
        return home

    def object_of(self, home: Any) -> Any:
        """The object itself."""
        return home

    def size(self, home: Any) -> int:
        """Told by the maker."""
        return self._bytes_of(home)

    def into(self, home: Any, device: str, report: Report) -> None:
        """Moves nothing."""

    def out(self, home: Any) -> None:
        """Moves nothing."""

    def room(self, device: str) -> int | None:
        """Not known."""
        return None

    def trim(self, device: str) -> None:
        """Nothing to trim."""

    def synchronise(self, device: str) -> None:
        """Nothing runs."""

    def watch_peak(self, device: str) -> Callable[[], int] | None:
        """Not known."""
        return None

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Memory errors of Python itself."""
        return isinstance(error, MemoryError)

    def is_lost(self, device: str, error: BaseException) -> bool:
        """It always answers."""
        return False
