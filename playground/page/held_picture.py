"""The picture that the visitor holds, small, in the header, with "send to ..." under it."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from PIL import Image

from playground.page.icons import icon
from playground.visitors.pictures import Picture

if TYPE_CHECKING:
    from playground.page.context import Context

THUMBNAIL_PIXELS = 96
SCRIPT = Path(__file__).parents[2] / "assets" / "js" / "held_picture.js"


def held_picture(receiver_ids: Sequence[str]) -> gr.HTML:
    """The component: empty until a picture is held; an event ``send_<tab>`` for each receiver."""
    names = ", ".join(f"'send_{name}'" for name in receiver_ids)
    script = SCRIPT.read_text(encoding="utf-8").replace("/* receivers */", names)
    return gr.HTML("", js_on_load=script, elem_id="held-picture", apply_default_css=False)


def held_html(ctx: Context, request: gr.Request | None, picture: Picture) -> str:
    """The thumbnail and its menu, in the visitor's language."""

    def say(key: str) -> str:
        return html.escape(ctx.say(request, key))

    sends = "".join(
        f'<button type="button" data-held="send_{name}">{icon("send")}{say("send.to")} '
        f"{say(f'{name}.title')}</button>"
        for name in ctx.sends.receiver_ids
    )
    return (
        f'<details class="held"><summary aria-label="{say("held.open")}">'
        f'<img src="{thumbnail(picture)}" alt="{say("held.alt")}"></summary>'
        f'<div class="held-menu"><p>{say("held.about")}</p>{sends}'
        f'<button type="button" data-held="forget">{icon("close")}{say("held.forget")}</button>'
        "</div></details>"
    )


def thumbnail(picture: Picture, pixels: int = THUMBNAIL_PIXELS) -> str:
    """The picture as a small data address: no file is written for it.

    Args:
        picture: What is shown.
        pixels: Its longest side at most.
    """
    small = Image.fromarray(picture.pixels)
    small.thumbnail((pixels, pixels))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
