"""What the handlers of "Compare" tell its stage: plain objects."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr
from PIL import Image

from playground.drawing.drawn import Drawn
from playground.page.draw_compare_plan import Plan
from playground.page.draw_compare_run import Cell
from playground.page.draw_values import TOLD_ELSEWHERE, facts_value, fields_of, preview_address
from playground.page.shown_picture import data_address
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService

# Up to here a picture goes to the browser without any loss; a grid has up to 36 of them.
MOST_LOSSLESS_PIXELS = 256 * 256
QUALITY = 88
Value = dict[str, Any]


def plan_value(plan: Plan) -> Value:
    """Tells what will be drawn, so that every picture has its place before it is there."""
    return {
        "mode": plan.mode,
        "kind": plan.kind,
        "axes": list(plan.axes),
        "rows": list(plan.rows),
        "columns": list(plan.columns),
        "words": list(plan.words),
        "shares": list(plan.shares),
        "size": list(plan.size_hw),
        "model": plan.item.key,
        "count": len(plan.orders),
    }


def cell_value(
    service: DrawService,
    request: gr.Request | None,
    plan: Plan,
    cell: Cell,
    *,
    with_picture: bool = True,
) -> Value:
    """Tells how far one picture is; the picture itself where it is done.

    Args:
        service: The tab's service.
        request: Whose page it is.
        plan: What it belongs to.
        cell: The picture.
        with_picture: Whether the picture itself is told; the stage asks for it later if not.
    """
    value: Value = {
        "index": cell.index,
        "state": cell.state,
        "step": cell.step,
        "steps": cell.steps,
    }
    if cell.preview is not None:
        value["preview"] = preview_address(cell.preview)
    if cell.mistake is not None:
        values: dict[str, Any] = {**cell.mistake.values}
        value["mistake"] = service.ctx.say(request, cell.mistake.key, **values)
    if cell.drawn is None:
        return value
    if with_picture:
        value["src"] = picture_address(cell.drawn.picture)
    about = about_value(service, request, plan, cell.drawn)
    return {**value, "id": cell.drawing_id, **about}


def about_value(
    service: DrawService, request: gr.Request | None, plan: Plan, drawn: Drawn
) -> Value:
    """Tells what a picture was asked for with, how long it took, and whether it is kept back."""
    order = drawn.order
    is_mixed = bool(order.blend_words)
    notes = [note for note in drawn.notes if note.key not in TOLD_ELSEWHERE]
    if drawn.is_withheld:
        notes.insert(0, Note("text_to_image.withheld"))
    if drawn.reading.unread:
        notes.append(Note("draw.compare.unread", {"words": drawn.reading.unread}))
    return {
        "withheld": drawn.is_withheld,
        "notes": [service.ctx.say_notes(request, (note,)) for note in notes],
        "about": {
            "words": " → ".join(plan.words) if is_mixed else order.words,
            "facts": [list(fact) for fact in facts_value(service, request, plan.item, drawn)],
            # A mixture of two prompts cannot be asked for in the mode "Draw".
            "fields": None if is_mixed else fields_of(order, drawn.model),
        },
    }


def picture_address(picture: Picture) -> str:
    """Returns a picture as a data address, without loss where it is small."""
    height, width = picture.pixels.shape[:2]
    if height * width <= MOST_LOSSLESS_PIXELS:
        return data_address(picture)
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "WEBP", quality=QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def changed_cells(before: dict[int, Cell], cells: Sequence[Cell]) -> list[Cell]:
    """Returns the cells that have changed since they were told last.

    Args:
        before: What was told last, by index.
        cells: All cells now.
    """
    return [cell for cell in cells if before.get(cell.index) != cell]
