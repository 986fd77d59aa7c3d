"""What the cache is told, what it tells, and the seam through which it touches a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Report = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) while something long goes on; in all may be 0: unknown."""

Stage = Literal["waiting", "fetching", "building", "copying", "running"]
State = Literal["cold", "home", "loading", "ready"]

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Part:
    """The smallest thing that moves to a device: a text encoder, a UNet, a language model.

    Args:
        key: source, revision and dtype; two models that name the same key share the part.
        build: makes the object in host memory, in the dtype it runs in, from files that are here.
            Called at most once in a process until it succeeds, never two builds at once.
        work_bytes: first guess of the activation memory of one call; replaced by what is seen.
        guess_bytes: size before it is built, 0 when unknown; at or above the real size.
        fetch: brings the files here (a download); runs beside other work, before ``build``.
    """

    key: str
    build: Callable[[Report], Any]
    work_bytes: int = 256 * MEGABYTE
    guess_bytes: int = 0
    fetch: Callable[[Report], None] | None = None


@dataclass(frozen=True)
class Model:
    """What a tab asks for: parts taken all or none, joined into one object.

    Args:
        key: name of the model.
        parts: keys of its parts, in the order ``join`` takes their objects.
        join: makes the object from the parts; cheap, called once a device and remembered.
    """

    key: str
    parts: tuple[str, ...]
    join: Callable[..., Any]


@dataclass(frozen=True)
class Progress:
    """What a waiting person may be told.

    Args:
        stage: what goes on for this request.
        place: place in the queue of the device, 1 is next; None when it no longer waits.
        bytes_done: bytes fetched or copied so far.
        bytes_total: bytes in all, 0 when unknown.
        seconds_left: estimate until the request runs, from what was measured; None: not yet known.
    """

    stage: Stage
    place: int | None = None
    bytes_done: int = 0
    bytes_total: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True)
class Row:
    """State of one part or model on one device, for the Models panel.

    ``load_seconds`` is the measured time of a copy to the device, ``credit`` the worth that
    decides who is evicted (lowest first), ``retry_in_seconds`` the rest after a failure.
    """

    key: str
    kind: Literal["part", "model"]
    state: State
    device: str | None
    bytes_on_device: int
    leases: int
    waiting: int
    seconds_since_use: float | None
    load_seconds: float | None
    uses: int
    credit: float
    pinned: bool
    error: str | None
    retry_in_seconds: float | None


class CacheError(Exception):
    """A request the cache could not serve; the facts are attributes, the text is for the log."""

    def __init__(self, key: str, **facts: object) -> None:
        told = " ".join(f"{name}={value}" for name, value in facts.items())
        super().__init__(f"{type(self).__name__} {key} {told}".rstrip())
        self.key = key


class UnknownKey(CacheError):
    """No part or model of that key is in the catalogue."""


class TooBig(CacheError):
    """The weights cannot fit the device, whatever else is evicted."""

    def __init__(self, key: str, device: str, needed_bytes: int, budget_bytes: int) -> None:
        super().__init__(key, device=device, needed_bytes=needed_bytes, budget_bytes=budget_bytes)
        self.device = device
        self.needed_bytes = needed_bytes
        self.budget_bytes = budget_bytes


class Resting(CacheError):
    """The last load failed and the next try is not due yet."""

    def __init__(self, key: str, error: Exception, retry_in_seconds: float) -> None:
        super().__init__(key, error=repr(error), retry_in_seconds=round(retry_in_seconds, 1))
        self.error = error
        self.retry_in_seconds = retry_in_seconds


class WaitedTooLong(CacheError):
    """Nothing happened for the request within its timeout."""

    def __init__(self, key: str, seconds: float, place: int | None) -> None:
        super().__init__(key, seconds=round(seconds, 1), place=place)
        self.seconds = seconds
        self.place = place


class Cancelled(CacheError):
    """The one who asked no longer wants it."""


class OutOfMemory(CacheError):
    """Memory ran out again after everything idle was evicted."""

    def __init__(
        self, key: str, device: str, *, where: str, work_bytes: int, budget_bytes: int
    ) -> None:
        super().__init__(
            key, device=device, where=where, work_bytes=work_bytes, budget_bytes=budget_bytes
        )
        self.device = device
        self.where = where
        self.work_bytes = work_bytes
        self.budget_bytes = budget_bytes


class DeviceLost(CacheError):
    """The device no longer answers: what lay on it is gone, and nobody gets it again."""

    def __init__(self, key: str, device: str) -> None:
        super().__init__(key, device=device)
        self.device = device


class Declined(Exception):
    """A fetch was not allowed or was called off: told to who asks, not remembered as a failure."""


class HoldAndWait(AssertionError):
    """Code that holds a lease or a turn asked for another: a deadlock in the making, our bug."""


class Mover(Protocol):
    """Every side effect of the cache; a fake one makes the rules testable without a device.

    A *home* is what ``home`` returns: the object and where its tensors lie in host memory.
    """

    def devices(self) -> dict[str, int]:
        """Bytes this process may use on each device found here, most wanted device first."""
        ...

    def construct(self, build: Callable[[], Any]) -> Any:
        """Calls build and puts back the process-wide settings that it left changed."""
        ...

    def home(self, obj: Any) -> Any:
        """Remembers where the tensors of a freshly built object lie."""
        ...

    def twin(self, home: Any) -> Any:
        """A second object over the same host tensors, for a second device."""
        ...

    def object_of(self, home: Any) -> Any:
        """The object itself."""
        ...

    def size(self, home: Any) -> int:
        """Exact bytes of its tensors, shared storage once."""
        ...

    def into(self, home: Any, device: str, report: Report) -> None:
        """Copies the tensors to the device, all or none; returns when they are there."""
        ...

    def out(self, home: Any) -> None:
        """Points back to host memory; quick, never fails, may be called twice."""
        ...

    def room(self, device: str) -> int | None:
        """Bytes this process holds or could still take there now; None when not known."""
        ...

    def trim(self, device: str) -> None:
        """Gives unused cached blocks back to the device."""
        ...

    def synchronise(self, device: str) -> None:
        """Waits until the work queued by this thread is done."""
        ...

    def watch_peak(self, device: str) -> Callable[[], int] | None:
        """Starts to watch memory; the returned function tells the most used since, above now."""
        ...

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether the error says that the device has no memory left."""
        ...

    def is_lost(self, device: str, error: BaseException) -> bool:
        """Whether the error may come from a device that no longer answers, and it does not."""
        ...
