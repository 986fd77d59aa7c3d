"""A class of thirty compares at once: everybody has a few places in the ensemble, nobody more."""

from __future__ import annotations

import threading
from collections import Counter

from playground.drawing.drawn import Preview
from playground.drawing.ensemble import Ensemble
from playground.models.diffusion_asks import Sketch
from playground.page.draw_compare_run import DONE, MOST_AT_ONCE, Compared
from playground.search import Asker
from tests.cache.fakes import check_rest, make_cache, thing_part
from tests.drawing.drawings import drawn_of
from tests.drawing.fakes import LONG_SECONDS, FakeDenoiser, order_of

VISITORS, PICTURES = 30, 6
STEPS = 3


class Student:
    """Draws a grid in a thread; sketches are named after who wants them, and which it is."""

    def __init__(self, ensemble: Ensemble, number: int) -> None:
        self.name, self.cells = f"student {number}", ()
        self._ensemble = ensemble
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _draw(self, order, asker, heard):
        sketch = Sketch(order, {}, 0, order.steps, state=(self.name, order.seed))

        def hear(frame, together):
            heard(Preview(frame.step, frame.steps, None, together))

        self._ensemble.draw("a", sketch, asker, hear)
        return drawn_of(order)

    def _run(self) -> None:
        orders = [order_of(seed=seed, steps=STEPS) for seed in range(PICTURES)]
        compared = Compared(self._draw, lambda drawn: "id", lambda order: None)
        self.cells = compared.run(orders, Asker(self.name), lambda cells: None)


def test_thirty_grids_share_the_ensemble():
    denoiser = FakeDenoiser()
    cache, mover, clock = make_cache(thing_part("a", 10))
    ensemble = Ensemble(cache, denoiser.advance, clock=clock)
    students = [Student(ensemble, number) for number in range(VISITORS)]
    for student in students:
        student.thread.start()
    for student in students:
        student.thread.join(LONG_SECONDS)
        assert [cell.state for cell in student.cells] == [DONE] * PICTURES
    for call in denoiser.calls:
        places = Counter(name for name, _ in call)
        assert max(places.values()) <= MOST_AT_ONCE
    served = Counter(name for call in denoiser.calls for name, _ in call)
    assert set(served.values()) == {PICTURES * STEPS} and len(served) == VISITORS
    for thread in threading.enumerate():
        if thread.name.startswith("drawing "):
            thread.join(LONG_SECONDS)
    check_rest(cache, mover)
