"""What text to image tells its canvas: plain objects, with every word that the canvas needs."""

from __future__ import annotations

import base64
import io
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from PIL import Image

from playground.drawing.drawn import Drawn, Preview
from playground.drawing.gallery import EXPIRED
from playground.drawing.orders import facts_of
from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.page.draw_canvas import draw_words
from playground.page.draw_visits import START_EXPIRED
from playground.page.shown_picture import data_address
from playground.sizes import amount
from playground.visitors.errors import PersonError, explain
from playground.visitors.pictures import Picture

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService

LOG = logging.getLogger("playground")
# Told among the facts, so not a second time.
TOLD_ELSEWHERE = frozenset({"draw.note.seed"})
# How samplers are written by people; these are names, not sentences.
SAMPLER_TITLES: Mapping[str, str] = {
    "ddim": "DDIM",
    "euler": "Euler",
    "euler-a": "Euler a",
    "dpm++2m": "DPM++ 2M",
    "unipc": "UniPC",
    "lcm": "LCM",
    "pndm": "PNDM",
    "flow-euler": "Flow Euler",
    "scm": "SCM",
}
Value = dict[str, Any]


@dataclass(frozen=True)
class Going:
    """A picture in the making.

    Attributes:
        seed: Its seed.
        steps: All its steps.
        preview: What was seen last, None before the first step.
    """

    seed: int
    steps: int
    preview: Preview | None = None


def plain_value(**more: Any) -> Value:
    """Makes a value that tells only what is given; each has a stamp of its own."""
    return {"stamp": secrets.token_hex(4), **more}


def first_value(service: DrawService, request: gr.Request | None, **more: Any) -> Value:
    """Makes the value that a page begins with: words, models, examples."""
    ctx = service.ctx
    models = [model_value(service, request, item) for item in service.items()]
    return plain_value(words=draw_words(ctx, request), models=models, **more)


def model_value(service: DrawService, request: gr.Request | None, item: Entry) -> Value:
    """Writes what is known of a model as the browser reads it."""
    facts = facts_of(item)
    notes = [service.ctx.say(request, item.note_key)]
    is_here = service.ctx.is_on_disk(item)
    if not is_here:
        notes.append(service.ctx.say(request, "draw.note.away"))
    return {
        "key": item.key,
        "title": f"{item.title} · {amount(item.bytes_on_disk)}",
        "note": " ".join(notes),
        "is_here": is_here,
        "reason": service.reason_against(request, item),
        "languages": list(item.languages),
        "sizes": [list(size_hw) for size_hw in facts.sizes_hw],
        "steps": list(facts.steps),
        "guidance": list(facts.guidance),
        "schedulers": [[name, sampler_title(name)] for name in facts.schedulers],
        "reads_negative": facts.reads_negative,
        "can_edit": facts.can_edit,
        "has_word_maps": facts.has_word_maps,
    }


def sampler_title(name: str) -> str:
    """Returns how a sampler is written by people."""
    return SAMPLER_TITLES.get(name, name)


def going_value(going: Sequence[Going]) -> Value:
    """Makes the small value that tells how far the pictures are."""
    return plain_value(
        busy=True,
        going=[
            {
                "seed": one.seed,
                "step": one.preview.step if one.preview else 0,
                "steps": one.preview.steps if one.preview else one.steps,
                "together": one.preview.drawing_together if one.preview else 1,
                "src": preview_address(one.preview.pixels) if one.preview else "",
            }
            for one in going
        ],
    )


def preview_address(pixels: np.ndarray | None) -> str:
    """Returns a preview as a data address; "" where there is none.

    Args:
        pixels: uint8 (h, w, 3), RGB.
    """
    if pixels is None:
        return ""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=80, method=0)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def drawn_value(
    service: DrawService,
    request: gr.Request | None,
    drawing_id: str,
    drawn: Drawn,
    notes: Sequence[str] = (),
    *,
    is_example: bool = False,
) -> Value:
    """Writes a drawing as the browser reads it.

    Args:
        service: The tab's service.
        request: Whose page it is.
        drawing_id: Its id.
        drawn: The drawing.
        notes: What is told of it beside its own notes.
        is_example: Whether it came with the playground.
    """
    ctx, order = service.ctx, drawn.order
    item = service.item(drawn.model)
    height, width = drawn.picture.pixels.shape[:2]
    own = [note for note in drawn.notes if note.key not in TOLD_ELSEWHERE]
    told = [ctx.say_notes(request, (note,)) for note in own]
    return {
        "id": drawing_id,
        "src": data_address(drawn.picture),
        "width": width,
        "height": height,
        "alt": ctx.say(request, "text_to_image.alt", words=words_told(order)),
        "seed": order.seed,
        "model": drawn.model,
        "words": words_told(order),
        "steps": len(drawn.frames),
        "guidance": order.guidance,
        "has_word_maps": facts_of(item).has_word_maps,
        "can_edit": facts_of(item).can_edit,
        "is_withheld": drawn.is_withheld,
        "is_stopped": drawn.is_stopped,
        "is_example": is_example,
        "note": ctx.say(request, "text_to_image.withheld") if drawn.is_withheld else "",
        "notes": [*notes, *told],
        "tokens": {
            "count": drawn.reading.count,
            "most": drawn.reading.most,
            "unread": drawn.reading.unread,
        },
        "facts": facts_value(service, request, item, drawn, is_example=is_example),
        "fields": fields_of(order, drawn.model),
    }


def words_told(order: Order) -> str:
    """Writes what was asked for; of a mixture or a change of mind, one after the other."""
    changed = [change.words for change in order.changes if change.words is not None]
    heard = [order.words, *([order.blend_words] if order.blend else []), *changed]
    return " → ".join(dict.fromkeys(heard))


def fields_of(order: Order, model: str) -> Value:
    """Writes an order as the fields of the page take it; the picture to start from is not in it."""
    height, width = order.size_hw
    return {
        "model": model,
        "words": order.words,
        "without": order.without,
        "steps": order.steps,
        "guidance": order.guidance,
        "scheduler": order.scheduler,
        "width": width,
        "height": height,
        "seed": order.seed,
    }


def facts_value(
    service: DrawService,
    request: gr.Request | None,
    item: Entry,
    drawn: Drawn,
    *,
    is_example: bool = False,
) -> list[tuple[str, str]]:
    """Writes how a drawing was made, as (name, value) in the visitor's language."""
    order = drawn.order
    height, width = order.size_hw
    rows = {
        "model": item.title,
        "seed": str(order.seed),
        "steps": steps_told(service, request, drawn),
        "guidance": f"{order.guidance:g}",
        "size": f"{width} × {height}",
        "sampler": sampler_title(order.scheduler),
    }
    # How long it took elsewhere says nothing of this machine.
    if drawn.seconds and not is_example:
        rows["seconds"] = f"{drawn.seconds:.1f} s"
    if order.start is not None:
        rows["strength"] = f"{round(100 * order.strength)} %"
    if order.mask is not None:
        percent = max(1, round(100 * float(order.mask.mean())))
        rows["part"] = service.ctx.say(request, "draw.fact.part_value", percent=percent)
    if order.changes:
        rows["changes"] = changes_told(service, request, order)
    if order.without:
        rows["without"] = order.without
    return [(service.ctx.say(request, f"draw.fact.{name}"), told) for name, told in rows.items()]


def changes_told(service: DrawService, request: gr.Request | None, order: Order) -> str:
    """Writes what was asked for differently on the way, and from which step on."""
    told = []
    for change in order.changes:
        guidance = None if change.guidance is None else f"{change.guidance:g}"
        for name, place, value in (
            ("words", "words", change.words),
            ("guidance", "guidance", guidance),
            ("noise", "seed", change.noise_seed),
        ):
            if value is not None:
                values: dict[str, Any] = {"step": change.step, place: value}
                told.append(service.ctx.say(request, f"draw.inside.branch_{name}", **values))
    return " · ".join(told)


def steps_told(service: DrawService, request: gr.Request | None, drawn: Drawn) -> str:
    """Writes how many steps were done, and how many there would have been where that differs."""
    if not drawn.frames:
        return str(drawn.order.steps)
    done, all_steps = len(drawn.frames), drawn.frames[0].steps
    if done == all_steps:
        return str(done)
    return service.ctx.say(request, "draw.fact.steps_done", done=done, all=all_steps)


def start_value(
    service: DrawService, request: gr.Request | None, start_id: str, picture: Picture
) -> Value:
    """Writes a picture to start from as the browser reads it."""
    height, width = picture.pixels.shape[:2]
    return {
        "id": start_id,
        "src": data_address(picture),
        "width": width,
        "height": height,
        "alt": service.ctx.say(request, "text_to_image.start_alt"),
    }


def mistake_value(
    service: DrawService, request: gr.Request | None, error: Exception, event: str
) -> Value:
    """Makes the value that tells a mistake, in a sentence; the log gets no word of a visitor."""
    told = explain(error)
    if not isinstance(error, PersonError):
        LOG.warning("%s while drawing", type(error).__name__)
    sentence = service.ctx.say(request, told.key, **told.values)
    expired = {START_EXPIRED: "start", EXPIRED: "drawing"}.get(told.key, "")
    return plain_value(error=sentence, of=event, expired=expired)
