"""The stage of "Understand": the matrix, the flat map and the maps of where, drawn by its script.

The script stands in `assets/js/understand`. A handler of one of its events gets an `Asked`, which
anyone may forge, and answers with a plain object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from playground.page.canvas import file_in, icon_store, script_words, text_in, whole_in
from playground.page.stage import Stage, mount

if TYPE_CHECKING:
    from playground.page.context import Context

ICONS = ("plus", "close", "picture", "check", "warning", "point")
# The script fills these in; here each stands for itself.
PLACES = (
    *("name", "number", "count", "all", "percent", "cosine", "scale", "logit", "text", "picture"),
    *("drop", "random", "agreement", "left", "right", "pictures", "texts", "mixed", "model"),
    *("width", "height", "bias", "place", "words"),
)
MOST_TEXT = 400
MOST_NUMBER = 2**53


@dataclass(frozen=True)
class Asked:
    """What the browser asks for; every field may be forged.

    Attributes:
        fields: What was sent, as it arrived.
        seq: Which question this is; the answer names it again.
        picture: Id of the picture that is asked about, "" if none.
        file: A file in the upload folder that is to be added, or None.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
    picture: str = ""
    file: str | None = None


class UnderstandCanvas(Stage):
    """The stage. Events: `look`, `chart`, `where`, `bring` (a picture)."""

    script = "understand_canvas.js"
    example: ClassVar = {"seq": 0}

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
            fields=payload,
            seq=whole_in(payload.get("seq"), MOST_NUMBER) or 0,
            picture=text_in(payload.get("picture"), MOST_TEXT),
            file=file_in(payload.get("file")),
        )


def understand_tools(elem_id: str) -> gr.HTML:
    """Places the column of tools that the stage's script fills."""
    return mount(elem_id, "understand", "tools")


def understand_words(ctx: Context, request: gr.Request | None) -> dict[str, str]:
    """Returns every sentence of the stage in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.

    Returns:
        By name, with {places} that the script fills in.
    """
    return script_words(ctx, request, lambda name: f"understand.ui.{name}", PLACES)


def _stage(elem_id: str) -> str:
    return (
        f'<div class="understand" data-canvas="{elem_id}"><div class="understand-body"></div>'
        f'<div class="sr" role="status" aria-live="polite"></div>{icon_store(ICONS)}</div>'
    )
