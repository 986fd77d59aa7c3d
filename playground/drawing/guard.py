"""What stands between a model that draws and the person who looks: the interface, and none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.search import Asker

GREY = 128


class Guard(Protocol):
    """Looks at what is asked for, and at what is drawn."""

    def watches(self, item: Entry) -> bool:
        """Whether it looks at what this model draws."""
        ...

    def check_words(self, item: Entry, order: Order) -> None:
        """Refuses what may not be asked for.

        Raises:
            PersonError: With a reason and a way on.
        """
        ...

    def prepare(self, item: Entry, asker: Asker) -> None:
        """Makes sure that pictures can be looked at, before any is drawn.

        Raises:
            PersonError: They cannot: then nothing is drawn.
        """
        ...

    def may_show(self, pictures: Sequence[np.ndarray], asker: Asker) -> list[bool]:
        """Tells of each picture, uint8 (H, W, 3), whether it may be shown.

        Raises:
            PersonError: They cannot be looked at: then none may be shown.
        """
        ...


class NoGuard:
    """Lets everything pass."""

    def watches(self, item: Entry) -> bool:
        """See `Guard`."""
        return False

    def check_words(self, item: Entry, order: Order) -> None:
        """See `Guard`."""

    def prepare(self, item: Entry, asker: Asker) -> None:
        """See `Guard`."""

    def may_show(self, pictures: Sequence[np.ndarray], asker: Asker) -> list[bool]:
        """See `Guard`."""
        return [True] * len(pictures)


def grey_card(size_hw: tuple[int, int]) -> np.ndarray:
    """Makes what stands in the place of a picture that is kept back: uint8 (H, W, 3), plain grey.

    The page writes a sentence on it; black would look like a failure of the model.
    """
    return np.full((*size_hw, 3), GREY, np.uint8)
