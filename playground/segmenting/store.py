"""Encoded pictures, bounded in bytes and age; one for all who show the same pixels.

What visitors hold are ids of their own, which nobody can guess and which only they may use.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from playground.entries import Entry
from playground.models.sam import Encoded
from playground.segmenting.proposals import Proposal, without_repeats
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

# Model's key, fingerprint of its files, content id of the picture.
Key = tuple[str, str, str]
# Of a proposal: about what Python takes for its numbers.
PROPOSAL_BYTES = 600


@dataclass(eq=False)
class Kept:
    """A picture as one model sees it.

    Attributes:
        key: Where it is kept.
        item: The model.
        picture: The pixels.
        encoded: What clicks are decoded from.
        seconds: What encoding took; 0 if it was made beforehand.
        proposals: What the grid has found so far; only ever added to.
        points_done: Points of the grid that are decoded.
        points_of: Points of the grid.
        growing: Held by whoever decodes the next points.
    """

    key: Key
    item: Entry
    picture: Picture
    encoded: Encoded
    seconds: float
    proposals: tuple[Proposal, ...] = ()
    points_done: int = 0
    points_of: int = 0
    growing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_grown(self) -> bool:
        """Whether the whole grid is decoded."""
        return self.points_done >= self.points_of

    @property
    def bytes_held(self) -> int:
        """Bytes of pixels, features and proposals."""
        told = sum(PROPOSAL_BYTES + len(item.runs) for item in self.proposals)
        return self.picture.pixels.nbytes + self.encoded.bytes_held + told

    def add(self, found: Sequence[Proposal], points: int) -> None:
        """Adds what further points found; noise and repeats are left out.

        Args:
            found: The proposals.
            points: How many points they came from.
        """
        news = without_repeats(self.proposals, found, self.encoded.low_picture_hw)
        self.proposals = (*self.proposals, *news)
        self.points_done += points


@dataclass(frozen=True)
class Visit:
    """One visitor's hold on a picture.

    Attributes:
        id: What the browser knows; 128 random bits.
        visitor: Whose it is, as `visitor_of` names them.
        language: What mistakes are told in.
        name: Name of the picture's file, or its path for an example.
        kept: The picture.
    """

    id: str
    visitor: str
    language: str
    name: str
    kept: Kept


@dataclass(frozen=True)
class _Held:
    key: Key
    visitor: str
    language: str
    name: str


class Store:
    """Pictures and visits. Safe to use from many threads.

    Args:
        most_bytes: Bytes of all pictures; those not used for longest go first.
        most_visits: Ids that are valid at once.
        most_seconds: What is not used for this long is forgotten.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        most_bytes: int = 400_000_000,
        most_visits: int = 1000,
        most_seconds: float = 1800.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes = most_bytes
        self._most_visits = most_visits
        self._most_seconds = most_seconds
        self._clock = clock
        self._lock = threading.Lock()
        # The one used last stands last.
        self._kept: OrderedDict[Key, tuple[Kept, float]] = OrderedDict()
        self._visits: OrderedDict[str, tuple[_Held, float]] = OrderedDict()
        self._making: dict[Key, tuple[threading.Lock, int]] = {}

    def get(self, key: Key) -> Kept | None:
        """Returns a picture that is kept, or None."""
        with self._lock:
            self._forget_old()
            found = self._kept.get(key)
            if found is None:
                return None
            self._touch(found[0])
            return found[0]

    def put(self, kept: Kept) -> Kept:
        """Keeps a picture.

        Returns:
            The picture that is kept under this key: the one that came first.
        """
        with self._lock:
            known = self._kept.get(kept.key)
            self._touch(known[0] if known else kept)
            self._make_room()
            return self._kept[kept.key][0]

    def grew(self) -> None:
        """Counts anew after a picture has more proposals than before."""
        with self._lock:
            self._make_room()

    def visit(self, visitor: str, kept: Kept, *, language: str = "en", name: str = "") -> Visit:
        """Makes an id for one visitor.

        Args:
            visitor: Whose it is; "" for a caller without a session, whose ids nobody can use.
            kept: The picture.
            language: What mistakes are told in.
            name: Name of the picture's file.
        """
        visit = Visit(secrets.token_urlsafe(16), visitor, language, name, kept)
        with self._lock:
            self._forget_old()
            # Only the key: an id must not keep a picture that had to make room.
            held = _Held(kept.key, visitor, language, name)
            self._visits[visit.id] = (held, self._clock())
            while len(self._visits) > self._most_visits:
                self._visits.popitem(last=False)
        return visit

    def visit_of(self, picture_id: object, visitor: str) -> Visit:
        """Finds what an id stands for.

        Args:
            picture_id: As it arrived.
            visitor: Who sent it.

        Raises:
            PersonError: `segment.mistake.no_picture` without an id; `segment.mistake.expired` for
                one that is unknown, forgotten or another visitor's: they cannot be told apart.
        """
        if not isinstance(picture_id, str) or not picture_id:
            raise PersonError("segment.mistake.no_picture")
        with self._lock:
            self._forget_old()
            held, _ = self._visits.get(picture_id, (None, 0.0))
            if held is None or not visitor or held.visitor != visitor:
                raise PersonError("segment.mistake.expired")
            kept, _ = self._kept.get(held.key, (None, 0.0))
            if kept is None:
                raise PersonError("segment.mistake.expired")
            self._visits[picture_id] = (held, self._clock())
            self._visits.move_to_end(picture_id)
            self._touch(kept)
            return Visit(picture_id, visitor, held.language, held.name, kept)

    def forget(self, visitor: str) -> None:
        """Forgets a visitor's ids, and the pictures that only they showed."""
        with self._lock:
            held = {name: held for name, (held, _) in self._visits.items()}
            gone = {name for name, one in held.items() if one.visitor == visitor}
            shown = {one.key for name, one in held.items() if name not in gone}
            for name in gone:
                del self._visits[name]
            for key in {held[name].key for name in gone} - shown:
                self._kept.pop(key, None)

    def making(self, key: Key) -> threading.Lock:
        """Returns the lock of whoever makes this picture, so that one does and the others wait.

        Every call must be followed by one of `made`.
        """
        with self._lock:
            lock, users = self._making.get(key, (threading.Lock(), 0))
            self._making[key] = (lock, users + 1)
            return lock

    def made(self, key: Key) -> None:
        """Says that one who asked for `making` needs it no more."""
        with self._lock:
            lock, users = self._making[key]
            if users > 1:
                self._making[key] = (lock, users - 1)
            else:
                del self._making[key]

    def census(self) -> tuple[int, int, int]:
        """Returns how many pictures and ids are kept, and the bytes of the pictures."""
        with self._lock:
            self._forget_old()
            return len(self._kept), len(self._visits), self._bytes_held()

    def _touch(self, kept: Kept) -> None:
        self._kept[kept.key] = (kept, self._clock())
        self._kept.move_to_end(kept.key)

    def _make_room(self) -> None:
        while len(self._kept) > 1 and self._bytes_held() > self._most_bytes:
            self._kept.popitem(last=False)

    def _bytes_held(self) -> int:
        return sum(kept.bytes_held for kept, _ in self._kept.values())

    def _forget_old(self) -> None:
        oldest_allowed = self._clock() - self._most_seconds
        while self._kept:
            key, (_, used) = next(iter(self._kept.items()))
            if used >= oldest_allowed:
                break
            del self._kept[key]
        while self._visits:
            name, (_, used) = next(iter(self._visits.items()))
            if used >= oldest_allowed:
                break
            del self._visits[name]
