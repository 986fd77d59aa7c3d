"""One visitor's own pictures: small copies, names and what models see in them.

Pictures are only ever added, so a place never changes its meaning. Whoever reads a prefix of the
rows may go on reading it while others are added.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from playground.visitors.errors import PersonError, Value

MOST_PICTURES = 20_000
# Small copies, vectors and files that wait, of one visitor.
MOST_BYTES = 600_000_000
MOST_WAITING_BYTES = 48_000_000
MOST_FAULTS = 1_000
# About what Python takes for the names and places of a picture.
PICTURE_BYTES = 500
FIRST_ROOM = 256
# A browser that says nothing for this long sends nothing any more.
SENDING_SECONDS = 20.0


@dataclass(frozen=True)
class Waiting:
    """A file that has come and was not looked at yet.

    Attributes:
        name: A shown name.
        data: The whole file.
        path: Where it lies instead, if it lies on the operator's own disk.
    """

    name: str
    data: bytes = b""
    path: Path | None = None


@dataclass(frozen=True)
class Fault:
    """A file that was passed over, and why.

    Attributes:
        name: Its shown name.
        key: Language key of the reason.
        values: What fills the placeholders of the reason.
    """

    name: str
    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnPicture:
    """A picture that was let in.

    Attributes:
        name: Its shown name.
        preview: A small JPEG without metadata.
        content_id: 64 hexadecimal digits; the same for the same pixels.
    """

    name: str
    preview: bytes
    content_id: str


@dataclass(frozen=True)
class Progress:
    """How far a shelf is.

    Attributes:
        pictures: Pictures that are there.
        indexed: Pictures that the asked model has seen.
        waiting: Files that have come and wait.
        duplicates: Files that were there already.
        faults: Files that were passed over; the latest `MOST_FAULTS`.
        faults_total: How many there were.
        bytes_held: Bytes of it all.
    """

    pictures: int
    indexed: int
    waiting: int
    duplicates: int
    faults: tuple[Fault, ...]
    faults_total: int
    bytes_held: int


class Rows:
    """Vectors of one model, which grow; not safe by itself."""

    def __init__(self, width: int, logit_scale: float, logit_bias: float | None) -> None:
        self._room = np.empty((FIRST_ROOM, width), np.float32)
        self._count = 0
        self.logit_scale = logit_scale
        self.logit_bias = logit_bias

    @property
    def vectors(self) -> np.ndarray:
        """float32 (N, D): a view that stays as it is when rows are added."""
        return self._room[: self._count]

    def add(self, rows: np.ndarray) -> None:
        """Adds float32 (M, D) at the end."""
        needed = self._count + len(rows)
        if needed > len(self._room):
            bigger = np.empty((max(needed, 2 * len(self._room)), rows.shape[1]), np.float32)
            bigger[: self._count] = self.vectors
            self._room = bigger
        self._room[self._count : needed] = rows
        self._count = needed

    @property
    def bytes_held(self) -> int:
        """Bytes of the vectors and the room for more."""
        return self._room.nbytes


class Shelf:
    """The pictures of one visitor; safe to use from many threads.

    Args:
        visitor: Whose it is, as `visitor_of` names them.
        most_pictures: Pictures that it takes.
        most_bytes: Bytes that it takes.
    """

    def __init__(
        self, visitor: str, *, most_pictures: int = MOST_PICTURES, most_bytes: int = MOST_BYTES
    ) -> None:
        self.visitor = visitor
        # Who knows it may add files; only the visitor's own page does.
        self.token = secrets.token_urlsafe(24)
        # Stands in the addresses of its pictures; says nothing of the token.
        self.address_id = secrets.token_hex(8)
        self.making = threading.Lock()
        self._secret = secrets.token_bytes(16)
        self.most_pictures = most_pictures
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._came = threading.Condition(self._lock)
        self._sending_until = 0.0
        self._pictures: list[OwnPicture] = []
        self._places: dict[str, int] = {}
        self._rows: dict[str, Rows] = {}
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        self._picture_bytes = 0
        self._duplicates = 0
        self._faults: deque[Fault] = deque(maxlen=MOST_FAULTS)
        self._faults_total = 0
        self._is_forgotten = False

    @property
    def bytes_held(self) -> int:
        """Bytes of small copies, vectors and files that wait."""
        with self._lock:
            return self._bytes_held()

    def has_room_for(self, count: int) -> bool:
        """Tells whether a file of so many bytes may come and wait now."""
        with self._lock:
            return not self._waiting or self._waiting_bytes + count <= MOST_WAITING_BYTES

    def bring(self, name: str, data: bytes) -> None:
        """Takes a file in, to be looked at later.

        Raises:
            PersonError: `mistake.own.full`, `mistake.own.gone`.
        """
        with self._lock:
            self._refuse_if_forgotten()
            is_full = self._bytes_held() + len(data) > self._most_bytes
            if is_full or len(self._pictures) + len(self._waiting) >= self.most_pictures:
                raise PersonError("mistake.own.full", {"most": self.most_pictures})
            self._waiting.append(Waiting(name, data))
            self._waiting_bytes += len(data)
            self._came.notify_all()

    def sending(self, is_sending: bool) -> None:
        """Notes whether the browser has more files; it says so again while it has."""
        with self._lock:
            self._sending_until = time.monotonic() + SENDING_SECONDS if is_sending else 0.0
            self._came.notify_all()

    @property
    def is_sending(self) -> bool:
        """Whether the browser has more files, as far as it said."""
        with self._lock:
            return self._sending_until > time.monotonic()

    def wait_for_more(self, seconds: float) -> bool:
        """Waits until a file has come, or for so long.

        Returns:
            Whether it is worth asking again: a file waits, or more are to come.
        """
        with self._lock:
            if not self._waiting and self._sending_until > time.monotonic():
                self._came.wait(seconds)
            return bool(self._waiting) or self._sending_until > time.monotonic()

    def take(self, count: int) -> list[Waiting]:
        """Hands out up to `count` files that wait, the first that came first."""
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
            self._waiting_bytes -= sum(len(item.data) for item in taken)
            return taken

    def put_back(self, taken: Sequence[Waiting]) -> None:
        """Takes files back that were handed out and not dealt with, in their order."""
        with self._lock:
            if self._is_forgotten:
                return
            self._waiting.extendleft(reversed(taken))
            self._waiting_bytes += sum(len(item.data) for item in taken)

    def blame(self, faults: Sequence[Fault]) -> None:
        """Notes files that were passed over."""
        with self._lock:
            self._faults.extend(faults)
            self._faults_total += len(faults)

    def is_here(self, content_id: str) -> bool:
        """Tells whether a picture of these pixels is there."""
        with self._lock:
            return content_id in self._places

    def count_duplicates(self, count: int) -> None:
        """Counts files whose pixels were there already."""
        with self._lock:
            self._duplicates += count

    def add(self, model_key: str, rows: Rows, found: Sequence[OwnPicture]) -> None:
        """Adds pictures that a model has just seen.

        Args:
            model_key: The model; it has seen every picture that is there.
            rows: One row for each picture, and the model's logit scale and bias.
            found: The pictures; what is there already counts as a duplicate.

        Raises:
            PersonError: `mistake.own.full`: those that fit were added. `mistake.own.gone`.
            ValueError: The model has not seen every picture before these.
        """
        with self._lock:
            self._refuse_if_forgotten()
            if self._indexed(model_key) != len(self._pictures):
                raise ValueError("a model must see the pictures in their order")
            keep, is_full = [], False
            for place, item in enumerate(found):
                if item.content_id in self._places:
                    self._duplicates += 1
                    continue
                is_full = not self._fits(item)
                if is_full:
                    break
                self._places[item.content_id] = len(self._pictures)
                self._pictures.append(item)
                self._picture_bytes += _bytes_of(item)
                keep.append(place)
            self._add_rows(model_key, rows, rows.vectors[keep])
            if is_full:
                raise PersonError("mistake.own.full", {"most": self.most_pictures})

    def add_rows(self, model_key: str, rows: Rows) -> None:
        """Adds what a model sees in the next pictures that are there.

        Raises:
            PersonError: `mistake.own.gone`.
            ValueError: There are more rows than pictures.
        """
        with self._lock:
            self._refuse_if_forgotten()
            if self._indexed(model_key) + len(rows.vectors) > len(self._pictures):
                raise ValueError("there are more rows than pictures")
            self._add_rows(model_key, rows, rows.vectors)

    def seen_by(self, model_key: str) -> tuple[np.ndarray, float, float | None] | None:
        """Returns what a model has seen so far, and its logit scale and bias.

        Returns:
            float32 (N, D), which stays as it is; None if the model has seen nothing.
        """
        with self._lock:
            rows = self._rows.get(model_key)
            return (rows.vectors, rows.logit_scale, rows.logit_bias) if rows else None

    def not_seen_by(self, model_key: str, count: int) -> list[OwnPicture]:
        """Returns the next pictures that a model has not seen, up to `count`."""
        with self._lock:
            first = self._indexed(model_key)
            return self._pictures[first : first + count]

    def at(self, place: int) -> OwnPicture:
        """Returns the picture at a place.

        Raises:
            IndexError: There is none.
        """
        with self._lock:
            return self._pictures[place]

    def place_of(self, picture_id: object) -> int:
        """Finds a picture by its content id.

        Raises:
            PersonError: `mistake.no_such_picture`.
        """
        with self._lock:
            place = self._places.get(picture_id) if isinstance(picture_id, str) else None
        if place is None:
            raise PersonError("mistake.no_such_picture")
        return place

    def code_of(self, place: int) -> str:
        """Returns the part of a picture's address that nobody can guess."""
        return hmac.new(self._secret, str(place).encode(), hashlib.sha256).hexdigest()[:24]

    def progress(self, model_key: str = "") -> Progress:
        """Tells how far it is, for one model."""
        with self._lock:
            return Progress(
                pictures=len(self._pictures),
                indexed=self._indexed(model_key),
                waiting=len(self._waiting),
                duplicates=self._duplicates,
                faults=tuple(self._faults),
                faults_total=self._faults_total,
                bytes_held=self._bytes_held(),
            )

    def forget(self) -> None:
        """Lets go of everything at once; who still works for it can add nothing any more."""
        with self._lock:
            self._is_forgotten = True
            self._pictures, self._places, self._rows = [], {}, {}
            self._waiting.clear()
            self._faults.clear()
            self._waiting_bytes = self._picture_bytes = 0
            self._sending_until = 0.0
            self._came.notify_all()
            self._duplicates = self._faults_total = 0

    def _refuse_if_forgotten(self) -> None:
        if self._is_forgotten:
            raise PersonError("mistake.own.gone")

    def _fits(self, item: OwnPicture) -> bool:
        has_place = len(self._pictures) < self.most_pictures
        return has_place and self._bytes_held() + _bytes_of(item) <= self._most_bytes

    def _indexed(self, model_key: str) -> int:
        rows = self._rows.get(model_key)
        return len(rows.vectors) if rows else 0

    def _add_rows(self, model_key: str, rows: Rows, vectors: np.ndarray) -> None:
        kept = self._rows.get(model_key)
        if kept is not None and kept.vectors.shape[1] != vectors.shape[1]:
            # Of one model only a forged file brings vectors of another width.
            raise PersonError("mistake.own.file_broken")
        if kept is None:
            kept = Rows(vectors.shape[1], rows.logit_scale, rows.logit_bias)
            self._rows[model_key] = kept
        kept.add(vectors)

    def _bytes_held(self) -> int:
        held = sum(rows.bytes_held for rows in self._rows.values())
        return held + self._picture_bytes + self._waiting_bytes


def _bytes_of(item: OwnPicture) -> int:
    return len(item.preview) + len(item.name) + PICTURE_BYTES
