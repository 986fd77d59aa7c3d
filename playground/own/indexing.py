"""From files that wait to pictures that can be searched: read, made small, seen by a model.

Files are read ahead by two threads while the model works, so that neither waits for the other.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image

from playground.cache import Cache, Cancelled
from playground.cache import Progress as Loading
from playground.entries import Entry
from playground.models import clip
from playground.own.shelf import Fault, OwnPicture, Progress, Rows, Shelf, Waiting
from playground.visitors.errors import explain
from playground.visitors.pictures import PictureLimits, read_picture

BATCH_PICTURES = 16
READERS = 2
# A model sees 224 to 512 pixels a side: more would be decoded for nothing.
LIMITS = PictureLimits(scaled_side=1024)
PREVIEW_PIXELS, PREVIEW_QUALITY = 320, 82
LOOK_SECONDS = 0.1

Tell = Callable[[Loading | Progress], None]
Asked = Callable[[], bool]


@dataclass(frozen=True)
class Read:
    """A file that was read.

    Attributes:
        picture: The small copy.
        pixels: uint8 (H, W, 3), RGB, for the model.
    """

    picture: OwnPicture
    pixels: np.ndarray


def preview_of(pixels: np.ndarray) -> bytes:
    """Makes the small copy of a picture: a JPEG without metadata, 320 pixels at most.

    Args:
        pixels: uint8 (H, W, 3), RGB.
    """
    small = Image.fromarray(pixels)
    # Whole blocks are averaged first: three times as fast, and no different to look at.
    small.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS), reducing_gap=1.0)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=PREVIEW_QUALITY)
    return file.getvalue()


def read_waiting(item: Waiting) -> Read | Fault:
    """Reads one file through the one door for pictures.

    Args:
        item: The file.

    Returns:
        What was read, or why it was passed over.
    """
    try:
        picture = read_picture(item.path or item.data, limits=LIMITS)
        own = OwnPicture(item.name, preview_of(picture.pixels), picture.content_id)
        return Read(own, picture.pixels)
    except Exception as error:
        told = explain(error)
        return Fault(item.name, told.key, told.values)


def index_waiting(
    shelf: Shelf, cache: Cache, item: Entry, *, visitor: str, tell: Tell, is_left: Asked
) -> Progress:
    """Indexes what waits on a shelf, and what comes meanwhile, until nothing comes any more.

    Args:
        shelf: Whose pictures.
        cache: Where the model is.
        item: The model.
        visitor: Who asks, for fairness.
        tell: Told after each batch.
        is_left: Whether the visitor stopped or left; what was not dealt with waits on.

    Returns:
        How far the shelf is.

    Raises:
        CacheError: The model cannot be had, or the visitor has left.
        PersonError: `mistake.own.full`.
    """
    catch_up(shelf, cache, item, visitor=visitor, tell=tell, is_left=is_left)
    with reading(shelf, is_left) as batches:
        for batch in batches:
            read = _new_ones(shelf, batch)
            if read:
                pixels = [each.pixels for each in read]
                with _making(shelf, item, is_left):
                    # A saved file of another model may have been opened meanwhile.
                    _see_unseen(shelf, cache, item, visitor=visitor, tell=tell, is_left=is_left)
                    rows = see(cache, item, pixels, visitor=visitor, tell=tell, is_left=is_left)
                    shelf.add(item.key, rows, [each.picture for each in read])
            # Only now: a batch that was stopped in its middle is read again.
            faults = [each for each in batch if isinstance(each, Fault)]
            shelf.blame(faults)
            shelf.count_duplicates(len(batch) - len(faults) - len(read))
            tell(shelf.progress(item.key))
    return shelf.progress(item.key)


def catch_up(
    shelf: Shelf, cache: Cache, item: Entry, *, visitor: str, tell: Tell, is_left: Asked
) -> None:
    """Lets a model see the pictures that another has indexed, from their small copies.

    Args:
        shelf, cache, item, visitor, tell, is_left: See `index_waiting`.

    Raises:
        CacheError: The model cannot be had, or the visitor has left.
    """
    with _making(shelf, item, is_left):
        _see_unseen(shelf, cache, item, visitor=visitor, tell=tell, is_left=is_left)


def see(
    cache: Cache,
    item: Entry,
    pixels: list[np.ndarray],
    *,
    visitor: str,
    tell: Tell,
    is_left: Asked,
) -> Rows:
    """Embeds pictures in one turn of the device.

    Args:
        cache, item, visitor, tell, is_left: See `index_waiting`.
        pixels: N pictures, each uint8 (H, W, 3), RGB.

    Returns:
        N rows of length 1, with the model's logit scale and bias.

    Raises:
        CacheError: The model cannot be had, or the visitor has left.
    """

    def look(model: clip.Clip) -> Rows:
        vectors = clip.embed_pictures(model, pixels)
        rows = Rows(vectors.shape[1], clip.logit_scale(model), clip.logit_bias(model))
        rows.add(vectors)
        return rows

    return cache.run(item.key, look, visitor=visitor, progress=tell, cancel=is_left)


@contextmanager
def _making(shelf: Shelf, item: Entry, is_left: Asked) -> Iterator[None]:
    """Waits until nobody else adds to a shelf; who leaves meanwhile need not wait."""
    while not shelf.making.acquire(timeout=LOOK_SECONDS):
        if is_left():
            raise Cancelled(item.key)
    try:
        yield
    finally:
        shelf.making.release()


def _see_unseen(
    shelf: Shelf, cache: Cache, item: Entry, *, visitor: str, tell: Tell, is_left: Asked
) -> None:
    while unseen := shelf.not_seen_by(item.key, BATCH_PICTURES):
        if is_left():
            raise Cancelled(item.key)
        pixels = [read_picture(each.preview).pixels for each in unseen]
        shelf.add_rows(
            item.key, see(cache, item, pixels, visitor=visitor, tell=tell, is_left=is_left)
        )
        tell(shelf.progress(item.key))


def _new_ones(shelf: Shelf, batch: Sequence[Read | Fault]) -> list[Read]:
    """Returns what is neither faulty nor there already, each once."""
    new = {each.picture.content_id: each for each in reversed(batch) if isinstance(each, Read)}
    return [each for key, each in reversed(new.items()) if not shelf.is_here(key)]


class Feed(Protocol):
    """Where files come from."""

    def take(self, count: int) -> list[Waiting]:
        """Hands out up to `count` files."""

    def put_back(self, taken: Sequence[Waiting]) -> None:
        """Takes files back that were handed out and not dealt with."""

    def wait_for_more(self, seconds: float) -> bool:
        """Waits for files up to so long; whether it is worth asking again."""


@contextmanager
def reading(feed: Feed, is_left: Asked) -> Iterator[Iterator[list[Read | Fault]]]:
    """Reads a batch ahead; what was read and not used goes back, however the block is left.

    Args:
        feed: Where the files come from.
        is_left: Asked between batches; ends them.

    Yields:
        Batches of what was read. A batch counts as used when the next one is asked for.
    """
    ahead: deque[tuple[list[Waiting], list[Future[Any]]]] = deque()
    pool = ThreadPoolExecutor(READERS, thread_name_prefix="own-pictures")

    def batches() -> Iterator[list[Read | Fault]]:
        while not is_left():
            while len(ahead) < 2 and (taken := feed.take(BATCH_PICTURES)):
                ahead.append((taken, [pool.submit(read_waiting, each) for each in taken]))
            if ahead:
                yield [future.result() for future in ahead[0][1]]
                ahead.popleft()
            elif not feed.wait_for_more(LOOK_SECONDS):
                return

    try:
        yield batches()
    finally:
        for taken, futures in reversed(ahead):
            for future in futures:
                future.cancel()
            feed.put_back(taken)
        pool.shutdown(wait=False)
