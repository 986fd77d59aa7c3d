"""The canvas of text to image: the prompt, the pictures, and the places its script fills.

The script stands in `assets/js/draw`. A handler of one of its events gets an `Asked`, which
anyone may forge, and answers with a plain object (`stamp`, `words`, `going`, `drawn`, ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from playground.page.canvas import Runs, file_in, icon_store, runs_in, script_words, text_in
from playground.page.stage import Stage, mount

if TYPE_CHECKING:
    from playground.page.context import Context

# The script takes its drawings from these.
ICONS = (
    *("brush", "stop", "fit", "dice", "pin", "picture", "download", "paper", "code", "folder"),
    *("trash", "eye", "eraser", "point", "undo", "subtract", "close", "retry", "check", "copy"),
    *("send", "more", "plus", "minus", "box", "warning"),
)
# The script fills these in; here each stands for itself.
PLACES = (
    *("count", "most", "step", "steps", "seed", "model", "percent", "words", "word", "name"),
    *("number", "all", "seconds", "before", "after", "total", "guidance", "row", "column"),
)
TAKES = ("png", "recipe", "python")
# What is asked of a drawing, by the names that `read_order` knows.
FIELDS = (
    *("model", "words", "without", "blend_words", "blend", "count", "seed", "steps", "guidance"),
    *("scheduler", "width", "height", "strength", "feather"),
)
MOST_TEXT = 200
# Longer than any prompt that is taken, so that the answer can be that it is too long.
MOST_WORDS = 20_000


@dataclass(frozen=True)
class Asked:
    """What the browser asks for; every field may be forged.

    Attributes:
        drawing_id: The drawing that stands on the stage, "" if there is none.
        fields: What is to be drawn, by names of `FIELDS`: texts, numbers or None; not checked.
        start_id: The picture to start from, "" for none.
        mask: The part of it that is drawn anew, None for all of it.
        take: One of `TAKES`, or "".
        file: A file in the upload folder that is to be opened, or None.
    """

    drawing_id: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    start_id: str = ""
    mask: Runs | None = None
    take: str = ""
    file: str | None = None


class DrawCanvas(Stage):
    """The prompt and the pictures.

    Events: `draw`, `stop`, `open` (a picture to start from), `take`, `reopen` (a recipe), `forget`.
    """

    script = "draw_canvas.js"
    example: ClassVar = {"drawing_id": "", "words": ""}

    def html_of(self, elem_id: str) -> str:
        """See `Stage`."""
        return _stage(elem_id)

    def preprocess(self, payload: Any) -> Asked:  # type: ignore[override]
        """Reads what the browser asks for; what is not of the right kind counts as not said."""
        if not isinstance(payload, Mapping):
            return Asked()
        take = text_in(payload.get("format"), MOST_TEXT)
        return Asked(
            drawing_id=text_in(payload.get("drawing_id"), MOST_TEXT),
            fields=plain_fields(payload, FIELDS),
            start_id=text_in(payload.get("start_id"), MOST_TEXT),
            mask=runs_in(payload.get("mask")),
            take=take if take in TAKES else "",
            file=file_in(payload.get("file")),
        )


def plain_fields(payload: Any, names: Sequence[str]) -> dict[str, object]:
    """Reads what was sent under some names: texts, numbers, flags and None; the rest was not said.

    Args:
        payload: What was sent.
        names: What is looked for.

    Returns:
        By name, not checked; texts are cut far beyond what is taken.
    """
    if not isinstance(payload, Mapping):
        return {}
    found: dict[str, object] = {}
    for name in names:
        value = payload.get(name)
        if isinstance(value, str):
            found[name] = value[:MOST_WORDS]
        elif name in payload and (value is None or isinstance(value, bool | int | float)):
            found[name] = value
    return found


def draw_tools(elem_id: str) -> gr.HTML:
    """Places the column of settings that the canvas's script fills.

    Args:
        elem_id: That of the canvas.
    """
    return mount(elem_id, "draw", "tools")


def draw_strips(elem_id: str) -> gr.HTML:
    """Places the gallery and the examples that the canvas's script fills.

    Args:
        elem_id: That of the canvas.
    """
    return mount(elem_id, "draw", "strips", elem_class="draw-strips-mount")


def draw_words(ctx: Context, request: gr.Request | None) -> dict[str, str]:
    """Returns every sentence of the canvas in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.

    Returns:
        By name, with {places} that the script fills in.
    """
    return script_words(ctx, request, lambda name: f"draw.ui.{name}", PLACES)


def _stage(elem_id: str) -> str:
    return (
        f'<div class="draw" data-canvas="{elem_id}"><div class="draw-prompt"></div>'
        '<div class="draw-look"></div><div class="draw-about"></div>'
        '<div class="sr" role="status" aria-live="polite"></div>'
        f"{icon_store(ICONS)}</div>"
    )
