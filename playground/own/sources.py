"""What can be searched: the playground's pictures, one's own, or an operator's collection."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, overload

from playground.cache import Cache
from playground.collection import Pictures, StoredPicture
from playground.entries import Entry
from playground.index import Index, fingerprint
from playground.own.graph import SUFFIX as GRAPH_SUFFIX
from playground.own.graph import Graph, sha256_of
from playground.own.indexing import catch_up
from playground.own.pictures import OwnPictures
from playground.own.portable import Portable, open_portable
from playground.own.shelf import Progress, Shelf
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture, read_picture

NO_TEXTS: MappingProxyType[str, Any] = MappingProxyType({})


class Source(Protocol):
    """Pictures and what each model sees in them."""

    @property
    def collection(self) -> Pictures:
        """The pictures."""

    def at_hand(self, item: Entry) -> Index | None:
        """Returns the index of a model if it need not be made."""

    def ensure(
        self,
        item: Entry,
        *,
        visitor: str = "",
        progress: Callable[[Any], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> Index:
        """Returns the index of a model, making it first if need be."""


@dataclass(frozen=True)
class ShelfSource:
    """A visitor's own pictures, as far as they are indexed.

    Attributes:
        shelf: The visitor's.
        cache: Where the models are.
    """

    shelf: Shelf
    cache: Cache

    @property
    def collection(self) -> Pictures:
        """The pictures that are there now."""
        return OwnPictures(self.shelf, self.shelf.progress().pictures)

    def at_hand(self, item: Entry) -> Index | None:
        """Returns the index if the model has seen every picture that is there.

        Raises:
            PersonError: `mistake.own.empty`.
        """
        progress = self.shelf.progress(item.key)
        if not progress.pictures:
            raise PersonError("mistake.own.empty")
        seen = self.shelf.seen_by(item.key)
        if seen is None or progress.indexed < progress.pictures:
            return None
        vectors, scale, bias = seen
        return Index(item.key, "", "", vectors, scale, NO_TEXTS, NO_TEXTS, bias)

    def ensure(
        self,
        item: Entry,
        *,
        visitor: str = "",
        progress: Callable[[Any], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> Index:
        """Lets the model see the pictures that it has not seen, from their small copies.

        Raises:
            CacheError: The model cannot be had, or `cancel` said so.
            PersonError: `mistake.own.empty`.
        """

        def tell(news: Any) -> None:
            if progress is None:
                return
            if isinstance(news, Progress):
                values = {"done": news.indexed, "total": news.pictures}
                news = Note("note.clip_search.indexed", values)
            progress(news)

        found = self.at_hand(item)
        while found is None:
            catch_up(
                self.shelf,
                self.cache,
                item,
                visitor=visitor,
                tell=tell,
                is_left=cancel or (lambda: False),
            )
            # Another model may have added pictures meanwhile.
            found = self.at_hand(item)
        return found


@dataclass(frozen=True)
class FixedPictures(Sequence[StoredPicture]):
    """An operator's collection, read from its file picture by picture.

    Attributes:
        file_id: Stands in the addresses of its pictures.
        portable: The opened file.
    """

    file_id: str
    portable: Portable

    def __len__(self) -> int:
        return len(self.portable)

    @overload
    def __getitem__(self, place: int) -> StoredPicture: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[StoredPicture]: ...
    def __getitem__(self, place: int | slice) -> StoredPicture | Sequence[StoredPicture]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        name = self.portable.picture(int(place)).name
        return StoredPicture(
            id=str(int(place)),
            file=name,
            kind="collection",
            alt=MappingProxyType({"en": name, "zh-Hant": name}),
            licence="",
            source="",
            address=f"own/{self.file_id}/{int(place)}-all.jpg",
        )

    @property
    def pictures(self) -> Sequence[StoredPicture]:
        """The pictures themselves."""
        return self

    def place_of(self, picture_id: object) -> int:
        """Finds a picture by its number; `PersonError` if it is not there."""
        if isinstance(picture_id, str) and picture_id.isascii() and picture_id.isdecimal():
            place = int(picture_id[:12])
            if place < len(self):
                return place
        raise PersonError("mistake.no_such_picture")

    def read(self, place: int) -> Picture:
        """Decodes the small copy of a picture."""
        return read_picture(self.portable.picture(place).preview)


@dataclass(frozen=True)
class FixedSource:
    """An operator's collection, for the model that it was made with.

    Attributes:
        file: Where it lies.
        models_folder: The setting of this name.
    """

    file: Path
    models_folder: str = ""

    @property
    def title(self) -> str:
        """What people read: the name of the file."""
        return self.file.name.removesuffix(self.file.suffix)

    @property
    def file_id(self) -> str:
        """Stands for the file on the page."""
        return hashlib.sha256(str(self.file).encode()).hexdigest()[:12]

    @cached_property
    def portable(self) -> Portable:
        """The opened file; raises as `open_portable` does."""
        return open_portable(self.file)

    @property
    def collection(self) -> Pictures:
        """The pictures."""
        return FixedPictures(self.file_id, self.portable)

    @cached_property
    def graph(self) -> Graph | None:
        """The graph beside the file; raises `PersonError` if it is another one."""
        told = self.portable.about.graph_sha256
        if not told:
            return None
        file = self.file.with_suffix(GRAPH_SUFFIX)
        if not file.is_file() or sha256_of(file) != told:
            raise PersonError("mistake.own.file_broken")
        return Graph(file, self.portable.vectors)

    def at_hand(self, item: Entry) -> Index | None:
        """Returns the index, if the file was made with this very model.

        Raises:
            PersonError: `mistake.own.other_model`, `mistake.own.file_broken`.
        """
        about = self.portable.about
        if about.model_key != item.key or about.fingerprint != self._fingerprint(item):
            raise PersonError("mistake.own.other_model", {"model": about.model_key})
        return Index(
            item.key,
            about.fingerprint,
            "",
            self.portable.vectors,
            about.logit_scale,
            NO_TEXTS,
            NO_TEXTS,
            about.logit_bias,
            self.graph,
        )

    def ensure(self, item: Entry, **_: Any) -> Index:
        """Returns the index; nothing is ever made."""
        found = self.at_hand(item)
        assert found is not None, "an operator's index is there or refused"
        return found

    @cached_property
    def _fingerprints(self) -> dict[str, str]:
        return {}

    def _fingerprint(self, item: Entry) -> str:
        if item.key not in self._fingerprints:
            self._fingerprints[item.key] = fingerprint(item, self.models_folder)
        return self._fingerprints[item.key]
