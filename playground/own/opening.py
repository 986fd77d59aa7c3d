"""Opening a visitor's saved file: it comes in parts, is checked, and joins the shelf."""

from __future__ import annotations

import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from playground.entries import Entry
from playground.own.portable import JPEG_START, Portable, open_portable
from playground.own.shelf import MOST_BYTES, OwnPicture, Rows, Shelf
from playground.visitors.errors import PersonError

MOST_PARTS_BYTES = 8_000_000
MOST_OPEN_FILES = 20
BATCH_PICTURES = 256


@dataclass
class _Spool:
    file: Any
    next_part: int = 0
    size: int = 0


class Openings:
    """Files that come in parts; one for each shelf. Their bytes lie in a file that goes with them,
    or with the shelf, if its visitor leaves before the last part.

    Args:
        folder: Where they lie meanwhile; None for the system's place for such files.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._spools: weakref.WeakKeyDictionary[Shelf, _Spool] = weakref.WeakKeyDictionary()

    def add(self, shelf: Shelf, part: int, parts: int, data: bytes) -> Portable | None:
        """Takes the next part of a file.

        Args:
            shelf: Whose file.
            part: Its number, from 0; 0 begins anew.
            parts: How many there are.
            data: The bytes.

        Returns:
            The opened file after the last part; None before.

        Raises:
            PersonError: `mistake.own.file_broken`, `mistake.own.full`.
            OSError: It cannot be kept meanwhile.
        """
        spool = self._spool(shelf, part)
        if part != spool.next_part or not 0 < parts <= MOST_BYTES // MOST_PARTS_BYTES + 1:
            self._drop(shelf)
            raise PersonError("mistake.own.file_broken")
        spool.file.write(data)
        spool.next_part, spool.size = part + 1, spool.size + len(data)
        if spool.size > MOST_BYTES:
            self._drop(shelf)
            raise PersonError("mistake.own.full", {"most": shelf.most_pictures})
        if part + 1 < parts:
            return None
        try:
            spool.file.flush()
            # Its arrays stay readable after the file is gone: they are mapped.
            return open_portable(Path(spool.file.name))
        finally:
            self._drop(shelf)

    def _spool(self, shelf: Shelf, part: int) -> _Spool:
        if part == 0:
            self._drop(shelf)
        with self._lock:
            spool = self._spools.get(shelf)
            if spool is None:
                # Closed by `_drop`, perhaps several requests later, or as the shelf goes.
                file = tempfile.NamedTemporaryFile(dir=self._folder)  # noqa: SIM115
                spool = self._spools[shelf] = _Spool(file)
                weakref.finalize(shelf, file.close)
                while len(self._spools) > MOST_OPEN_FILES:
                    oldest = next(iter(self._spools))
                    self._spools.pop(oldest).file.close()
            return spool

    def _drop(self, shelf: Shelf) -> None:
        with self._lock:
            spool = self._spools.pop(shelf, None)
        if spool is not None:
            spool.file.close()


def join(shelf: Shelf, portable: Portable, item: Entry) -> int:
    """Puts the pictures of an opened file on a shelf, with what the model saw in them.

    Args:
        shelf: Whose pictures.
        portable: The opened file.
        item: The model that it was made with.

    Returns:
        How many pictures are new.

    Raises:
        PersonError: `mistake.own.catch_up` if the model has not seen the pictures that are there;
            `mistake.own.full`; `mistake.own.file_broken`.
    """
    about = portable.about
    with shelf.making:
        before, seen = shelf.progress(item.key), shelf.seen_by(item.key)
        if before.indexed < before.pictures:
            raise PersonError("mistake.own.catch_up", {"model": item.title})
        if seen is not None and seen[0].shape[1] != portable.vectors.shape[1]:
            raise PersonError("mistake.own.file_broken")
        for start in range(0, len(portable), BATCH_PICTURES):
            places = range(start, min(start + BATCH_PICTURES, len(portable)))
            pictures = [_checked(portable.picture(place)) for place in places]
            rows = Rows(portable.vectors.shape[1], about.logit_scale, about.logit_bias)
            rows.add(np.asarray(portable.vectors[start : places.stop]))
            shelf.add(item.key, rows, pictures)
    return shelf.progress().pictures - before.pictures


def _checked(picture: OwnPicture) -> OwnPicture:
    if not picture.preview.startswith(JPEG_START):
        raise PersonError("mistake.own.file_broken")
    return picture
