"""How much memory this process may use, containers included. No torch."""

from __future__ import annotations

import os
from pathlib import Path

_UNLIMITED = 1 << 60
_FALLBACK_BYTES = 8 << 30  # where the system does not tell: the smallest usual laptop

_CGROUP = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")
_MEMINFO = Path("/proc/meminfo")


def limit_bytes(
    *, cgroup: Path = _CGROUP, own_cgroup: Path = _OWN_CGROUP, meminfo: Path = _MEMINFO
) -> int:
    """The least of the physical memory and the limits of the control groups this process is in.

    Source: Linux kernel documentation, "Control Group v2", section Memory, ``memory.max``; v1:
    "Memory Resource Controller", ``memory.limit_in_bytes``.
    """
    limits: list[int | None] = [_physical_bytes(meminfo)]
    for folder in _folders(cgroup, own_cgroup):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limits.append(_number(folder / name))
    return min(limit for limit in limits if limit is not None)


def available_bytes(
    *, cgroup: Path = _CGROUP, own_cgroup: Path = _OWN_CGROUP, meminfo: Path = _MEMINFO
) -> int | None:
    """What could still be taken without swapping: page cache counts as free. None: not told."""
    found = [_meminfo(meminfo, "MemAvailable")]
    for folder in _folders(cgroup, own_cgroup):
        for limit_name, used_name in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit, used = _number(folder / limit_name), _number(folder / used_name)
            if limit is not None and limit < _UNLIMITED and used is not None:
                found.append(max(0, limit - used + _file_bytes(folder / "memory.stat")))
    known = [size for size in found if size is not None]
    return min(known) if known else None


def _folders(cgroup: Path, own_cgroup: Path) -> list[Path]:
    """Folders of the groups of this process, up to the root; a parent's limit holds as well."""
    folders = [cgroup, cgroup / "memory"]
    try:
        lines = own_cgroup.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return folders
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root = cgroup / "memory" if controllers else cgroup
        inside = Path(path.lstrip("/"))
        folders += [root / up for up in (inside, *inside.parents) if ".." not in up.parts]
    return list(dict.fromkeys(folders))


def _physical_bytes(meminfo: Path) -> int:
    told = _meminfo(meminfo, "MemTotal")
    if told is not None:
        return told
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return _FALLBACK_BYTES


def _meminfo(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return None


def _file_bytes(stat: Path) -> int:
    """Page cache in the group: it is given up before anybody is killed."""
    try:
        lines = stat.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    told = dict(line.split(" ", 1) for line in lines if " " in line)
    return int(told.get("active_file", 0)) + int(told.get("inactive_file", 0))


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
