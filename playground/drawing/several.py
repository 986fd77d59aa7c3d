"""Several pictures of one visitor at once: each has a thread, so that they share every step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from playground.cache import Cancelled
from playground.drawing.artist import Artist, Asked
from playground.drawing.drawn import Drawn, Preview
from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.search import Asker
from playground.visitors.notes import Note

MOST_AT_ONCE = 6
"""Pictures of one visitor that are drawn at once; the others wait for one of them to end."""


def draw_several(
    artist: Artist,
    item: Entry,
    orders: Sequence[Order],
    asker: Asker,
    heard: Callable[[int, Preview | Drawn], None],
    *,
    stopped: Asked,
    notes: tuple[Note, ...] = (),
) -> list[Drawn]:
    """Draws several pictures in company.

    Args:
        artist: Draws.
        item: The model.
        orders: One picture each.
        asker: Who asks.
        heard: Called with the place of a picture and its preview, or the picture once it is drawn;
            from several threads, never twice at the same time.
        stopped: Whether the visitor wants what there is now; what has not begun is left out.
        notes: What was done to what was asked for; handed on with each.

    Returns:
        The pictures, in the order of `orders`, those left out that Stop kept from beginning.

    Raises:
        PersonError: As `Artist.draw`: the first mistake ends all.
        Cancelled: The visitor left, or stopped before anything could be seen.
        CacheError: The model cannot be had.
    """
    if len(orders) == 1:
        only = artist.draw(
            item, orders[0], asker, lambda p: heard(0, p), stopped=stopped, notes=notes
        )
        heard(0, only)
        return [only]
    one_at_a_time, failed = threading.Lock(), threading.Event()
    is_left = asker.cancel or (lambda: False)
    shared = replace(asker, cancel=lambda: failed.is_set() or is_left())

    def tell(place: int, news: Preview | Drawn) -> None:
        with one_at_a_time:
            heard(place, news)

    def draw(place: int) -> Drawn | None:
        if stopped():
            return None
        try:
            drawn = artist.draw(
                item,
                orders[place],
                shared,
                lambda preview: tell(place, preview),
                stopped=stopped,
                notes=notes,
            )
        except Cancelled:
            if not stopped():
                failed.set()
                raise
            return None
        except BaseException:
            failed.set()
            raise
        tell(place, drawn)
        return drawn

    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(orders))) as pool:
        jobs = [pool.submit(draw, place) for place in range(len(orders))]
    errors = [error for error in (job.exception() for job in jobs) if error is not None]
    # The others were only called off because of the first mistake.
    errors.sort(key=lambda error: isinstance(error, Cancelled))
    if errors:
        raise errors[0]
    found = [drawn for drawn in (job.result() for job in jobs) if drawn is not None]
    if not found:
        raise Cancelled(item.key)
    return found
