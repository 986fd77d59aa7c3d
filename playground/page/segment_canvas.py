"""The canvas of click-to-segment: the stage, and the places that its script fills.

The script stands in `assets/js/segment`. The browser holds the picture and paints by itself; a
handler of one of its events gets an `Asked`, which anyone may forge, and answers with a plain
object (`stamp`, `words`, `picture`, ...). What is asked at a high rate goes through the server
functions instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from playground.page.canvas import box_in, file_in, icon_store, runs_in, script_words, text_in
from playground.page.stage import Stage, mount

if TYPE_CHECKING:
    from playground.page.context import Context

# The script takes its drawings from these.
ICONS = (
    *("plus", "minus", "box", "brush", "eraser", "undo", "redo", "zoom_in", "zoom_out", "fit"),
    *("keys", "picture", "eye", "eye_off", "lock", "unlock", "trash", "check", "edit", "palette"),
    *("merge", "subtract", "intersect", "download", "code", "copy", "close"),
)
# The script fills these in; here each stands for itself.
PLACES = ("name", "number", "percent", "iou", "stability", "count", "all", "file", "words")
MOST_TEXT = 200


@dataclass(frozen=True)
class ChosenObject:
    """The object that is sent on or asked about.

    Attributes:
        name: What the visitor calls it.
        box_xyxy: Its bounding box in pixels of the picture.
        runs: Row-major run lengths of its mask at the picture's size, background first.
        width: Width of the mask in pixels.
        height: Height of the mask in pixels.
    """

    name: str
    box_xyxy: tuple[float, float, float, float]
    runs: str
    width: int
    height: int


@dataclass(frozen=True)
class Asked:
    """What the browser asks for; every field may be forged.

    Attributes:
        picture_id: The id of the picture on the stage, "" if there is none.
        picture_hash: Its hash as it was told, "" if there is none.
        words: What proposals are ranked by.
        file: A file in the upload folder that is to be opened, or None.
        chosen: The object chosen last, or None.
    """

    picture_id: str = ""
    picture_hash: str = ""
    words: str = ""
    file: str | None = None
    chosen: ChosenObject | None = None


class SegmentCanvas(Stage):
    """The stage. Events: `open` (a new picture), `again` (an id expired), `rank` (words)."""

    script = "segment_canvas.js"
    example: ClassVar = {"id": "", "words": ""}

    def html_of(self, elem_id: str) -> str:
        """See `Stage`."""
        return _stage(elem_id)

    def preprocess(self, payload: Any) -> Asked:  # type: ignore[override]
        """Reads what the browser asks for; what is not of the right kind counts as not said.

        Gradio has checked by now that a file lies in the upload folder.
        """
        if not isinstance(payload, Mapping):
            return Asked()
        return Asked(
            picture_id=text_in(payload.get("id"), MOST_TEXT),
            picture_hash=text_in(payload.get("hash"), MOST_TEXT),
            words=text_in(payload.get("words"), MOST_TEXT),
            file=file_in(payload.get("file")),
            chosen=_chosen(payload.get("chosen")),
        )


def segment_tools(elem_id: str) -> gr.HTML:
    """Places the column of tools that the stage's script fills."""
    return mount(elem_id, "segment", "tools")


def segment_inside(elem_id: str) -> gr.HTML:
    """Places the inside of the drawer that the stage's script fills."""
    return mount(elem_id, "segment", "inside")


def canvas_words(ctx: Context, request: gr.Request | None) -> dict[str, str]:
    """Returns every sentence of the stage in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.

    Returns:
        By name, with {places} that the script fills in.
    """
    return script_words(ctx, request, lambda name: f"segment.ui.{name}", PLACES)


def _stage(elem_id: str) -> str:
    """The script asks for icons by name, so all that it may ask for are here once."""
    return (
        f'<div class="segment" data-canvas="{elem_id}"><div class="segment-bar"></div>'
        '<div class="segment-stage" tabindex="0" role="application"><canvas></canvas></div>'
        '<p class="segment-tip"></p><div class="sr" role="status" aria-live="polite"></div>'
        f"{icon_store(ICONS)}</div>"
    )


def _chosen(value: Any) -> ChosenObject | None:
    if not isinstance(value, Mapping):
        return None
    box, mask = box_in(value.get("box_xyxy")), runs_in(value)
    if box is None or mask is None:
        return None
    name = text_in(value.get("name"), MOST_TEXT)
    return ChosenObject(name, box, mask.runs, mask.width, mask.height)
