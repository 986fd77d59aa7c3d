"""Chat about a picture: captions, questions and answers, word by word, with the lid off.

Shows BLIP-2 of Li et al. 2023 (arXiv:2301.12597).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.context import Context as GradioContext

from playground.chatting.parts_of_picture import picture_of_part, read_part
from playground.chatting.stored import EXAMPLES
from playground.collection import read_collection
from playground.page.chat_api import add_events
from playground.page.chat_asking import Asking, Chosen, told_part
from playground.page.chat_canvas import Asked, ChatCanvas, chat_tools
from playground.page.chat_functions import ChatFunctions
from playground.page.chat_inside import ChatInside, chat_inside
from playground.page.chat_measure import build_measure
from playground.page.chat_opening import Opening
from playground.page.chat_service import FAMILY, SEGMENT_FAMILY, ChatService
from playground.page.chat_settings import chat_settings, usual
from playground.page.chat_taking import Taking
from playground.page.chat_values import empty_value
from playground.page.context import Context
from playground.page.demo import Demo, Paper
from playground.page.events import PRIVATE
from playground.page.languages import current_request, language_of
from playground.page.result_grid import ResultGrid, Shown, grid_value
from playground.page.widgets import inside_drawer, status_html, status_line, workbench
from playground.visitors.pictures import Picture
from playground.visitors.sessions import Session

ID = "blip2_chat"
CANVAS = "blip2-chat"
Steps = Iterator[tuple[Any, ...]]
# What an event does: called with who asks, what the canvas says, what the settings say.
Does = Callable[[gr.Request, Asked, Chosen], Steps]


@dataclass(frozen=True)
class Handlers:
    """What happens when somebody does something. Each yields canvas, status and notes."""

    service: ChatService

    @property
    def asking(self) -> Asking:
        """How answers are made."""
        return Asking(self.service)

    @property
    def opening(self) -> Opening:
        """How pictures are opened."""
        return Opening(self.service)

    @property
    def taking(self) -> Taking:
        """How talks are taken away."""
        return Taking(self.service, self.opening)

    def open_file(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Open a visitor's own picture."""
        yield from self.opening.file(request, asked.file, chosen, asked)

    def open_again(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Open a picture anew that the server has forgotten, if it is one of the playground's."""
        example = self.service.example_of(asked.picture_hash)
        yield from self.opening.example(request, example, chosen, asked)

    def ask(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Answer a question."""
        yield from self.asking.ask(request, asked, chosen)

    def retry(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Answer a question once more."""
        yield from self.asking.retry(request, asked, chosen)

    def go_on(self, request: gr.Request, asked: Asked, _chosen: Chosen) -> Steps:
        """Go on from another word of an answer."""
        yield from self.asking.go_on(request, asked)

    def take(self, request: gr.Request, asked: Asked, _chosen: Chosen) -> Steps:
        """Give the talk away."""
        yield from self.taking.take(request, asked)

    def reopen(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Have the talk of a recipe again."""
        yield from self.taking.reopen(request, asked, chosen)

    def change_models(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Let other models answer from here on; they describe the picture first."""
        if not asked.picture_id:
            yield (gr.skip(),) * 3
            return
        yield from self.asking.change_models(request, asked, chosen)

    def event(self, does: Does) -> Callable[..., Steps]:
        """Makes an event's function of one of these; mistakes are told to the canvas."""

        def run(
            asked: Asked,
            model: Any,
            second: Any,
            temperature: Any,
            seed: Any,
            tokens: Any,
            request: gr.Request,
        ) -> Steps:
            def steps() -> Steps:
                chosen = self.asking.chosen(model, second, temperature, seed, tokens)
                yield from does(request, asked, chosen)

            is_aside = does == self.take
            yield from self.asking.told(request, steps(), is_aside=is_aside)

        return run

    def open_example(
        self,
        example: str | None,
        model: Any,
        second: Any,
        temperature: Any,
        seed: Any,
        tokens: Any,
        request: gr.Request,
    ) -> Steps:
        """Open one of the playground's pictures."""

        def steps() -> Steps:
            chosen = self.asking.chosen(model, second, temperature, seed, tokens)
            yield from self.opening.example(request, example, chosen)

        yield from self.asking.told(request, steps())

    def first(self, request: gr.Request) -> Steps:
        """What the tab opens on: the first example with its talk, and what is offered."""
        offered: Any = self.offered(request)
        for shown in self.opening.first(request, usual(self.service.ctx)):
            yield (offered, *shown)
            offered = gr.skip()

    def receive(self, picture: Picture, request: gr.Request) -> Steps:
        """A picture that was sent from another tab."""
        chosen = usual(self.service.ctx)
        steps = self.opening.picture(request, picture, "picture.png", chosen)
        yield from self.asking.told(request, steps)

    def stop(self, asked: Asked, request: gr.Request) -> str:
        """End what is being answered; the words so far stay."""
        ctx = self.service.ctx
        self.service.store.stop(asked.picture_id, ctx.visitor(request))
        return status_html(ctx.say(request, "status.stopped"))

    def forget(self, asked: Asked, request: gr.Request) -> tuple[dict[str, Any], str, str]:
        """Let go of everything that a visitor showed and asked."""
        ctx = self.service.ctx
        self.service.forget(ctx.visitor(request))
        said = status_html(ctx.say(request, "blip2_chat.choose"))
        return empty_value(self.service, request, picture=None), said, ""

    def leave(self, request: gr.Request) -> None:
        """Let go of what a visitor showed who has left."""
        self.service.forget(self.service.ctx.visitor(request))

    def shown_picture(self, _session: Session, asked: Asked) -> Picture:
        """The picture that is talked about, or the part that was marked: it is sent on."""
        visitor = self.service.ctx.visitor(current_request())
        picture = self.service.store.talk_of(asked.picture_id, visitor).picture
        return picture_of_part(picture, read_part(told_part(asked.part), picture.pixels.shape[:2]))

    def offered(self, request: gr.Request) -> dict[str, Any]:
        """The examples, as a grid."""
        ctx, collection = self.service.ctx, self.service.collection
        places = [collection.places[name] for name in EXAMPLES if name in collection.places]
        shown = [Shown(collection.pictures[place]) for place in places]
        return grid_value(ctx, request, language_of(request), shown)


def build(ctx: Context) -> None:
    """Two ways to use it: to chat about a picture, and to measure how often it is right."""
    service = ChatService(ctx, read_collection())
    with gr.Tabs(elem_classes="modes"):
        with gr.Tab(ctx.label("blip2_chat.chat"), id="chat"):
            build_chat(service)
        with gr.Tab(ctx.label("blip2_chat.measure"), id="measure"):
            build_measure(service)
    add_events(service)
    root = GradioContext.root_block
    assert root is not None, "tabs are built inside the page"
    root.unload(Handlers(service).leave)


def build_chat(service: ChatService) -> None:
    """The picture with the talk; beside it what the canvas's script fills, and the settings."""
    ctx, handlers = service.ctx, Handlers(service)
    with workbench() as (stage, tools):
        with stage:
            functions = [*ChatFunctions(service).all, *ChatInside(service).all]
            canvas = ChatCanvas(elem_id=CANVAS, functions=functions)
            with gr.Row(elem_classes="status-row"):
                status = status_line(ctx)
                stop = gr.Button(ctx.label("page.stop"), elem_classes="quiet stop")
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            offered = ResultGrid(elem_id="blip2-chat-examples", opens=False)
            ctx.sends.offer(ID, handlers.shown_picture, [canvas])
            with inside_drawer(ctx):
                chat_inside(CANVAS)
        with tools:
            chat_tools(CANVAS)
            settings = chat_settings(ctx)
    shown = [canvas, status, notes]
    fields = [canvas, *settings.all]
    # What comes next ends what went before: it must not wait for it in the browser.
    options = PRIVATE | {"trigger_mode": "multiple"}
    events: dict[Callable[..., Any], Does] = {
        canvas.open: handlers.open_file,
        canvas.again: handlers.open_again,
        canvas.ask: handlers.ask,
        canvas.retry: handlers.retry,
        canvas.go_on: handlers.go_on,
        canvas.caption: handlers.retry,
        canvas.take: handlers.take,
        canvas.reopen: handlers.reopen,
        settings.model.change: handlers.change_models,
        settings.second.change: handlers.change_models,
    }
    for event, does in events.items():
        event(ctx.handler(handlers.event(does)), fields, shown, **options)
    example = ctx.handler(handlers.open_example)
    offered.choose(example, [offered, *settings.all], shown, **options)
    for event in (stop.click, canvas.stop):
        event(ctx.handler(handlers.stop), [canvas], status, **options)
    canvas.forget(ctx.handler(handlers.forget), [canvas], shown, **PRIVATE)
    gr.on(None, ctx.handler(handlers.first), [], [offered, *shown], **PRIVATE)
    ctx.sends.receive(ID, ctx.handler(handlers.receive), shown)


DEMO = Demo(
    id=ID,
    order=30,
    title="blip2_chat.title",
    summary="blip2_chat.summary",
    paper=Paper("Li et al. 2023", "https://arxiv.org/abs/2301.12597"),
    models=(FAMILY, SEGMENT_FAMILY),
    build=build,
)
