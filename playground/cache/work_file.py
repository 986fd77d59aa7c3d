"""The learned activation bytes, kept in a small json file between two starts."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path


def read_work(path: Path) -> dict[str, int]:
    """Key to work bytes; {} when the file is missing or damaged: everything is learned anew."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {
        key: value
        for key, value in told.items()
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0
    }


def write_work(path: Path, work_bytes: dict[str, int]) -> None:
    """Writes all of it or nothing; a full or read-only disk is no reason to fail a request."""
    text = json.dumps(dict(sorted(work_bytes.items())), indent=1) + "\n"
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
