"""Text to image: a picture comes out of noise, step by step, as words ask for it.

Shows latent diffusion of Rombach et al. 2022 (arXiv:2112.10752).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.context import Context as GradioContext

from playground.collection import read_collection
from playground.page.context import Context
from playground.page.demo import Demo, Paper
from playground.page.draw_api import add_events
from playground.page.draw_asking import Asking
from playground.page.draw_canvas import Asked, DrawCanvas, draw_strips, draw_tools
from playground.page.draw_compare import build_compare
from playground.page.draw_functions import DrawFunctions
from playground.page.draw_inside import draw_inside
from playground.page.draw_opening import Opening
from playground.page.draw_service import FAMILY, DrawService
from playground.page.draw_taking import Taking
from playground.page.draw_values import plain_value
from playground.page.events import PRIVATE
from playground.page.languages import current_request
from playground.page.widgets import inside_drawer, status_html, status_line, workbench
from playground.visitors.pictures import Picture
from playground.visitors.sessions import Session

ID = "text_to_image"
CANVAS = "text-to-image"
Steps = Iterator[tuple[Any, ...]]
# What an event does: called with who asks and what the canvas says.
Does = Callable[[gr.Request, Asked], Steps]


@dataclass(frozen=True)
class Handlers:
    """What happens when somebody does something. Each yields canvas, status and notes."""

    service: DrawService

    @property
    def asking(self) -> Asking:
        """How pictures are drawn."""
        return Asking(self.service)

    @property
    def opening(self) -> Opening:
        """What the tab opens on, and pictures to start from."""
        return Opening(self.service)

    @property
    def taking(self) -> Taking:
        """How drawings are taken away and come back."""
        return Taking(self.service)

    def draw(self, request: gr.Request, asked: Asked) -> Steps:
        """Draw what the fields ask for."""
        yield from self.asking.draw(request, asked)

    def open_start(self, request: gr.Request, asked: Asked) -> Steps:
        """Take a picture to start from."""
        yield from self.opening.start(request, asked)

    def take(self, request: gr.Request, asked: Asked) -> Steps:
        """Give a drawing away."""
        yield from self.taking.take(request, asked)

    def reopen(self, request: gr.Request, asked: Asked) -> Steps:
        """Draw what a recipe tells of."""
        yield from self.taking.reopen(request, asked)

    def event(self, name: str, does: Does) -> Callable[..., Steps]:
        """Makes an event's function of one of these; mistakes are told to the canvas."""

        def run(asked: Asked, request: gr.Request) -> Steps:
            yield from self.asking.told(request, does(request, asked), name)

        return run

    def first(self, request: gr.Request) -> Steps:
        """What the tab opens on: a drawing that ships."""
        yield from self.opening.first(request)

    def receive(self, picture: Picture, request: gr.Request) -> Steps:
        """A picture that was sent from another tab: drawing starts from it."""
        yield self.opening.start_from(request, picture)

    def stop(self, request: gr.Request) -> Any:
        """Take no more steps; what is foreseen now is decoded and stays.

        The drawing itself tells its end: whatever were told here might come after that and stay.
        """
        ctx = self.service.ctx
        if self.service.visits.stop(ctx.visitor(request)):
            return gr.skip()
        return status_html(ctx.say(request, "status.ready"))

    def forget(self, request: gr.Request) -> tuple[dict[str, Any], str, str]:
        """Let go of everything that a visitor drew and showed."""
        ctx = self.service.ctx
        self.service.forget(ctx.visitor(request))
        said = status_html(ctx.say(request, "text_to_image.choose"))
        return plain_value(forgotten=True, busy=False), said, ""

    def leave(self, request: gr.Request) -> None:
        """Let go of what a visitor drew who has left."""
        self.service.forget(self.service.ctx.visitor(request))

    def shown_picture(self, _session: Session, asked: Asked) -> Picture:
        """The drawing that is looked at: it is sent on."""
        visitor = self.service.ctx.visitor(current_request())
        return self.service.drawn_of(asked.drawing_id, visitor).picture


def build(ctx: Context) -> None:
    """Two ways to use it: to draw, and to compare what differs between drawings."""
    service = DrawService(ctx, read_collection())
    with gr.Tabs(elem_classes="modes"):
        with gr.Tab(ctx.label("text_to_image.draw"), id="draw"):
            build_draw(service)
        with gr.Tab(ctx.label("text_to_image.compare"), id="compare", elem_id="draw-compare-mode"):
            build_compare(service)
    add_events(service)
    root = GradioContext.root_block
    assert root is not None, "tabs are built inside the page"
    root.unload(Handlers(service).leave)


def build_draw(service: DrawService) -> None:
    """The prompt and the picture; beside them what the canvas's script fills."""
    ctx, handlers = service.ctx, Handlers(service)
    with workbench() as (stage, tools):
        with stage:
            canvas = DrawCanvas(elem_id=CANVAS, functions=DrawFunctions(service).all)
            with gr.Row(elem_classes="status-row"):
                status = status_line(ctx)
                stop = gr.Button(ctx.label("page.stop"), elem_classes="quiet stop")
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            draw_strips(CANVAS)
            ctx.sends.offer(ID, handlers.shown_picture, [canvas])
            with inside_drawer(ctx):
                draw_inside(service, CANVAS)
        with tools:
            draw_tools(CANVAS)
    shown = [canvas, status, notes]
    # What comes next ends what went before: it must not wait for it in the browser.
    options = PRIVATE | {"trigger_mode": "multiple"}
    events: dict[str, Does] = {
        "draw": handlers.draw,
        "open": handlers.open_start,
        "take": handlers.take,
        "reopen": handlers.reopen,
    }
    for name, does in events.items():
        listener = getattr(canvas, name)
        listener(ctx.handler(handlers.event(name, does)), [canvas], shown, **options)
    for event in (stop.click, canvas.stop):
        event(ctx.handler(handlers.stop), [], status, **options)
    canvas.forget(ctx.handler(handlers.forget), [], shown, **PRIVATE)
    gr.on(None, ctx.handler(handlers.first), [], shown, **PRIVATE)
    ctx.sends.receive(ID, ctx.handler(handlers.receive), shown)


DEMO = Demo(
    id=ID,
    order=40,
    title="text_to_image.title",
    summary="text_to_image.summary",
    paper=Paper("Rombach et al. 2022", "https://arxiv.org/abs/2112.10752"),
    models=(FAMILY, "clip", "blip2", "sam"),
    build=build,
)
