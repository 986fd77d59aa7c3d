"""Pictures that visitors add, for their visit only; each has an id that nobody can guess."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from playground.collection import Collection
from playground.keeping import Keeping
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

OWN = "own-"
MOST_BYTES, MOST_ADDED, MOST_SECONDS = 300_000_000, 400, 1800.0


@dataclass(frozen=True)
class Added:
    """One picture of one visitor."""

    id: str
    visitor: str
    picture: Picture


class AddedPictures:
    """The pictures of all visitors. Safe to use from many threads.

    Args:
        collection: The playground's pictures, which everybody may use.
        clock: Seconds that only go forward; None for the machine's.
    """

    def __init__(self, collection: Collection, *, clock: Callable[[], float] | None = None) -> None:
        self._collection = collection
        options = {} if clock is None else {"clock": clock}
        self._kept: Keeping[str, Added] = Keeping(
            lambda added: added.picture.pixels.nbytes,
            most_bytes=MOST_BYTES,
            most_values=MOST_ADDED,
            most_seconds=MOST_SECONDS,
            **options,
        )

    def add(self, picture: Picture, visitor: str) -> str:
        """Keeps a picture; returns its id."""
        added_id = OWN + secrets.token_urlsafe(12)
        # A caller without a session gets an id that nobody can use: nothing is kept for it.
        if visitor:
            self._kept.put(added_id, Added(added_id, visitor, picture))
        return added_id

    def of(self, picture_id: str, visitor: str) -> Picture:
        """Finds a picture that a visitor added.

        Raises:
            PersonError: `understand.mistake.gone` for one that is unknown, forgotten or another
                visitor's: they cannot be told apart.
        """
        added = self._kept.get(picture_id)
        if added is None or not visitor or added.visitor != visitor:
            raise PersonError("understand.mistake.gone")
        return added.picture

    def find(self, picture_id: str, visitor: str) -> int | np.ndarray:
        """Finds a picture by its id.

        Returns:
            A place in the collection, or uint8 (H, W, 3) of the visitor's own.

        Raises:
            PersonError: As `of`, or `mistake.no_such_picture`.
        """
        if picture_id.startswith(OWN):
            return self.of(picture_id, visitor).pixels
        return self._collection.place_of(picture_id)

    def ids_of(self, visitor: str) -> set[str]:
        """Returns the ids of what a visitor added; none for a caller without a session."""
        added = self._kept.values() if visitor else []
        return {one.id for one in added if one.visitor == visitor}

    def forget(self, visitor: str) -> None:
        """Lets go of everything of a visitor."""
        self._kept.drop(lambda _, added: added.visitor == visitor)

    def census(self) -> tuple[int, int]:
        """Returns how many pictures are kept, and their bytes."""
        return self._kept.census()
