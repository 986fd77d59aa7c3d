"""The stage of "Understand": the matrix, the flat map and the maps of where, drawn by its script.

The script stands in `assets/js/understand`. A handler of one of its events gets an `Asked`, which
anyone may forge, and answers with a plain object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.page.canvas import file_in, icon_store, script_words, text_in, whole_in

if TYPE_CHECKING:
    from playground.page.context import Context

SCRIPT = Path(__file__).parents[2] / "assets" / "js" / "understand_canvas.js"
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


class UnderstandCanvas(gr.HTML):
    """The stage. Events: `look`, `chart`, `where`, `bring` (a picture)."""

    def __init__(self, *, elem_id: str, **options: Any) -> None:
        """Makes the stage, empty.

        Args:
            elem_id: Unique on the page; `understand_tools` gets the same.
            **options: More of `gr.HTML`'s; Gradio makes a copy with some when a handler skips it.
        """
        super().__init__(
            html_template=_stage(elem_id),
            js_on_load=SCRIPT.read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            **options,
        )

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

    def postprocess(self, value: Any) -> Any:
        """Passes on what the handlers made."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Tells the API that this is an object."""
        return {"type": "object"}

    def example_payload(self) -> Any:
        """Shows what a browser sends."""
        return {"seq": 0}


def understand_tools(elem_id: str) -> gr.HTML:
    """Places the column of tools that the stage's script fills."""
    return gr.HTML(
        f'<div class="understand-tools" data-tools-of="{elem_id}"></div>',
        elem_classes="understand-mount",
        apply_default_css=False,
    )


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
