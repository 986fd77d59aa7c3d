"""The stage of "Compare": grids, blends and one changed word, drawn by its script.

The script stands in `assets/js/draw/compare_*.js`. A handler of one of its events gets an `Asked`,
which anyone may forge, and answers with a plain object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from playground.page.canvas import icon_store, script_words, text_in, whole_in
from playground.page.stage import Stage, mount

if TYPE_CHECKING:
    from playground.page.context import Context

ICONS = ("brush", "close", "dice", "download", "paper", "picture", "send")
# The script fills these in; here each stands for itself.
PLACES = ("count", "all", "step", "number", "percent", "words", "name", "A", "B")
MOST_TEXT = 200
MOST_NUMBER = 2**53


@dataclass(frozen=True)
class Asked:
    """What the browser asks for; every field may be forged.

    Attributes:
        fields: What was sent, as it arrived.
        seq: Which question this is; the answer names it again.
        chosen: Id of the picture that is looked at, "" if none.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
    chosen: str = ""


class CompareCanvas(Stage):
    """The stage. Events: `draw`, `stop`."""

    script = "draw_compare_canvas.js"
    example: ClassVar = {"seq": 0}

    def html_of(self, elem_id: str) -> str:
        """See `Stage`."""
        return _stage(elem_id)

    def preprocess(self, payload: Any) -> Asked:  # type: ignore[override]
        """Reads what the browser asks for; what is not of the right kind counts as not said."""
        if not isinstance(payload, Mapping):
            return Asked()
        return Asked(
            fields=payload,
            seq=whole_in(payload.get("seq"), MOST_NUMBER) or 0,
            chosen=text_in(payload.get("chosen"), MOST_TEXT),
        )


def compare_tools(elem_id: str) -> gr.HTML:
    """Places the column of tools that the stage's script fills.

    Args:
        elem_id: That of the stage.
    """
    return mount(elem_id, "compare", "tools")


def compare_words(ctx: Context, request: gr.Request | None) -> dict[str, str]:
    """Returns every sentence of the stage in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.

    Returns:
        By name, with {places} that the script fills in.
    """
    return script_words(ctx, request, lambda name: f"draw.compare.ui.{name}", PLACES)


def _stage(elem_id: str) -> str:
    return (
        f'<div class="compare" data-canvas="{elem_id}"><div class="compare-body"></div>'
        f'<div class="sr" role="status" aria-live="polite"></div>{icon_store(ICONS)}</div>'
    )
