"""Previews take no more time than can be spared, and nothing is seen that was not looked at."""

from __future__ import annotations

import numpy as np
import pytest

from playground.cache import Cancelled
from playground.drawing.previews import FIRST_SHARP, MOST_TOGETHER, SPARE_SHARE, Previews
from playground.models.diffusion_asks import Colours
from tests.cache.fakes import Clock
from tests.drawing.fakes import frame_of

ROUGH, SHARP = (2, 2, 3), (16, 16, 3)
STEPS = 50


class Watched:
    """Previews over a clock that is set by hand.

    Args:
        decode_seconds: What a sharp preview takes.
        look_seconds: What looking takes; None: nobody has to look.
    """

    def __init__(self, decode_seconds=0.0, look_seconds=None, may_show=lambda number: True):
        self.clock, self.shown, self.looks = Clock(), [], 0
        self.decode_seconds, self.look_seconds, self._answer = (
            decode_seconds,
            look_seconds,
            may_show,
        )
        self.spent = 0.0
        self.previews = Previews(
            Colours(np.zeros((5, 3), np.float32)),
            self.shown.append,
            decode=self.decode,
            may_show=None if look_seconds is None else self.look,
            clock=self.clock,
        )

    def _spend(self, seconds: float) -> None:
        self.clock.tick(seconds)
        self.spent += seconds

    def decode(self, latent):
        self._spend(self.decode_seconds)
        return np.zeros(SHARP, np.uint8)

    def look(self, picture) -> bool:
        self._spend(self.look_seconds)
        self.looks += 1
        return self._answer(self.looks)

    def draw(self, steps=STEPS, together=1, step_seconds=1.0):
        for step in range(1, steps + 1):
            self.clock.tick(step_seconds)
            self.previews.hear(frame_of(step, steps), together)
        return [None if p.pixels is None else p.pixels.shape for p in self.shown]


def test_rough_at_every_step_sharp_from_the_middle_on():
    shapes = Watched().draw()
    first = round(FIRST_SHARP * STEPS)
    assert shapes[: first - 1] == [ROUGH] * (first - 1)
    assert shapes[first - 1 : -1] == [SHARP] * (STEPS - first)
    assert shapes[-1] == ROUGH, "the picture itself comes next"


@pytest.mark.parametrize("decode_seconds", [0.1, 0.5, 2.0, 100.0])
@pytest.mark.parametrize("look_seconds", [None, 0.1, 3.0])
def test_no_more_time_than_can_be_spared(decode_seconds, look_seconds):
    watched = Watched(decode_seconds, look_seconds)
    began = watched.clock() + 1
    watched.draw()
    # Nobody knows what it takes before it was done once.
    first = decode_seconds + (look_seconds or 0.0)
    assert watched.spent <= SPARE_SHARE * (watched.clock() - began) + first


def test_nothing_sharp_in_large_company():
    assert Watched().draw(together=MOST_TOGETHER + 1) == [ROUGH] * STEPS


def test_what_cannot_be_decoded_is_shown_roughly():
    for error in (FloatingPointError(), Cancelled("pixels")):
        watched = Watched()
        calls = []

        def fails(latent, error=error, calls=calls):
            calls.append(latent)
            raise error

        watched.previews._decode = fails
        assert watched.draw() == [ROUGH] * STEPS and len(calls) == 1


def test_what_was_not_looked_at_is_not_shown():
    watched = Watched(look_seconds=3.0)
    shapes = watched.draw()
    assert sum(shape is not None for shape in shapes) == watched.looks
    assert 1 <= watched.looks < STEPS


def test_what_was_kept_back_once_is_kept_back():
    watched = Watched(look_seconds=0.0, may_show=lambda number: number != 3)
    shapes = watched.draw(steps=6)
    assert [shape is None for shape in shapes] == [False, False, True, True, True, True]
    assert watched.looks == 3
