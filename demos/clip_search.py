"""CLIP search: pictures by words, by a picture, by both; and naming a picture with own labels.

Shows the one space for pictures and words of Radford et al. 2021 (arXiv:2103.00020).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.context import Context as GradioContext

from playground.collection import read_collection
from playground.own.sources import Source
from playground.page.clip_api import add_events
from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.clip_understand import Searched, build_understand
from playground.page.compare_models import build_compare
from playground.page.context import Context
from playground.page.demo import Demo, Paper
from playground.page.events import PRIVATE
from playground.page.languages import current_request
from playground.page.naming import build_naming
from playground.page.own_pictures import PLAYGROUND, OwnCard, OwnHandlers, source_of
from playground.page.picture_input import PictureInput
from playground.page.reading_advice import ReadingAdvice
from playground.page.result_grid import ResultGrid
from playground.page.search_recipe import offer_search_recipe
from playground.page.search_view import (
    cut_notes,
    found_grid,
    plain_grid,
    search_inside,
)
from playground.page.widgets import (
    inside_drawer,
    model_choice,
    picture_input,
    status_html,
    status_line,
    stop_button,
    tool_card,
    workbench,
)
from playground.search import MOST_RESULTS, USUAL_RESULTS, Query, read_count, read_query
from playground.visitors.newest import Newest
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture
from playground.visitors.sessions import Session

ID, MODE = "clip_search", "clip-search-mode"
EXAMPLES = tuple(f"clip_search.example.{number}" for number in range(1, 7))
Shown = Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class Handlers:
    """What happens when somebody does something. Each yields values for its outputs."""

    asking: ClipAsking
    newest: Newest = field(default_factory=Newest)

    def search(
        self,
        words: str,
        picture: Picture | None,
        balance: float,
        without: str,
        strength: float,
        count: int,
        model: str,
        where: str,
        request: gr.Request,
    ) -> Shown:
        """Search for what the widgets say: grid, status, notes, inside."""
        pixels = picture.pixels if picture else None
        query, notes = read_query(words, without, pixels, balance, strength)
        yield from self._show(request, query, notes, count, model, where)

    def new_picture(
        self,
        words: str,
        picture: Picture | None,
        balance: float,
        without: str,
        strength: float,
        count: int,
        model: str,
        where: str,
        request: gr.Request,
    ) -> Shown:
        """Search as soon as a picture is there; taking it away asks for nothing by itself."""
        if picture is None and not words:
            yield (gr.skip(),) * 4
            return
        fields = (words, picture, balance, without, strength, count, model, where)
        yield from self.search(*fields, request)

    def adjusted(
        self,
        words: str,
        picture: Picture | None,
        balance: float,
        without: str,
        strength: float,
        count: int,
        model: str,
        where: str,
        request: gr.Request,
    ) -> Shown:
        """Search with a slider moved. Whoever walks past one by keyboard has asked for nothing."""
        collection = self._source(request, where).collection
        if not len(collection.pictures) or not (words.strip() or picture):
            yield (gr.skip(),) * 4
            return
        fields = (words, picture, balance, without, strength, count, model, where)
        yield from self.search(*fields, request)

    def elsewhere(
        self,
        words: str,
        picture: Picture | None,
        balance: float,
        without: str,
        strength: float,
        count: int,
        model: str,
        where: str,
        request: gr.Request,
    ) -> Shown:
        """Ask the same of other pictures; without a question, or without pictures, show some."""
        collection = self._source(request, where).collection
        if len(collection.pictures) and (words or picture):
            fields = (words, picture, balance, without, strength, count, model, where)
            yield from self.search(*fields, request)
            return
        ctx = self.asking.ctx
        places = self.asking.spread(read_count(count), collection)
        key = "status.ready" if len(collection.pictures) else "own.status.empty"
        status = status_html(ctx.say(request, key))
        yield plain_grid(ctx, request, collection, places), status, "", ""

    def more(
        self, chosen: str | None, count: int, model: str, where: str, request: gr.Request
    ) -> Shown:
        """Search for pictures like a found one: it becomes the picture, the words go."""
        collection = self._source(request, where).collection
        place = collection.place_of(chosen)
        picture = collection.read(place)
        for shown in self._show(request, Query(like=place), (), count, model, where):
            yield ("", picture, *shown)

    def example(self, key: str) -> Callable[..., Shown]:
        """The handler of an example: words, without, picture, and what `search` shows."""

        def run(count: int, model: str, where: str, request: gr.Request) -> Shown:
            words = self.asking.ctx.say(request, key)
            without = self._without(request, key)
            query, notes = read_query(words, without, None, 0.5, 0.5)
            for shown in self._show(request, query, notes, count, model, where):
                yield (words, without, None, *shown)

        return run

    def opening(self, request: gr.Request) -> Shown:
        """What the tab opens on: the first example, from stored vectors, before any model."""
        ctx, entry = self.asking.ctx, self.asking.ctx.entries(FAMILY)[0]
        index = self.asking.indexes.at_hand(entry)
        if index is not None and ctx.say(request, EXAMPLES[0]) in index.texts:
            yield from self.example(EXAMPLES[0])(USUAL_RESULTS, entry.key, PLAYGROUND, request)
            return
        grid = plain_grid(ctx, request, self.asking.collection, self.asking.spread(USUAL_RESULTS))
        yield ("", "", None, grid, status_html(ctx.say(request, "status.ready")), "", "")

    def receive(self, picture: Picture, request: gr.Request) -> Shown:
        """A picture sent from another tab: search for pictures like it."""
        entry, query = self.asking.ctx.entries(FAMILY)[0], Query(picture=picture.pixels)
        moved = {"where": PLAYGROUND, "moved": True}
        for shown in self._show(request, query, (), USUAL_RESULTS, entry.key, PLAYGROUND):
            yield ("", "", picture, *shown, moved)

    def chosen_picture(self, _session: Session, chosen: str | None, where: str) -> Picture:
        """The picture that is sent on."""
        collection = self._source(current_request(), where).collection
        return collection.read(collection.place_of(chosen))

    def _source(self, request: gr.Request | None, where: str) -> Source:
        return source_of(self.asking, request, where)

    def _without(self, request: gr.Request, key: str) -> str:
        words = self.asking.ctx.say(request, f"{key}.without")
        return "" if words == f"{key}.without" else words

    def _show(
        self,
        request: gr.Request,
        query: Query,
        notes: tuple[Note, ...],
        count: object,
        model: object,
        where: str,
    ) -> Shown:
        ctx, source = self.asking.ctx, self._source(request, where)
        question = self.newest.ask(ctx.visitor(request))
        news = self.asking.find(request, query, count, model, source)
        for step in self.asking.told(request, news, model):
            if isinstance(step, str):
                if not question.is_old:
                    yield gr.skip(), step, gr.skip(), gr.skip()
                continue
            if not question.answer():
                return
            status, answer = step
            collection = source.collection
            told = ctx.say_notes(request, (*notes, *cut_notes(answer.tokens.values())))
            yield (
                found_grid(ctx, request, collection, answer),
                status,
                html.escape(told),
                search_inside(ctx, request, collection, answer),
            )


def build(ctx: Context) -> None:
    """Three ways to use one model: find pictures, name a picture, understand why."""
    asking = ClipAsking.of(ctx, read_collection())
    handlers = Handlers(asking)
    with gr.Tabs(elem_classes="modes", overflow_behavior="wrap") as modes:
        with gr.Tab(ctx.label("clip_search.mode.search"), id="search", elem_id=MODE):
            searched = build_search(ctx, handlers)
        with gr.Tab(ctx.label("clip_search.mode.name"), id="name"):
            build_naming(asking)
        understand = ctx.label("clip_search.mode.understand")
        with gr.Tab(understand, id="understand", elem_id="clip-understand-mode"):
            build_understand(asking, searched, modes)
    add_events(asking)


def build_search(ctx: Context, handlers: Handlers) -> Searched:
    """Search bar and examples over the grid; picture, words to avoid and settings beside it."""
    with workbench() as (stage, tools):
        with stage:
            words, go = search_bar(ctx)
            chips = example_chips(ctx)
            with gr.Row(elem_classes="status-row") as line:
                status = status_line(ctx)
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            advice = ReadingAdvice.place(handlers.asking, "clip-search-reading")
            grid = ResultGrid(elem_id="clip-search-grid", sends="clip-search-sends", explains=True)
            own_handlers = OwnHandlers(handlers.asking)
            functions = own_handlers.functions()
            own = OwnCard(elem_id="clip-search-own", server_functions=functions, render=False)
            sends = ctx.sends.offer(ID, handlers.chosen_picture, [grid, own])
            sends.elem_id = "clip-search-sends"
            with inside_drawer(ctx):
                inside = gr.HTML("", elem_classes="inside-numbers", apply_default_css=False)
        with tools:
            with tool_card(ctx, "own.heading"):
                own.render()
            picture, balance = picture_tools(ctx)
            without = without_tool(ctx)
            strength, count, model = search_settings(ctx)
    shown = [grid, status, notes, inside]
    fields = [words, picture, balance, without, strength, count, model, own]
    with stage:
        comparison = build_compare(handlers.asking, fields)
    opened = [words, without, picture, *shown]
    asked = [go.click, words.submit, without.submit]
    moved = [slider.release for slider in (balance, strength, count)]
    run, like = ctx.handler(handlers.search), ctx.handler(handlers.more)
    look = ctx.handler(handlers.new_picture)
    events = [
        gr.on(asked, run, fields, shown, **PRIVATE),
        gr.on(moved, ctx.handler(handlers.adjusted), fields, shown, **PRIVATE),
        picture.read.success(look, fields, shown, **PRIVATE),
        own.choose(ctx.handler(handlers.elsewhere), fields, shown, **PRIVATE),
        grid.more(like, [grid, count, model, own], [words, picture, *shown], **PRIVATE),
    ]
    for key, chip in chips.items():
        fill = ctx.handler(handlers.example(key))
        events.append(chip.click(fill, [count, model, own], opened, **PRIVATE))
    again = (run, fields, shown)
    events.append(advice.follow(model, [words, without], asked, then=again))
    with line:
        stop = stop_button(ctx, events)
    stop.click(ctx.handler(handlers.asking.stopped), [], status, **PRIVATE)
    gr.on(None, ctx.handler(handlers.opening), [], opened, **PRIVATE)
    ctx.sends.receive(ID, ctx.handler(handlers.receive), [*opened, own])
    follow_own(ctx, own, own_handlers, model)
    set_by_recipe = [words, without, balance, strength, count, model]
    with stage:
        held, asking = (own, picture, comparison), handlers.asking
        offer_search_recipe(asking, ID, MODE, set_by_recipe, *held, notes=notes, then=again)
    return Searched(grid, words, model, own)


def follow_own(ctx: Context, own: OwnCard, handlers: OwnHandlers, model: gr.Dropdown) -> None:
    """What happens on the card of one's own pictures."""
    gr.on(None, ctx.handler(handlers.opening), [], own, **PRIVATE)
    running = own.index(ctx.handler(handlers.index), [own, model], own, **PRIVATE)
    own.halt(None, cancels=[running], api_visibility="private")
    own.halt(ctx.handler(handlers.halted), [own, model], own, **PRIVATE)
    root = GradioContext.root_block
    if root is not None:
        root.unload(handlers.leave)


def search_bar(ctx: Context) -> tuple[gr.Textbox, gr.Button]:
    """The words and the one main button."""
    with gr.Row(elem_classes="search-bar"):
        words = gr.Textbox(
            label=ctx.label("clip_search.words"),
            placeholder=ctx.label("clip_search.words.placeholder"),
            elem_id="clip-search-words",
            max_lines=1,
            scale=1,
        )
        label = ctx.label("clip_search.go")
        go = gr.Button(label, variant="primary", elem_id="clip-search-go", scale=0, min_width=120)
    return words, go


def example_chips(ctx: Context) -> dict[str, gr.Button]:
    """Example queries, one click away."""
    with gr.Row(elem_classes="chips", elem_id="clip-search-examples"):
        return {
            key: gr.Button(ctx.label(f"{key}.chip"), size="sm", elem_classes="chip")
            for key in EXAMPLES
        }


def picture_tools(ctx: Context) -> tuple[PictureInput, gr.Slider]:
    """A picture to look like, and how much it counts beside the words."""
    key = "clip_search.picture"
    with tool_card(ctx, "clip_search.picture.heading"):
        picture = picture_input(
            ctx, key, elem_id="clip-search-picture", height=190, show_label=False
        )
        balance = slider(ctx, "clip_search.balance", high=1, value=0.5, step=0.05)
    return picture, balance


def without_tool(ctx: Context) -> gr.Textbox:
    """Words to lead away from."""
    with tool_card(ctx, "clip_search.without.heading"):
        return gr.Textbox(
            label=ctx.label("clip_search.without"),
            placeholder=ctx.label("clip_search.without.placeholder"),
            elem_id="clip-search-without",
            max_lines=1,
        )


def search_settings(ctx: Context) -> tuple[gr.Slider, gr.Slider, gr.Dropdown]:
    """What has good defaults: how strongly to lead away, how many pictures, which model."""
    with gr.Accordion(ctx.label("page.settings"), open=False, elem_classes="settings"):
        strength = slider(ctx, "clip_search.strength", high=1, value=0.5, step=0.05)
        count = slider(
            ctx, "clip_search.count", low=1, high=MOST_RESULTS, value=USUAL_RESULTS, step=1
        )
        return strength, count, model_choice(ctx, FAMILY, elem_id="clip-search-model")


def slider(
    ctx: Context, key: str, *, high: float, value: float, step: float, low: float = 0
) -> gr.Slider:
    """A slider that says in one line what it does."""
    return gr.Slider(
        low,
        high,
        value,
        step=step,
        label=ctx.label(key),
        info=ctx.label(f"{key}.help"),
        elem_id=key.replace(".", "-").replace("_", "-"),
    )


DEMO = Demo(
    id=ID,
    order=10,
    title="clip_search.title",
    summary="clip_search.summary",
    paper=Paper("Radford et al. 2021", "https://arxiv.org/abs/2103.00020"),
    models=(FAMILY,),
    build=build,
)
