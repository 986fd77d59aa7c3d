"""Naming a picture with labels of one's own: the second half of the CLIP tab."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from playground.entries import Entry
from playground.models.clip_families import family_of_class
from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.context import Context
from playground.page.events import PRIVATE
from playground.page.label_bars import LabelBars, bars_value
from playground.page.languages import LANGUAGES, language_of
from playground.page.reading_advice import ReadingAdvice
from playground.page.result_grid import ResultGrid
from playground.page.search_view import cut_notes, naming_inside, plain_grid
from playground.page.widgets import (
    inside_drawer,
    model_choice,
    picture_input,
    status_line,
    stop_button,
    tool_card,
    workbench,
)
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture

OFFERED = 8
Shown = Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class NamingHandlers:
    """What happens when somebody does something. Each yields values for its outputs."""

    asking: ClipAsking

    def name(
        self, picture: Picture | None, labels: str, templates: str, model: str, request: gr.Request
    ) -> Shown:
        """Compare the picture with the labels: bars, status, notes, inside."""
        if picture is None:
            raise PersonError("mistake.picture.missing")
        yield from self._show(request, picture.pixels, labels, templates, model)

    def new_picture(
        self, picture: Picture | None, labels: str, templates: str, model: str, request: gr.Request
    ) -> Shown:
        """Name a picture as soon as it is there; taking it away asks for nothing by itself."""
        if picture is None:
            yield (gr.skip(),) * 4
            return
        yield from self.name(picture, labels, templates, model, request)

    def name_offered(
        self, chosen: str | None, labels: str, templates: str, model: str, request: gr.Request
    ) -> Shown:
        """Name one of the pictures offered: it becomes the picture."""
        place = self.asking.collection.place_of(chosen)
        picture = self.asking.collection.read(place)
        for shown in self._show(request, place, labels, templates, model):
            yield (picture, *shown)

    def opening(self, request: gr.Request) -> Shown:
        """What naming opens on: labels, templates, pictures offered, and the first one named."""
        ctx, entry = self.asking.ctx, self.asking.ctx.entries(FAMILY)[0]
        labels = ctx.say(request, "clip_search.labels.example")
        templates = ctx.say(request, "clip_search.templates.example")
        places = self.asking.spread(OFFERED)
        offered = plain_grid(ctx, request, self.asking.collection, places)
        if self.asking.indexes.at_hand(entry) is None:
            yield (labels, templates, offered, None, None, "", "", "")
            return
        picture = self.asking.collection.read(places[0])
        for shown in self._show(request, places[0], labels, templates, entry.key):
            yield (labels, templates, offered, picture, *shown)

    def fit_templates(self, templates: str, model: str, request: gr.Request) -> Any:
        """Write labels as this model is used to, unless somebody has changed the sentences."""
        languages, item = self.asking.ctx.languages, self.asking.entry(model)
        entries = self.asking.ctx.entries(FAMILY)
        offered = {
            languages.say(_prompts_key(entry), language)
            for entry in entries
            for language in LANGUAGES
        }
        if templates not in offered:
            return gr.skip()
        visitors = language_of(request)
        read = visitors if visitors in item.languages else item.languages[0]
        return languages.say(_prompts_key(item), read)

    def _show(
        self,
        request: gr.Request,
        picture: np.ndarray | int,
        labels: object,
        templates: object,
        model: object,
    ) -> Shown:
        ctx = self.asking.ctx
        news, notes = self.asking.name(request, picture, labels, templates, model)
        for step in self.asking.told(request, news, model):
            if isinstance(step, str):
                yield gr.skip(), step, gr.skip(), gr.skip()
                continue
            status, naming = step
            told = ctx.say_notes(request, (*notes, *cut_notes(naming.tokens)))
            yield (
                bars_value(ctx, request, naming),
                status,
                html.escape(told),
                naming_inside(ctx, request, naming),
            )


def _prompts_key(item: Entry) -> str:
    return item.prompts_key or family_of_class(item.class_name).prompts_key


def build_naming(asking: ClipAsking) -> None:
    """Places the picture and the bars on the stage, labels and templates beside them."""
    ctx, handlers = asking.ctx, NamingHandlers(asking)
    with workbench() as (stage, tools):
        with stage:
            with gr.Row(elem_classes="naming"):
                with gr.Column(min_width=240):
                    picture = picture_input(
                        ctx,
                        "clip_search.naming.picture",
                        elem_id="naming-picture",
                        height=380,
                        show_label=False,
                    )
                with gr.Column(min_width=280):
                    bars = LabelBars(elem_id="naming-bars")
            offered = ResultGrid(elem_id="naming-offered", opens=False)
            with gr.Row(elem_classes="status-row") as line:
                status = status_line(ctx)
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            advice = ReadingAdvice.place(asking, "naming-reading")
            with inside_drawer(ctx):
                inside = gr.HTML("", elem_classes="inside-numbers", apply_default_css=False)
        with tools:
            with tool_card(ctx, "clip_search.labels.heading"):
                labels = gr.Textbox(
                    label=ctx.label("clip_search.labels"),
                    info=ctx.label("clip_search.labels.help"),
                    elem_id="naming-labels",
                    lines=5,
                    max_lines=12,
                )
                go = gr.Button(
                    ctx.label("clip_search.naming.go"), variant="primary", elem_id="naming-go"
                )
            templates, model = naming_settings(ctx)
    shown = [bars, status, notes, inside]
    run, fields = ctx.handler(handlers.name), [picture, labels, templates, model]
    events = [
        go.click(run, fields, shown, **PRIVATE),
        picture.read.success(ctx.handler(handlers.new_picture), fields, shown, **PRIVATE),
        offered.choose(
            ctx.handler(handlers.name_offered),
            [offered, labels, templates, model],
            [picture, *shown],
            **PRIVATE,
        ),
    ]
    again = (run, fields, shown)
    events.append(advice.follow(model, [labels, templates], [go.click], then=again))
    fit = ctx.handler(handlers.fit_templates)
    model.change(fit, [templates, model], templates, **PRIVATE)
    with line:
        stop = stop_button(ctx, events)
    stop.click(ctx.handler(asking.stopped), [], status, **PRIVATE)
    opened = [labels, templates, offered, picture, *shown]
    gr.on(None, ctx.handler(handlers.opening), [], opened, **PRIVATE)


def naming_settings(ctx: Context) -> tuple[gr.Textbox, gr.Dropdown]:
    """What has good defaults: the sentences that labels are written into, and which model."""
    with gr.Accordion(ctx.label("page.settings"), open=False, elem_classes="settings"):
        templates = gr.Textbox(
            label=ctx.label("clip_search.templates"),
            info=ctx.compose(lambda say: say("clip_search.templates.help")),
            elem_id="naming-templates",
            lines=3,
            max_lines=8,
        )
        return templates, model_choice(ctx, FAMILY, elem_id="naming-model")
