"""One lazy loader and device cache for all tabs. Importing it imports no torch."""

from playground.cache.cache import Cache
from playground.cache.gate import nobody_constructs
from playground.cache.parts import (
    CacheError,
    Cancelled,
    HoldAndWait,
    Model,
    Mover,
    OutOfMemory,
    Part,
    Progress,
    Report,
    Resting,
    Row,
    TooBig,
    UnknownKey,
    WaitedTooLong,
)
from playground.cache.running import Turn

__all__ = [
    "Cache",
    "CacheError",
    "Cancelled",
    "HoldAndWait",
    "Model",
    "Mover",
    "OutOfMemory",
    "Part",
    "Progress",
    "Report",
    "Resting",
    "Row",
    "TooBig",
    "Turn",
    "UnknownKey",
    "WaitedTooLong",
    "nobody_constructs",
]
