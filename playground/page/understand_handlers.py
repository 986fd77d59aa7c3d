"""What happens in "Understand" when somebody does something. Each yields: stage, status, notes."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from playground.index import STORED, Index
from playground.page.canvas import text_in
from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.languages import current_request, language_of
from playground.page.own_pictures import PLAYGROUND, place_title, source_of
from playground.page.recipe_bar import recipe_value
from playground.page.search_view import cut_notes
from playground.page.shown_picture import plain_name
from playground.page.understand_canvas import MOST_TEXT, Asked
from playground.page.understand_values import (
    known_value,
    map_value,
    matrix_value,
    matter_value,
    offered_value,
    thumb_address,
    told,
    where_value,
    why_settings,
)
from playground.page.widgets import status_html
from playground.page.work import Done, Status
from playground.search import Asker
from playground.understanding.added import AddedPictures
from playground.understanding.asked import Matter, read_chart, read_matter, read_sentence
from playground.understanding.flat_map import FlatMap, is_map_stored, make_map
from playground.understanding.matrix import Matrix, is_matrix_stored, make_matrix
from playground.understanding.recipe import read_recipe
from playground.understanding.stored import PICTURE, PICTURES, read_where, where_file
from playground.understanding.where import Where, find_where
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture, read_picture
from playground.visitors.sessions import Session
from playground.visitors.words import read_labels

Shown = Iterator[tuple[Any, ...]]
# What a finished job gives: fields of the stage's value, and what the person is told.
Finished = tuple[dict[str, Any], tuple[Note, ...]]
Begun = tuple[Iterator[Status | Done[Any]], Callable[[Any], Finished]]


@dataclass(frozen=True)
class UnderstandHandlers:
    """The handlers of one page.

    Attributes:
        asking: The pictures, and what the models see in them.
        added: Pictures that visitors added.
        stored: Folder of what was made beforehand.
    """

    asking: ClipAsking
    added: AddedPictures
    stored: Path = STORED

    def look(self, asked: Asked, model: str, request: gr.Request) -> Shown:
        """Compare pictures with texts."""
        yield from self._run(asked, model, request, lambda: self._look(asked, model, request))

    def chart(self, asked: Asked, model: str, where: str, request: gr.Request) -> Shown:
        """Draw the space, with the pictures of the place that is searched."""
        yield from self._run(
            asked, model, request, lambda: self._chart(asked, model, where, request)
        )

    def where(self, asked: Asked, model: str, request: gr.Request) -> Shown:
        """Map a sentence onto a picture."""
        yield from self._run(asked, model, request, lambda: self._where(asked, model, request))

    def bring(self, asked: Asked, model: str, request: gr.Request) -> Shown:
        """Take a visitor's own picture into the matrix."""
        try:
            if asked.file is None:
                raise PersonError("mistake.picture.missing")
            yield self._added(read_picture(Path(asked.file)), asked, request)
        except Exception as error:
            yield from self._refused(asked, request, error)

    def reopen(self, recipe: Any, request: gr.Request) -> Shown:
        """Show the view of a recipe again: stage, status, notes, model."""
        keys = [entry.key for entry in self.asking.ctx.entries(FAMILY)]
        here = {
            *self.asking.collection.places,
            *self.added.ids_of(self.asking.ctx.visitor(request)),
        }
        instead = self._example(request).pictures
        settings, notes = read_recipe(recipe, keys, here, instead=instead)
        asked, model = Asked(fields=settings), settings["model"]
        # Another picture than the one that was meant is looked into only when somebody asks.
        waits = recipe.get("picture", settings["picture"]) != settings["picture"]
        note = self.asking.ctx.say_notes(request, notes)

        def begin() -> Begun:
            return self._opened(asked, model, request, settings, note=note, waits=waits)

        for shown in self._run(asked, model, request, begin):
            yield (*shown, model)

    def why(
        self, chosen: str | None, words: str, model: str, where: str, request: gr.Request
    ) -> Shown:
        """Look into a picture that a search has found: stage, status, notes, model."""
        source = source_of(self.asking, request, where)
        place = source.collection.place_of(chosen)
        known = []
        picture_id = source.collection.pictures[place].id
        if where != PLAYGROUND:
            picture = source.collection.read(place)
            picture_id = self.added.add(picture, self.asking.ctx.visitor(request))
            name = source.collection.pictures[place].alt[language_of(request)]
            known.append([picture_id, thumb_address(picture), name])
        settings = why_settings(matter_value(self._example(request)), picture_id, words)
        asked = Asked(fields=settings)

        def begin() -> Begun:
            return self._opened(asked, model, request, settings, known=known, focus=True)

        for shown in self._run(asked, model, request, begin):
            yield (*shown, model)

    def first(self, request: gr.Request) -> Shown:
        """What the mode opens on, made beforehand: stage, status, notes, recipe."""
        ctx, collection = self.asking.ctx, self.asking.collection
        entry, language = ctx.entries(FAMILY)[0], language_of(request)
        matter = self._example(request)
        found = [collection.places[name] for name in matter.pictures]
        others = self._others(request)
        more: dict[str, Any] = {
            "offered": offered_value(collection, language),
            "matter": matter_value(matter),
            "model": entry.key,
            "example": {
                "picture": PICTURE if PICTURE in collection.places else "",
                "sentence": ctx.say(request, "understand.example.sentence"),
            },
        }
        said = ctx.say(request, "status.ready")
        index = self.asking.indexes.at_hand(entry)
        if index is not None and is_matrix_stored(index, matter, found, others):
            matrix = make_matrix(
                ctx.cache, entry.key, index, collection, matter, found, others, asker=Asker()
            )
            more["matrix"] = matrix_value(matrix)
            where = read_where(
                self.stored / where_file(entry.key), language, fingerprint=index.fingerprint
            )
            if where is not None:
                more["where"] = where_value(where, PICTURE)
            note = ctx.say(request, entry.note_key)
            said = ctx.say(
                request, "clip_search.stored", model=entry.title, milliseconds=1, note=note
            )
        yield told(ctx, request, **more), status_html(said), "", recipe_value(ctx, request)

    def chosen_picture(self, _session: Session, asked: Asked) -> Picture:
        """The picture that is sent on: the one whose row, or map, was chosen last."""
        name = text_in(asked.fields.get("chosen"), MOST_TEXT)
        found = self.added.find(name, self.asking.ctx.visitor(current_request()))
        return self.asking.collection.read(found) if isinstance(found, int) else read_picture(found)

    def stopped(self, asked: Asked, request: gr.Request) -> tuple[Any, ...]:
        """After somebody pressed Stop."""
        ctx = self.asking.ctx
        said = status_html(ctx.say(request, "status.stopped"))
        return told(ctx, request, seq=asked.seq, stopped=True), said, ""

    def forget(self, request: gr.Request) -> None:
        """Let go of what a visitor added who has left."""
        self.added.forget(self.asking.ctx.visitor(request))

    def _opened(
        self,
        asked: Asked,
        model: str,
        request: gr.Request,
        settings: Mapping[str, Any],
        **more: Any,
    ) -> Begun:
        """A look that sets the whole stage, which may not have been open yet."""
        news, finish = self._look(asked, model, request)

        def finish_opened(matrix: Matrix) -> Finished:
            fields, notes = finish(matrix)
            # What a stage began with that was not open is lost.
            offered = offered_value(self.asking.collection, language_of(request))
            return {"offered": offered, "settings": dict(settings), **more, **fields}, notes

        return news, finish_opened

    def _look(self, asked: Asked, model: str, request: gr.Request) -> Begun:
        matter, notes = read_matter(asked.fields)
        found, others = self._found(matter, request), self._others(request)
        ctx, collection = self.asking.ctx, self.asking.collection
        key = self.asking.entry(model).key

        def job(index: Index | None, asker: Asker) -> Matrix:
            return make_matrix(
                ctx.cache, key, index, collection, matter, found, others, asker=asker
            )

        def finish(matrix: Matrix) -> Finished:
            fields = {"matrix": matrix_value(matrix), "matter": matter_value(matter)}
            return fields, (*notes, *cut_notes(matrix.tokens))

        news = self.asking.ask_at_hand(
            request, model, job, lambda index: is_matrix_stored(index, matter, found, others)
        )
        return news, finish

    def _chart(self, asked: Asked, model: str, where: str, request: gr.Request) -> Begun:
        chart = read_chart(asked.fields)
        matter, notes = read_matter(asked.fields)
        found = self._found(matter, request)
        cache, collection = self.asking.ctx.cache, self.asking.collection
        source = source_of(self.asking, request, where)
        if where != PLAYGROUND:
            # Among the pictures of another place, the playground's own are strangers.
            found = [collection.pixels(one) if isinstance(one, int) else one for one in found]

        def job(index: Index, asker: Asker) -> FlatMap:
            return make_map(cache, index, collection, matter, chart, found, asker=asker)

        def finish(flat: FlatMap) -> Finished:
            drawn = source.collection
            flat_map = map_value(flat, drawn, chart.view, chart.ends)
            known: list[list[str]] = []
            if where != PLAYGROUND:
                known = known_value(flat, drawn, language_of(request))
                flat_map["of"] = place_title(self.asking.ctx, request, where)
            return {"map": flat_map, "known": known}, notes

        news = self.asking.ask(
            request, model, job, lambda index: is_map_stored(index, matter, chart, found), source
        )
        return news, finish

    def _where(self, asked: Asked, model: str, request: gr.Request) -> Begun:
        sentence, notes = read_sentence(asked.fields.get("sentence"))
        cache, key = self.asking.ctx.cache, self.asking.entry(model).key
        found = self.added.find(asked.picture, self.asking.ctx.visitor(request))
        pixels = self.asking.collection.pixels(found) if isinstance(found, int) else found

        def job(_index: Index | None, asker: Asker) -> Where:
            return find_where(cache, key, pixels, sentence, asker=asker)

        news = self.asking.ask_at_hand(request, model, job, lambda _index: False)
        return news, lambda where: ({"where": where_value(where, asked.picture)}, notes)

    def _run(
        self, asked: Asked, model: str, request: gr.Request, begin: Callable[[], Begun]
    ) -> Shown:
        ctx = self.asking.ctx
        try:
            news, finish = begin()
            for step in self.asking.told(request, news, model):
                if isinstance(step, str):
                    yield gr.skip(), step, gr.skip()
                    continue
                status, result = step
                fields, notes = finish(result)
                value = told(ctx, request, seq=asked.seq, model=model, **fields)
                yield value, status, html.escape(ctx.say_notes(request, notes))
        except Exception as error:
            yield from self._refused(asked, request, error)

    def _refused(self, asked: Asked, request: gr.Request, error: Exception) -> Shown:
        """The stage hears of the mistake too, or it would wait for its answer."""
        ctx = self.asking.ctx
        mistake = ctx.mistake(error)
        idle = status_html(ctx.say(request, "status.ready"))
        yield told(ctx, request, seq=asked.seq, error=mistake.message), idle, gr.skip()
        raise mistake from None

    def _added(self, picture: Picture, asked: Asked, request: gr.Request) -> tuple[Any, ...]:
        ctx = self.asking.ctx
        # Its name tells it from the others; what it shows nobody has said.
        name = ctx.say(request, "understand.own_picture", name=plain_name(asked.file))
        added = {
            "id": self.added.add(picture, ctx.visitor(request)),
            "src": thumb_address(picture),
            "alt": name,
        }
        notes = html.escape(ctx.say_notes(request, picture.notes))
        return told(ctx, request, seq=asked.seq, added=added), gr.skip(), notes

    def _found(self, matter: Matter, request: gr.Request) -> list[int | np.ndarray]:
        visitor = self.asking.ctx.visitor(request)
        return [self.added.find(name, visitor) for name in matter.pictures]

    def _others(self, request: gr.Request) -> tuple[str, ...]:
        return read_labels(self.asking.ctx.say(request, "understand.others"), most=60).labels

    def _example(self, request: gr.Request) -> Matter:
        ctx, places = self.asking.ctx, self.asking.collection.places
        known = tuple(name for name in PICTURES if name in places) or tuple(places)[:6]
        fields = {
            "pictures": known,
            "texts": ctx.say(request, "understand.example.texts"),
            "templates": ctx.say(request, "clip_search.templates.example"),
            "none": True,
        }
        return read_matter(fields)[0]
