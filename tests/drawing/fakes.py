"""A denoiser that only counts, and a conductor that says when its next step may be done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from playground.models.diffusion_asks import Frame, Order, Sketch
from playground.search import Asker
from tests.cache.fakes import NoMemory

LONG_SECONDS = 20


def order_of(**more) -> Order:
    facts = {
        "words": "a cat",
        "size_hw": (16, 16),
        "steps": 3,
        "guidance": 4.0,
        "scheduler": "ddim",
        "seed": 0,
    }
    return Order(**{**facts, **more})


def sketch_of(name: object = "", steps: int = 3, side: int = 16) -> Sketch:
    return Sketch(order_of(size_hw=(side, side), steps=steps), {}, 0, steps, state=name)


def frame_of(step: int, steps: int) -> Frame:
    latent = np.full((4, 2, 2), step, np.float16)
    return Frame(step, steps, 1 - (step - 1) / steps, latent, latent)


class FakeDenoiser:
    """Counts the steps of sketches, all or none.

    Args:
        most: Memory runs out for more sketches than this.
    """

    def __init__(self, most: int = 1000) -> None:
        self.most = most
        self.calls: list[tuple[object, ...]] = []
        self.poison: set[object] = set()
        self.hungry: dict[object, int] = {}
        self.broken: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def advance(self, part, sketches: Sequence[Sketch]) -> list[Frame]:
        self.before()
        if self.broken is not None:
            raise self.broken
        assert len({sketch.order.size_hw for sketch in sketches}) == 1
        names = tuple(sketch.state for sketch in sketches)
        self.calls.append(names)
        if len(names) > self.most:
            raise NoMemory
        for name in names:
            if self.hungry.get(name, 0):
                self.hungry[name] -= 1
                raise NoMemory
        if self.poison & set(names):
            raise FloatingPointError("poison")
        for sketch in sketches:
            assert not sketch.is_done
            sketch.step += 1
        return [frame_of(sketch.step, sketch.steps) for sketch in sketches]


class Conductor:
    """Lets a denoiser do one step at a time.

    Use `with`: at the end all steps may be done.
    """

    def __init__(self, denoiser: FakeDenoiser) -> None:
        self._changed = threading.Condition()
        self._allowed = 0
        self._asked = 0
        denoiser.before = self._wait

    def __enter__(self) -> Conductor:
        return self

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._allowed = 1 << 30
            self._changed.notify_all()

    def _wait(self) -> None:
        with self._changed:
            self._asked += 1
            number = self._asked
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._allowed >= number, LONG_SECONDS)

    def let(self, steps: int = 1) -> None:
        """Lets so many steps be done; returns when the one after them is about to begin."""
        with self._changed:
            self._allowed += steps
            self._changed.notify_all()
            wanted = self._allowed + 1
            assert self._changed.wait_for(lambda: self._asked >= wanted, LONG_SECONDS)

    def wait_for_first(self) -> None:
        """Returns when the first step is about to begin."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._asked > 0, LONG_SECONDS)


class Visit:
    """A visitor who draws in a thread."""

    def __init__(self, ensemble, name: object, key: str = "a", steps: int = 3, side: int = 16):
        self.sketch = sketch_of(name, steps, side)
        self.heard: list[tuple[int, int]] = []
        self.told: list[object] = []
        self.left = threading.Event()
        self.error: BaseException | None = None
        self.on_frame: Callable[[Frame, int], None] = lambda frame, together: None
        self._ensemble, self._key = ensemble, key
        self._thread = threading.Thread(target=self._draw, daemon=True)

    def start(self) -> Visit:
        before = self._count()
        self._thread.start()
        while self._count() == before and self._thread.is_alive():
            pass
        return self

    def _count(self) -> int:
        return self._ensemble.census().get(self._key, 0)

    def _draw(self) -> None:
        asker = Asker(str(self.sketch.state), self.told.append, self.left.is_set)
        try:
            self._ensemble.draw(self._key, self.sketch, asker, self._hear)
        except BaseException as error:
            self.error = error

    def _hear(self, frame: Frame, together: int) -> None:
        self.heard.append((frame.step, together))
        self.on_frame(frame, together)

    def join(self) -> Visit:
        self._thread.join(LONG_SECONDS)
        assert not self._thread.is_alive()
        return self
