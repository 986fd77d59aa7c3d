"""How a picture comes to the stage: encoded, shown, and then looked over by the model itself."""

from __future__ import annotations

import html
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from playground.cache import Cancelled
from playground.entries import Entry
from playground.page.languages import language_of
from playground.page.progress import in_words
from playground.page.segment_service import FAMILY, SegmentService
from playground.page.segment_values import (
    empty_value,
    picture_value,
    progress_value,
)
from playground.page.shown_picture import plain_name
from playground.page.widgets import status_html
from playground.page.work import Done, Status, Work
from playground.segmenting.store import Kept, Visit
from playground.segmenting.stored import EXAMPLES
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture

Steps = Iterator[tuple[Any, ...]]
# Visitors whose newest picture is remembered; one more is no harm, its grid is only not ended.
MOST_VISITORS = 1000


@dataclass(frozen=True)
class Opening:
    """Each function yields canvas, status and notes."""

    service: SegmentService
    _newest: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def first(self, request: gr.Request) -> Steps:
        """What the tab opens on: an example that was encoded beforehand, before any model."""
        ctx, collection = self.service.ctx, self.service.collection
        place = collection.places.get(EXAMPLES[0])
        item = ctx.entries(FAMILY)[0]
        picture = None if place is None else collection.read(place)
        if picture is None or self.service.at_hand(picture, item) is None:
            said = status_html(ctx.say(request, "sam_segment.choose"))
            yield empty_value(ctx, request, picture=None), said, ""
            return
        yield from self.example(request, EXAMPLES[0], item.key)

    def file(self, request: gr.Request, path: str | None, model: object) -> Steps:
        """Open a file that a visitor chose, dropped or pasted.

        Args:
            request: Who asks.
            path: Where Gradio put it.
            model: Which model, as it arrived.
        """

        def read() -> Picture:
            if path is None:
                raise PersonError("mistake.picture.missing")
            return read_picture(Path(path))

        yield from self._told(request, read, model, plain_name(path))

    def example(self, request: gr.Request, picture_id: str | None, model: object) -> Steps:
        """Open one of the playground's pictures.

        Args:
            request: Who asks.
            picture_id: Which, as it arrived.
            model: Which model, as it arrived.
        """
        collection = self.service.collection

        def read() -> Picture:
            return collection.read(collection.place_of(picture_id))

        place = collection.places.get(picture_id or "")
        alt, name = "", ""
        if place is not None:
            item = collection.pictures[place]
            alt, name = item.alt[language_of(request)], f"assets/pictures/{item.file}"
        yield from self._told(request, read, model, name, alt=alt)

    def picture(self, request: gr.Request, picture: Picture, model: object, name: str) -> Steps:
        """Open a picture that is here already.

        Args:
            request: Who asks.
            picture: The picture.
            model: Which model, as it arrived.
            name: Name of its file.
        """
        yield from self._told(request, lambda: picture, model, name)

    def _told(
        self,
        request: gr.Request,
        read: Callable[[], Picture],
        model: object,
        name: str,
        alt: str = "",
    ) -> Steps:
        """As `_open`; a mistake is also told to the stage, which goes back to what it showed."""
        ctx = self.service.ctx
        try:
            yield from self._open(request, read, model, name, alt)
        except Exception as error:
            told = ctx.mistake(error)
            idle = status_html(ctx.say(request, "status.ready"))
            yield empty_value(ctx, request, error=told.message), idle, gr.skip()
            raise told from None

    def _open(
        self,
        request: gr.Request,
        read: Callable[[], Picture],
        model: object,
        name: str,
        alt: str,
    ) -> Steps:
        ctx, service = self.service.ctx, self.service
        item, picture = service.entry(model), read()
        # Only now: a file that cannot be read must not end the grid of the picture before it.
        is_newest = self._begin(ctx.visitor(request))
        kept = service.at_hand(picture, item)
        if kept is None:
            for step in ctx.work(request, self._encoding(request, picture, item), title=item.title):
                if isinstance(step, Status):
                    yield gr.skip(), status_html(step.text, is_busy=True), gr.skip()
                else:
                    kept = step.value
        assert kept is not None, "the work ends with a picture or an error"
        language, visitor = language_of(request), ctx.visitor(request)
        visit = service.store.visit(visitor, kept, language=language, name=name)
        said = alt or ctx.say(request, "sam_segment.alt", name=Path(name).name)
        value = picture_value(ctx, request, visit, said, is_example=bool(alt))
        ready = self._ready(request, kept)
        yield value, ready, html.escape(ctx.say_notes(request, picture.notes))
        yield from self._grow(request, visit, ready, is_newest)

    def _encoding(self, request: gr.Request, picture: Picture, item: Entry) -> Any:
        visitor = self.service.ctx.visitor(request)

        def job(report: Any, is_left: Any) -> Kept:
            return self.service.encode(picture, item, visitor, report, is_left)

        return job

    def _grow(
        self, request: gr.Request, visit: Visit, ready: str, is_newest: Callable[[], bool]
    ) -> Steps:
        """Look for things everywhere, until done or until the visitor opens another picture."""
        ctx, service, kept = self.service.ctx, self.service, visit.kept
        if kept.is_grown:
            return

        def job(report: Any, is_left: Any) -> Kept | None:
            def is_over() -> bool:
                return is_left() or not is_newest()

            try:
                return service.grow(kept, visit.visitor, report, is_over)
            except Cancelled:
                return None

        language, told = language_of(request), 0
        work = Work(service.grid_turns, visit.visitor, job)
        for step in work.run(lambda news: in_words(news, ctx.languages, language, "")):
            if not is_newest():
                return
            has_news = len(kept.proposals) > told
            told = len(kept.proposals)
            value = progress_value(ctx, request, visit) if has_news else gr.skip()
            if isinstance(step, Done):
                yield progress_value(ctx, request, visit), ready, gr.skip()
            else:
                yield value, status_html(step.text, is_busy=True), gr.skip()

    def _begin(self, visitor: str) -> Callable[[], bool]:
        """Says that this visitor's newest picture is being opened; the grids of others end.

        Returns:
            Whether it still is the newest.
        """
        mine = secrets.token_hex(8)
        with self._lock:
            self._newest.pop(visitor, None)
            self._newest[visitor] = mine
            while len(self._newest) > MOST_VISITORS:
                del self._newest[next(iter(self._newest))]
        return lambda: self._newest.get(visitor) == mine

    def _ready(self, request: gr.Request, kept: Kept) -> str:
        ctx, item = self.service.ctx, kept.item
        said = ctx.say(
            request,
            "sam_segment.encoded" if kept.seconds else "sam_segment.stored",
            model=item.title,
            seconds=f"{kept.seconds:.1f}",
            note=ctx.say(request, item.note_key),
        )
        return status_html(said)
