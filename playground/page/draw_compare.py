"""Compare: many pictures at once, alike but for one thing; the second mode of text to image.

Grids in the manner of the X/Y plots that people of the field draw; a way from one prompt to
another; and one word changed with the same noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from playground.page.draw_compare_api import add_grid_event
from playground.page.draw_compare_canvas import CompareCanvas, compare_tools
from playground.page.draw_compare_functions import CompareFunctions
from playground.page.draw_compare_handlers import CompareHandlers
from playground.page.events import PRIVATE
from playground.page.widgets import status_line, workbench

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService

CANVAS, TAB = "draw-compare", "text_to_image"


def build_compare(service: DrawService) -> None:
    """Places the stage; beside it the tools, which its script fills; and the event for programs.

    Args:
        service: Who draws.
    """
    ctx, handlers = service.ctx, CompareHandlers(service)
    with workbench() as (stage, tools):
        with stage:
            functions = CompareFunctions(service).all
            canvas = CompareCanvas(elem_id=CANVAS, functions=functions)
            with gr.Row(elem_classes="status-row"):
                status = status_line(ctx)
                stop = gr.Button(ctx.label("page.stop"), elem_classes="quiet stop")
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            ctx.sends.offer(TAB, handlers.chosen_picture, [canvas])
        with tools:
            compare_tools(CANVAS)
    shown = [canvas, status, notes]
    # What comes next must not wait in the browser for the end of what went before.
    options = PRIVATE | {"trigger_mode": "multiple"}
    canvas.draw(ctx.handler(handlers.draw), [canvas], shown, **options)
    for event in (stop.click, canvas.stop):
        event(ctx.handler(handlers.stop), [canvas], shown, **options)
    gr.on(None, ctx.handler(handlers.first), [], shown, **PRIVATE)
    add_grid_event(handlers)
