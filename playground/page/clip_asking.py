"""How the CLIP tab and its API ask a model: the same checks, the same way to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import gradio as gr
import numpy as np

from playground.cache import Progress
from playground.catalog import Entry
from playground.collection import Collection, Pictures
from playground.index import Index, Indexes
from playground.own.sources import Source
from playground.page.context import Context
from playground.page.widgets import status_html
from playground.page.work import Done, Status
from playground.search import Answer, Asker, Query, find, is_stored, read_count
from playground.visitors.notes import Note
from playground.visitors.numbers import read_choice
from playground.visitors.words import read_labels
from playground.zero_shot import Naming, is_naming_stored, name_picture, read_templates

R = TypeVar("R")
FAMILY = "clip"


@dataclass(frozen=True)
class ClipAsking:
    """The pictures, and what the models see in them."""

    ctx: Context
    collection: Collection
    indexes: Indexes

    @classmethod
    def of(cls, ctx: Context, collection: Collection) -> ClipAsking:
        """Everything for one page.

        Args:
            ctx: The page's context.
            collection: The pictures that are searched.
        """
        models_folder = ctx.settings.models_folder
        return cls(ctx, collection, Indexes(collection, ctx.cache, models_folder=models_folder))

    def entry(self, model: object) -> Entry:
        """Checks which model a person chose.

        Raises:
            PersonError: There is no such model.
        """
        entries = {entry.key: entry for entry in self.ctx.entries(FAMILY)}
        return entries[read_choice(model, name_key="page.model", choices=entries)]

    def find(
        self,
        request: gr.Request | None,
        query: Query,
        count: object,
        model: object,
        source: Source | None = None,
    ) -> Iterator[Status | Done[Answer]]:
        """Looks for pictures.

        Args:
            request: Who asks.
            query: A checked query.
            count: How many pictures, as it arrived.
            model: Which model, as it arrived.
            source: Where to look; None for the playground's pictures.

        Yields:
            News, then the answer.

        Raises:
            PersonError: Something that arrived cannot be used.
        """
        wanted = read_count(count)

        def job(index: Index, asker: Asker) -> Answer:
            return find(self.ctx.cache, index, query, count=wanted, asker=asker)

        return self.ask(request, model, job, lambda index: is_stored(index, query), source)

    def name(
        self,
        request: gr.Request | None,
        picture: np.ndarray | int,
        labels: object,
        templates: object,
        model: object,
    ) -> tuple[Iterator[Status | Done[Naming]], tuple[Note, ...]]:
        """Compares a picture with labels.

        Args:
            request: Who asks.
            picture: uint8 (H, W, 3), or a place in the collection.
            labels: As they arrived.
            templates: As they arrived.
            model: Which model, as it arrived.

        Returns:
            News and then the naming; and what the person is told about labels and templates.

        Raises:
            PersonError: Something that arrived cannot be used.
        """
        checked = read_labels(labels)
        texts, notes = read_templates(templates)

        def job(index: Index, asker: Asker) -> Naming:
            cache = self.ctx.cache
            return name_picture(cache, index, picture, checked.labels, texts, asker=asker)

        def needs_no_model(index: Index) -> bool:
            return is_naming_stored(index, picture, checked.labels, texts)

        return self.ask(request, model, job, needs_no_model), (*checked.notes, *notes)

    def told(
        self, request: gr.Request | None, news: Iterator[Status | Done[Any]], model: object
    ) -> Iterator[str | tuple[str, Any]]:
        """Puts news into status lines.

        Args:
            request: Who asked.
            news: What `find` or `name` gives.
            model: Which model, as it arrived.

        Yields:
            Status lines while the work goes on, then the last one together with the result.
        """
        ctx, entry = self.ctx, self.entry(model)
        try:
            for step in news:
                if isinstance(step, Status):
                    yield status_html(step.text, is_busy=True)
                    continue
                key = "stored" if step.value.is_from_store else "answered"
                milliseconds = max(1, round(1000 * step.seconds))
                said = ctx.say(
                    request,
                    f"clip_search.{key}",
                    model=entry.title,
                    milliseconds=milliseconds,
                    note=ctx.say(request, entry.note_key),
                )
                yield status_html(said), step.value
        except Exception:
            # The mistake is told by itself; the line must not go on saying that work goes on.
            yield status_html(ctx.say(request, "status.ready"))
            raise

    def stopped(self, request: gr.Request) -> str:
        """Returns the status line after somebody pressed Stop."""
        return status_html(self.ctx.say(request, "status.stopped"))

    def spread(self, count: int, collection: Pictures | None = None) -> range:
        """Returns up to `count` places of pictures, spread over the collection."""
        total = len((self.collection if collection is None else collection).pictures)
        return range(0, total, max(1, total // count))[:count]

    def ask(
        self,
        request: gr.Request | None,
        model: object,
        job: Callable[[Index, Asker], R],
        needs_no_model: Callable[[Index], bool],
        source: Source | None = None,
    ) -> Iterator[Status | Done[R]]:
        """Does a job on the collection's index, which is made first if need be.

        Args:
            request: Who asks.
            model: Which model, as it arrived.
            job: Gets the index and who asks.
            needs_no_model: Whether the index alone is enough.
            source: Whose index; None for the playground's pictures.

        Returns:
            News, then the result.

        Raises:
            PersonError: There is no such model.
        """
        item, visitor = self.entry(model), self.ctx.visitor(request)
        where: Source = source or self.indexes
        index = where.at_hand(item)
        if index is not None and needs_no_model(index):
            # At once and without a turn: a page that opens must not stand in its own way.
            began = time.monotonic()
            return iter([Done(job(index, Asker(visitor)), time.monotonic() - began)])

        def work(report: Callable[[Progress | Note], None], is_left: Callable[[], bool]) -> R:
            index = where.ensure(item, visitor=visitor, progress=report, cancel=is_left)
            return job(index, Asker(visitor, report, is_left))

        return self.ctx.work(request, work, title=item.title)

    def ask_at_hand(
        self,
        request: gr.Request | None,
        model: object,
        job: Callable[[Index | None, Asker], R],
        needs_no_model: Callable[[Index], bool],
    ) -> Iterator[Status | Done[R]]:
        """As `ask`, for a job that can do without an index: none is made for it.

        Args:
            request: Who asks.
            model: Which model, as it arrived.
            job: Gets the index, or None where it is not at hand, and who asks.
            needs_no_model: Whether the index alone is enough.

        Returns:
            News, then the result.

        Raises:
            PersonError: There is no such model.
        """
        item, visitor = self.entry(model), self.ctx.visitor(request)
        index = self.indexes.at_hand(item)
        if index is not None and needs_no_model(index):
            began = time.monotonic()
            return iter([Done(job(index, Asker(visitor)), time.monotonic() - began)])

        def work(report: Callable[[Progress | Note], None], is_left: Callable[[], bool]) -> R:
            return job(index, Asker(visitor, report, is_left))

        return self.ctx.work(request, work, title=item.title)
