"""Click to segment: the model outlines what is clicked on, and finds things by itself.

Shows promptable segmentation of Kirillov et al. 2023 (arXiv:2304.02643).
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.context import Context as GradioContext

from playground.collection import read_collection
from playground.page.context import Context
from playground.page.demo import Demo, Paper
from playground.page.events import PRIVATE
from playground.page.languages import current_request, language_of
from playground.page.result_grid import ResultGrid, Shown, grid_value
from playground.page.segment_api import add_events
from playground.page.segment_canvas import Asked, SegmentCanvas, segment_inside, segment_tools
from playground.page.segment_functions import SegmentFunctions
from playground.page.segment_opening import Opening
from playground.page.segment_service import FAMILY, WORDS_FAMILY, SegmentService
from playground.page.segment_values import empty_value, progress_value
from playground.page.widgets import (
    inside_drawer,
    model_choice,
    status_html,
    status_line,
    stop_button,
    workbench,
)
from playground.page.work import Done
from playground.search import Asker
from playground.segmenting.cut_out import cut_out
from playground.segmenting.ranking import Ranking
from playground.segmenting.store import Visit
from playground.segmenting.stored import EXAMPLES
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture
from playground.visitors.sessions import Session
from playground.visitors.words import read_words

ID = "sam_segment"
CANVAS = "sam-segment"
MOST_WORDS = 120
Steps = Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class Handlers:
    """What happens when somebody does something. Each yields canvas, status and notes."""

    service: SegmentService
    opening: Opening

    def open_file(self, asked: Asked, model: str, request: gr.Request) -> Steps:
        """Put a visitor's own picture on the stage."""
        yield from self.opening.file(request, asked.file, model)

    def open_example(self, chosen: str | None, model: str, request: gr.Request) -> Steps:
        """Put one of the playground's pictures on the stage."""
        yield from self.opening.example(request, chosen, model)

    def open_again(self, asked: Asked, model: str, request: gr.Request) -> Steps:
        """Open a picture anew that the server has forgotten, if it is one of the playground's."""
        yield from self.opening.example(request, self.service.example_of(asked.picture_hash), model)

    def first(self, request: gr.Request) -> Steps:
        """What the tab opens on: the first example, encoded beforehand, and what is offered."""
        offered = self.offered(request)
        for shown in self.opening.first(request):
            yield (offered, *shown)
            offered = gr.skip()

    def change_model(self, asked: Asked, model: str, request: gr.Request) -> Steps:
        """Show the picture on the stage to another model."""
        ctx = self.service.ctx
        if not asked.picture_id:
            yield (gr.skip(),) * 3
            return
        visit = self.service.store.visit_of(asked.picture_id, ctx.visitor(request))
        yield from self.opening.picture(request, visit.kept.picture, model, visit.name)

    def receive(self, picture: Picture, request: gr.Request) -> Steps:
        """A picture that was sent from another tab."""
        model = self.service.ctx.entries(FAMILY)[0].key
        yield from self.opening.picture(request, picture, model, "picture.png")

    def rank(self, asked: Asked, request: gr.Request) -> Steps:
        """Rank what the model found by itself by some words."""
        ctx = self.service.ctx
        idle = status_html(ctx.say(request, "status.ready"))
        try:
            words = read_words(asked.words, most_characters=MOST_WORDS)
            visit = self.service.store.visit_of(asked.picture_id, ctx.visitor(request))
            for step in ctx.work(request, self._ranking(visit, words.text)):
                if isinstance(step, Done):
                    notes = html.escape(ctx.say_notes(request, words.notes))
                    yield (*self._ranked(request, visit, step.value), notes)
                else:
                    yield gr.skip(), status_html(step.text, is_busy=True), gr.skip()
        except Exception as error:
            told = ctx.mistake(error)
            yield empty_value(ctx, request, error=told.message, ranking=None), idle, gr.skip()
            raise told from None

    def chosen_picture(self, _session: Session, asked: Asked) -> Picture:
        """The object chosen last, on white: it is sent on."""
        if asked.chosen is None:
            raise PersonError("segment.mistake.no_object")
        visitor = self.service.ctx.visitor(current_request())
        kept = self.service.store.visit_of(asked.picture_id, visitor).kept
        size_hw = (asked.chosen.height, asked.chosen.width)
        return read_picture(cut_out(kept.picture.pixels, asked.chosen.runs, size_hw))

    def stopped(self, request: gr.Request) -> str:
        """The status line after somebody pressed Stop."""
        return status_html(self.service.ctx.say(request, "status.stopped"))

    def forget(self, request: gr.Request) -> None:
        """Let go of what a visitor showed who has left."""
        self.service.store.forget(self.service.ctx.visitor(request))

    def offered(self, request: gr.Request) -> dict[str, Any]:
        """The examples, as a grid."""
        ctx, collection = self.service.ctx, self.service.collection
        places = [collection.places[name] for name in EXAMPLES if name in collection.places]
        shown = [Shown(collection.pictures[place]) for place in places]
        return grid_value(ctx, request, language_of(request), shown)

    def _ranking(self, visit: Visit, words: str) -> Any:
        def job(report: Any, is_left: Any) -> Ranking:
            kept = self.service.grow(visit.kept, visit.visitor, report, is_left)
            return self.service.rank(kept, words, Asker(visit.visitor, report, is_left))

        return job

    def _ranked(
        self, request: gr.Request, visit: Visit, ranking: Ranking
    ) -> tuple[dict[str, Any], str]:
        ctx = self.service.ctx
        is_any = any(score is not None for score in ranking.scores)
        key = "ranked" if is_any else "no_things"
        said = ctx.say(request, f"sam_segment.{key}", words=ranking.words)
        return progress_value(ctx, request, visit, ranking), status_html(said)


def build(ctx: Context) -> None:
    """The stage with its examples; beside it the tools, which its script fills, and settings."""
    service = SegmentService(ctx, read_collection())
    handlers = Handlers(service, Opening(service))
    with workbench() as (stage, tools):
        with stage:
            functions = SegmentFunctions(service).all
            canvas = SegmentCanvas(elem_id=CANVAS, functions=functions)
            with gr.Row(elem_classes="status-row") as line:
                status = status_line(ctx)
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            offered = ResultGrid(elem_id="sam-segment-examples", opens=False)
            ctx.sends.offer(ID, handlers.chosen_picture, [canvas])
            with inside_drawer(ctx):
                segment_inside(CANVAS)
        with tools:
            segment_tools(CANVAS)
            with gr.Accordion(ctx.label("page.settings"), open=False, elem_classes="settings"):
                model = model_choice(ctx, FAMILY, elem_id="sam-segment-model")
    shown = [canvas, status, notes]
    # A second picture must not wait for the first one's grid, which ends by itself.
    options = PRIVATE | {"trigger_mode": "multiple"}
    events = [
        canvas.open(ctx.handler(handlers.open_file), [canvas, model], shown, **options),
        canvas.again(ctx.handler(handlers.open_again), [canvas, model], shown, **options),
        canvas.rank(ctx.handler(handlers.rank), [canvas], shown, **options),
        offered.choose(ctx.handler(handlers.open_example), [offered, model], shown, **options),
        model.change(ctx.handler(handlers.change_model), [canvas, model], shown, **options),
    ]
    with line:
        stop = stop_button(ctx, events)
    stop.click(ctx.handler(handlers.stopped), [], status, **PRIVATE)
    gr.on(None, ctx.handler(handlers.first), [], [offered, *shown], **PRIVATE)
    ctx.sends.receive(ID, ctx.handler(handlers.receive), shown)
    add_events(service)
    root = GradioContext.root_block
    assert root is not None, "tabs are built inside the page"
    root.unload(handlers.forget)


DEMO = Demo(
    id=ID,
    order=20,
    title="sam_segment.title",
    summary="sam_segment.summary",
    paper=Paper("Kirillov et al. 2023", "https://arxiv.org/abs/2304.02643"),
    models=(FAMILY, WORDS_FAMILY),
    build=build,
)
