"""The pictures of the playground: what each shows, who may use it, where it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture

PICTURES = Path(__file__).parents[1] / "assets" / "pictures"


class BadManifest(ValueError):
    """The list of pictures cannot be used; says which entry and why."""


@dataclass(frozen=True)
class StoredPicture:
    """One picture of a collection.

    Attributes:
        id: Its name in results and links.
        file: File name relative to the collection's folder, with forward slashes.
        kind: What sort of picture it is, such as `"scene"` or `"photo"`.
        alt: What it shows, by language (`"en"`, `"zh-Hant"`).
        licence: What one may do with it.
        source: Where it came from: an address, or how it was made.
        address: Where the browser gets it, below the page's own address; "" for that of `file`
            among the playground's pictures.
    """

    id: str
    file: str
    kind: str
    alt: Mapping[str, str]
    licence: str
    source: str
    address: str = ""


class Pictures(Protocol):
    """Pictures in a fixed order that can be searched: the playground's, or somebody's own."""

    @property
    def pictures(self) -> Sequence[StoredPicture]:
        """The pictures; a place in this sequence is a row of an index."""

    def place_of(self, picture_id: object) -> int:
        """Finds a picture that a person named; raises `PersonError` if it is not there."""

    def read(self, place: int) -> Picture:
        """Decodes a picture; raises `PersonError` if it cannot be."""


@dataclass(frozen=True)
class Collection:
    """Pictures in a fixed order; N of them.

    Attributes:
        folder: Where the files lie.
        pictures: The pictures; a place in this tuple is a row of an index.
    """

    folder: Path
    pictures: tuple[StoredPicture, ...]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each picture by its id."""
        return MappingProxyType({item.id: place for place, item in enumerate(self.pictures)})

    @cached_property
    def digest(self) -> str:
        """SHA-256 over ids, order and contents: tells whether an index still fits."""
        total = hashlib.sha256()
        for item in self.pictures:
            total.update(f"{item.id}\n".encode())
            total.update(hashlib.sha256(self.path_of(item).read_bytes()).digest())
        return total.hexdigest()

    def place_of(self, picture_id: object) -> int:
        """Finds a picture that a person named.

        Raises:
            PersonError: `mistake.no_such_picture`.
        """
        place = self.places.get(picture_id) if isinstance(picture_id, str) else None
        if place is None:
            raise PersonError("mistake.no_such_picture")
        return place

    def path_of(self, item: StoredPicture) -> Path:
        """Returns the file of a picture."""
        return self.folder / item.file

    def read(self, place: int) -> Picture:
        """Decodes a picture, as every picture of a visitor is decoded.

        Args:
            place: 0 to N - 1.

        Raises:
            PersonError: The file is damaged.
        """
        return read_picture(self.path_of(self.pictures[place]))

    def pixels(self, place: int) -> np.ndarray:
        """Returns a picture's pixels: uint8 (H, W, 3), RGB."""
        return self.read(place).pixels


def read_collection(folder: Path = PICTURES) -> Collection:
    """Reads `manifest.json` of a folder of pictures.

    Args:
        folder: Holds the manifest, a list of objects with the fields of `StoredPicture`, and the
            files it names.

    Returns:
        The collection in the order of the manifest. Files are not opened yet.

    Raises:
        BadManifest: No such list, a field is missing, an id stands twice, or a file lies outside.
    """
    try:
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadManifest(f"{folder.name}/manifest.json: {type(error).__name__}") from error
    if not isinstance(rows, list):
        raise BadManifest(f"{folder.name}/manifest.json is no list")
    pictures = tuple(_stored_picture(row, place) for place, row in enumerate(rows))
    if len({item.id for item in pictures}) != len(pictures):
        raise BadManifest("an id stands twice")
    return Collection(folder, pictures)


def _stored_picture(row: Any, place: int) -> StoredPicture:
    try:
        texts = [str(row[name]) for name in ("id", "file", "kind", "licence", "source")]
        alt = {language: str(row["alt"][language]) for language in ("en", "zh-Hant")}
    except (KeyError, TypeError) as error:
        raise BadManifest(f"entry {place}: {error}") from error
    picture_id, file, kind, licence, source = texts
    if not picture_id or Path(file).is_absolute() or ".." in Path(file).parts:
        raise BadManifest(f"entry {place}: {file}")
    return StoredPicture(picture_id, file, kind, MappingProxyType(alt), licence, source)
