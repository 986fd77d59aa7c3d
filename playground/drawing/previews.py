"""What can be seen of a picture while it is drawn: rough at every step, sharp now and then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from playground.cache import CacheError
from playground.drawing.drawn import Preview
from playground.models import diffusion
from playground.models.diffusion_asks import Colours, Frame

SPARE_SHARE = 0.2
"""Of the time since the first step, so much at most may go into sharp previews and into looking."""
FIRST_SHARP = 0.3
"""Share of the steps before which a sharp preview shows little more than a rough one."""
SHARP_SIDE = 256
"""Longest side of one picture of a film: no larger than it is shown."""
MOST_TOGETHER = 4
"""In larger company nobody's sharp preview may hold the others up."""


def smaller(pixels: np.ndarray, most_side: int) -> np.ndarray:
    """Makes a picture smaller by the means of squares of its pixels.

    Args:
        pixels: uint8 (H, W, 3).
        most_side: Pixels of the longest side afterwards, at most.

    Returns:
        uint8 (h, w, 3); `pixels` where they are small enough.
    """
    step = math.ceil(max(pixels.shape[:2]) / most_side)
    if step == 1:
        return pixels
    height, width = (side // step * step for side in pixels.shape[:2])
    squares = pixels[:height, :width].reshape(height // step, step, width // step, step, 3)
    return np.rint(squares.mean((1, 3))).astype(np.uint8)


class Previews:
    """Makes the previews of one picture.

    Args:
        colours: How latents are turned into colours.
        heard: Called with each preview.
        decode: Makes a picture, uint8 (H, W, 3), of a latent.
        may_show: Whether a picture may be shown; None where nobody has to look.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        colours: Colours,
        heard: Callable[[Preview], None],
        *,
        decode: Callable[[np.ndarray], np.ndarray],
        may_show: Callable[[np.ndarray], bool] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._colours = colours
        self._heard = heard
        self._decode = decode
        self._may_show = may_show
        self._clock = clock
        self._began: float | None = None
        self._spent_seconds = 0.0
        self._decode_seconds = 0.0
        self._look_seconds = 0.0
        self._is_withheld = False

    def hear(self, frame: Frame, together: int) -> None:
        """Shows what can be shown after a step.

        Args:
            frame: What was seen.
            together: How many pictures were drawn in the same step.

        Raises:
            PersonError: The preview had to be looked at, and could not be.
        """
        if self._began is None:
            self._began = self._clock()
        pixels: np.ndarray | None = None
        if not self._is_withheld and (
            self._may_show is None or self._can_spare(self._look_seconds)
        ):
            pixels = self._pixels(frame, together)
        self._heard(Preview(frame.step, frame.steps, pixels, together))

    def _pixels(self, frame: Frame, together: int) -> np.ndarray | None:
        if self._is_worth(frame, together):
            pixels = self._sharp(frame)
        else:
            pixels = diffusion.preview(self._colours, frame.predicted)
        if self._may_show is None:
            return pixels
        before = self._clock()
        is_shown = self._may_show(pixels)
        self._look_seconds = max(self._look_seconds, self._spend(before))
        # What follows is the same picture, only clearer.
        self._is_withheld = not is_shown
        return pixels if is_shown else None

    def _is_worth(self, frame: Frame, together: int) -> bool:
        """Whether there is time for a sharp preview, and a use."""
        is_middle = FIRST_SHARP * frame.steps <= frame.step < frame.steps
        seconds = self._decode_seconds + self._look_seconds
        return is_middle and together <= MOST_TOGETHER and self._can_spare(seconds)

    def _can_spare(self, seconds: float) -> bool:
        had = 0.0 if self._began is None else self._clock() - self._began
        return self._spent_seconds + seconds <= SPARE_SHARE * had

    def _sharp(self, frame: Frame) -> np.ndarray:
        before = self._clock()
        try:
            pixels = self._decode(frame.predicted)
        except (FloatingPointError, CacheError):
            # The rough one will do; what is wrong is told when the picture itself is decoded.
            self._decode_seconds = float("inf")
            return diffusion.preview(self._colours, frame.predicted)
        self._decode_seconds = max(self._decode_seconds, self._spend(before))
        return pixels

    def _spend(self, before: float) -> float:
        seconds = self._clock() - before
        self._spent_seconds += seconds
        return seconds
