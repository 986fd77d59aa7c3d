"""A whole model from the hub: room on the disk first, small files, then weights, each checked."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playground.hub.faults import fault, hub_fault
from playground.hub.places import cache_folder, keep, repository_folder
from playground.hub.plan import Plan
from playground.hub.transfer import Stopped, fetch_file

Report = Callable[[int, int], None]
# The system and other programs need room too.
SPARE_BYTES = 200_000_000


def download(
    plan: Plan,
    report: Report,
    stop: threading.Event,
    models_folder: str = "",
    *,
    checks: bool = False,
) -> Path:
    """Fetches what is missing of a model.

    Args:
        plan: From `make_plan`.
        report: Called with (bytes here, bytes in all) while it goes on.
        stop: Set to cancel; what arrived stays for the next time.
        models_folder: The setting of this name.
        checks: Also read what is here already and fetch anew what is damaged.

    Returns:
        The folder of the complete snapshot.

    Raises:
        Stopped: It was cancelled.
        PersonError: One of `mistake.hub.*`.
    """
    item = plan.item
    blobs = repository_folder(item, models_folder) / "blobs"
    tally = _Tally(plan, report)
    try:
        blobs.mkdir(parents=True, exist_ok=True)
        check_room(plan, models_folder)
        keep(item, models_folder, commit=plan.commit)
        tally.add(0)
        for file in plan.files:
            fetch_file(item, plan.commit, file, blobs, tally.add, stop, checks=checks)
            _enter(blobs / file.digest, blobs.parent / "snapshots" / plan.commit / file.name)
        files = {file.name: file.size for file in plan.files}
        keep(item, models_folder, commit=plan.commit, files=files)
    except Stopped:
        raise
    except Exception as error:
        raise hub_fault(error, item) from error
    return blobs.parent / "snapshots" / plan.commit


def free_bytes(folder: Path) -> int | None:
    """Returns the free bytes of the disk that holds a folder, which need not exist yet.

    None where the system does not tell.
    """
    for place in (folder, *folder.parents):
        with suppress(OSError):
            return shutil.disk_usage(place).free
    return None


def check_room(plan: Plan, models_folder: str = "") -> None:
    """Refuses a download that the disk has no room for.

    Raises:
        PersonError: `mistake.hub.disk`.
    """
    free = free_bytes(cache_folder(models_folder))
    if free is not None and plan.bytes_missing and free < plan.bytes_missing + SPARE_BYTES:
        needed = round((plan.bytes_missing + SPARE_BYTES) / 1e9, 1)
        raise fault("disk", plan.item, needed=needed, free=round(free / 1e9, 1))


def _enter(blob: Path, place: Path) -> None:
    """Enters a blob under its name in the snapshot as the library does: by a relative link.

    Where a system has none, the file is there twice by name (a hard link) or, last, by copy.
    """
    if place.is_file() and place.samefile(blob):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    for make in (_link, os.link, shutil.copyfile):
        with suppress(OSError, NotImplementedError):
            make(blob, place)
            return
    shutil.copyfile(blob, place)


def _link(blob: Path, place: Path) -> None:
    place.symlink_to(os.path.relpath(blob, place.parent))


class _Tally:
    """Adds up what arrives."""

    def __init__(self, plan: Plan, report: Report) -> None:
        self._done = plan.bytes_total - plan.bytes_missing
        self._total = plan.bytes_total
        self._report = report

    def add(self, size: int) -> None:
        self._done = max(0, self._done + size)
        self._report(min(self._done, self._total), self._total)
