"""What each visitor carries from tab to tab: kept in memory only, and never for long."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

# One per process: names of visitors in the log mean nothing after a restart.
_KEY = secrets.token_bytes(32)
_MOST_NAMES = 32


def visitor_of(session_hash: str | None) -> str:
    """Returns a name for a visitor from which nobody can find the session.

    The session hash is a bearer secret: who knows it reads that visitor's state. It is never
    stored, logged or shown; this keyed hash of it is.

    Args:
        session_hash: Gradio's session hash; None or "" for a caller without one.

    Returns:
        32 hexadecimal digits, the same for the same session in this process; "" without one.
    """
    if not session_hash:
        return ""
    text = session_hash.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16, key=_KEY).hexdigest()


class Session:
    """One visitor's current picture and a few named values. Safe to use from many threads."""

    def __init__(self, owner: "Sessions") -> None:
        self._owner = owner
        self._values: dict[str, Any] = {}
        self._bytes_held = 0

    @property
    def current_picture(self) -> Picture | None:
        """The picture that travels with the visitor.

        Raises:
            PersonError: On setting, "mistake.session.full".
        """
        return self.get("current_picture")

    @current_picture.setter
    def current_picture(self, picture: Picture | None) -> None:
        self.put("current_picture", picture)

    def get(self, name: str, default: Any = None) -> Any:
        """Returns what was put under `name`."""
        return self._values.get(name, default)

    def put(self, name: str, value: Any) -> None:
        """Keeps `value` under `name`; None takes it away.

        Args:
            name: Such as "clip_search.query".
            value: None, a number, text, bytes, a numpy array, a `Picture`, or tuples, lists and
                dicts of these: things whose bytes can be counted.

        Raises:
            PersonError: "mistake.session.full".
            TypeError: The value's bytes cannot be counted.
        """
        self._owner._put(self, name, value)

    @property
    def bytes_held(self) -> int:
        """Bytes of everything in it, the names included."""
        return self._bytes_held


class Sessions:
    """The sessions of all visitors, bounded in number, bytes and age. Safe for many threads.

    There is no timer: what is too old goes when anybody's session is next asked for. The visitor
    not seen for longest goes first.

    Args:
        most_sessions: Sessions kept.
        most_bytes: Bytes kept, over all sessions.
        most_seconds: A session not used for this long is forgotten.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        most_sessions: int = 200,
        most_bytes: int = 1_000_000_000,
        most_seconds: float = 1800.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_sessions = most_sessions
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._clock = clock
        self._lock = threading.Lock()
        # By visitor, never by session hash; the one used last stands last.
        self._kept: OrderedDict[str, tuple[Session, float]] = OrderedDict()

    def of(self, session_hash: str | None) -> Session:
        """Returns the session of a visitor, new or known.

        Without a session hash (None or "") it is a fresh one that nobody else gets and that is
        not kept.
        """
        visitor = visitor_of(session_hash)
        with self._lock:
            self._forget_old()
            if not visitor:
                return Session(self)
            session, _ = self._kept.get(visitor, (None, 0.0))
            session = session or Session(self)
            self._kept[visitor] = (session, self._clock())
            self._kept.move_to_end(visitor)
            while len(self._kept) > self._most_sessions:
                self._kept.popitem(last=False)
            return session

    def forget(self, session_hash: str | None) -> None:
        """Forgets a visitor at once: "forget me", and the page that was closed."""
        with self._lock:
            self._kept.pop(visitor_of(session_hash), None)
            self._forget_old()

    def census(self) -> tuple[int, int]:
        """Returns how many sessions are kept and how many bytes they hold."""
        with self._lock:
            self._forget_old()
            return len(self._kept), self._bytes_held()

    def _put(self, session: Session, name: str, value: Any) -> None:
        with self._lock:
            values = {key: kept for key, kept in session._values.items() if key != name}
            if value is not None:
                values[name] = value
            size = bytes_of(values)
            if size > self._most_bytes or len(values) > _MOST_NAMES:
                raise PersonError("mistake.session.full")
            session._values, session._bytes_held = values, size
            # Oldest first; a session that was forgotten meanwhile is in nobody's way.
            for visitor in list(self._kept):
                if self._bytes_held() <= self._most_bytes:
                    return
                if self._kept[visitor][0] is not session:
                    del self._kept[visitor]

    def _bytes_held(self) -> int:
        # Added up each time, over some hundred sessions at most: no running sum that could drift.
        return sum(session.bytes_held for session, _ in self._kept.values())

    def _forget_old(self) -> None:
        oldest_allowed = self._clock() - self._most_seconds
        while self._kept:
            visitor, (_, used) = next(iter(self._kept.items()))
            if used >= oldest_allowed:
                return
            del self._kept[visitor]


def bytes_of(value: Any) -> int:
    """Returns about how many bytes a value holds in memory.

    Raises:
        TypeError: It is none of the kinds that `Session.put` takes.
    """
    if value is None or isinstance(value, bool | int | float | np.generic):
        return 32
    if isinstance(value, str):
        return 49 + 4 * len(value)
    if isinstance(value, bytes):
        return 33 + len(value)
    if isinstance(value, np.ndarray) and value.dtype != object:
        return 112 + value.nbytes
    if isinstance(value, Picture):
        return 256 + value.pixels.nbytes
    if isinstance(value, dict):
        return 64 + sum(bytes_of(name) + bytes_of(item) for name, item in value.items())
    if isinstance(value, list | tuple | frozenset):
        return 56 + sum(8 + bytes_of(item) for item in value)
    raise TypeError(f"a session cannot count the bytes of a {type(value).__name__}")
