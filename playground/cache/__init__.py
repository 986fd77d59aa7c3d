"""One lazy loader and device cache for all tabs. Importing it imports no torch."""

from playground.cache.cache import Cache
from playground.cache.gate import nobody_constructs
from playground.cache.mover import has_accelerator
from playground.cache.parts import (
    CacheError,
    Cancelled,
    DeviceLost,
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
    "DeviceLost",
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
    "has_accelerator",
    "nobody_constructs",
]
