"""Bytes as people read them."""

from __future__ import annotations


def amount(number_of_bytes: float) -> str:
    """Bytes as people read them: "0.6 GB", "9 MB", "12 kB"; 1000-based as on a box."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number_of_bytes >= limit:
            return f"{_short(number_of_bytes / limit)} {unit}"
    return f"{number_of_bytes:.0f} B"


def _short(number: float) -> str:
    return f"{number:.1f}" if number < 10 and round(number, 1) % 1 else f"{number:.0f}"
