"""Published models that put pictures and words into one space."""

from __future__ import annotations

from playground.entries import Entry

PUBLISHED_CLIP: tuple[Entry, ...] = ()
