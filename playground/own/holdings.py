"""Everything that people brought: the visitors' shelves, the operator's collections, and the
tickets with which a browser fetches a file that it asked for."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from playground.keeping import Keeping
from playground.own.portable import JPEG_START, about_of
from playground.own.shelves import Shelves
from playground.own.sources import FixedSource
from playground.settings import Settings
from playground.visitors.errors import PersonError

LOG = logging.getLogger("playground")
TICKET_SECONDS = 120.0
MOST_TICKETS = 400


class Holdings:
    """Safe to use from many threads.

    Args:
        fixed: The operator's collections.
        shelves: The visitors' own pictures.
    """

    def __init__(self, fixed: Sequence[FixedSource] = (), shelves: Shelves | None = None) -> None:
        self.fixed = {source.file_id: source for source in fixed}
        self.shelves = shelves or Shelves()
        self._tickets: Keeping[str, Callable[[], Iterator[bytes]]] = Keeping(
            lambda _: 1,
            most_bytes=MOST_TICKETS,
            most_values=MOST_TICKETS,
            most_seconds=TICKET_SECONDS,
        )

    @classmethod
    def of(cls, settings: Settings) -> Holdings:
        """Finds the collections that the operator serves; what is none is logged and left out."""
        sources = []
        for file in map(Path, settings.collection_names):
            try:
                about_of(file)
            except (PersonError, OSError):
                LOG.error("%s is no collection that can be served", file)
            else:
                sources.append(FixedSource(file, settings.models_folder))
        return cls(sources)

    def ticket(self, make: Callable[[], Iterator[bytes]]) -> str:
        """Returns a word with which what `make` gives can be fetched, once, for a short time."""
        word = secrets.token_urlsafe(24)
        self._tickets.put(word, make)
        return word

    def redeem(self, word: str) -> Callable[[], Iterator[bytes]] | None:
        """Takes a ticket; None if it is not known any more."""
        taken = self._tickets.drop(lambda key, _: key == word)
        return taken[0] if taken else None

    def preview(self, holder: str, place: int, code: str) -> bytes | None:
        """Returns the small copy of a picture by the parts of its address; None if unknown."""
        source = self.fixed.get(holder)
        if source is None:
            found = self.shelves.preview(holder, place, code)
        else:
            try:
                found = source.portable.picture(place).preview
            except (IndexError, PersonError, OSError):
                return None
        return found if found and found.startswith(JPEG_START) else None
