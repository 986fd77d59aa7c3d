"""Draws the pictures of a comparison, a few at once, and tells how each of them is getting on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from playground.cache import Cancelled
from playground.drawing.drawn import Drawn, Preview
from playground.models.diffusion_asks import Order
from playground.search import Asker
from playground.visitors.errors import PersonError, explain

LOG = logging.getLogger("playground")
# Pictures of one visitor that are drawn at once: a class of thirty shares one denoiser.
MOST_AT_ONCE = 2
WAITING, DRAWING, DONE, FAILED, STOPPED = "waiting", "drawing", "done", "failed", "stopped"
DrawOne = Callable[[Order, Asker, Callable[[Preview], None]], Drawn]
Told = Callable[[tuple["Cell", ...]], None]


@dataclass(frozen=True)
class Cell:
    """How far one picture is.

    Attributes:
        index: Its place in the plan.
        state: `WAITING`, `DRAWING`, `DONE`, `FAILED` or `STOPPED`.
        step: Steps done.
        steps: All steps; 0 before the first.
        preview: uint8 (h, w, 3) of any size; None where nothing can be shown yet.
        together: Pictures that were drawn in the same step.
        drawing_id: Id of the picture that is done, "" before.
        drawn: The picture that is done.
        is_reused: Whether it was drawn before, by the same order.
        mistake: Why there is none.
    """

    index: int
    state: str = WAITING
    step: int = 0
    steps: int = 0
    preview: np.ndarray | None = field(default=None, compare=False, repr=False)
    together: int = 1
    drawing_id: str = ""
    drawn: Drawn | None = field(default=None, compare=False, repr=False)
    is_reused: bool = False
    mistake: PersonError | None = field(default=None, compare=False)


class Board:
    """The cells of one comparison, changed by several threads, told as a whole.

    Args:
        count: How many pictures there are.
        told: Called with all cells after each change, never at the same time by two threads.
    """

    def __init__(self, count: int, told: Told) -> None:
        self._lock = threading.Lock()
        self._cells = [Cell(index) for index in range(count)]
        self._told = told

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All of them as they are now."""
        with self._lock:
            return tuple(self._cells)

    def change(self, cell: Cell) -> None:
        """Puts a cell in the place of the one before, and tells."""
        with self._lock:
            self._cells[cell.index] = cell
            self._told(tuple(self._cells))

    def at(self, index: int) -> Cell:
        """One of them as it is now."""
        with self._lock:
            return self._cells[index]


@dataclass(frozen=True)
class Compared:
    """Who draws, and where pictures are kept.

    Attributes:
        draw: Draws one picture.
        keep: Keeps a picture that is done; gives its id.
        known: Id and picture of an order that was drawn before, or None.
        most_at_once: Pictures of this comparison that are drawn at once.
    """

    draw: DrawOne
    keep: Callable[[Drawn], str]
    known: Callable[[Order], tuple[str, Drawn] | None]
    most_at_once: int = MOST_AT_ONCE

    def run(self, orders: Sequence[Order], asker: Asker, told: Told) -> tuple[Cell, ...]:
        """Draws all pictures, in their order, a few at once.

        Args:
            orders: What is drawn. The same order twice is drawn twice.
            asker: Who asks. When that person leaves, what is being drawn is given up.
            told: Called with all cells after each change.

        Returns:
            The cells. A picture that could not be drawn holds its own reason; the others go on.
        """
        board = Board(len(orders), told)
        with ThreadPoolExecutor(self.most_at_once, thread_name_prefix="comparing") as threads:
            for index, order in enumerate(orders):
                threads.submit(self._draw, board, index, order, asker)
        return board.cells

    def _draw(self, board: Board, index: int, order: Order, asker: Asker) -> None:
        """One picture; nothing that goes wrong with it may end the others."""
        if asker.cancel is not None and asker.cancel():
            board.change(Cell(index, STOPPED))
            return
        try:
            found = self.known(order)
            if found is not None:
                board.change(_done(Cell(index, is_reused=True), *found))
                return
            drawn = self.draw(order, asker, lambda preview: board.change(_drawing(index, preview)))
            if drawn.is_stopped:
                board.change(replace(board.at(index), state=STOPPED))
                return
            board.change(_done(board.at(index), self.keep(drawn), drawn))
        except Cancelled:
            board.change(replace(board.at(index), state=STOPPED))
        except Exception as error:
            if not isinstance(error, PersonError):
                LOG.warning("%s while comparing", type(error).__name__)
            board.change(replace(board.at(index), state=FAILED, mistake=explain(error)))


def _drawing(index: int, preview: Preview) -> Cell:
    return Cell(
        index, DRAWING, preview.step, preview.steps, preview.pixels, preview.drawing_together
    )


def _done(cell: Cell, drawing_id: str, drawn: Drawn) -> Cell:
    steps = cell.steps or drawn.order.steps
    done = replace(cell, state=DONE, step=steps, steps=steps, preview=None)
    return replace(done, drawing_id=drawing_id, drawn=drawn)
