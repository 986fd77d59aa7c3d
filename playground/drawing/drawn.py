"""A picture that was drawn: what was asked for, and all that was seen on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playground.models.diffusion_asks import Colours, Frame, Order, Reading
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture


@dataclass(frozen=True, eq=False)
class Preview:
    """A picture in the making, as it can be shown.

    Attributes:
        step: Steps done.
        steps: All steps.
        pixels: uint8 (h, w, 3), RGB, of any size; to be drawn smoothly at the picture's size.
            None where it may not be shown (yet).
        drawing_together: Pictures that were drawn in the same step, 1 or more.
    """

    step: int
    steps: int
    pixels: np.ndarray | None
    drawing_together: int = 1


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture that was drawn.

    Attributes:
        picture: It; a grey card where it may not be shown.
        order: What was asked for.
        model: Key of the model.
        revision: Fingerprint of the model's files.
        reading: The prompt as the model read it.
        frames: What was seen after each step; () where the picture may not be shown.
        colours: How latents are turned into colours.
        seconds: How long it took, with all waiting.
        is_withheld: Whether the safety layer keeps it back.
        is_stopped: Whether it was stopped before its last step; then it shows what was foreseen.
        notes: What was done to what was asked for.
        sharp: What was foreseen after each step, decoded, uint8 (H, W, 3), where it is known
            already; () where it still has to be decoded.
    """

    picture: Picture
    order: Order
    model: str
    revision: str
    reading: Reading
    frames: tuple[Frame, ...]
    colours: Colours
    seconds: float
    is_withheld: bool = False
    is_stopped: bool = False
    notes: tuple[Note, ...] = ()
    sharp: tuple[np.ndarray, ...] = ()

    @property
    def bytes_held(self) -> int:
        """Bytes that it takes in memory."""
        arrays = [self.picture.pixels, self.order.start, self.order.mask, *self.sharp]
        for frame in self.frames:
            arrays += [frame.noisy, frame.predicted, frame.word_maps, frame.guidance_map]
        return sum(array.nbytes for array in arrays if array is not None)
