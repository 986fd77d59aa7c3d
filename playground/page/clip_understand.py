"""Understand: why a picture fits a text, and where; the third mode of the CLIP tab."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
from gradio.components import Component
from gradio.context import Context as GradioContext

from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.events import PRIVATE
from playground.page.own_pictures import OwnCard
from playground.page.recipe_bar import RecipeBar
from playground.page.result_grid import ResultGrid
from playground.page.understand_canvas import UnderstandCanvas, understand_tools
from playground.page.understand_handlers import UnderstandHandlers
from playground.page.widgets import model_choice, status_line, stop_button, workbench
from playground.understanding.added import AddedPictures

CANVAS, TAB, MODE = "clip-understand", "clip_search", "clip-understand-mode"


@dataclass(frozen=True)
class Searched:
    """The widgets of a search that "Understand" goes on from.

    Attributes:
        grid: The found pictures.
        words: What was searched for.
        model: With which model.
        own: Where.
    """

    grid: ResultGrid
    words: gr.Textbox
    model: gr.Dropdown
    own: OwnCard

    @property
    def fields(self) -> list[Component]:
        """All of them, as `UnderstandHandlers.why` takes them."""
        return [self.grid, self.words, self.model, self.own]


def build_understand(asking: ClipAsking, searched: Searched, modes: gr.Tabs) -> None:
    """Places the stage; beside it the tools, which its script fills, and which model answers.

    Args:
        asking: The pictures, and what the models see in them.
        searched: The search, whose pictures can be looked into here.
        modes: The modes of the tab, of which this is "understand".
    """
    ctx = asking.ctx
    handlers = UnderstandHandlers(asking, AddedPictures(asking.collection))
    with workbench() as (stage, tools):
        with stage:
            canvas = UnderstandCanvas(elem_id=CANVAS)
            with gr.Row(elem_classes="status-row") as line:
                status = status_line(ctx)
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            ctx.sends.offer(TAB, handlers.chosen_picture, [canvas])
            recipes = RecipeBar(elem_id=f"{CANVAS}-recipe", tab=TAB, mode=MODE)
        with tools:
            understand_tools(CANVAS)
            with gr.Accordion(ctx.label("page.settings"), open=False, elem_classes="settings"):
                model = model_choice(ctx, FAMILY, elem_id=f"{CANVAS}-model")
    shown = [canvas, status, notes]
    fields = [canvas, model]
    # A second question must not wait for the first one's end; the stage keeps them in order.
    options = PRIVATE | {"trigger_mode": "multiple"}
    look = ctx.handler(handlers.look)
    events = [
        canvas.look(look, fields, shown, **options),
        canvas.chart(ctx.handler(handlers.chart), [*fields, searched.own], shown, **options),
        canvas.where(ctx.handler(handlers.where), fields, shown, **options),
        canvas.bring(ctx.handler(handlers.bring), fields, shown, **options),
        recipes.reopen(ctx.handler(handlers.reopen), [recipes], [*shown, model], **options),
        model.input(look, fields, shown, **options),
        searched.grid.why(ctx.handler(handlers.why), searched.fields, [*shown, model], **options),
    ]
    searched.grid.why(lambda: gr.Tabs(selected="understand"), None, modes, **PRIVATE)
    with line:
        stop = stop_button(ctx, events)
    stop.click(ctx.handler(handlers.stopped), [canvas], shown, **PRIVATE)
    gr.on(None, ctx.handler(handlers.first), [], [*shown, recipes], **PRIVATE)
    root = GradioContext.root_block
    assert root is not None, "tabs are built inside the page"
    root.unload(handlers.forget)
