"""A shelf as a collection: what search, grid and "send to" need to know of its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import overload

from playground.collection import StoredPicture
from playground.own.shelf import Shelf
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture


@dataclass(frozen=True)
class OwnPictures(Sequence[StoredPicture]):
    """The first pictures of a shelf as a collection.

    Attributes:
        shelf: Where they stand.
        length: How many of them.
    """

    shelf: Shelf
    length: int

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> StoredPicture: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[StoredPicture]: ...
    def __getitem__(self, place: int | slice) -> StoredPicture | Sequence[StoredPicture]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(self.length))]
        if not 0 <= place < self.length:
            raise IndexError(place)
        item = self.shelf.at(int(place))
        code = self.shelf.code_of(int(place))
        return StoredPicture(
            id=item.content_id,
            file=item.name,
            kind="own",
            alt=MappingProxyType({"en": item.name, "zh-Hant": item.name}),
            licence="",
            source="",
            address=f"own/{self.shelf.address_id}/{int(place)}-{code}.jpg",
        )

    @property
    def pictures(self) -> Sequence[StoredPicture]:
        """The pictures themselves."""
        return self

    def place_of(self, picture_id: object) -> int:
        """Finds a picture that a person named; `PersonError` if it is not there."""
        place = self.shelf.place_of(picture_id)
        if place >= self.length:
            raise PersonError("mistake.no_such_picture")
        return place

    def read(self, place: int) -> Picture:
        """Decodes the small copy of a picture."""
        return read_picture(self.shelf.at(place).preview)
