"""Mistakes as people meet them: a key into the language files, never a traceback."""

import errno
import math
from collections.abc import Mapping

Value = str | int | float

# Told apart by name: this file then needs neither the cache nor torch.
_CACHE_MODULE = "playground.cache"
_KEY_OF_CACHE_ERROR: Mapping[str, str] = {
    "TooBig": "mistake.model.too_big",
    "Resting": "mistake.model.resting",
    "WaitedTooLong": "mistake.waited_too_long",
    "Cancelled": "mistake.stopped",
    "OutOfMemory": "mistake.model.out_of_memory",
    "DeviceLost": "mistake.model.device_lost",
    "UnknownKey": "mistake.model.unknown",
    "CacheError": "mistake.model.failed",
}
_KEY_OF_ERRNO: Mapping[int, str] = {
    errno.ENOSPC: "mistake.disk.full",
    errno.EDQUOT: "mistake.disk.full",
    errno.EROFS: "mistake.disk.closed",
    errno.EACCES: "mistake.disk.closed",
    errno.EPERM: "mistake.disk.closed",
    errno.ENOENT: "mistake.file_gone",
    errno.ESTALE: "mistake.file_gone",
    errno.EMFILE: "mistake.too_busy",
    errno.ENFILE: "mistake.too_busy",
    errno.ENOMEM: "mistake.memory_full",
}


class PersonError(Exception):
    """A mistake that a person can understand and mend.

    The sentence lives in the language files under `key`. A value whose name ends in `_key` is
    another language key: its own sentence fills the placeholder without that ending, so that
    `{"name_key": "seed.label"}` fills `{name}`.

    `str()` gives the key alone: values may hold what the person wrote, which belongs in no log.

    Args:
        key: Language key, such as "mistake.picture.empty".
        values: What fills the placeholders of the sentence.
    """

    def __init__(self, key: str, values: Mapping[str, Value] | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.values: dict[str, Value] = dict(values or {})


def explain(error: BaseException) -> PersonError:
    """Returns what a person is told about any error.

    A `PersonError` stays itself. The cache's errors, full or closed disks and exhausted memory
    have sentences of their own; everything else is "mistake.unexpected". Nothing of the error's
    own text is passed on.

    Args:
        error: Anything that was raised.

    Returns:
        A `PersonError` whose cause is `error`, or `error` itself if it is one already.
    """
    if isinstance(error, PersonError):
        return error
    told = _told_about(error)
    told.__cause__ = error
    return told


def _told_about(error: BaseException) -> PersonError:
    for cls in type(error).__mro__:
        if f"{cls.__module__}.".startswith(f"{_CACHE_MODULE}."):
            key = _KEY_OF_CACHE_ERROR.get(cls.__name__)
            if key:
                return _told_about_cache(key, error)
    # torch's class, by name: importing torch to ask would cost the page seconds.
    if type(error).__name__ == "OutOfMemoryError":
        return PersonError("mistake.model.out_of_memory")
    if isinstance(error, MemoryError):
        return PersonError("mistake.memory_full")
    if isinstance(error, OSError) and error.errno is not None:
        return PersonError(_KEY_OF_ERRNO.get(error.errno, "mistake.unexpected"))
    return PersonError("mistake.unexpected")


def _told_about_cache(key: str, error: BaseException) -> PersonError:
    # A model rests because its last load failed; if a person can mend that, it is what they need.
    reason = getattr(error, "error", None)
    if isinstance(reason, PersonError):
        return reason
    if type(reason).__name__ == "OutOfMemory":
        key = "mistake.model.tired"
    facts = {
        "seconds": math.ceil(getattr(error, "retry_in_seconds", 0)),
        "needed": round(getattr(error, "needed_bytes", 0) / 1e9, 1),
        "room": round(getattr(error, "budget_bytes", 0) / 1e9, 1),
    }
    return PersonError(key, facts)
