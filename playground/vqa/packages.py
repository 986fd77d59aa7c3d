"""The files of a question set: sent one by one, in a ZIP, or in a folder of this machine.

A ZIP is read in memory, a file at a time, and never unpacked to the disk.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from playground.visitors.errors import PersonError

MOST_FILES = 25_000
# What one file may hold once it is unpacked: a picture as large as the door lets in, or the
# 25 megabytes of ScienceQA's problems.json and room to spare.
MOST_FILE_BYTES = 64_000_000
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True)
class Package:
    """Files by their names, with "/" between folders.

    Attributes:
        names: Every name; of a folder only those that were asked for.
        read: Gives a file's bytes by its name; raises `PersonError` or `KeyError`.
        has: Whether there is a file of this very name.
    """

    names: tuple[str, ...]
    read: Callable[[str], bytes]
    has: Callable[[str], bool]


class Finder:
    """Finds the files that a question file names, whichever folder a package put them in."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._by_last: dict[str, list[str]] = {}
        for name in package.names:
            self._by_last.setdefault(_last(name), []).append(name)

    def find(self, wanted: str) -> str | None:
        """Returns the full name of a file.

        A name matches as it stands, else below a folder of the package; whichever case its
        letters have.

        Args:
            wanted: As a question file writes it.
        """
        wanted = wanted.replace("\\", "/").removeprefix("./")
        if self._package.has(wanted):
            return wanted
        end = f"/{wanted}".casefold()
        found = [
            n for n in self._by_last.get(_last(wanted), ()) if f"/{n}".casefold().endswith(end)
        ]
        return min(found, key=lambda name: (name.count("/"), name)) if found else None


def files_package(files: Mapping[str, Path]) -> Package:
    """Makes a package of files that a visitor sent; a lone ZIP is looked into.

    Args:
        files: Paths by the names that the visitor's files have.

    Raises:
        PersonError: `vqa.mistake.files_none`, `vqa.mistake.zip`, and those of `zip_package`.
    """
    if not files:
        raise PersonError("vqa.mistake.files_none")
    if len(files) == 1:
        ((name, path),) = files.items()
        if name.lower().endswith(".zip"):
            return zip_package(_bytes(path))
    return Package(tuple(files), lambda name: _bytes(files[name]), files.__contains__)


def zip_package(data: bytes) -> Package:
    """Opens a ZIP that is held in memory.

    Raises:
        PersonError: `vqa.mistake.zip`, `vqa.mistake.zip_many`, `vqa.mistake.zip_locked`.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = [info for info in archive.infolist() if not info.is_dir()]
    except _BROKEN as error:
        raise PersonError("vqa.mistake.zip") from error
    if len(infos) > MOST_FILES:
        raise PersonError("vqa.mistake.zip_many", {"most": MOST_FILES})
    if any(info.flag_bits & 1 for info in infos):
        raise PersonError("vqa.mistake.zip_locked")
    # What a Mac adds, and names that lead out of the folder, are nobody's picture.
    kept = {
        info.filename: info
        for info in infos
        if ".." not in PurePosixPath(info.filename).parts and "__MACOSX" not in info.filename
    }

    def read(name: str) -> bytes:
        try:
            # The size that the archive tells is not believed.
            with archive.open(kept[name]) as file:
                content = file.read(MOST_FILE_BYTES + 1)
        except _BROKEN as error:
            raise PersonError("vqa.mistake.zip") from error
        if len(content) > MOST_FILE_BYTES:
            raise PersonError("vqa.mistake.zip_large", {"file": name[:80]})
        return content

    return Package(tuple(kept), read, kept.__contains__)


def folder_package(folder: Path, wanted: tuple[str, ...]) -> Package:
    """Names some files of a folder that whoever runs the playground set.

    Args:
        folder: The folder.
        wanted: Names that are looked for at its top; pictures are found by `read` alone, so that
            ten thousand of them need not be listed.

    Raises:
        PersonError: `vqa.mistake.folder`.
    """
    top = folder.expanduser()
    if not top.is_dir():
        raise PersonError("vqa.mistake.folder")

    def path_of(name: str) -> Path:
        parts = PurePosixPath(name).parts
        if ".." in parts or PurePosixPath(name).is_absolute():
            raise KeyError(name)
        return top.joinpath(*parts)

    def has(name: str) -> bool:
        try:
            return path_of(name).is_file()
        except (KeyError, OSError, ValueError):
            return False

    return Package(tuple(filter(has, wanted)), lambda name: _bytes(path_of(name)), has)


def _bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PersonError("mistake.file_gone")
        with path.open("rb") as file:
            content = file.read(MOST_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise PersonError("mistake.file_gone") from error
    if len(content) > MOST_FILE_BYTES:
        raise PersonError("vqa.mistake.zip_large", {"file": path.name[:80]})
    return content


def _last(name: str) -> str:
    return name.rpartition("/")[2].casefold()
