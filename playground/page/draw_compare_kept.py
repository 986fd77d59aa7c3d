"""The pictures of all visitors' comparisons, bounded; what was drawn once is not drawn again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

from playground.drawing.drawn import Drawn
from playground.drawing.gallery import Gallery
from playground.models.diffusion_asks import Order
from playground.page.draw_compare_plan import order_key
from playground.page.draw_compare_stored import StoredComparisons
from playground.visitors.errors import PersonError

MOST_BYTES = 400_000_000
MOST_PICTURES = 4000
# Three comparisons of the largest kind, and what is left of older ones.
MOST_OF_ONE = 120


def _gallery() -> Gallery:
    return Gallery(most_bytes=MOST_BYTES, most_drawings=MOST_PICTURES, most_of_one=MOST_OF_ONE)


@dataclass(frozen=True)
class CompareKept:
    """Safe to use from many threads. Nobody finds the pictures of another.

    Attributes:
        gallery: Where they hang; another than that of the mode "Draw", which a grid would fill.
        stored: Those that ship, which everybody may look at.
    """

    gallery: Gallery = field(default_factory=_gallery)
    stored: StoredComparisons = field(default_factory=StoredComparisons)

    def add(self, visitor: str, drawn: Drawn) -> str:
        """Keeps a picture, without what was seen on the way: there are many of them.

        Returns:
            Its id, which nobody can guess.
        """
        return self.gallery.add(visitor, replace(drawn, frames=()))

    def drawn_of(self, drawing_id: object, visitor: str) -> Drawn:
        """Returns a picture of this visitor, or one that ships.

        Raises:
            PersonError: `draw.mistake.no_picture`, `draw.mistake.expired`.
        """
        return self.stored.drawn_of(drawing_id) or self.gallery.drawn_of(drawing_id, visitor)

    def known(
        self, visitor: str, model: str, revision: str, order: Order
    ) -> tuple[str, Drawn] | None:
        """Returns what this visitor had drawn by the same order, from the same files.

        What ships is drawn anew: whoever presses the button wants to see it drawn.

        Args:
            visitor: Who asks.
            model: Key of the model.
            revision: Fingerprint of its files now.
            order: What is asked for; neither from a picture nor changed on the way.
        """
        key = order_key(order)
        for drawing_id in self.gallery.ids_of(visitor):
            # Another thread may have taken it down meanwhile.
            with suppress(PersonError):
                drawn = self.gallery.drawn_of(drawing_id, visitor)
                is_same = (drawn.model, drawn.revision) == (model, revision)
                if is_same and order_key(drawn.order) == key:
                    return drawing_id, drawn
        return None

    def forget(self, visitor: str) -> list[Drawn]:
        """Lets go of what a visitor had drawn; returns it."""
        return self.gallery.forget(visitor)
