"""Which state of its files a model has; those that ship are read once."""

from __future__ import annotations

import threading

from playground.catalog import folder_of
from playground.entries import Entry
from playground.index import COMMIT, fingerprint


class Fingerprints:
    """Safe to use from many threads.

    Args:
        models_folder: The setting of this name: where models that are not built in lie.
    """

    def __init__(self, models_folder: str) -> None:
        self._folder = models_folder
        self._built_in: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, item: Entry) -> str:
        """Tells one state of a model's files from another."""
        if not item.is_built_in:
            return fingerprint(item, self._folder)
        with self._lock:
            if item.key not in self._built_in:
                self._built_in[item.key] = fingerprint(item, self._folder)
            return self._built_in[item.key]

    def revision(self, item: Entry) -> str:
        """Returns the commit that a published model's files have; "" for one that ships."""
        if item.is_built_in:
            return ""
        name = folder_of(item, self._folder).name
        return name if COMMIT.fullmatch(name) else item.revision or ""
