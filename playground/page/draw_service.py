"""Text to image behind the page: models, the drawings of each visit, and those that ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import gradio as gr

from playground.cache.host_memory import available_bytes
from playground.collection import Collection
from playground.drawing.artist import Artist
from playground.drawing.drawn import Drawn
from playground.drawing.gallery import EXPIRED, Gallery
from playground.drawing.safety import CHECKER, Safety
from playground.drawing.stored import StoredDrawing, read_all
from playground.entries import Entry
from playground.fingerprints import Fingerprints
from playground.page.context import Context
from playground.page.draw_compare_kept import CompareKept
from playground.page.draw_visits import Visits
from playground.page.server_functions import ServerFunctions
from playground.visitors.errors import PersonError
from playground.visitors.numbers import read_choice

FAMILY = "diffusion"
GIGABYTE = 1e9


@dataclass
class DrawService:
    """Everything that the tab, its drawer, its comparing and its events for programs ask.

    Attributes:
        ctx: The page's context.
        collection: Where the pictures of the playground are.
        gallery: The visitors' drawings.
        compared: The pictures of their comparisons, and of those that ship.
        visits: Pictures to start from, what is being drawn, what each visitor reads.
        comparing: What is being compared.
    """

    ctx: Context
    collection: Collection
    gallery: Gallery = field(default_factory=Gallery)
    compared: CompareKept = field(default_factory=CompareKept)
    visits: Visits = field(default_factory=Visits)
    comparing: Visits = field(default_factory=Visits)

    @cached_property
    def artist(self) -> Artist:
        """Draws."""
        guard = Safety(self.ctx.cache) if self.ctx.settings.safety else None
        return Artist(self.ctx.cache, self.fingerprints, guard)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """Which files each model has."""
        return Fingerprints(self.ctx.settings.models_folder)

    @cached_property
    def functions(self) -> ServerFunctions:
        """Makes server functions that answer in the language of the visitor."""
        return ServerFunctions(
            self.ctx.languages, self.visits.language_of, "draw.mistake.form", EXPIRED
        )

    @cached_property
    def stored(self) -> Mapping[str, StoredDrawing]:
        """The drawings that ship, by id; none of those that other files of the model made."""
        items = [item for item in self.items() if item.is_built_in]
        return read_all({item.key: self.fingerprints.of(item) for item in items})

    def items(self) -> list[Entry]:
        """Returns the models that draw; those on this machine come first."""
        entries = [item for item in self.ctx.entries(FAMILY) if item.drawing is not None]
        return sorted(entries, key=lambda item: not self.ctx.is_on_disk(item))

    def item(self, model: object) -> Entry:
        """Checks which model a person chose.

        Raises:
            PersonError: There is no such model.
        """
        entries = {item.key: item for item in self.items()}
        return entries[read_choice(model, name_key="page.model", choices=entries)]

    def ready(self, model: object) -> Entry:
        """Checks which model a person wants to draw with, and that its files are here.

        The safety checker is looked for first when something is drawn, so a person would be told of
        that alone.

        Raises:
            PersonError: `draw.mistake.away`: it, or it and the checker, have to be downloaded.
        """
        item = self.item(model)
        missing = [one for one in (item, self._checker_of(item)) if one and not self._comes(one)]
        if item not in missing:
            return item
        names = " + ".join(one.title for one in missing)
        raise PersonError("draw.mistake.away", {"model": item.title, "names": names})

    def reason_against(self, request: gr.Request | None, item: Entry) -> str:
        """Says why a model cannot run on this machine now; "" if it can."""
        free = available_bytes()
        if free is None or free >= item.least_memory_bytes or self._is_built(item):
            return ""
        values = {
            "needed": round(item.least_memory_bytes / GIGABYTE, 1),
            "free": round(free / GIGABYTE, 1),
        }
        return self.ctx.say(request, "mistake.hub.memory", model=item.title, **values)

    def _checker_of(self, item: Entry) -> Entry | None:
        """What looks at a model's pictures before they are shown."""
        if not self.artist.watches(item):
            return None
        return next((one for one in self.ctx.catalog if one.key == CHECKER), None)

    def _comes(self, item: Entry) -> bool:
        """Whether a model is here, or is fetched as soon as it is asked for."""
        return self.ctx.is_on_disk(item) or self.ctx.store.is_agreed(item)

    def _is_built(self, item: Entry) -> bool:
        """Whether all parts are in memory, so that what is free need not hold them again."""
        cold = {row.key for row in self.ctx.cache.rows() if row.state == "cold"}
        return not cold & set(item.parts)

    def drawn_of(self, drawing_id: object, visitor: str) -> Drawn:
        """Finds a drawing of a visitor, or one that ships.

        Args:
            drawing_id: As it arrived.
            visitor: Who sent it.

        Raises:
            PersonError: `draw.mistake.expired` for one that is unknown, forgotten or another
                visitor's: they cannot be told apart.
        """
        if not isinstance(drawing_id, str):
            raise PersonError(EXPIRED)
        found = self.stored.get(drawing_id)
        return found.drawn if found is not None else self.gallery.drawn_of(drawing_id, visitor)

    def forget(self, visitor: str) -> None:
        """Lets go of everything of a visitor; what is being drawn ends, and is not kept."""
        self.visits.forget(visitor)
        self.comparing.forget(visitor)
        self.artist.forget([*self.gallery.forget(visitor), *self.compared.forget(visitor)])
