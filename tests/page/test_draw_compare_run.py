"""Many pictures of one visitor, a few at once: news, Stop, single faults, what is reused."""

from __future__ import annotations

import itertools
import threading
from collections import Counter

import numpy as np
import pytest

from playground.cache import Cancelled
from playground.drawing.drawn import Preview
from playground.page.draw_compare_kept import CompareKept
from playground.page.draw_compare_run import (
    DONE,
    DRAWING,
    FAILED,
    MOST_AT_ONCE,
    STOPPED,
    WAITING,
    Compared,
)
from playground.search import Asker
from playground.visitors.errors import PersonError
from tests.drawing.drawings import drawn_of
from tests.drawing.fakes import LONG_SECONDS, order_of

ADA = Asker("ada")
ORDERS = [order_of(seed=seed) for seed in range(6)]


class Easel:
    """Draws at once, and counts how many are drawn at the same time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.seeds: list[int] = []
        self.meanwhile = lambda order: None

    def draw(self, order, asker, heard):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.seeds.append(order.seed)
        try:
            for step in range(1, order.steps + 1):
                if asker.cancel is not None and asker.cancel():
                    raise Cancelled("toy")
                heard(Preview(step, order.steps, np.full((2, 2, 3), step, np.uint8), 5))
                self.meanwhile(order)
            return drawn_of(order, seed=order.seed)
        finally:
            with self.lock:
                self.now -= 1


def run(easel, orders=ORDERS, asker=ADA, kept=None, **more):
    kept = kept or CompareKept()
    told = []
    compared = Compared(
        easel.draw,
        lambda drawn: kept.add("ada", drawn),
        lambda order: kept.known("ada", "toy", "abc", order),
        **more,
    )
    return compared.run(orders, asker, told.append), told


def test_every_picture_is_drawn_in_its_place_and_kept():
    kept = CompareKept()
    cells, told = run(Easel(), kept=kept)
    assert [cell.state for cell in cells] == [DONE] * 6
    for cell, order in zip(cells, ORDERS, strict=True):
        assert cell.drawn.order is order
        mine = kept.drawn_of(cell.drawing_id, "ada")
        assert (mine.picture.pixels == cell.drawn.picture.pixels).all()
    assert told[-1] == cells


def test_no_more_than_a_few_at_once():
    easel = Easel()
    # Each waits in its first step until another one is there too, or none can come any more.
    together = threading.Barrier(MOST_AT_ONCE)
    easel.meanwhile = lambda order: together.wait(LONG_SECONDS)
    run(easel)
    assert easel.most == MOST_AT_ONCE


def test_cells_go_forward_only_and_are_told_one_by_one():
    _, told = run(Easel(), most_at_once=1)
    states = {WAITING: 0, DRAWING: 1, DONE: 2}
    for before, after in itertools.pairwise(told):
        changed = [i for i in range(6) if before[i] != after[i]]
        assert len(changed) <= 1
        for i in changed:
            assert states[before[i].state] <= states[after[i].state]
            assert before[i].step <= after[i].step
    firsts = [next(n for n, cells in enumerate(told) if cells[i].state == DONE) for i in range(6)]
    assert firsts == sorted(firsts)
    # The first is shown while the last has not begun.
    assert told[firsts[0]][5].state == WAITING


def test_stop_keeps_what_is_there():
    stop = threading.Event()
    easel = Easel()
    easel.meanwhile = lambda order: stop.set() if order.seed == 2 else None
    cells, _ = run(easel, asker=Asker("ada", None, stop.is_set), most_at_once=1)
    assert [cell.state for cell in cells] == [DONE, DONE, STOPPED, STOPPED, STOPPED, STOPPED]
    assert easel.seeds == [0, 1, 2]
    # What was seen of it last stays to be looked at.
    assert cells[2].step == 1 and cells[2].preview is not None


def test_after_stop_only_the_rest_is_drawn():
    stop, kept, easel = threading.Event(), CompareKept(), Easel()
    easel.meanwhile = lambda order: stop.set() if order.seed == 2 else None
    first, _ = run(easel, asker=Asker("ada", None, stop.is_set), kept=kept, most_at_once=1)
    easel.meanwhile = lambda order: None
    cells, _ = run(easel, kept=kept)
    assert [cell.is_reused for cell in cells] == [True, True, False, False, False, False]
    assert Counter(easel.seeds) == Counter({0: 1, 1: 1, 2: 2, 3: 1, 4: 1, 5: 1})
    assert cells[0].drawing_id == first[0].drawing_id


def test_one_that_cannot_be_drawn_fails_alone():
    easel = Easel()

    def poison(order):
        if order.seed == 1:
            raise PersonError("draw.mistake.words")
        if order.seed == 3:
            raise RuntimeError("a fault of ours")

    easel.meanwhile = poison
    cells, _ = run(easel)
    assert [cell.state for cell in cells] == [DONE, FAILED, DONE, FAILED, DONE, DONE]
    assert cells[1].mistake.key == "draw.mistake.words"
    assert cells[3].mistake.key == "mistake.unexpected"


def test_another_visitor_another_model_or_other_files_are_not_the_same():
    kept = CompareKept()
    kept.add("ada", drawn_of(ORDERS[0]))
    assert kept.known("ada", "toy", "abc", ORDERS[0]) is not None
    assert kept.known("bob", "toy", "abc", ORDERS[0]) is None
    assert kept.known("", "toy", "abc", ORDERS[0]) is None
    assert kept.known("ada", "other", "abc", ORDERS[0]) is None
    assert kept.known("ada", "toy", "def", ORDERS[0]) is None
    assert kept.known("ada", "toy", "abc", ORDERS[1]) is None


def test_nobody_finds_the_pictures_of_another():
    kept = CompareKept()
    drawing_id = kept.add("ada", drawn_of())
    assert kept.drawn_of(drawing_id, "ada").frames == ()
    for visitor, asked in (("bob", drawing_id), ("", drawing_id), ("ada", ""), ("ada", 7)):
        with pytest.raises(PersonError):
            kept.drawn_of(asked, visitor)
    kept.forget("ada")
    with pytest.raises(PersonError):
        kept.drawn_of(drawing_id, "ada")
